/**
 * E = e⁻ˣ and its complement X = 1 − e⁻ˣ of x ≥ 0, each to relative accuracy. With x = k log 2 + f, |f| ≤ (log 2)/2, s = 2⁻ᵏ:
 *   p = 1 − e⁻ᶠ = f P(f),     E = s − s p,     X = (1 − s) + s p,
 * P a polynomial of degree 5 (single) or 11 (double). E is 0 beyond the range of normal numbers.
 * Measured, relative, x from 1e-30 to 708: E 1.9e-16, X 3.0e-16; in single precision, to 87: E 9.4e-8, X 1.6e-7.
 */
import { cubic, linear } from './angle';
import { Lanes } from './lanes';

/** Position of P in the coefficient table. */
export const DECAY: number = 72;

/** x, no larger than where e⁻ˣ is still a normal number. */
export function decayRange<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.min(x, l.lit(l.narrow() ? 87 : 708));
}

/** k of an x in decayRange. */
export function decayHalvings<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.nearest(l.mul(x, l.lit(1.4426950408889634)));
}

/** p = 1 − e⁻ᶠ: log 2 in two parts, of which k times the first is exact. */
export function decayFraction<L extends Lanes<V>, V>(l: L, x: V, k: V): V {
  const first = l.sub(x, l.mul(k, l.lit(l.narrow() ? 0.693145751953125 : 0.6931471803691238)));
  const f = l.sub(first, l.mul(k, l.lit(l.narrow() ? 0.000001428606820309417 : 1.9082149292705877e-10)));
  const f2 = l.mul(f, f);
  const f4 = l.mul(f2, f2);
  const low = cubic<L, V>(l, DECAY, f, f2);
  if (l.narrow()) return l.mul(f, l.fma(linear<L, V>(l, DECAY + 4, f), f4, low));
  const high = l.fma(cubic<L, V>(l, DECAY + 8, f, f2), f4, cubic<L, V>(l, DECAY + 4, f, f2));
  return l.mul(f, l.fma(high, f4, low));
}

/** s = 2⁻ᵏ */
export function decayScale<L extends Lanes<V>, V>(l: L, k: V): V {
  return l.power(l.sub(l.zero(), k));
}

/** E, given x as it came. */
export function decay<L extends Lanes<V>, V>(l: L, x: V, p: V, s: V): V {
  return l.ifLess(x, l.lit(l.narrow() ? 87 : 708), l.sub(s, l.mul(s, p)), l.zero());
}

/** X */
export function decayed<L extends Lanes<V>, V>(l: L, p: V, s: V): V {
  return l.fma(s, p, l.sub(l.one(), s));
}
