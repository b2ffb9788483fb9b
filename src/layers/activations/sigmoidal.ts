/** Activations that level off on both sides. */
import { bringErf, bringTabulated } from '../../activations/bring';
import { type ErfLayer, finiteParameter, type SimpleActivationLayer } from '../../spec';
import { checkedOptions } from '../checks';

export interface ErfOptions {
  /** Scale of the output. Default 1. */
  a?: number;
  /** Scale of the input. Default 1. */
  b?: number;
  /** Shift of the output. Default 0. */
  c?: number;
}

/**
 * a · erf(b x) + c
 * @nngp K' = (2a²/π) arcsin(2b²K / √((1 + 2b²q1)(1 + 2b²q2))) + c²
 * @ntk Θ' = (4a²b²/π) Θ / √((1 + 2b²q1)(1 + 2b²q2) − 4b⁴K²)
 * @cost one square root and one arctangent
 * @source Williams 1997
 * @throws ERR_ARGUMENT for a parameter that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Erf
 */
export function erf(options: ErfOptions = {}): ErfLayer {
  bringErf();
  const { a = 1, b = 1, c = 0 } = checkedOptions('erf', options, ['a', 'b', 'c']);
  return Object.freeze({
    kind: 'erf',
    a: finiteParameter(a, 'erf', 'a'),
    b: finiteParameter(b, 'erf', 'b'),
    c: finiteParameter(c, 'erf', 'c'),
  });
}

/**
 * ½ erf(x / 2.4020563531719796) + ½, close to the logistic sigmoid: erf({ a: 0.5, b: 1 / 2.4020563531719796, c: 0.5 }).
 * @nngp as erf
 * @ntk as erf
 * @cost one square root and one arctangent
 * @source Williams 1997; the constant is that of neural-tangents
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Sigmoid_like
 */
export function sigmoidLike(): SimpleActivationLayer {
  bringErf();
  return Object.freeze({ kind: 'sigmoidLike' });
}

/**
 * tanh x. There is no closed form: the expectations are computed numerically.
 * @nngp K' = E[tanh u tanh v]
 * @ntk Θ' = Θ E[tanh' u tanh' v]
 * @cost that of an evaluation by src/duals/numerical
 * @source Poole et al. 2016, arXiv 1606.05340; the method is that of src/duals/numerical
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function tanh(): SimpleActivationLayer {
  bringTabulated();
  return Object.freeze({ kind: 'tanh' });
}

/**
 * The logistic sigmoid 1/(1 + e^(−x)). There is no closed form: the expectations are computed numerically.
 * @nngp K' = E[σ(u) σ(v)] = ¼ + ¼ E[tanh(u/2) tanh(v/2)]
 * @ntk Θ' = Θ E[σ'(u) σ'(v)]
 * @cost that of an evaluation by src/duals/numerical
 * @source the identity σ(x) = ½ + ½ tanh(x/2); the method is that of src/duals/numerical
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference none
 */
export function sigmoid(): SimpleActivationLayer {
  bringTabulated();
  return Object.freeze({ kind: 'sigmoid' });
}
