/** Numbers of doubles' precision without their range, for moments that grow or decay geometrically with depth. */
import type { Arithmetic } from './moment-recursion';

const BITS = 256;
const RADIX = 2 ** BITS;
const INVERSE = 2 ** -BITS;
const HIGH = 2 ** (BITS / 2);
const LOW = 1 / HIGH;

/** mantissa · 2^(256 exponent), not negative; the mantissa is 0 or in [2^−128, 2^128), so that products of two never leave doubles. */
export interface Scaled {
  readonly mantissa: number;
  readonly exponent: number;
}

function normalized(mantissa: number, exponent: number): Scaled {
  if (mantissa === 0) return ZERO;
  let m = mantissa;
  let e = exponent;
  for (; m >= HIGH; e++) m *= INVERSE;
  for (; m < LOW; e--) m *= RADIX;
  return { mantissa: m, exponent: e };
}

const ZERO: Scaled = { mantissa: 0, exponent: 0 };

const multiply = (a: Scaled, b: Scaled): Scaled => normalized(a.mantissa * b.mantissa, a.exponent + b.exponent);

function add(a: Scaled, b: Scaled): Scaled {
  if (a.mantissa === 0) return b;
  if (b.mantissa === 0) return a;
  const [large, small] = a.exponent >= b.exponent ? [a, b] : [b, a];
  return normalized(large.mantissa + small.mantissa * 2 ** (BITS * (small.exponent - large.exponent)), large.exponent);
}

/** The field operations for moment-recursion.ts. */
export const scaled: Arithmetic<Scaled> = {
  of: (numerator, denominator = 1) => normalized(numerator / denominator, 0),
  sum: (...terms) => terms.reduce(add, ZERO),
  product: (...factors) => factors.reduce(multiply),
};

/** a/b for b ≠ 0. */
export const quotient = (a: Scaled, b: Scaled): Scaled => normalized(a.mantissa / b.mantissa, a.exponent - b.exponent);

/** The nearest double: Infinity or 0 where it is out of range. */
export function toNumber({ mantissa, exponent }: Scaled): number {
  let value = mantissa;
  for (let e = Math.min(exponent, 5); e > 0; e--) value *= RADIX;
  for (let e = Math.max(exponent, -5); e < 0; e++) value *= INVERSE;
  return value;
}

/** The natural logarithm, finite unless the number is 0. */
export const logOf = ({ mantissa, exponent }: Scaled): number => Math.log(mantissa) + exponent * BITS * Math.LN2;
