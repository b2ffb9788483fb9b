/** Polynomial activations. */
import { bringPolynomial } from '../../activations/bring';
import { type DegreeLayer, finiteParameter, type PolynomialLayer } from '../../spec';
import { badArgument, wholeNumber } from '../checks';

/**
 * x^degree
 * @nngp K' = Σ_l l! c_l² (q1 q2)^((n−l)/2) K^l over l = n, n − 2, …; c_l = n! / (l! 2^m m!); m = (n − l)/2
 * @ntk Θ' = n² Θ times the K' of degree n − 1
 * @where n = degree
 * @param degree a natural number
 * @cost about as many multiplications and additions as the degree
 * @source Isserlis 1918
 * @throws ERR_ARGUMENT for a degree that is not a natural number; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Monomial
 */
export function monomial(degree: number): DegreeLayer {
  bringPolynomial();
  return Object.freeze({ kind: 'monomial', degree: wholeNumber(degree, 'monomial', 'degree', 0) });
}

/**
 * The normalised Hermite polynomial He_n(x)/√n!.
 *
 * Where a variance is 1, as after layerNorm(), K' = K^n and Θ' = n Θ K^(n−1).
 * @nngp K' = Σ n!/(l! (2^m m!)²) ((q1 − 1) (q2 − 1))^m K^l over l = n, n − 2, …
 * @ntk Θ' = n Θ times the K' of degree n − 1, and 0 for n = 0
 * @where n = degree, m = (n − l)/2
 * @param degree a natural number
 * @cost about as many multiplications and additions as the degree
 * @source Daniely et al. 2016, arXiv 1602.05897
 * @throws ERR_ARGUMENT for a degree that is not a natural number; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Hermite
 */
export function hermite(degree: number): DegreeLayer {
  bringPolynomial();
  return Object.freeze({ kind: 'hermite', degree: wholeNumber(degree, 'hermite', 'degree', 0) });
}

/**
 * coef[0] + coef[1] x + coef[2] x² + …
 * @nngp K' = Σ_l r_l(q1) r_l(q2) ρ^l; r_l(q) = Σ_i coef[2i + l] (2i + l)! / (2^i i! √(l!)) q^((2i + l)/2)
 * @ntk Θ' = Θ Σ_l l r_l(q1) r_l(q2) ρ^(l−1) / √(q1 q2)
 * @param coef coefficients from the constant on, at least one
 * @cost one multiplication of row tables and one addition per degree
 * @source Daniely et al. 2016, arXiv 1602.05897
 * @throws ERR_ARGUMENT for an empty list or a coefficient that is not finite; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.Polynomial
 */
export function polynomial(coef: ArrayLike<number>): PolynomialLayer {
  bringPolynomial();
  if (typeof coef !== 'object' || coef === null || !(coef.length > 0))
    throw badArgument('polynomial', 'coef', 'a list of coefficients from the constant on, at least one', coef);
  return Object.freeze({
    kind: 'polynomial',
    coef: Object.freeze(Array.from(coef, (c, i) => finiteParameter(c, 'polynomial', `coef[${i}]`))),
  });
}
