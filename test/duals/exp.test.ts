import { describe, expect, it } from 'vitest';
import { SINGLE } from '../../src/duals/coefficients';
import { decay, decayed, decayFraction, decayHalvings, decayRange, decayScale } from '../../src/duals/exp';
import { Scalar } from '../../src/duals/scalar';

/** Single precision on one number: every operation of doubles rounded once more, which is exact for + − × ÷ √. */
class Single extends Scalar {
  override narrow(): boolean {
    return true;
  }
  override lit(x: number): number {
    return Math.fround(x);
  }
  override table(i: number): number {
    return Math.fround(SINGLE[i]);
  }
  override add(a: number, b: number): number {
    return Math.fround(a + b);
  }
  override sub(a: number, b: number): number {
    return Math.fround(a - b);
  }
  override mul(a: number, b: number): number {
    return Math.fround(a * b);
  }
  override fma(a: number, b: number, c: number): number {
    return Math.fround(Math.fround(a * b) + c);
  }
}

function both(l: Scalar, x: number): { rest: number; fall: number } {
  const range = decayRange<Scalar, number>(l, x);
  const k = decayHalvings<Scalar, number>(l, range);
  const p = decayFraction<Scalar, number>(l, range, k);
  const scale = decayScale<Scalar, number>(l, k);
  return { rest: decay<Scalar, number>(l, x, p, scale), fall: decayed<Scalar, number>(l, p, scale) };
}

/** Largest relative errors on decades below 1 and a grid up to `top`; Math.exp and Math.expm1 err by less than 1 ulp themselves. */
function errors(l: Scalar, top: number): { rest: number; fall: number } {
  const worst = { rest: 0, fall: 0 };
  const points = [
    ...Array.from({ length: 4000 }, (_, i) => 10 ** (-30 + (i / 4000) * 30)),
    ...Array.from({ length: 40000 }, (_, i) => ((i + 1) / 40000) * top),
  ];
  for (const point of points) {
    const x = l.narrow() ? Math.fround(point) : point;
    const { rest, fall } = both(l, x);
    worst.rest = Math.max(worst.rest, Math.abs(rest / Math.exp(-x) - 1));
    worst.fall = Math.max(worst.fall, Math.abs(fall / -Math.expm1(-x) - 1));
  }
  return worst;
}

describe('exp', () => {
  it('in doubles to 2 ulp', () => {
    const { rest, fall } = errors(new Scalar(), 707.9);
    expect(rest).toBeLessThanOrEqual(2 ** -51);
    expect(fall).toBeLessThanOrEqual(2 ** -51);
  });

  it('in single precision to 2 ulp', () => {
    const { rest, fall } = errors(new Single(), 86.9);
    expect(rest).toBeLessThanOrEqual(2 ** -22);
    expect(fall).toBeLessThanOrEqual(2 ** -22);
  });

  it('is exact at 0 and vanishes beyond the range of normal numbers', () => {
    for (const l of [new Scalar(), new Single()]) {
      expect(both(l, 0)).toEqual({ rest: 1, fall: 0 });
      expect(both(l, 1e30)).toEqual({ rest: 0, fall: 1 });
      expect(both(l, Number.POSITIVE_INFINITY)).toEqual({ rest: 0, fall: 1 });
    }
  });
});
