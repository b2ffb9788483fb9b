import type { Backend } from './backend';
import { createJsLinearAlgebra } from './js-linalg';
import { openTiles } from './open-tiles';

/** The reference backend: plain TypeScript, no WebAssembly. */
export function createJsBackend(): Backend {
  return {
    name: 'js',
    build: 'js',
    cores: null,
    linalg: createJsLinearAlgebra(),
    openTiles: (job) => openTiles(null, job),
  };
}
