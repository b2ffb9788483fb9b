/** Tiles one after another on the calling thread. */
import type { TileWorker } from '../backends/backend';
import type { KernelJob } from '../kernel-job';
import type { Tile } from '../plan';
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
  /** The tile whose panels are there. */
  private last: Tile | null = null;

  constructor(
    private readonly job: KernelJob,
    private readonly outputs: Outputs,
  ) {
    this.worker = job.context.backend.openTiles(job.plan.job);
  }

  compute(tile: Tile): void {
    const { worker, outputs, job } = this;
    const { last } = this;
    if (tile.row !== last?.row || tile.rows !== last.rows) worker.setRows(job.panel(0, tile.row, tile.rows));
    if (tile.col !== last?.col || tile.cols !== last.cols) worker.setCols(job.panel(job.plan.symmetric ? 0 : 1, tile.col, tile.cols));
    this.last = tile;
    worker.compute(outputs.isDiagonal(tile), outputs.isMirrored(tile));
    outputs.store(tile, (...place) => worker.read(...place));
  }

  close(): void {
    this.worker.close();
  }
}
