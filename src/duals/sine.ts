/**
 * Dual of a sin(b x + c), and of cos, its c + π/2. With C = cos 2c, R = b√q/√2 and the exponents of the two exponentials
 *   K' = ½a² (E₋ − C E₊),   E₋ = exp(−½b²(q₁ + q₂ − 2K)),   E₊ = exp(−½b²(q₁ + q₂ + 2K)),   factor = ½a²b² (E₋ + C E₊),
 * the larger is E = exp(−(R₁ − R₂)² − 2 R₁R₂ m) and the smaller E(1 − τ), τ = 1 − exp(−4 R₁R₂|ρ|), whose difference Eτ has no
 * cancellation. With n² = 1 − C ε², ε = exp(−b²q), so that K'(q, q) = ½a² n²:
 *   ρ' n₁n₂ = E (sin²c (2 − τ) ± cos²c τ),          factor = ½a²b² E (cos²c (2 − τ) ± sin²c τ)        (± the sign of ρ)
 *   (1 − ρ') n₁n₂ = (1 − E₋)(1 + C E₊) − Q,   (1 + ρ') n₁n₂ = (1 + E₋)(1 − C E₊) − Q,   Q = ½(C (ε₁ − ε₂)² + (n₁ − n₂)²),
 * but where Q > ½n₁n₂, rows so unlike that ρ' is far from 1, 1 − |ρ'| is taken as it stands.
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 8.0e-16 (2.3e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { agreeing } from './affine';
import { decay, decayed, decayHalvings, decayRange, decayScale } from './exp';
import { Lanes } from './lanes';
import { complementOf, decayFractionOf } from './outlined';
import { PairLanes } from './pair';

/** (1 − |ρ'|) n₁n₂; more, less = 1 − E₊, 1 − E₋; the sums are written so that they do not cancel for either sign of C. */
function sineMargin<L extends Lanes<V>, V>(l: L, next: V, more: V, less: V, radial: V, sine2: V, cosine2: V): V {
  const doubled = l.mul(l.sub(cosine2, sine2), more);
  const near = l.mul(less, l.sub(l.add(cosine2, cosine2), doubled));
  const far = l.mul(l.sub(l.two(), less), l.add(l.add(sine2, sine2), doubled));
  return l.max(l.sub(l.ifLess(next, l.zero(), far, near), radial), l.zero());
}

/** SINE: R, n, ε of both rows; inverse = 1/(n₁n₂) and s, the root of the factor's scale, as products; sin²c and cos²c. */
export function sineStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  radius1: V,
  radius2: V,
  n1: V,
  n2: V,
  decay1: V,
  decay2: V,
  inverse: V,
  s: V,
  sine2: V,
  cosine2: V,
): void {
  const rho = l.load(c);
  const zero = l.zero();
  const difference = l.sub(radius1, radius2);
  const product = l.mul(l.two(), l.mul(radius1, radius2));
  const x = l.fma(product, l.load(m), l.mul(difference, difference));
  const range = decayRange<L, V>(l, x);
  const k = decayHalvings<L, V>(l, range);
  const p = decayFractionOf<L, V>(l, range, k);
  const scale = decayScale<L, V>(l, k);
  const large = decay<L, V>(l, x, p, scale);
  const fall = complementOf<L, V>(l, l.mul(l.two(), l.mul(product, l.abs(rho))));
  const rest = l.sub(l.two(), fall);
  const signed = l.ifLess(rho, zero, l.sub(zero, fall), fall);
  const next = l.mul(l.mul(large, l.fma(sine2, rest, l.mul(cosine2, signed))), inverse);
  l.store(t, l.mul(l.mul(l.load(t), s), l.mul(large, l.fma(cosine2, rest, l.mul(sine2, signed)))));
  const least = decayed<L, V>(l, p, scale);
  const most = l.fma(large, fall, least);
  const decays = l.sub(decay1, decay2);
  const norms = l.sub(n1, n2);
  const radial = l.mul(l.half(), l.fma(l.mul(l.sub(cosine2, sine2), decays), decays, l.mul(norms, norms)));
  const more = l.ifLess(rho, zero, least, most);
  const less = l.ifLess(rho, zero, most, least);
  const close = l.mul(sineMargin<L, V>(l, next, more, less, radial, sine2, cosine2), inverse);
  const margin = l.ifLess(l.mul(radial, inverse), l.half(), close, l.sub(l.one(), l.abs(next)));
  l.store(m, margin);
  l.store(c, agreeing<L, V>(l, next, margin));
}
