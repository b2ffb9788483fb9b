import type { TileJob, TileWorker } from './backend';
import type { CoreSource } from './core';
import { createJsGraphWorker } from './js-graph';
import { createJsTileWorker } from './js-tile';
import { createPlaneTileWorker, supportsPlanes } from './plane-tile';
import { createWasmTileWorker } from './wasm-tile';

/** The engine of the WebAssembly backend that computes tiles of a job: the calling thread's and every worker's. */
export function openTiles(cores: CoreSource, job: TileJob): TileWorker {
  if (job.kind === 'chain') return (job.program.hosted ? createJsTileWorker(job) : createWasmTileWorker(cores, job)) as TileWorker;
  return (supportsPlanes(job) === null ? createPlaneTileWorker(cores, job) : createJsGraphWorker(job)) as TileWorker;
}
