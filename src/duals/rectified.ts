/**
 * Dual of the rectified family φ(x) = a min(x, 0) + b max(x, 0): relu (0, 1), leakyRelu (α, 1), abs (−1, 1).
 * Arc-cosine kernels of order 0 and 1 (Cho & Saul 2009), rewritten for the state m = 1 − |ρ| so that no digit is lost at ρ = ±1.
 *   A = (a² + b²)/2,   κ = (a − b)²/(2πA),   λ = ab/A,   θ = arccos|ρ|,   g = sin θ − θ cos θ
 *   ρ ≥ 0:  1 − ρ' = m − κ g             factor/A = 1 − κ θ
 *   ρ < 0:      ρ' = κ g − λ (1 − m)     factor/A = λ + κ θ          (since 1 − κπ = λ)
 * The variance becomes A q; `factor` is E[φ'(u)φ'(v)].
 * Bounds in roundoffs (2⁻⁵³, 2⁻²⁴) that test/duals/accuracy.test.ts holds for slopes 0, ±1, 0.1, −0.875, ±0.999: ρ' and factor/A 4 absolute,
 * arccos|ρ'| 8, for ρ < 0 too, since 1 + λ and 1 − λ are given; relu for ρ < 0 factor 6 relative; in doubles 1 − |ρ'| 8 relative (measured:
 * 7.9e-16).
 */
import { Lanes } from './lanes';

/** 1 − κ√m x: for ρ ≥ 0 the factor/A where √m x = θ, and (1 − ρ')/m where m√m x = g; scale = −κ LEAD √m/U, over = x U/LEAD (angle.ts). */
export function rectifiedRest<L extends Lanes<V>, V>(l: L, scale: V, over: V): V {
  return l.fma(scale, over, l.one());
}

/** ρ' for either sign of ρ; chord = κ g. */
export function rectifiedCorrelation<L extends Lanes<V>, V>(l: L, lambda: V, rho: V, m: V, chord: V): V {
  const opposite = l.sub(chord, l.mul(lambda, l.sub(l.one(), m)));
  return l.ifLess(rho, l.zero(), opposite, l.sub(l.one(), l.sub(m, chord)));
}

/** 1 − |ρ'| for either sign of ρ, in the form that does not cancel; plus = 1 + λ, minus = 1 − λ, next = ρ', chord = κ g. */
export function rectifiedMargin<L extends Lanes<V>, V>(l: L, lambda: V, plus: V, minus: V, rho: V, next: V, m: V, chord: V): V {
  const change = l.add(l.mul(lambda, m), chord);
  const positive = l.sub(plus, change);
  const negative = l.add(minus, change);
  return l.ifLess(rho, l.zero(), l.ifLess(next, l.zero(), negative, positive), l.sub(m, chord));
}

/** factor/A for either sign of ρ; theta = κ arccos|ρ|. */
export function rectifiedSlope<L extends Lanes<V>, V>(l: L, rho: V, theta: V, lambda: V): V {
  return l.ifLess(rho, l.zero(), l.add(lambda, theta), l.sub(l.one(), theta));
}
