import type { TileJob, TileWorker } from './backend';
import { createJsGraphWorker } from './js-graph';
import { type CoreSource, createWasmTileWorker } from './wasm-tile';

/** The engine of the WebAssembly backend that computes tiles of a job: the calling thread's and every worker's. */
export function openTiles(cores: CoreSource, job: TileJob): TileWorker {
  return (job.kind === 'graph' ? createJsGraphWorker(job) : createWasmTileWorker(cores, job)) as TileWorker;
}
