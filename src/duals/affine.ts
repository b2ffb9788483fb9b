/**
 * A dense layer on the state (ρ, m = 1 − |ρ|, t): K' = w² K + b². With r = √q per row and R = √(w² q + b²), the pair
 * (u, v) = (w r, b)/R is a unit vector of the row, so ρ' = u₁u₂ρ + v₁v₂ and
 *   1 − ρ' = ½((u₁ − u₂)² + (v₁ − v₂)²) + u₁u₂ (1 − ρ),      1 + ρ' = ½((u₁ − u₂)² + (v₁ + v₂)²) + u₁u₂ (1 + ρ):
 * sums of terms that are never negative. t is the NTK divided by a scale σ per row; each parameterization is a choice of row
 * tables (rows.ts): t' = α₁α₂ t + π₁π₂ ρ + β₁β₂ (Sohl-Dickstein et al. 2020, arXiv 2001.07301, for the standard one).
 */
import { Lanes } from './lanes';

/**
 * The same where ρ, ρ' ≥ 0, from the half angles: with (u, v) = (cos 2ω, sin 2ω) the first term is 2 sin²(ω₁ − ω₂); (s, k) are sin ω and
 * cos ω times ⁴√2, `reach` is u₁u₂.
 */
export function affineGap<L extends Lanes<V>, V>(l: L, reach: V, m: V, s1: V, s2: V, k1: V, k2: V): V {
  const across = l.sub(l.mul(s1, k2), l.mul(k1, s2));
  return l.fma(reach, m, l.mul(across, across));
}

/** 1 − ρ' where ρ ≥ 0 and hence ρ' ≥ 0. */
export function affineDistance<L extends Lanes<V>, V>(l: L, m: V, u1: V, u2: V, v1: V, v2: V): V {
  const du = l.sub(u1, u2);
  const dv = l.sub(v1, v2);
  return l.fma(l.mul(u1, u2), m, l.mul(l.half(), l.fma(du, du, l.mul(dv, dv))));
}

/** ρ' */
export function affineCorrelation<L extends Lanes<V>, V>(l: L, rho: V, u1: V, u2: V, v1: V, v2: V): V {
  return l.fma(l.mul(u1, u2), rho, l.mul(v1, v2));
}

/** 1 − |ρ'| for either sign; next = ρ'. */
export function affineMargin<L extends Lanes<V>, V>(l: L, rho: V, next: V, m: V, u1: V, u2: V, v1: V, v2: V): V {
  const zero = l.zero();
  const distance = l.ifLess(rho, zero, l.sub(l.two(), m), m);
  const negative = affineDistance<L, V>(l, m, u1, u2, v1, l.sub(zero, v2));
  return l.ifLess(next, zero, negative, affineDistance<L, V>(l, distance, u1, u2, v1, v2));
}

/**
 * ρ with 1 − |ρ| = m where |ρ| > ½. Two roundings of one number would drift apart, and a chaotic network doubles the difference
 * layer by layer.
 */
export function agreeing<L extends Lanes<V>, V>(l: L, rho: V, m: V): V {
  const size = l.sub(l.one(), m);
  const signed = l.ifLess(rho, l.zero(), l.sub(l.zero(), size), size);
  return l.ifLess(m, l.half(), signed, rho);
}

/** t' */
export function affineTangent<L extends Lanes<V>, V>(l: L, t: V, rho: V, alpha: V, pi: V, beta: V): V {
  return l.fma(alpha, t, l.fma(pi, rho, beta));
}
