/** Exact rationals, for the moment recursion over numbers without rounding. */
import type { Arithmetic } from '../../src/theory/moment-recursion';

export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const reduced = (numerator: bigint, denominator: bigint): Rational => {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
};

/** A double as the rational that it is, over a whole number. */
export function rational(numerator: number, denominator = 1): Rational {
  let scale = 1n;
  let value = numerator;
  while (!Number.isInteger(value)) {
    value *= 2;
    scale *= 2n;
  }
  return reduced(BigInt(value), scale * BigInt(denominator));
}

const add = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
const multiply = (a: Rational, b: Rational): Rational => reduced(a.numerator * b.numerator, a.denominator * b.denominator);

export const rationals: Arithmetic<Rational> = {
  of: rational,
  sum: (...terms) => terms.reduce(add, rational(0)),
  product: (...factors) => factors.reduce(multiply, rational(1)),
};

/** The nearest double or its neighbour, of any magnitude of numerator and denominator. */
export function toDouble({ numerator, denominator }: Rational): number {
  const shift = BigInt(numerator.toString(2).length - denominator.toString(2).length - 60);
  const digits = shift > 0n ? numerator / (denominator << shift) : (numerator << -shift) / denominator;
  return Number(digits) * 2 ** Number(shift);
}
