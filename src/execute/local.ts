/** Tiles one after another on the calling thread. */
import type { Panel, TileWorker } from '../backends/backend';
import type { Rows } from '../inputs';
import type { KernelJob } from '../kernel-job';
import type { Tile } from '../plan';
import type { Program } from '../program';
import { passRows } from '../rows';
import { Outputs } from './outputs';

/** Computes tile after tile into the outputs, yielding after each; closes its workspace however it ends. */
export function* computeTiles(job: KernelJob): Generator<void> {
  if (job.outputs.length === 0) return;
  const tiles = new LocalTiles(job, new Outputs(job));
  try {
    for (const tile of job.plan.tiles) {
      tiles.compute(tile);
      yield;
    }
  } finally {
    tiles.close();
  }
}

/** The calling thread's own workspace. */
export class LocalTiles {
  private readonly worker: TileWorker;
  private row = -1;

  constructor(
    private readonly job: KernelJob,
    private readonly outputs: Outputs,
  ) {
    this.worker = job.context.backend.openTiles(job.plan.job);
  }

  compute(tile: Tile): void {
    const { worker, outputs } = this;
    const { program, rows1, rows2 } = this.job;
    if (tile.row !== this.row) worker.setRows(panelOf(program, rows1, tile.row, tile.rows));
    this.row = tile.row;
    worker.setCols(panelOf(program, rows2, tile.col, tile.cols));
    worker.compute(outputs.isDiagonal(tile), outputs.isMirrored(tile));
    outputs.store(tile, (...place) => worker.read(...place));
  }

  close(): void {
    this.worker.close();
  }
}

/** Rows [from, from + count) of an input, with the tables of the program. */
export function panelOf(program: Program, rows: Rows, from: number, count: number): Panel {
  const { tables } = passRows(program, rows.inverse, rows.radius, from, count);
  const part = (values: Float64Array) => values.subarray(from, from + count);
  return { data: rows.data, from, count, scale: part(rows.scale), inverse: part(rows.inverse), tables };
}
