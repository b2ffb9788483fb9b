/** Tiles one after another on the calling thread. */
import type { Panel, TileField, TileWorker } from '../backends/backend';
import type { Rows } from '../inputs';
import type { KernelJob } from '../kernel-job';
import type { TypedArray } from '../ndarray';
import type { Tile } from '../plan';
import type { Program } from '../program';
import { passRows } from '../rows';

/** Computes tile after tile into the outputs, yielding after each; closes its workspace however it ends. */
export function* computeTiles({ context, program, plan, rows1, rows2, outputs, options }: KernelJob): Generator<void> {
  if (outputs.length === 0) return;
  const worker = context.backend.openTiles(plan.job);
  const total = outputs.length * plan.n1 * plan.n2;
  let done = 0;
  let row = -1;
  try {
    for (const tile of plan.tiles) {
      if (tile.row !== row) worker.setRows(panelOf(program, rows1, tile.row, tile.rows));
      row = tile.row;
      worker.setCols(panelOf(program, rows2, tile.col, tile.cols));
      const diagonal = plan.symmetric && tile.row === tile.col;
      const mirrored = plan.symmetric && !diagonal;
      worker.compute(diagonal, mirrored);
      for (const [field, out] of outputs) store(worker, field, out, tile, plan.n2, mirrored);
      done += outputs.length * tile.rows * tile.cols * (mirrored ? 2 : 1);
      options.onProgress?.({ phase: 'kernel', done, total });
      yield;
    }
  } finally {
    worker.close();
  }
}

function store(worker: TileWorker, field: TileField, out: TypedArray, { row, col }: Tile, n2: number, mirrored: boolean): void {
  worker.read(field, false, out, row * n2 + col, n2);
  if (mirrored) worker.read(field, true, out, col * n2 + row, n2);
}

/** Rows [from, from + count) of an input, with the tables of the program. */
export function panelOf(program: Program, rows: Rows, from: number, count: number): Panel {
  const { tables } = passRows(program, rows.inverse, rows.radius, from, count);
  const part = (values: Float64Array) => values.subarray(from, from + count);
  return { data: rows.data, from, count, scale: part(rows.scale), inverse: part(rows.inverse), tables };
}
