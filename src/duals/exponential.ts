/**
 * Duals of a exp(b x), of √2 sin(√(2γ) x + π/4) (rbf) and of the kernel expNormalized, which share a form: with the exponent
 *   x = (R₁ − R₂)² + 2 R₁R₂ (1 − ρ),     ρ' = e⁻ˣ,     1 − ρ' = 1 − e⁻ˣ,     factor ∝ ρ'
 * exp:           R = b√q/√2, so that x = ½ b²(q₁ + q₂ − 2K);  K'(q, q) = a² exp(2b²q),  factor = b² K'   (log-normal moments)
 * rbf:           R = √(γ q);                                   K'(q, q) = 1,             factor = 2γ K'   (Rahimi & Recht 2007)
 * expNormalized: R = √(γ/2), so that x = γ(1 − ρ);             K'(q, q) = q exp(γ(1 + shift)),  factor = γ exp(γ(ρ + shift))
 *                                                                                             (Shankar et al. 2020, arXiv 2003.02237)
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 2.4e-15 (2.4e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { decay, decayed, decayHalvings, decayRange, decayScale } from './exp';
import { decayFractionOf } from './outlined';
import { PairLanes } from './pair';

/** EXPONENTIAL: R of both rows, s = the root of the factor's scale, as a product. */
export function exponentialStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, radius1: V, radius2: V, s: V): void {
  const margin = l.load(m);
  const distance = l.ifLess(l.load(c), l.zero(), l.sub(l.two(), margin), margin);
  const difference = l.sub(radius1, radius2);
  const product = l.mul(radius1, radius2);
  const x = l.fma(l.add(product, product), distance, l.mul(difference, difference));
  const range = decayRange<L, V>(l, x);
  const k = decayHalvings<L, V>(l, range);
  const p = decayFractionOf<L, V>(l, range, k);
  const scale = decayScale<L, V>(l, k);
  const next = decay<L, V>(l, x, p, scale);
  l.store(t, l.mul(l.mul(l.load(t), s), next));
  l.store(m, decayed<L, V>(l, p, scale));
  l.store(c, next);
}
