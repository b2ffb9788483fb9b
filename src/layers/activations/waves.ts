/** Activations that oscillate. */
import { bringExponential, bringGabor, bringSine } from '../../activations/bring';
import { finiteParameter, type RbfLayer, type SimpleActivationLayer, type SineLayer } from '../../spec';
import { checkedOptions, notNegative } from '../checks';

export interface SineOptions {
  /** Scale of the output. Default 1. */
  a?: number;
  /** Scale of the input. Default 1. */
  b?: number;
  /** Phase. Default 0. */
  c?: number;
}

/**
 * a · sin(b x + c)
 * @nngp K' = (a²/2) (e^(−b²(q1 + q2 − 2K)/2) − cos(2c) e^(−b²(q1 + q2 + 2K)/2))
 * @ntk Θ' = (a²b²/2) Θ (e^(−b²(q1 + q2 − 2K)/2) + cos(2c) e^(−b²(q1 + q2 + 2K)/2))
 * @cost two exponentials
 * @source Pearce et al. 2019, arXiv 1905.06076
 * @throws ERR_ARGUMENT for a parameter that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Sin
 */
export const sin = (options: SineOptions = {}): SineLayer => sine('sin', options);

/**
 * a · cos(b x + c)
 * @nngp K' = (a²/2) (e^(−b²(q1 + q2 − 2K)/2) + cos(2c) e^(−b²(q1 + q2 + 2K)/2))
 * @ntk Θ' = (a²b²/2) Θ (e^(−b²(q1 + q2 − 2K)/2) − cos(2c) e^(−b²(q1 + q2 + 2K)/2))
 * @cost two exponentials
 * @source Pearce et al. 2019, arXiv 1905.06076
 * @throws ERR_ARGUMENT for a parameter that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Cos
 */
export const cos = (options: SineOptions = {}): SineLayer => sine('cos', options);

export interface RbfOptions {
  /** γ = 1/(2 length²). Default 1. */
  gamma?: number;
}

/**
 * √2 sin(√(2γ) x + π/4): its kernel is the Gaussian one, exp(−(γ/d) |x − x'|²) directly after an unbiased dense layer on d features.
 * @nngp K' = e^(−γ (q1 + q2 − 2K))
 * @ntk Θ' = 2γ Θ K'
 * @where γ = gamma
 * @cost one exponential
 * @source Rahimi & Recht 2007
 * @throws ERR_ARGUMENT for a negative gamma; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Rbf
 */
export function rbf(options: RbfOptions = {}): RbfLayer {
  bringExponential();
  const { gamma = 1 } = checkedOptions('rbf', options, ['gamma']);
  return Object.freeze({ kind: 'rbf', gamma: notNegative(gamma, 'rbf', 'gamma') });
}

/**
 * e^(−x²) sin x
 * @nngp K' = e^(−(S + D + 2K)/2N) (e^(2K/N) − 1) / (2√N)
 * @ntk Θ' = Θ e^(−(S + D + 2K)/2N) ((A − B) + e^(2K/N) (A + B)) / (2 N^(5/2))
 * @where S = q1 + q2, D = 4 (q1 q2 − K²), N = 2S + D + 1, A = 1 + 2S + 4 (K² + q1 q2), B = 4K (D + 3S + 2)
 * @cost two exponentials and one square root
 * @source neural-tangents 0.6, confirmed by quadrature
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Gabor
 */
export function gabor(): SimpleActivationLayer {
  bringGabor();
  return Object.freeze({ kind: 'gabor' });
}

function sine(kind: SineLayer['kind'], options: SineOptions): SineLayer {
  bringSine();
  const { a = 1, b = 1, c = 0 } = checkedOptions(kind, options, ['a', 'b', 'c']);
  return Object.freeze({ kind, a: finiteParameter(a, kind, 'a'), b: finiteParameter(b, kind, 'b'), c: finiteParameter(c, kind, 'c') });
}
