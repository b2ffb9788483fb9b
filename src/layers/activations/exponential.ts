/** Activations with exponentials, and the exponential kernel that has none. */
import { bringExponential, bringGaussian } from '../../activations/bring';
import { type ExpNormalizedLayer, type ExponentialLayer, finiteParameter } from '../../spec';
import { checkedOptions, flag, notNegative } from '../checks';

export interface ExpOptions {
  /** Scale of the output. Default 1. */
  a?: number;
  /** Scale of the input. Default 1. */
  b?: number;
}

/**
 * a · e^(b x)
 *
 * Grows without bound: keep variances small, or the kernel overflows.
 * @nngp K' = a² e^(b² ((q1 + q2)/2 + K))
 * @ntk Θ' = b² Θ K'
 * @cost one exponential
 * @source moments of the log-normal distribution
 * @throws ERR_ARGUMENT for a parameter that is not finite; in a kernel ERR_NOT_GAUSSIAN, and ERR_NON_FINITE where it overflows
 * @reference stax.Exp
 */
export function exp(options: ExpOptions = {}): ExponentialLayer {
  bringExponential();
  const { a = 1, b = 1 } = checkedOptions('exp', options, ['a', 'b']);
  return Object.freeze({ kind: 'exp', a: finiteParameter(a, 'exp', 'a'), b: finiteParameter(b, 'exp', 'b') });
}

export interface GaussianOptions {
  /** Scale of the output. Default 1. */
  a?: number;
  /** Factor of x². Default -1; a positive one has a kernel only for variances below 1/(4b). */
  b?: number;
}

/**
 * a · e^(b x²)
 * @nngp K' = a² / √((1 − 2b q1)(1 − 2b q2) − 4b²K²)
 * @ntk Θ' = 4a²b² K Θ / ((1 − 2b q1)(1 − 2b q2) − 4b²K²)^(3/2)
 * @cost one square root and one division
 * @source Williams 1997
 * @throws ERR_ARGUMENT for a parameter that is not finite; in a kernel ERR_NOT_GAUSSIAN, and ERR_NON_FINITE where b is positive and the
 *   expectation does not exist
 * @reference stax.Gaussian
 */
export function gaussian(options: GaussianOptions = {}): ExponentialLayer {
  bringGaussian();
  const { a = 1, b = -1 } = checkedOptions('gaussian', options, ['a', 'b']);
  return Object.freeze({ kind: 'gaussian', a: finiteParameter(a, 'gaussian', 'a'), b: finiteParameter(b, 'gaussian', 'b') });
}

export interface ExpNormalizedOptions {
  /** Factor of the correlation in the exponent. Default 1. */
  gamma?: number;
  /** Added to the correlation. Default -1, which keeps variances when gamma is 1. */
  shift?: number;
  /** Clip correlations to [−1, 1]; here they never leave it. Default false. */
  doClip?: boolean;
}

/**
 * The normalised Gaussian kernel, a kernel without an activation: finite networks cannot have it.
 * @nngp K' = √(q1 q2) e^(γ (ρ + shift))
 * @ntk Θ' = γ Θ e^(γ (ρ + shift))
 * @where γ = gamma
 * @cost one exponential
 * @source Shankar et al. 2020, arXiv 2003.02237
 * @throws ERR_ARGUMENT for a negative gamma, a shift that is not finite, a doClip that is not true or false; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.ExpNormalized
 */
export function expNormalized(options: ExpNormalizedOptions = {}): ExpNormalizedLayer {
  bringExponential();
  const { gamma = 1, shift = -1, doClip = false } = checkedOptions('expNormalized', options, ['gamma', 'shift', 'doClip']);
  return Object.freeze({
    kind: 'expNormalized',
    gamma: notNegative(gamma, 'expNormalized', 'gamma'),
    shift: finiteParameter(shift, 'expNormalized', 'shift'),
    doClip: flag(doClip, 'expNormalized', 'doClip'),
  });
}
