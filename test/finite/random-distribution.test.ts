import { describe, expect, it } from 'vitest';
import { kolmogorovTail, Normality, normalCdf, RESOLUTION } from '../../bench/normality';
import { normals, words } from '../../src/finite/random';
import { chord, cosine, radius, sine } from '../../src/finite/random/normal';
import { double, single } from '../../src/finite/random/scalar';
import type { DType } from '../../src/ndarray';

/** Fixed: a test that passes once passes always. */
const SEED = 6;
const COUNT = 1e6;
const DTYPES: readonly DType[] = ['float32', 'float64'];

/** Standard deviations that an estimate may be off: beyond with probability 6e-5. */
const SIGMAS = 4;

const mean = (n: number, term: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum / n;
};

describe.each(DTYPES)('10⁶ normals, %s', (dtype) => {
  const z = normals({ seed: SEED, sample: 0, layer: 0 }, 0, COUNT, dtype);

  it.each([
    ['mean', 1, 0, 1],
    ['variance', 2, 1, 2],
    ['third moment', 3, 0, 15],
    ['fourth moment', 4, 3, 96],
    ['sixth moment', 6, 15, 10170],
  ])('%s', (_name, power, expected, variance) => {
    expect(Math.abs(mean(COUNT, (i) => z[i] ** power) - expected)).toBeLessThan(SIGMAS * Math.sqrt(variance / COUNT));
  });

  it('skewness and kurtosis about their own mean', () => {
    const centre = mean(COUNT, (i) => z[i]);
    const [m2, m3, m4] = [2, 3, 4].map((power) => mean(COUNT, (i) => (z[i] - centre) ** power));
    expect(Math.abs(m3 / m2 ** 1.5)).toBeLessThan(SIGMAS * Math.sqrt(6 / COUNT));
    expect(Math.abs(m4 / m2 ** 2 - 3)).toBeLessThan(SIGMAS * Math.sqrt(24 / COUNT));
  });

  it('has no correlation between neighbours, between lanes, or of squares within a pair', () => {
    for (const lag of [1, 2, 3, 4, 8, 16, 32]) {
      const n = COUNT - lag;
      expect(Math.abs(mean(n, (i) => z[i] * z[i + lag])), `lag ${lag}`).toBeLessThan(SIGMAS / Math.sqrt(n));
      // E[(z² − 1)(w² − 1)] has variance 4.
      expect(Math.abs(mean(n, (i) => (z[i] ** 2 - 1) * (z[i + lag] ** 2 - 1))), `squares, lag ${lag}`).toBeLessThan(
        (2 * SIGMAS) / Math.sqrt(n),
      );
    }
  });

  it.each([
    ['seed', { seed: SEED + 1, sample: 0, layer: 0 }],
    ['high word of the seed', { seed: SEED + 2 ** 32, sample: 0, layer: 0 }],
    ['sample', { seed: SEED, sample: 1, layer: 0 }],
    ['layer', { seed: SEED, sample: 0, layer: 1 }],
  ])('has no correlation with the stream of another %s', (_name, stream) => {
    const other = normals(stream, 0, COUNT / 4, dtype);
    expect(Math.abs(mean(COUNT / 4, (i) => z[i] * other[i]))).toBeLessThan(SIGMAS / Math.sqrt(COUNT / 4));
  });

  it('passes Kolmogorov and Smirnov', () => {
    const seen = new Normality();
    seen.add(z);
    expect(kolmogorovTail(seen.statistic() + RESOLUTION, COUNT)).toBeGreaterThan(1e-3);
  });

  it('which numbers too large by a hundredth would not', () => {
    const seen = new Normality();
    seen.add(z.map((x) => 1.01 * x));
    expect(kolmogorovTail(seen.statistic(), COUNT)).toBeLessThan(1e-3);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
  });
});

/** The pair of four words by the library functions of the runtime, in doubles. */
function reference(narrow: boolean, r0: number, r1: number, t0: number, t1: number): [number, number, number] {
  const d = narrow ? r0 + 0.5 : r0 + ((r1 >>> 0) + 0.5) / 2 ** 32;
  const r = Math.sqrt(-2 * (d > 0 ? Math.log(d / 2 ** 32) : Math.log1p(d / 2 ** 32)));
  const theta = ((narrow ? t0 << 1 : (t0 << 1) + (t1 >>> 0) / 2 ** 31) / 2 ** 32) * Math.PI;
  return [r, r * Math.cos(theta) * (t0 < 0 ? -1 : 1), r * Math.sin(theta)];
}

describe.each([
  ['single', single, 2 ** -24],
  ['double', double, 2 ** -53],
] as const)('Box and Muller in %s precision', (_name, l, eps) => {
  const narrow = l.narrow();
  const ends = [0, 1, 2, 255, 65537, 2 ** 24 + 1, 2 ** 30, 2 ** 31 - 1, -1, -2, -255, -65537, -(2 ** 30), -(2 ** 31)];
  const any = new Int32Array(words({ seed: SEED, sample: 0, layer: 0 }, 0, 80_000).buffer);
  const quadruples = [
    ...ends.flatMap((r) => ends.flatMap((t) => [0, 1, -1].map((low) => [r, low, t, low]))),
    ...Array.from({ length: any.length / 4 }, (_, i) => [...any.subarray(4 * i, 4 * i + 4)]),
  ];

  it('keeps the relative accuracy of the radius and of the sine, the absolute one of the cosine', () => {
    const errors = { radius: 0, sine: 0, cosine: 0 };
    for (const [r0, r1, t0, t1] of quadruples) {
      const r = radius(l, r0, r1);
      const half = chord(l, t0, t1);
      const [exactRadius, exactCosine, exactSine] = reference(narrow, r0, r1, t0, t1);
      errors.radius = Math.max(errors.radius, Math.abs(r / exactRadius - 1));
      errors.cosine = Math.max(errors.cosine, Math.abs(l.mul(r, cosine(l, t0, half)) - exactCosine) / exactRadius);
      const y = l.mul(r, sine(l, half));
      if (y !== exactSine) errors.sine = Math.max(errors.sine, Math.abs(y / exactSine - 1));
    }
    expect(errors.radius).toBeLessThan(4 * eps);
    expect(errors.sine).toBeLessThan(8 * eps);
    expect(errors.cosine).toBeLessThan(8 * eps);
  });

  it('reaches as far as it says', () => {
    const [least, most] = narrow ? [1.5e-5, 6.76] : [2.3e-10, 9.49];
    const [smallest, largest]: number[] = [-1, 0];
    expect(radius(l, smallest, smallest) / least).toBeCloseTo(1, 1);
    expect(radius(l, largest, largest)).toBeCloseTo(most, 2);
  });
});
