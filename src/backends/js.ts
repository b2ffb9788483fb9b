import type { Backend } from './backend';
import { createJsLinearAlgebra } from './js-linalg';
import { createJsTileWorker } from './js-tile';

/** The reference backend: plain TypeScript, no WebAssembly. */
export function createJsBackend(): Backend {
  return { name: 'js', build: 'js', linalg: createJsLinearAlgebra(), openTiles: createJsTileWorker };
}
