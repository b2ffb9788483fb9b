import type { Backend } from './backend';
import type { CorePool } from './core';
import { createWasmLinearAlgebra } from './wasm-linalg';
import { createWasmTileWorker } from './wasm-tile';

/** The WebAssembly backend on one build of the core. */
export function createWasmBackend(pool: CorePool, build: string): Backend {
  return { name: 'wasm', build, linalg: createWasmLinearAlgebra(pool), openTiles: (job) => createWasmTileWorker(pool, job) };
}
