/**
 * Dual of a·erf(b x) (Williams 1997): K' = (2a²/π) arcsin(u), u = √(u₁u₂) ρ, uᵢ = 2b²qᵢ/(1 + 2b²qᵢ) = sin αᵢ, on the state
 * m = 1 − |ρ|. The function is odd, so everything is computed for |ρ| and the sign is put back. With α = arcsin|u|,
 *   cos²α = w₁ + w₂u₁ + u₁u₂ m(2 − m),   wᵢ = 1 − uᵢ = 1/(1 + 2b²qᵢ)                        (no cancellation)
 *   sin(α₁ − α) = (u₁ − u₂ + u₂ m(2 − m)) / (cos α + √(u₂/u₁)|ρ| cos α₁)                    (and with 1, 2 exchanged)
 * the spread M = (α₁ − α) + (α₂ − α) comes from its sine and cosine, and
 *   |ρ'| = α/√(α₁α₂),     1 − |ρ'| = (M − (√α₁ − √α₂)²) / (2√(α₁α₂)),     factor = (4a²b²/π) √(w₁w₂) / cos α.
 * Where the rows differ, M and (√α₁ − √α₂)² cancel for small u. Where a later activation can show that (ERF_PRECISE), u₁, u₂ < 0.1
 * take a series without cancellation:
 *   |ρ'| = |ρ| exp(−S/2),   S = Σ cₖ((u₁ᵏ − u₂ᵏ)² + 2(u₁u₂)ᵏ(1 − ρ²ᵏ)),   log(arcsin(x)/x) = Σ cₖ x²ᵏ.
 * Measured with q from 1e-300 to 1e300, and close to each other (single precision in brackets): |ρ'| 6.7e-16 absolute (2.5e-7), factor
 * 1.3e-15 relative (1.8e-7). The margin: 1.3e-15 absolute; its angle θ = arccos|ρ'| 1.1e-15 relative (2.3e-7) where q₁ = q₂;
 * by the series 4.0e-16 (θ + u) (1.8e-7); otherwise 4.7e-15 absolute (1.5e-6), the worst at u = 0.02 and 0.33.
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
  return l.ifLess(l.add(u1, u2), l.one(), l.sub(u1, u2), l.sub(w2, w1));
}

/** sin(α₁ − α), given u₁ − u₂ = difference and √u₂/√u₁ |ρ| = slant. */
export function erfSine<L extends Lanes<V>, V>(l: L, difference: V, across: V, u2: V, cosine: V, slant: V, cos1: V): V {
  return l.div(l.fma(u2, across, difference), l.fma(slant, cos1, cosine));
}

/** M from the sines and cosines of α₁ − α and α₂ − α. */
export function erfSpread<L extends Lanes<V>, V>(l: L, s1: V, c1: V, s2: V, c2: V): V {
  const sine = l.max(l.fma(s1, c2, l.mul(s2, c1)), l.zero());
  return angleOf<L, V>(l, sine, l.sub(l.mul(c1, c2), l.mul(s1, s2)));
}

/**
 * 1 − |ρ'|; g = √α, h = 1/(2√(α₁α₂)), next = |ρ'|. Where the two angles differ more than eightfold the spread says nothing and
 * ρ' is far from 1; there, and where a row is zero, 1 − |ρ'| is taken as it stands.
 */
export function erfMargin<L extends Lanes<V>, V>(l: L, spread: V, next: V, g1: V, g2: V, h: V): V {
  const dg = l.sub(g1, g2);
  const unequal = l.mul(l.mul(dg, h), dg);
  const close = l.max(l.sub(l.mul(spread, h), unequal), l.zero());
  return l.ifLess(unequal, l.mul(l.lit(0.6), l.ifLess(l.zero(), h, l.one(), l.zero())), close, l.sub(l.one(), next));
}

