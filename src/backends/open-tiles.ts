import { graphEngine } from '../jobs/graph-engine';
import type { TileJob, TileWorker } from './backend';
import type { CoreSource } from './core';
import { createJsTileWorker } from './js-tile';
import { createWasmTileWorker } from './wasm-tile';

/** What computes the tiles of a job: on the calling thread and on every worker. @param cores null: in JavaScript */
export function openTiles(cores: CoreSource | null, job: TileJob): TileWorker {
  if (job.kind === 'graph') return graphEngine('a graph').openTiles(cores, job) as TileWorker;
  return (cores && !job.program.hosted ? createWasmTileWorker(cores, job) : createJsTileWorker(job)) as TileWorker;
}
