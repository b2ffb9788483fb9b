/**
 * The polynomials that duals/monomial.ts takes for h/m^(n+½) = eₙ ₂F₁(½, ½; n + 3/2; m/2), m in [0, 1]: interpolants at Chebyshev
 * nodes in y = 2m − 1. The function is analytic within |m| < 2, so that 20 coefficients err by less than 5.8⁻²⁰.
 */
import { SERIES } from '../duals/monomial';

/** Terms of the hypergeometric series until they vanish in doubles at x = ½. */
const TERMS = 60;

/** eₙ = e₍ₙ₋₁₎ 2n²/((2n + 1)(2n − 1)), e₀ = √2/π. */
function leading(n: number): number {
  let e = Math.SQRT2 / Math.PI;
  for (let i = 1; i <= n; i++) e *= (2 * i * i) / ((2 * i + 1) * (2 * i - 1));
  return e;
}

/** ₂F₁(½, ½; c; x), smallest terms first. */
function series(c: number, x: number): number {
  const terms = [1];
  for (let k = 0; k < TERMS; k++) terms.push((terms[k] * (k + 0.5) ** 2 * x) / ((c + k) * (k + 1)));
  return terms.reduceRight((sum, term) => sum + term, 0);
}

/** SERIES coefficients in y, lowest degree first. */
export function hypergeometric(n: number): number[] {
  const e = leading(n);
  const nodes = Array.from({ length: SERIES }, (_, i) => Math.cos((Math.PI * (2 * i + 1)) / (2 * SERIES)));
  const values = nodes.map((y) => e * series(n + 1.5, (y + 1) / 4));
  const chebyshev = nodes.map(
    (_, k) =>
      ((k === 0 ? 1 : 2) / SERIES) * values.reduce((sum, f, i) => sum + f * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * SERIES)), 0),
  );
  return toMonomials(chebyshev);
}

/** Σ aₖ Tₖ(y) over the powers of y. */
function toMonomials(chebyshev: readonly number[]): number[] {
  const total = chebyshev.map(() => 0);
  let [before, now] = [[1], [0, 1]];
  for (const a of chebyshev) {
    before.forEach((x, i) => {
      total[i] += a * x;
    });
    const next = [0, ...now.map((x) => 2 * x)];
    before.forEach((x, i) => {
      next[i] -= x;
    });
    [before, now] = [now, next];
  }
  return total;
}
