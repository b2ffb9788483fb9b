/** Options that every computing command shares. */
import { createEngine, type Engine } from '../engine';
import type { DType } from '../ndarray';
import { choice } from './arguments';
import type { OptionSpec, OptionValues } from './command';

export const ENGINE_OPTIONS: readonly OptionSpec[] = [
  { name: 'dtype', value: 'float32|float64', description: 'precision (default: that of the files, float64 for text and integers)' },
  { name: 'backend', value: 'auto|wasm|js', description: 'what computes (default: auto)' },
  { name: 'build', value: 'auto|simd|relaxed-simd', description: 'build of the WebAssembly core (default: auto)' },
];

/** @throws UsageError, ERR_WASM_LOAD */
export const engineOf = (options: OptionValues): Promise<Engine> =>
  createEngine({
    backend: choice(options, 'backend', ['auto', 'wasm', 'js']),
    build: choice(options, 'build', ['auto', 'simd', 'relaxed-simd']),
  });

export const dtypeOption = (options: OptionValues): DType | undefined => choice<DType>(options, 'dtype', ['float32', 'float64']);
