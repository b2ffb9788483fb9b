import { describe, expect, test } from 'vitest';
import { ntkDispersionLimit, ntkMoments } from '../../src/theory';

const off = (actual: number, expected: number): number => Math.abs(actual / expected - 1);
const weights = (lambda: number): number => ntkDispersionLimit(lambda, { phase: 'chaotic', trainBiases: true });
const critical = (lambda: number, r: number): number => ntkDispersionLimit(lambda, { phase: 'critical', trainBiases: true, r });

/** Ratio of a network of lambda · M weight layers, n₀ = inputs · M, |x|² = 1. */
const finite = (lambda: number, M: number, wVariance: number, trainBiases: boolean, inputs = 1): number => {
  const widths = [inputs * M, ...Array.from({ length: Math.round(lambda * M) - 1 }, () => M), 1];
  return ntkMoments({ widths, wStd: Math.sqrt(wVariance), parameterization: 'standard', trainBiases, squaredNorm: 1 }).ratio;
};
/** Removes the terms 1/M and 1/M² with widths M, 2M, 4M. */
const extrapolated = (at: (M: number) => number, M: number): number => {
  const [a, b, c] = [at(M), at(2 * M), at(4 * M)];
  return (8 * c - 6 * b + a) / 3;
};
/** |x|²/(n₀/M) = r is had with |x|² = 1 by n₀ = M/r only where M is small against 1; so the input is scaled instead. */
const atEdge = (lambda: number, M: number, r: number, n0: number): number => {
  const widths = [n0, ...Array.from({ length: Math.round(lambda * M) - 1 }, () => M), 1];
  return ntkMoments({ widths, wStd: Math.SQRT2, parameterization: 'standard', trainBiases: true, squaredNorm: (r * n0) / M }).ratio;
};

describe('ntkDispersionLimit', () => {
  test('the table of limits', () => {
    const table = [
      [0.1, 1.45827, 1.26867, 1.23007],
      [0.25, 2.65913, 1.90445, 1.7502],
      [0.5, 7.76032, 4.25281, 3.53544],
      [1, 76.969, 30.506, 21.096],
    ];
    for (const [lambda, all, one, half] of table) {
      expect(off(weights(lambda), all)).toBeLessThan(6e-6);
      expect(off(critical(lambda, 1), one)).toBeLessThan(1.7e-5);
      expect(off(critical(lambda, 0.5), half)).toBeLessThan(1.7e-5);
    }
  });

  test('ntkMoments at M, 2M and 4M extrapolates to it: 1e-3, at M = 400 and λ ≤ ½ 1e-5', () => {
    for (const lambda of [0.1, 0.25, 0.5, 1]) {
      const tolerance = lambda < 1 ? 2e-5 : 1e-3;
      expect(
        off(
          extrapolated((M) => finite(lambda, M, 2, false), 400),
          weights(lambda),
        ),
      ).toBeLessThan(tolerance);
      for (const [r, inputs] of [
        [1, 1],
        [0.5, 2],
        [0.25, 4],
      ])
        expect(
          off(
            extrapolated((M) => finite(lambda, M, 2, true, inputs), 400),
            critical(lambda, r),
          ),
        ).toBeLessThan(tolerance);
    }
  });

  test('chaotic with trained biases has the limit of weights alone, ordered has 1', () => {
    for (const lambda of [0.25, 0.5]) {
      expect(
        off(
          extrapolated((M) => finite(lambda, M, 3, true), 400),
          weights(lambda),
        ),
      ).toBeLessThan(1e-4);
      expect(Math.abs(extrapolated((M) => finite(lambda, M, 1, true), 400) - 1)).toBeLessThan(1e-5);
      expect(ntkDispersionLimit(lambda, { phase: 'ordered', trainBiases: true })).toBe(1);
    }
  });

  test('r is |x|² M/n₀ however it comes about, from 0 to large', () => {
    for (const r of [0, 0.01, 3, 1e6])
      expect(
        off(
          extrapolated((M) => atEdge(0.4, M, r, 64), 400),
          critical(0.4, r),
        ),
      ).toBeLessThan(1e-4);
    expect(off(critical(0.4, 1e12), weights(0.4))).toBeLessThan(1e-11);
    expect(critical(0.4, 1e300)).toBe(weights(0.4));
  });

  test('weights only is the same in every phase', () => {
    for (const phase of ['ordered', 'critical', 'chaotic'] as const)
      expect(ntkDispersionLimit(0.3, { phase, trainBiases: false })).toBe(weights(0.3));
  });

  test('small λ: 1 + 11λ/3 without cancellation, rising from 1 at 0', () => {
    expect(weights(0)).toBe(1);
    expect(off(critical(0, 0.7), 1)).toBeLessThan(3e-16);
    for (const lambda of [1e-12, 1e-8, 1e-5]) {
      expect(Math.abs(weights(lambda) - 1 - (11 / 3) * lambda)).toBeLessThan(12 * lambda * lambda + 5e-16);
      expect(critical(lambda, 1)).toBeGreaterThanOrEqual(1);
    }
    for (let z = 0.9; z < 1.1; z += 0.001) expect(weights(z / 6 + 1e-9)).toBeGreaterThan(weights(z / 6));
  });

  test('the closed forms as printed, where they do not cancel', () => {
    for (const lambda of [0.5, 1, 2, 5]) {
      const growth = Math.exp(5 * lambda);
      const i1 = lambda ** 2 / 6 + lambda / 9 - (1 - Math.exp(-6 * lambda)) / 54;
      const i2 = (growth - 1 - 5 * lambda) / 25;
      const i3 = (growth * (lambda / 5 - 1 / 25) + 1 / 25) / 3 + (growth - 1) / 45 - (1 - Math.exp(-lambda)) / 9;
      expect(off(weights(lambda), (2 * growth * i1) / lambda ** 2)).toBeLessThan(1e-14);
      for (const r of [0.3, 1, 4])
        expect(off(critical(lambda, r), (2 * (r * r * growth * i1 + (1 + r) * i2 + r * i3)) / (lambda * (1 + r)) ** 2)).toBeLessThan(1e-14);
    }
    expect(off(weights(60), Math.exp(300) / 3)).toBeLessThan(0.02);
  });

  test('beyond doubles it is Infinity, never NaN', () => {
    for (const lambda of [142, 1000, 1e308]) for (const r of [0, 1, 1e300]) expect(critical(lambda, r)).toBe(Infinity);
    expect(weights(1e308)).toBe(Infinity);
  });

  test('refuses what has no answer, naming the argument', () => {
    const bad = (lambda: number, options: object) => () =>
      ntkDispersionLimit(lambda, { phase: 'critical', trainBiases: true, r: 1, ...options });
    expect(bad(-1, {})).toThrow(/lambda must be 0 or more.*ERR_ARGUMENT/);
    expect(bad(Infinity, {})).toThrow(/lambda/);
    expect(bad(1, { phase: 'edge' })).toThrow(/'ordered' or 'critical' or 'chaotic'/);
    expect(bad(1, { r: undefined })).toThrow(/r must be given in the critical phase.*ERR_ARGUMENT/);
    expect(bad(1, { r: -1 })).toThrow(/r must be 0 or more/);
    expect(bad(1, { trainBiases: 'yes' })).toThrow(/trainBiases/);
    expect(bad(1, { a: 1 })).toThrow(/no option a/);
  });
});
