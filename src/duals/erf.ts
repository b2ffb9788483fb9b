/**
 * Dual of a·erf(b x) (Williams 1997): K' = (2a²/π) arcsin(u), u = √(u₁u₂) ρ, uᵢ = 2b²qᵢ/(1 + 2b²qᵢ) = sin αᵢ, on the state
 * m = 1 − |ρ|. The function is odd, so everything is computed for |ρ| and the sign is put back. With α = arcsin|u|,
 *   cos²α = w₁ + w₂u₁ + u₁u₂ m(2 − m),   wᵢ = 1 − uᵢ = 1/(1 + 2b²qᵢ)                        (no cancellation)
 *   sin(α₁ − α) = (u₁ − u₂ + u₂ m(2 − m)) / (cos α + √(u₂/u₁)|ρ| cos α₁)                    (and with 1, 2 exchanged)
 * the spread M = (α₁ − α) + (α₂ − α) comes from its sine and cosine, and
 *   |ρ'| = α/√(α₁α₂),     1 − |ρ'| = (M − (√α₁ − √α₂)²) / (2√(α₁α₂)),     factor = (4a²b²/π) √(w₁w₂) / cos α.
 * Measured with q from 1e-300 to 1e300: |ρ'| 6.7e-16 absolute, factor 1.3e-15 relative (4.2e-7, 1.7e-7 single); the angle of 1 − |ρ'| to
 * 1.1e-15 (2.3e-7) relative where q₁ = q₂. Where they differ M and (√α₁ − √α₂)² cancel: 1 − |ρ'| is known to 1.3e-15, its angle to 1.6e-8
 * (4.9e-4 single), which only an activation with a kink after it shows.
 * Row tables: u, w, √u, 1/√u (0 for a zero row), cos α, √α, 1/√(2α) (0 for a zero row).
 */
import { angleOf } from './angle';
import { Lanes } from './lanes';

/** cos α; across = m(2 − m). */
export function erfCosine<L extends Lanes<V>, V>(l: L, across: V, u1: V, u2: V, w1: V, w2: V): V {
  return l.sqrt(l.fma(l.mul(u1, u2), across, l.fma(w2, u1, w1)));
}

/** u₁ − u₂, from whichever of u and w = 1 − u is small. */
export function erfDifference<L extends Lanes<V>, V>(l: L, u1: V, u2: V, w1: V, w2: V): V {
  return l.ifLess(l.add(u1, u2), l.lit(1), l.sub(u1, u2), l.sub(w2, w1));
}

/** sin(α₁ − α), given u₁ − u₂ = difference and √u₂/√u₁ |ρ| = slant. */
export function erfSine<L extends Lanes<V>, V>(l: L, difference: V, across: V, u2: V, cosine: V, slant: V, cos1: V): V {
  return l.div(l.fma(u2, across, difference), l.fma(slant, cos1, cosine));
}

/** M from the sines and cosines of α₁ − α and α₂ − α. */
export function erfSpread<L extends Lanes<V>, V>(l: L, s1: V, c1: V, s2: V, c2: V): V {
  const sine = l.max(l.fma(s1, c2, l.mul(s2, c1)), l.lit(0));
  return angleOf<L, V>(l, sine, l.sub(l.mul(c1, c2), l.mul(s1, s2)));
}

/**
 * 1 − |ρ'|; g = √α, h = 1/(2√(α₁α₂)), next = |ρ'|. Where the two angles differ more than eightfold the spread says nothing and
 * ρ' is far from 1; there, and where a row is zero, 1 − |ρ'| is taken as it stands.
 */
export function erfMargin<L extends Lanes<V>, V>(l: L, spread: V, next: V, g1: V, g2: V, h: V): V {
  const dg = l.sub(g1, g2);
  const unequal = l.mul(l.mul(dg, h), dg);
  const close = l.max(l.sub(l.mul(spread, h), unequal), l.lit(0));
  return l.ifLess(unequal, l.mul(l.lit(3), l.ifLess(l.lit(0), h, l.lit(1), l.lit(0))), close, l.sub(l.lit(1), next));
}

/** |ρ'| */
export function erfCorrelation<L extends Lanes<V>, V>(l: L, alpha: V, h: V): V {
  return l.mul(l.add(alpha, alpha), h);
}