/** Σ cₖ vₖ for k = 1 … 8 with v₁ = 1: c of log(arcsin(x)/x) = Σ cₖ x²ᵏ. */
function logArcsine<L extends Lanes<V>, V>(l: L, v2: V, v3: V, v4: V, v5: V, v6: V, v7: V, v8: V): V {
  const c78 = l.fma(v7, l.lit(0.009590153004615085), l.mul(v8, l.lit(0.007860245427257911)));
  const c56 = l.fma(v5, l.lit(0.015816364705253595), l.mul(v6, l.lit(0.012062815621898515)));
  const c34 = l.fma(v3, l.lit(0.03368606701940035), l.mul(v4, l.lit(0.022019400352733687)));
  return l.add(l.fma(v2, l.lit(0.06111111111111111), l.lit(0.16666666666666666)), l.add(c34, l.add(c56, c78)));
}

/** Σ cₖ ((u₁ᵏ − u₂ᵏ)/(u₁ − u₂))², sum = u₁ + u₂, p = u₁u₂: the quotients obey dₖ = (u₁ + u₂) dₖ₋₁ − u₁u₂ dₖ₋₂. */
function unequalSeries<L extends Lanes<V>, V>(l: L, sum: V, p: V): V {
  const d3 = l.sub(l.mul(sum, sum), p);
  const d4 = l.sub(l.mul(sum, d3), l.mul(p, sum));
  const d5 = l.sub(l.mul(sum, d4), l.mul(p, d3));
  const d6 = l.sub(l.mul(sum, d5), l.mul(p, d4));
  const d7 = l.sub(l.mul(sum, d6), l.mul(p, d5));
  const d8 = l.sub(l.mul(sum, d7), l.mul(p, d6));
  const square = l.mul(sum, sum);
  return logArcsine<L, V>(l, square, l.mul(d3, d3), l.mul(d4, d4), l.mul(d5, d5), l.mul(d6, d6), l.mul(d7, d7), l.mul(d8, d8));
}

/** Σ cₖ pᵏ⁻¹ (1 − zᵏ)/(1 − z), z = ρ². */
function obliqueSeries<L extends Lanes<V>, V>(l: L, p: V, z: V): V {
  const one = l.one();
  const z2 = l.add(one, z);
  const z3 = l.fma(z, z2, one);
  const z4 = l.fma(z, z3, one);
  const z5 = l.fma(z, z4, one);
  const z6 = l.fma(z, z5, one);
  const z7 = l.fma(z, z6, one);
  const z8 = l.fma(z, z7, one);
  const p2 = l.mul(p, p);
  const p3 = l.mul(p2, p);
  const p4 = l.mul(p2, p2);
  const p6 = l.mul(p3, p3);
  const v5 = l.mul(p4, z5);
  const v6 = l.mul(l.mul(p4, p), z6);
  return logArcsine<L, V>(l, l.mul(p, z2), l.mul(p2, z3), l.mul(p3, z4), v5, v6, l.mul(p6, z7), l.mul(l.mul(p6, p), z8));
}

/** 1 − |ρ'| where u₁, u₂ < 0.1; across = m(2 − m), difference = u₁ − u₂. */
export function erfSmallMargin<L extends Lanes<V>, V>(l: L, m: V, across: V, difference: V, u1: V, u2: V): V {
  const p = l.mul(u1, u2);
  const unequal = l.mul(l.mul(difference, difference), unequalSeries<L, V>(l, l.add(u1, u2), p));
  const oblique = l.mul(l.mul(p, across), obliqueSeries<L, V>(l, p, l.sub(l.one(), across)));
  const half = l.fma(l.half(), unequal, oblique);
  const last = l.sub(l.lit(0.041666666666666664), l.mul(l.lit(0.008333333333333333), half));
  const tail = l.sub(l.lit(0.16666666666666666), l.mul(half, last));
  const decay = l.sub(l.one(), l.mul(half, l.sub(l.half(), l.mul(half, tail))));
  return l.fma(l.sub(l.one(), m), l.mul(half, decay), m);
}

/** |ρ'| */
export function erfCorrelation<L extends Lanes<V>, V>(l: L, alpha: V, h: V): V {
  return l.mul(l.add(alpha, alpha), h);
}
