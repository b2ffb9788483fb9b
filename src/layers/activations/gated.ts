/** Smooth relatives of relu. */
import { bringGelu, bringTabulated } from '../../activations/bring';
import { type EluLayer, finiteParameter, type GeluLayer, type SimpleActivationLayer } from '../../spec';
import { checkedOptions, flag } from '../checks';

export interface GeluOptions {
  /** The tanh form in finite networks; the kernel is that of the exact function in any case. Default false. */
  approximate?: boolean;
}

/**
 * x Φ(x), Φ the standard normal distribution function.
 * @nngp K' = ((K² + q1 q2 δ²)/(P δ) + K arctan(K/δ)) / 2π + K/4
 * @ntk Θ' = Θ (1/4 + arctan(K/δ) / 2π + (K / 2πδ) (1/δ² + (1 − q1 q2)/P + 1))
 * @where P = (1 + q1)(1 + q2), δ² = P − K²
 * @cost one square root, one arctangent, two divisions
 * @source Tsuchida et al. 2021, arXiv 2002.08517; Hendrycks & Gimpel 2016, arXiv 1606.08415
 * @throws ERR_ARGUMENT for an `approximate` that is not true or false; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Gelu
 */
export function gelu(options: GeluOptions = {}): GeluLayer {
  bringGelu();
  const { approximate = false } = checkedOptions('gelu', options, ['approximate']);
  return Object.freeze({ kind: 'gelu', approximate: flag(approximate, 'gelu', 'approximate') });
}

/**
 * x / (1 + e^(−x)), also called swish. There is no closed form: the expectations are computed numerically.
 * @nngp K' = E[u σ(u) v σ(v)]
 * @ntk Θ' = Θ E[φ'(u) φ'(v)]; φ'(x) = σ(x) + x σ(x) (1 − σ(x))
 * @where σ is the logistic sigmoid
 * @cost that of an evaluation by src/duals/numerical
 * @source Elfwing et al. 2018, arXiv 1702.03118; the method is that of src/duals/numerical
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function silu(): SimpleActivationLayer {
  bringTabulated();
  return Object.freeze({ kind: 'silu' });
}

/**
 * log(1 + e^x). There is no closed form: the expectations are computed numerically.
 * @nngp K' = E[log(1 + e^u) log(1 + e^v)]
 * @ntk Θ' = Θ E[σ(u) σ(v)]
 * @where σ is the logistic sigmoid
 * @cost that of an evaluation by src/duals/numerical
 * @source Dugas et al. 2001; the method is that of src/duals/numerical
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function softplus(): SimpleActivationLayer {
  bringTabulated();
  return Object.freeze({ kind: 'softplus' });
}

export interface EluOptions {
  /** The function tends to −alpha for very negative x. Default 1. */
  alpha?: number;
}

/**
 * x for positive x, otherwise alpha (e^x − 1).
 * @nngp K' = E[φ(u) φ(v)]
 * @ntk Θ' = Θ E[φ'(u) φ'(v)]; φ'(x) = 1 for positive x, otherwise alpha e^x
 * @cost that of an evaluation by src/duals/numerical
 * @source Clevert et al. 2016, arXiv 1511.07289; Tsuchida et al. 2021, arXiv 2002.08517
 * @throws ERR_ARGUMENT for an alpha that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function elu(options: EluOptions = {}): EluLayer {
  bringTabulated();
  const { alpha = 1 } = checkedOptions('elu', options, ['alpha']);
  return Object.freeze({ kind: 'elu', alpha: finiteParameter(alpha, 'elu', 'alpha') });
}

/**
 * λ elu(x, α) with λ = 1.0507009873554805 and α = 1.6732632423543772, whose variance map has the fixed point 1.
 * @nngp K' = λ² times that of elu({ alpha: 1.6732632423543772 })
 * @ntk Θ' = λ² times that of elu({ alpha: 1.6732632423543772 })
 * @cost that of an evaluation by src/duals/numerical
 * @source Klambauer et al. 2017, arXiv 1706.02515
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function selu(): SimpleActivationLayer {
  bringTabulated();
  return Object.freeze({ kind: 'selu' });
}
