/** The builds of the core that this runtime can run, the one it would choose by itself first. */
import v8 from 'node:v8';
import { type EngineContext, openContext } from '../src/context';
import type { BenchOptions } from './options';

export interface BenchEngine {
  /** As it stands in the tables. */
  readonly name: string;
  readonly build: 'simd' | 'relaxed-simd';
  readonly context: EngineContext;
}

/** Opens every build; `note` hears of one that is missing. Call it before anything compiles WebAssembly. */
export function openEngines({ relaxed }: Pick<BenchOptions, 'relaxed'>, note: (text: string) => void): BenchEngine[] {
  const flagged = relaxed && Number.parseInt(process.versions.node, 10) < 22;
  if (flagged) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    note('relaxed SIMD was switched on with --experimental-wasm-relaxed-simd; Node 20 does not have it by default');
  }
  const open = (build: BenchEngine['build']): BenchEngine => ({ name: build, build, context: openContext({ backend: 'wasm', build }) });
  const simd = open('simd');
  try {
    const fused = open('relaxed-simd');
    return flagged ? [simd, fused] : [fused, simd];
  } catch {
    note('relaxed SIMD: this runtime does not have it (Node 20: --relaxed switches it on)');
    return [simd];
  }
}
