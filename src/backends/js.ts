import type { Backend, TileWorker } from './backend';
import { createJsGraphWorker } from './js-graph';
import { createJsLinearAlgebra } from './js-linalg';
import { createJsTileWorker } from './js-tile';
import { createJsUnits } from './units';

/** The reference backend: plain TypeScript, no WebAssembly. */
export function createJsBackend(): Backend {
  return {
    name: 'js',
    build: 'js',
    cores: null,
    linalg: createJsLinearAlgebra(),
    openTiles: (job) => (job.kind === 'graph' ? createJsGraphWorker(job) : createJsTileWorker(job)) as TileWorker,
    openUnits: createJsUnits,
  };
}
