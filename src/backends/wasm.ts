import type { Backend } from './backend';
import type { CorePool } from './core';
import { openTiles } from './open-tiles';
import { createWasmLinearAlgebra } from './wasm-linalg';

/** The WebAssembly backend on one build of the core. */
export function createWasmBackend(pool: CorePool, build: string): Backend {
  return {
    name: 'wasm',
    build,
    cores: pool,
    linalg: createWasmLinearAlgebra(pool),
    openTiles: (job) => openTiles(pool, job),
  };
}
