/** The dispersion E[Θ²]/E[Θ]² of a finite network's NTK on the diagonal, by Monte Carlo (Seleznova & Kutyniok 2022, arXiv 2202.00553). */
import { InfiniteWidthError } from '../errors';
import type { NDArray } from '../ndarray';
import type { Network } from '../spec';
import { monteCarloSamples } from './monte-carlo';

export interface DispersionOptions {
  /** Networks; default 10,000. */
  readonly samples?: number;
  readonly seed?: number | bigint;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly phase: string; readonly done: number; readonly total: number }) => void;
}

export interface Dispersion {
  readonly ratio: number;
  /**
   * A 95 % interval by the delta method. Θ² has tails so heavy in deep networks that its sample mean is most often too small and has no useful
   * variance: where the largest samples say so (Hill's tail index of Θ² below 2) `high` is Infinity.
   */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

/** Two-sided 95 % of a normal distribution. */
const QUANTILE = 1.959963984540054;

/**
 * @param x one sample, [1, …] (several: the first is used)
 * @throws as `monteCarloKernel`
 */
export async function ntkDispersion(
  net: Network,
  x: NDArray | readonly (readonly number[])[],
  { samples = 10_000, ...options }: DispersionOptions = {},
): Promise<Dispersion> {
  if (samples < 10) throw new InfiniteWidthError('ERR_ARGUMENT', `a dispersion needs at least 10 samples, got ${samples}`, { samples });
  const values = await monteCarloSamples(net, x, { ...options, samples });
  const mean = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / samples;
  const [first, second] = [mean(1), mean(2)];
  const ratio = second / first ** 2;
  // Of log ratio: Var(Θ²/E[Θ²] − 2Θ/E[Θ]).
  const spread = values.reduce((sum, value) => sum + (value ** 2 / second - (2 * value) / first + 1) ** 2, 0) / samples;
  const error = QUANTILE * Math.sqrt(spread / samples);
  return { ratio, low: ratio * Math.exp(-error), high: hasHeavyTail(values) ? Number.POSITIVE_INFINITY : ratio * Math.exp(error), samples };
}

/** Hill's estimate of the tail index of Θ² from its √n largest values. */
function hasHeavyTail(values: Float64Array): boolean {
  const sorted = values.map((value) => value * value).sort();
  const count = Math.max(5, Math.floor(Math.sqrt(sorted.length)));
  const threshold = sorted[sorted.length - count - 1];
  let sum = 0;
  for (let k = sorted.length - count; k < sorted.length; k++) sum += Math.log(sorted[k] / threshold);
  return !(threshold > 0) || count / sum < 2;
}
