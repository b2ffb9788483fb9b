/** What kernel regression learns of a function, mode by mode (Simon, Dickens, Karkada & DeWeese 2021, arXiv 2110.03922). */
import { InfiniteWidthError } from '../errors';
import { badArgument, checkedOptions, notNegative } from '../layers/checks';
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
  const lambda = Float64Array.from(eigenvalues);
  if (lambda.length === 0 || lambda.length !== coefficients.length)
    throw badArgument(caller, 'coefficients', `as many as eigenvalues, which are ${lambda.length}`, coefficients.length);
  for (const value of lambda) notNegative(value, caller, 'eigenvalues');
  const kappa = kappaOf(lambda, samples, ridge);
  const learnabilities = lambda.map((value) => (value === 0 ? 0 : value / (value + kappa)));
  const sum = (term: (share: number, i: number) => number) => learnabilities.reduce((total, share, i) => total + term(share, i), 0);
  const overfitting = samples / (samples - sum((share) => share * share));
  const testError = overfitting * (sum((share, i) => ((1 - share) * coefficients[i]) ** 2) + noise);
  // δ/κ = n − Σ Lᵢ
  const trainError = ((samples - sum((share) => share)) / samples) ** 2 * testError;
  return { kappa, learnabilities, overfitting, testError, trainError: ridge === 0 && kappa > 0 ? 0 : trainError };
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
  const excess = (log: number) => {
    const kappa = Math.exp(log);
    return lambda.reduce((sum, value) => sum + value / (value + kappa), ridge / kappa - n);
  };
  const total = lambda.reduce((a, b) => a + b, ridge);
  // Σ Lᵢ + δ/κ ≤ (Σ λᵢ + δ)/κ
  const high = Math.log(total / n) + 1;
  let low = high - 1;
  while (!(excess(low) > 0)) low -= 5;
  return Math.exp(bracketedRoot(excess, low, high, excess(low), excess(high)));
}
