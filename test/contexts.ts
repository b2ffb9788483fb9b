/** The backends and builds every suite runs over. */
import v8 from 'node:v8';
import { type EngineContext, openContext } from '../src/context';

// Node 20 has relaxed SIMD behind a flag; it must be set before the first module is compiled.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Name and opener of each; a build that does not open fails its suite. */
export const testContexts = (): readonly (readonly [string, () => EngineContext])[] => [
  ['js', () => openContext({ backend: 'js' })],
  ['simd', () => openContext({ backend: 'wasm', build: 'simd' })],
  ['relaxed-simd', () => openContext({ backend: 'wasm', build: 'relaxed-simd' })],
];
