/** What the functions of finite networks take beside networks, parameters and inputs. */
import type { EngineContext } from '../context';
import { maskOf } from '../jobs/inputs';
import type { NDArray } from '../ndarray';
import { type Rng, split } from './rng';

/** [n, …, channels], nested numbers, or a list of arrays for a network that begins with parallel branches. */
export type FiniteInput = NDArray | readonly NDArray[] | readonly (readonly number[])[];

export interface FiniteOptions {
  /** Whose linear algebra runs the network. */
  readonly engine?: EngineContext;
  /** Seed of the noise of `dropout` in mode 'train', which needs one. */
  readonly rng?: Rng;
  /** For `aggregate`: one graph per sample, as in `kernel`; left out: nothing is aggregated. */
  readonly pattern?: NDArray | null;
  /** Numbers of x equal to it (NaN too) are masked: locations that do not exist, as in `kernel`. Masked locations of the outputs are 0. */
  readonly maskConstant?: number | null;
}

/** Options of functions of x1 and x2. */
export interface PairOptions {
  readonly engine?: EngineContext;
  /** Seed of the noise of `dropout`: of x1 and x2 (where they differ, x2 gets noise of its own), or a pair of seeds. */
  readonly rng?: Rng | readonly [Rng, Rng];
  /** For `aggregate`: graphs of the samples; a pair gives those of x1 and of x2. */
  readonly pattern?: NDArray | readonly [NDArray | null, NDArray | null] | null;
  /** What is masked, as in `kernel`; a pair gives it for x1 and for x2. */
  readonly maskConstant?: number | readonly [number | null, number | null] | null;
}

export const FINITE_OPTIONS = ['engine', 'rng', 'pattern', 'maskConstant'] as const;

/** Options of x1 and of x2. */
export function sidesOf({ engine, rng, pattern, maskConstant }: PairOptions): readonly [FiniteOptions, FiniteOptions] {
  const [rng1, rng2] = Array.isArray(rng) ? rng : [rng, rng === undefined ? undefined : split(rng as Rng, 1)];
  const [pattern1, pattern2] = Array.isArray(pattern) ? pattern : [pattern, pattern];
  return [
    { engine, rng: rng1, pattern: pattern1, maskConstant: maskOf(maskConstant, 0) },
    { engine, rng: rng2, pattern: pattern2, maskConstant: maskOf(maskConstant, 1) },
  ];
}
