/** What kernel regression learns of a function, mode by mode (Simon, Dickens, Karkada & DeWeese 2021, arXiv 2110.03922). */
import { InfiniteWidthError } from '../errors';
import { badArgument, checkedOptions, notNegative } from '../layers/checks';
import { finiteParameter } from '../spec';
import { bracketedRoot } from './bracketed-root';

export interface EigenlearningOptions {
  /** λᵢ of the kernel over the distribution of inputs: ∫ k(x, x') φᵢ(x') p(x') dx' = λᵢ φᵢ(x). Not negative. */
  eigenvalues: ArrayLike<number>;
  /** vᵢ of the target Σ vᵢ φᵢ, with φᵢ of norm 1. */
  coefficients: ArrayLike<number>;
  /** n, training samples. */
  samples: number;
  /** δ, added to the diagonal of the training kernel. Default 0. */
  ridge?: number;
  /** Variance of the noise on training and test targets. Default 0. */
  noise?: number;
}

export interface Eigenlearning {
  /** κ of Σ λᵢ/(λᵢ + κ) + δ/κ = n: modes of eigenvalues above it are learned. */
  readonly kappa: number;
  /** Lᵢ = λᵢ/(λᵢ + κ), the share of mode i that is learned. */
  readonly learnabilities: Float64Array;
  /** n/(n − Σ Lᵢ²), by which errors grow because noise and what is not learned are fitted. */
  readonly overfitting: number;
  /** Mean squared errors on new samples and on the training samples, noise included. */
  readonly testError: number;
  readonly trainError: number;
}

/**
 * Mean errors of kernel ridge regression on n random samples, exact in the limit of many samples and modes, to some percent at a hundred.
 * @throws ERR_ARGUMENT; also without a ridge and with as many samples as eigenvalues above 0, where the error has no bound
 */
export function eigenlearning(options: EigenlearningOptions): Eigenlearning {
  const caller = 'eigenlearning';
  const { eigenvalues, coefficients, samples, ridge = 0, noise = 0 } = checkedOptions(caller, options, NAMES);
  if (!Number.isInteger(samples) || samples < 1) throw badArgument(caller, 'samples', 'a positive integer', samples);
  notNegative(ridge, caller, 'ridge');
  notNegative(noise, caller, 'noise', 'it is a variance');
  const lambda = numbersOf(eigenvalues, caller, 'eigenvalues');
  const target = numbersOf(coefficients, caller, 'coefficients');
  if (lambda.length === 0 || lambda.length !== target.length)
    throw badArgument(caller, 'coefficients', `as many as eigenvalues, which are ${lambda.length}`, target.length);
  for (const value of lambda) notNegative(value, caller, 'eigenvalues');
  const largest = lambda.reduce((most, value) => Math.max(most, value), ridge);
  // A power of two, so that nothing overflows or loses digits.
  const unit = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1;
  const kappa = kappaOf(
    lambda.map((value) => value / unit),
    samples,
    ridge / unit,
  );
  const share = (value: number) => (value === 0 ? 0 : value / unit / (value / unit + kappa));
  const rest = (value: number) => (value === 0 ? 1 : kappa / (value / unit + kappa));
  const sum = (term: (value: number, i: number) => number) => lambda.reduce((total, value, i) => total + term(value, i), 0);
  // n − Σ Lᵢ, of which δ/κ is left without cancellation, and n − Σ Lᵢ² likewise.
  const unlearned = kappa > 0 ? ridge / unit / kappa : samples - sum(share);
  const overfitting = samples / (unlearned + sum((value) => share(value) * rest(value)));
  const testError = overfitting * (sum((value, i) => (rest(value) * target[i]) ** 2) + noise);
  return {
    kappa: kappa * unit,
    learnabilities: lambda.map(share),
    overfitting,
    testError,
    trainError: (unlearned / samples) ** 2 * testError,
  };
}

function numbersOf(list: unknown, caller: string, name: string): Float64Array {
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) throw badArgument(caller, name, 'a list of numbers', list);
  return Float64Array.from(list as ArrayLike<unknown>, (value, i) => finiteParameter(value, caller, `${name}[${i}]`));
}

const NAMES = ['eigenvalues', 'coefficients', 'samples', 'ridge', 'noise'] as const;

/** By its logarithm, between bounds where Σ Lᵢ + δ/κ is surely more and surely less than n. */
function kappaOf(lambda: Float64Array, n: number, ridge: number): number {
  const modes = lambda.filter((value) => value > 0).length;
  if (ridge === 0 && modes < n) return 0;
  if (ridge === 0 && modes === n)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `eigenlearning: ${n} samples determine ${modes} modes exactly, and the error has no bound; use a ridge, or another number of samples`,
      { samples: n, modes },
    );
  // Σ Lᵢ + δ/κ − n, in which the n largest modes give Lᵢ − 1: near 1 they would cancel.
  const sorted = lambda.slice().sort().reverse();
  const excess = (log: number) => {
    const kappa = Math.exp(log);
    const missing = sorted.subarray(0, n).reduce((sum, value) => sum + kappa / (value + kappa), Math.max(0, n - sorted.length));
    return sorted.subarray(n).reduce((sum, value) => sum + value / (value + kappa), ridge / kappa) - missing;
  };
  const total = lambda.reduce((a, b) => a + b, ridge);
  // Σ Lᵢ + δ/κ ≤ (Σ λᵢ + δ)/κ
  const high = Math.log(total / n) + 1;
  let low = high - 1;
  while (!(excess(low) > 0)) low -= 5;
  return Math.exp(bracketedRoot(excess, low, high, excess(low), excess(high)));
}
