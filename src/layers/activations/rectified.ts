/** Piecewise linear activations, their powers, and the sign: duals of the angle between two samples. */
import { bringErf, bringRectifiedMonomial, bringSign } from '../../activations/bring';
import { type AbReluLayer, type DegreeLayer, finiteParameter, type LeakyReluLayer, type SimpleActivationLayer } from '../../spec';
import { wholeNumber } from '../checks';

/**
 * max(x, 0)
 * @nngp K' = √(q1 q2) (√(1 − ρ²) + ρ (π − arccos ρ)) / 2π
 * @ntk Θ' = Θ (π − arccos ρ) / 2π
 * @cost one square root and one arccosine
 * @source Cho & Saul 2009, arc-cosine kernel of order 1
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Relu
 */
export const relu = (): SimpleActivationLayer => Object.freeze({ kind: 'relu' });

/**
 * |x|
 * @nngp K' = (2/π) √(q1 q2) (√(1 − ρ²) + ρ arcsin ρ)
 * @ntk Θ' = (2/π) Θ arcsin ρ
 * @cost one square root and one arccosine
 * @source Cho & Saul 2009; Tsuchida et al. 2018, arXiv 1711.09090
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Abs
 */
export const abs = (): SimpleActivationLayer => Object.freeze({ kind: 'abs' });

/**
 * alpha · min(x, 0) + max(x, 0): abRelu(alpha, 1).
 * @nngp K' = ((1 + α)/2)² K + ((1 − α)²/2π) √(q1 q2) (√(1 − ρ²) + ρ arcsin ρ)
 * @ntk Θ' = Θ (((1 + α)/2)² + ((1 − α)²/2π) arcsin ρ)
 * @where α = alpha
 * @param alpha slope for negative x
 * @cost one square root and one arccosine
 * @source Tsuchida et al. 2018, arXiv 1711.09090
 * @throws ERR_ARGUMENT for a slope that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.LeakyRelu
 */
export const leakyRelu = (alpha: number): LeakyReluLayer =>
  Object.freeze({ kind: 'leakyRelu', alpha: finiteParameter(alpha, 'leakyRelu', 'alpha') });

/**
 * a · min(x, 0) + b · max(x, 0)
 * @nngp K' = ((a + b)/2)² K + ((b − a)²/2π) √(q1 q2) (√(1 − ρ²) + ρ arcsin ρ)
 * @ntk Θ' = Θ (((a + b)/2)² + ((b − a)²/2π) arcsin ρ)
 * @param a slope for negative x
 * @param b slope for positive x
 * @cost one square root and one arccosine
 * @source Tsuchida et al. 2018, arXiv 1711.09090
 * @throws ERR_ARGUMENT for a slope that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.ABRelu
 */
export function abRelu(a: number, b: number): AbReluLayer {
  // φ = 0 is a case of erf.
  if (a === 0 && b === 0) bringErf();
  return Object.freeze({ kind: 'abRelu', a: finiteParameter(a, 'abRelu', 'a'), b: finiteParameter(b, 'abRelu', 'b') });
}

/**
 * The sign of x: −1, 0 or 1.
 *
 * Its derivative is 0 almost everywhere, so layers below it do not train: the NTK starts again at 0.
 * @nngp K' = (2/π) arcsin ρ, and 0 where a variance is 0
 * @ntk Θ' = 0
 * @cost one arccosine
 * @source Sheppard 1899; Cho & Saul 2009, order 0
 * @throws in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Sign
 */
export function sign(): SimpleActivationLayer {
  bringSign();
  return Object.freeze({ kind: 'sign' });
}

/**
 * x^degree for positive x, otherwise 0; degree 0 is the step function, 1 is relu.
 * @nngp K' = (q1 q2)^(n/2) J_n(θ) / 2π; J_n(θ) = (−1)ⁿ (sin θ)^(2n+1) (1/sin θ · d/dθ)ⁿ ((π − θ)/sin θ)
 * @ntk Θ' = Θ n² (q1 q2)^((n−1)/2) J_(n−1)(θ) / 2π, and 0 for n = 0
 * @where n = degree, θ = arccos ρ
 * @param degree a natural number
 * @cost one arccosine and a number of operations that grows with the degree
 * @source Cho & Saul 2009, arc-cosine kernel of order n
 * @throws ERR_ARGUMENT for a degree that is not a natural number; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.RectifiedMonomial
 */
export function rectifiedMonomial(degree: number): DegreeLayer {
  bringRectifiedMonomial();
  return Object.freeze({ kind: 'rectifiedMonomial', degree: wholeNumber(degree, 'rectifiedMonomial', 'degree', 0) });
}
