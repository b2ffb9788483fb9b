/** Where finished tiles go: into the result arrays, mirrored where x2 is x1, and into the count that progress reports. */
import type { TileField } from '../backends/backend';
import type { KernelJob } from '../kernel-job';
import type { TypedArray } from '../ndarray';
import type { Tile } from '../plan';

/** Writes a tile's field, or its transpose, at `out[offset + i·ld + j]`, counted in entries. */
export type ReadTile = (field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number) => void;

export class Outputs {
  private done = 0;
  constructor(private readonly job: KernelJob) {}

  /** The tile's panels are the same rows: only half of it is computed. */
  isDiagonal({ row, col }: Tile): boolean {
    return this.job.plan.symmetric && row === col;
  }

  /** The tile is stored a second time, transposed. */
  isMirrored({ row, col }: Tile): boolean {
    return this.job.plan.symmetric && row !== col;
  }

  store(tile: Tile, read: ReadTile): void {
    const { plan, outputs, options } = this.job;
    const { row, rows, col, cols } = tile;
    const mirrored = this.isMirrored(tile);
    for (const [field, out] of outputs) {
      read(field, false, out, row * plan.n2 + col, plan.n2);
      if (mirrored) read(field, true, out, col * plan.n2 + row, plan.n2);
    }
    const twice = mirrored ? rows * cols - onBothSides(tile) ** 2 : 0;
    this.done += outputs.length * (rows * cols + twice);
    options.onProgress?.({ phase: 'kernel', done: this.done, total: outputs.length * plan.n1 * plan.n2 });
  }
}

/** Samples that are rows and columns of the tile. */
const onBothSides = ({ row, rows, col, cols }: Tile): number => Math.max(0, Math.min(row + rows, col + cols) - Math.max(row, col));
