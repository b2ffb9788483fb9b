/** The backends and builds every suite runs over, in Node and in browsers. */
import { type EngineContext, openContext } from '../src/context';

/** Name and opener of each; a build that does not open fails its suite. */
export const testContexts = (): readonly (readonly [string, () => EngineContext])[] => [
  ['js', () => openContext({ backend: 'js' })],
  ['simd', () => openContext({ backend: 'wasm', build: 'simd' })],
  ['relaxed-simd', () => openContext({ backend: 'wasm', build: 'relaxed-simd' })],
];
