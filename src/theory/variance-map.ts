/** The variance map Q(q) = σ_w² E[φ(u)²] + σ_b², u ~ N(0, q), and where it takes a variance. */
import type { Dual } from '../duals/dual';
import { bracketedRoot } from './bracketed-root';

/** Standard deviations squared. */
export interface Variances {
  readonly w: number;
  readonly b: number;
}

/** A variance at which every homogeneous φ behaves as at infinity, and its inverse, at which φ behaves as at 0. */
export const LARGE = 2 ** 200;
export const SMALL = 1 / LARGE;

/** Relative differences below this are the rounding of a dual; beyond FAR duals by quadrature know only that φ is homogeneous. */
export const noise = (q: number): number => (q > FAR || q < 1 / FAR ? 1e-9 : 1e-12) * q;
const FAR = 2 ** 60;
/** How far beyond ±1 rounding may take the slope of Q where q settles. */
const SLOPE_NOISE = 1e-6;

/**
 * Where repeated application of Q takes q₀: a finite variance, 'infinite' with E[φ²]/q → E[φ'²] constant (φ grows like |x|), 'unbounded'
 * where φ² grows faster, or 'unsettled' where Q turns back so steeply that no fixed point in this direction attracts.
 */
export type Destination = number | 'infinite' | 'unbounded' | 'unsettled';

/**
 * Looks in the direction in which Q first moves q₀, in steps of a factor of two, for the next fixed point. For increasing Q, that is
 * for every φ whose E[φ²] grows with the variance, iteration ends there.
 */
export function settle(dual: Dual, { w, b }: Variances, q0: number): Destination {
  const excess = (q: number): number => w * dual.variance(q) + b - q;
  const first = excess(q0);
  if (Math.abs(first) <= noise(q0)) return stable(dual, w, q0);
  const up = first > 0;
  let before = { q: q0, value: first };
  for (let q = up ? 2 * q0 : 0.5 * q0; ; q *= up ? 2 : 0.5) {
    const value = excess(q);
    if (Number.isNaN(value) || value === Infinity) return 'unbounded';
    if (Math.abs(value) > noise(q)) {
      if (value > 0 !== up) return stable(dual, w, bracketedRoot(excess, before.q, q, before.value, value));
      before = { q, value };
    }
    if (up && q > LARGE) return growsLinearly(dual) ? 'infinite' : 'unbounded';
    if (!up && q < SMALL) return 0;
  }
}

/** φ(x) ~ |x| at large x: E[φ²] = E[φ'²] q. */
export function growsLinearly(dual: Dual): boolean {
  const slope = dual.variance(LARGE) / LARGE;
  return Math.abs(slope - dual.factor(LARGE, LARGE, LARGE, 0)) <= 1e-6 * slope;
}

function stable(dual: Dual, w: number, q: number): Destination {
  const step = 1e-5 * q;
  const slope = (w * (dual.variance(q + step) - dual.variance(q - step))) / (2 * step);
  return Math.abs(slope) <= 1 + SLOPE_NOISE ? q : 'unsettled';
}
