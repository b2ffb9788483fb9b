/**
 * elu: x for x > 0, α(eˣ − 1) below; selu is λ·elu (Klambauer et al. 2017). With E(x) = eˣ for x < 0,
 *   E[φ'φ'] = P + α (T(r₁) + T(r₂)) + α² S,   P = P(u, v > 0),   T(r₁) = E[E(u); v > 0],   S = E[E(u)E(v)].
 * P is an angle. Tsuchida et al. (2021, arXiv 2002.08517) write the rest with the bivariate normal distribution function, whose
 * factors exp(q) and exp(−q) overflow for large q; here T is the integral over c of its derivative, a scaled error function:
 *   dT/dk = −(1/(√(2π) r₂)) (1/(√(2π) τ) − ½ erfcx(τ/√2)),   τ = r₁ sin θ,
 * from T = 0 at ρ = 1 or T = ½ erfcx(r₁/√2) at ρ = −1. S obeys, for E' = E − δ (Price's theorem),
 *   dS/dk = S + 1/(2πr₁r₂ sin θ) − erfcx(r₁ sin θ/√2)/(√(8π) r₂) − erfcx(r₂ sin θ/√2)/(√(8π) r₁)
 * from S = ½ erfcx((r₁ + r₂)/√2) at ρ = 1 or S = 0 at ρ = −1: solved by its integrating factor where exp(r₁r₂) is moderate; where it is
 * not, S is one integral over the larger of the two variables.
 */
import { chordIntegrals } from './chords';
import { integrateDoubling, negativeExponential, scaledErfc } from './normal';
import { meanDecay, type Shape, sineSquared } from './shape';

const DENSITY = 1 / Math.sqrt(2 * Math.PI);

/** T(r) at the chords. */
function mixedTerm(r: number, sign: 1 | -1, chords: Float64Array): Float64Array {
  const slopes = chords.map((c) => {
    const height = Math.sqrt(1 - 0.25 * c * c);
    return DENSITY * (DENSITY / height - 0.5 * r * c * scaledErfc(r * c * height * Math.SQRT1_2));
  });
  const end = sign > 0 ? 0 : 0.5 * scaledErfc(r * Math.SQRT1_2);
  return chordIntegrals(slopes, chords).map((part) => end + sign * part);
}

/** The largest r1 r2 for which S comes from its differential equation. */
const MODERATE = 4;

/** S at the chords; r1 ≥ r2. */
function negativeTerms(r1: number, r2: number, sign: 1 | -1, chords: Float64Array): Float64Array {
  if (r1 * r2 > MODERATE) return chords.map((c) => negativeTerm(r1, r2, sign, c));
  const tail = (r: number, sine: number): number => r * scaledErfc(r * sine * Math.SQRT1_2);
  const slopes = chords.map((c) => {
    const height = Math.sqrt(1 - 0.25 * c * c);
    const rest = DENSITY * (DENSITY / height - 0.5 * c * (tail(r1, c * height) + tail(r2, c * height)));
    return Math.exp(0.5 * sign * r1 * r2 * c * c) * rest;
  });
  const end = sign > 0 ? 0.5 * scaledErfc((r1 + r2) * Math.SQRT1_2) : 0;
  return chordIntegrals(slopes, chords).map((part, at) => Math.exp(-0.5 * sign * r1 * r2 * chords[at] ** 2) * (end - sign * part));
}

/** S for r1 ≥ r2: given u = −x, v ~ N(−(r2/r1) ρ x, r2² sin²θ). */
function negativeTerm(r1: number, r2: number, sign: 1 | -1, c: number): number {
  const slope = (-sign * (1 - 0.5 * c * c) * r2) / r1;
  const sine = Math.sqrt(sineSquared(c));
  const spread = r2 * sine;
  const integrand = (x: number): number => Math.exp(-x - 0.5 * (x / r1) ** 2) * negativeExponential(slope * x, spread);
  return (DENSITY / r1) * integrateDoubling(integrand, 0.5 * Math.min(1, r1 * sine), Math.min(9.2 * r1, 40));
}

/** elu of slope α below 0. */
export function eluShape(alpha: number): Shape {
  return {
    odd: false,
    origin: 0,
    positive: false,
    growth: 1,
    kinked: true,
    reach: 5,
    value: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    quotient: (x, y) => (x > 0 || y > 0 ? 1 : alpha * Math.exp(Math.max(x, y)) * meanDecay(Math.abs(x - y))),
    factors(q1, q2, sign, chords) {
      const r1 = Math.sqrt(Math.max(q1, q2));
      const r2 = Math.sqrt(Math.min(q1, q2));
      const larger = mixedTerm(r1, sign, chords);
      const smaller = mixedTerm(r2, sign, chords);
      const both = negativeTerms(r1, r2, sign, chords);
      return chords.map((c, at) => {
        const angle = 2 * Math.asin(0.5 * c);
        const positive = (sign > 0 ? Math.PI - angle : angle) / (2 * Math.PI);
        return positive + alpha * (larger[at] + smaller[at]) + alpha * alpha * both[at];
      });
    },
  };
}
