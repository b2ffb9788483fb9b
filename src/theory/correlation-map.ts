/**
 * The correlation map C(c) = (σ_w² E[φ(u)φ(v)] + σ_b²)/q at a variance q that the layers keep, on the margin m = 1 − c:
 * 1 − C = σ_w² E[(φ(u) − φ(v))²]/2q has no cancellation at c = 1, where the ordered phase and the critical line live.
 * On [0, 1] C is a power series with coefficients that are not negative, so it is increasing and convex, and C(1) = 1: it has a second fixed
 * point c* < 1 exactly where C'(1) > 1, and that one attracts.
 */
import type { Dual } from '../duals/dual';

export interface CorrelationMap {
  /** 1 − C */
  margin(m: number): number;
  /** C', Infinity at m = 0 where φ jumps. */
  slope(m: number): number;
}

/** Where 1 − C rises faster than C' allows, φ jumps: E[φ'φ'] misses the jumps. */
const NEAR = 2 ** -40;

export function correlationMap(dual: Dual, wVariance: number, q: number): CorrelationMap {
  const margin = (m: number): number => (wVariance * dual.distance(q * (1 - m), q, q, 2 * q * m)) / (2 * q);
  const smooth = (m: number): number => wVariance * dual.factor(q * (1 - m), q, q, 2 * q * m);
  const jumps = margin(NEAR) / NEAR > 2 * smooth(0) + (wVariance * dual.variance(q)) / q;
  if (!jumps) return { margin, slope: smooth };
  const step = 1e-5;
  return {
    margin,
    slope: (m) => (m === 0 ? Infinity : (margin(m * (1 + step)) - margin(m * (1 - step))) / (2 * step * m)),
  };
}

/**
 * 1 − c* for a map with C'(1) > 1, by Newton's method from c = 0: 1 − C is concave in m and lies below m there, so the steps are monotone.
 */
export function fixedMargin({ margin, slope }: CorrelationMap): number {
  let m = 1;
  for (let step = 0; step < 100; step++) {
    const next = m - (margin(m) - m) / (slope(m) - 1);
    if (!(next > 0) || !(next < m * (1 - Number.EPSILON))) break;
    m = next;
  }
  return m;
}

const LEVELS = 28;
const COLUMNS = 10;
/** Of C', relative: what the difference quotient divides by m. */
const ROUNDING = 1e-14;

/**
 * C''(1) = σ_w² q E[φ''(u)²], Infinity where φ has a kink: the limit of (C'(1) − C'(c))/m, extrapolated. Where φ'' jumps the difference has
 * a series in √m, otherwise in m; of both extrapolations the one counts whose last steps agree best.
 */
export function curvatureAtOne({ slope }: CorrelationMap): number {
  const start = slope(0);
  if (start === Infinity || kinked(slope)) return Infinity;
  const quotients = Array.from({ length: LEVELS }, (_, level) => (start - slope(2 ** -level)) * 2 ** level);
  const noise = ROUNDING * start;
  const smooth = extrapolate(quotients, 2, noise);
  const rough = extrapolate(quotients, Math.SQRT2, noise);
  return smooth.error <= rough.error ? smooth.value : rough.value;
}

/** At a kink C' falls like √m, which a sixteenth of m makes a fourth, at the smallest m that show it; otherwise like m. */
function kinked(slope: (m: number) => number): boolean {
  const start = slope(0);
  let before = 0;
  for (let m = 1; ; m /= 16) {
    const fall = start - slope(m);
    if (!(fall > 1e-9 * start)) return before === 0 ? false : before < 8;
    const next = start - slope(m / 16);
    before = fall / next;
  }
}

/**
 * Richardson extrapolation to m → 0 from m = 2^−level: the entry of the table that differs least from its neighbours (Ridders 1982), by
 * no less than the rounding of its row, noise/m, which makes agreement chance.
 */
function extrapolate(values: readonly number[], ratio: number, noise: number): { value: number; error: number } {
  let best = { value: values[0], error: Infinity };
  let before: number[] = [];
  values.forEach((first, level) => {
    const row = [first];
    for (let k = 1, power = ratio; k <= Math.min(before.length, COLUMNS); k++, power *= ratio) {
      const value = (power * row[k - 1] - before[k - 1]) / (power - 1);
      const others = [row[k - 1], before[k - 1], before[k] ?? Infinity];
      const error = Math.max(noise * 2 ** level, ...others.map((other) => Math.abs(value - other)));
      if (error < best.error) best = { value, error };
      row.push(value);
    }
    before = row;
  });
  return best;
}
