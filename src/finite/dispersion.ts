/** The dispersion E[Θ²]/E[Θ]² of a finite network's NTK, by Monte Carlo (Seleznova & Kutyniok 2022, arXiv 2202.00553). */
import { InfiniteWidthError } from '../errors';
import { splitArguments } from '../kernel';
import { badArgument, checkedOptions } from '../layers/checks';
import type { NDArray } from '../ndarray';
import type { Network } from '../spec';
import { type MonteCarloOptions, monteCarloSamples, monteCarloSamplesSync, SAMPLES_OPTIONS } from './monte-carlo';

/** `distribution: 'orthogonal'` for orthogonal weights; the default of `samples` is 10,000. */
export type DispersionOptions = Omit<MonteCarloOptions, 'get' | 'batch' | 'tolerance' | 'traceAxes' | 'diagonalAxes'>;

export interface Dispersion {
  readonly ratio: number;
  /**
   * A 95 % interval: the delta method below, Hall's correction for skewness (1992, "On the removal of skewness by transformation", JRSS B 54)
   * above. Θ² has tails so heavy in deep networks that its sample mean is most often too small and has no useful variance: where log Θ² varies
   * so much that no interval of that many networks could be trusted, below 1000 networks, and where E[Θ] (which may be of either sign off the
   * diagonal) is not known to a fifth of its size, `high` is Infinity.
   */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

/** Two-sided 95 % of a normal distribution. */
const QUANTILE = 1.959963984540054;
/** Fewest networks, and the largest skewness of their mean, that an upper end is given for. Chosen by coverage: docs/design/0011. */
const LEAST_SAMPLES = 1000;
const LARGEST_SKEWNESS = 0.7;
/** Largest relative standard error of E[Θ] that an upper end is given for. */
const LARGEST_ERROR = 0.2;

type Rows = NDArray | readonly (readonly number[])[];

/**
 * The dispersion of Θ(x, x), or of the entry off the diagonal Θ(x, x').
 * @param x one sample, [1, …] (several: the first is used); @param second x', likewise, or left out
 * @throws as `monteCarloKernel`; ERR_NON_FINITE where Θ overflows, or is 0 in every network
 */
export async function ntkDispersion(
  net: Network,
  x: Rows,
  second?: Rows | DispersionOptions | null,
  third?: DispersionOptions,
): Promise<Dispersion> {
  const { other, plan } = read(second, third);
  return dispersionOf(await monteCarloSamples(net, x, other, plan));
}

/** `ntkDispersion` on the calling thread. */
export function ntkDispersionSync(net: Network, x: Rows, second?: Rows | DispersionOptions | null, third?: DispersionOptions): Dispersion {
  const { other, plan } = read(second, third);
  return dispersionOf(monteCarloSamplesSync(net, x, other, plan));
}

function read(second?: Rows | DispersionOptions | null, third?: DispersionOptions) {
  const [other, options] = splitArguments(second as never, third as never) as unknown as [NDArray | null, DispersionOptions];
  const { samples = 10_000 } = checkedOptions('ntkDispersion', options, SAMPLES_OPTIONS);
  if (!(Number.isInteger(samples) && samples >= 10)) throw badArgument('ntkDispersion', 'samples', 'an integer from 10 on', samples);
  return { other, plan: { ...options, samples } };
}

/** Of values of Θ. @throws ERR_NON_FINITE */
export function dispersionOf(values: Float64Array): Dispersion {
  const samples = values.length;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY))
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `Θ has the largest size ${largest} over ${samples} networks, so its dispersion is undefined; use a nonzero x, and wStd near the critical line`,
      { largest, samples },
    );
  const mean = (term: (theta: number) => number) => values.reduce((sum, value) => sum + term(value / largest), 0) / samples;
  const [first, second] = [mean((theta) => theta), mean((theta) => theta ** 2)];
  const ratio = second / first ** 2;
  // What one network moves log ratio by, times their number.
  const influence = (theta: number) => theta ** 2 / second - (2 * theta) / first + 1;
  const variance = mean((theta) => influence(theta) ** 2);
  const error = Math.sqrt(variance / samples);
  const skewness = variance > 0 ? mean((theta) => influence(theta) ** 3) / variance ** 1.5 / Math.sqrt(samples) : 0;
  const isKnown = Math.sqrt((ratio - 1) / samples) <= LARGEST_ERROR;
  const trusted = isKnown && samples >= LEAST_SAMPLES && logNormalSkewness(values) / Math.sqrt(samples) <= LARGEST_SKEWNESS;
  return {
    ratio,
    low: ratio * Math.exp(-QUANTILE * error),
    high: trusted ? ratio * Math.exp(error * hallQuantile(skewness)) : Number.POSITIVE_INFINITY,
    samples,
  };
}

/** −t(−q), t the inverse of Hall's transformation x = t + a t²/3 + a² t³/27 + a/6 of a mean whose skewness is `a`. */
const hallQuantile = (a: number): number => (Math.abs(a) < 1e-6 ? QUANTILE : (3 / a) * (1 - Math.cbrt(1 - a * (QUANTILE + a / 6))));

/** The skewness of a log-normal variable whose logarithm varies as that of Θ² does: the bulk of a sample knows it, its largest values do not. */
function logNormalSkewness(values: Float64Array): number {
  const logs = values.filter((value) => value !== 0).map((value) => 2 * Math.log(Math.abs(value)));
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  const growth = Math.exp(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length);
  return (growth + 2) * Math.sqrt(growth - 1);
}
