import { describe, expect, test } from 'vitest';
import { dense, kernelSync, relu, serial } from '../../src';
import { type NtkMomentsOptions, ntkMoments } from '../../src/theory';
import { ntkMomentRecursion } from '../../src/theory/moment-recursion';
import { sampleMoments } from './random-relu';
import { type Rational, rational, rationals, toDouble } from './rationals';

const standard: Omit<NtkMomentsOptions, 'widths'> = { wStd: Math.SQRT2, parameterization: 'standard', trainBiases: true, squaredNorm: 3 };
const hidden = (count: number, width: number): number[] => Array.from({ length: count }, () => width);
/** Relative difference. */
const off = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

/** wVariance and bVariance as fractions. */
interface Exact extends Omit<NtkMomentsOptions, 'wStd' | 'bStd'> {
  readonly wVariance: readonly [number, number];
  readonly bVariance: readonly [number, number];
}
const exactly = ({ widths, wVariance, bVariance, parameterization, trainBiases, squaredNorm, deadLayers = false }: Exact) =>
  ntkMomentRecursion(rationals, {
    widths,
    wVariance: rational(...wVariance),
    bVariance: rational(...bVariance),
    standard: parameterization === 'standard',
    trainBiases,
    deadLayers,
    alive: true,
    squaredNorm: rational(squaredNorm),
  });

const golden: readonly (readonly [Exact, Rational, number, number])[] = [
  [
    { widths: [4, 20, 30, 1], wVariance: [2, 1], bVariance: [0, 1], parameterization: 'standard', trainBiases: false, squaredNorm: 3 },
    rational(81, 2),
    2209.93125,
    1.3473136716963878,
  ],
  [
    { widths: [4, 20, 30, 1], wVariance: [2, 1], bVariance: [0, 1], parameterization: 'standard', trainBiases: true, squaredNorm: 3 },
    rational(87, 2),
    2484.3145833333333,
    1.31288919716387,
  ],
  [
    { widths: [4, 20, 30, 1], wVariance: [2, 1], bVariance: [0, 1], parameterization: 'ntk', trainBiases: false, squaredNorm: 3 },
    rational(9, 2),
    26.11125,
    1.2894444444444444,
  ],
  [
    { widths: [4, 20, 30, 25, 1], wVariance: [3, 2], bVariance: [1, 4], parameterization: 'ntk', trainBiases: true, squaredNorm: 3 },
    rational(431, 128),
    14.749317120361328,
    1.3008802262046393,
  ],
  [
    { widths: [4, 20, 30, 25, 1], wVariance: [3, 2], bVariance: [1, 4], parameterization: 'standard', trainBiases: true, squaredNorm: 3 },
    rational(10569, 256),
    2353.67790145874,
    1.380890254447207,
  ],
];

/** ntkMoments with the variances of an exact network. */
const inDoubles = ({ wVariance, bVariance, ...rest }: Exact) =>
  ntkMoments({ ...rest, wStd: Math.sqrt(wVariance[0] / wVariance[1]), bStd: Math.sqrt(bVariance[0] / bVariance[1]) });

describe('ntkMoments', () => {
  test.each(golden)('golden value %#, in rationals and in doubles', (network, mean, secondMoment, ratio) => {
    const exact = exactly(network);
    expect(exact.mean).toEqual(mean);
    expect(off(toDouble(exact.secondMoment), secondMoment)).toBeLessThan(1e-14);
    const moments = inDoubles(network);
    expect(off(moments.mean, toDouble(mean))).toBeLessThan(1e-14);
    expect(off(moments.secondMoment, secondMoment)).toBeLessThan(2e-14);
    expect(off(moments.ratio, ratio)).toBeLessThan(2e-14);
  });

  test('dispersions that Monte Carlo confirmed', () => {
    const at = (widths: number[], wVariance: number, change: Partial<NtkMomentsOptions> = {}) =>
      ntkMoments({ ...standard, widths, wStd: Math.sqrt(wVariance), squaredNorm: 1.7, ...change }).ratio;
    expect(at([10, 20, 20, 20, 1], 2)).toBeCloseTo(1.4684, 4);
    expect(at([10, 20, 20, 20, 1], 2, { parameterization: 'ntk' })).toBeCloseTo(1.6071, 4);
    expect(at([10, 20, 16, 24, 3], 1.5, { parameterization: 'ntk', bStd: Math.sqrt(0.2) })).toBeCloseTo(1.267, 4);
    expect(at([10, ...hidden(7, 16), 1], 2.6)).toBeCloseTo(4.037, 3);
    expect(at([10, ...hidden(7, 16), 1], 1)).toBeCloseTo(1.1605, 4);
  });

  test('doubles follow the rationals: 1e-13 after 40 layers of mixed widths', () => {
    const widths = Array.from({ length: 41 }, (_, l) => 1 + ((7 * l) % 12));
    for (const parameterization of ['standard', 'ntk'] as const)
      for (const deadLayers of [false, true])
        for (const bVariance of [
          [0, 1],
          [1, 4],
        ] as const) {
          if (deadLayers && bVariance[0] !== 0) continue;
          const network: Exact = {
            widths,
            wVariance: [9, 4],
            bVariance,
            parameterization,
            trainBiases: true,
            squaredNorm: 1.75,
            deadLayers,
          };
          const exact = exactly(network);
          const moments = inDoubles(network);
          expect(off(moments.mean, toDouble(exact.mean))).toBeLessThan(1e-13);
          expect(off(moments.secondMoment, toDouble(exact.secondMoment))).toBeLessThan(1e-13);
        }
  });

  test.each([[[7, 5, 9, 4, 6, 1]], [[3, 20, 30, 40, 50, 1]], [hidden(11, 20)], [hidden(26, 50)], [[5, 1]]])(
    'NTK parameterization without biases: the closed form, for any wStd, widths %j',
    (widths) => {
      const L = widths.length - 1;
      const product = (from: number, to: number, f: (n: number) => number): number =>
        widths.slice(from, to).reduce((total, n) => total * f(n), 1);
      let sum = 0;
      for (let k = 1; k <= L; k++)
        for (let l = 1; l <= L; l++) sum += 1 + 2 * product(Math.min(k, l), Math.max(k, l), (n) => (1 - 1 / n) / (1 + 5 / n));
      const closed = (product(1, L, (n) => 1 + 5 / n) * sum) / (3 * L * L);
      for (const wStd of [0.3, Math.SQRT2, 4])
        expect(off(ntkMoments({ widths, wStd, parameterization: 'ntk', trainBiases: true, squaredNorm: 0.7 }).ratio, closed)).toBeLessThan(
          1e-13,
        );
    },
  );

  test('ordered phase at depth: (1 − a²)/(1 − a²(1 + 5/M)), only the biases survive', () => {
    for (const a of [0.25, 0.5, 0.75, 0.9])
      for (const M of [50, 100]) {
        const { ratio } = ntkMoments({ ...standard, widths: [M, ...hidden(399, M), 1], wStd: Math.sqrt(2 * a), squaredNorm: 1 });
        expect(off(ratio, (1 - a * a) / (1 - a * a * (1 + 5 / M)))).toBeLessThan(a <= 0.5 ? 1e-13 : 1e-12);
      }
  });

  test('the table of dispersions against depth for M = n₀ = 100, |x| = 1', () => {
    const depths = [1, 5, 10, 25, 50, 100];
    const table: readonly (readonly number[])[] = [
      [0.5, 1.005918, 1.003433, 1.003345, 1.003344, 1.003344, 1.003344, 1.33333],
      [1.0, 1.0116, 1.020368, 1.017219, 1.016949, 1.016949, 1.016949, 2],
      [1.5, 1.015444, 1.064849, 1.079165, 1.069415, 1.068704, 1.068702, 4.00003],
      [1.8, 1.017159, 1.095241, 1.180584, 1.303071, 1.286041, 1.271116, 10.2165],
      [1.9, 1.017657, 1.104167, 1.218291, 1.556111, 1.940261, 1.973716, 22.4622],
      [2.0, 1.018125, 1.112283, 1.252922, 1.862206, 4.06794, 27.53755, 102],
      [2.2, 1.018978, 1.126051, 1.307687, 2.268629, 6.578148, 64.05256, 7268.23],
      [2.5, 1.020083, 1.141271, 1.356303, 2.44849, 7.052957, 66.97985, 3.92363e6],
      [3.5, 1.022736, 1.164948, 1.402364, 2.52561, 7.210785, 67.89325, 7.56661e13],
    ];
    for (const [variance, ...row] of table) {
      const at = (l: number) => ntkMoments({ ...standard, widths: [100, ...hidden(l, 100), 1], wStd: Math.sqrt(variance), squaredNorm: 1 });
      depths.forEach((l, i) => {
        expect(off(at(l).ratio, row[i])).toBeLessThan(5.1e-7);
      });
      expect(off(at(50).mean, row[6])).toBeLessThan(5e-6);
    }
  });

  test('a thousand layers in every phase: the ratio is finite where the moments are not', () => {
    for (const wStd of [0.1, 1, Math.SQRT2, 4, 1e100]) {
      const deep = ntkMoments({ ...standard, widths: [100, ...hidden(1000, 100), 1], wStd, squaredNorm: 1 });
      expect(Number.isFinite(deep.ratio)).toBe(true);
      expect(Math.abs(Math.log(deep.ratio) - deep.logRatio)).toBeLessThan(1e-12);
      expect(Math.abs(deep.logSecondMoment - 2 * deep.logMean - deep.logRatio)).toBeLessThan(1e-10 * (1 + Math.abs(deep.logMean)));
    }
    const vanishing = ntkMoments({ ...standard, trainBiases: false, widths: hidden(1000, 2), wStd: 0.125 });
    expect([vanishing.mean, vanishing.secondMoment, vanishing.ratio]).toEqual([0, 0, Infinity]);
    expect(vanishing.logRatio).toBeGreaterThan(1000);
    const exploding = ntkMoments({ ...standard, widths: [100, ...hidden(1000, 100), 1], wStd: 4 });
    expect([exploding.mean, exploding.secondMoment]).toEqual([Infinity, Infinity]);
    expect(off(exploding.logMean, 999 * Math.log(8))).toBeLessThan(0.01);
  });

  test('weights only: the dispersion does not depend on wStd, in either extreme of the range', () => {
    const at = (wStd: number) => ntkMoments({ ...standard, trainBiases: false, widths: [7, 9, 4, 6, 1], wStd }).ratio;
    for (const wStd of [1e-120, 1e-30, 1, 1e30, 1e120]) expect(off(at(wStd), at(Math.SQRT2))).toBeLessThan(1e-13);
  });

  test.each(['standard', 'ntk'] as const)(
    'the mean is the diagonal of the infinite network in the %s parameterization',
    (parameterization) => {
      const widths = [3, 5, 7, 4, 1];
      const options = { wStd: 1.3, bStd: 0.4, parameterization };
      const net = serial(...widths.slice(1).flatMap((n, i) => (i === 0 ? [dense(n, options)] : [relu(), dense(n, options)])));
      const { ntk } = kernelSync(net, [[0.5, -1, 2]], { get: ['ntk'] });
      const { mean } = ntkMoments({ ...options, widths, trainBiases: true, squaredNorm: 5.25 });
      expect(off(mean, ntk.data[0])).toBeLessThan(1e-13);
    },
  );

  test('networks drawn weight by weight, narrow enough to have dead layers: within 4 standard errors', () => {
    const cases = [
      { widths: [3, 3, 2, 3, 1], wStd: 1.3, bStd: 0, standard: true, squaredNorm: 1.7, samples: 60_000, seed: 1 },
      { widths: [3, 4, 2, 3], wStd: 1.5, bStd: 0.5, standard: true, squaredNorm: 1.7, samples: 40_000, seed: 2 },
      { widths: [2, 5, 3, 2], wStd: 1.2, bStd: 0.5, standard: false, squaredNorm: 1.7, samples: 40_000, seed: 3 },
    ];
    for (const networks of cases) {
      const { mean, secondMoment } = sampleMoments(networks);
      const { widths, wStd, bStd, squaredNorm } = networks;
      const parameterization = networks.standard ? 'standard' : 'ntk';
      const theory = ntkMoments({ widths, wStd, bStd, squaredNorm, parameterization, trainBiases: true, deadLayers: true });
      expect(Math.abs(theory.mean - mean[0])).toBeLessThan(4 * mean[1]);
      expect(Math.abs(theory.secondMoment - secondMoment[0])).toBeLessThan(4 * secondMoment[1]);
    }
  });

  test('one unit per layer: the moments by hand, dead layers counted', () => {
    const [s, x2] = [1.69, 1.7];
    const { mean, secondMoment } = ntkMoments({ ...standard, widths: [1, 1, 1, 1], wStd: 1.3, squaredNorm: x2, deadLayers: true });
    // Both units active with probability ¼; else Θ = 1. With a, b, c the squared weights: Θ = 1 + c + (1 + x²)bc + x²ab + x²ac.
    const terms = [
      [1, 0, 0, 0],
      [1, 0, 0, 1],
      [1 + x2, 0, 1, 1],
      [x2, 1, 1, 0],
      [x2, 1, 0, 1],
    ];
    const moment = (power: number): number => [1, s, 3 * s * s][power];
    const expectation = (...factors: number[][]): number =>
      factors.reduce((total, [f]) => total * f, 1) *
      [1, 2, 3].reduce((total, k) => total * moment(factors.reduce((p, f) => p + f[k], 0)), 1);
    const first = terms.reduce((total, f) => total + expectation(f), 0);
    const second = terms.reduce((total, f) => total + terms.reduce((inner, g) => inner + expectation(f, g), 0), 0);
    expect(off(mean, (3 + first) / 4)).toBeLessThan(1e-14);
    expect(off(secondMoment, (3 + second) / 4)).toBeLessThan(1e-14);
  });

  test('dead layers count 2^−width, and nothing with biases at initialisation, without trained ones, or without an input', () => {
    const at = (change: Partial<NtkMomentsOptions>, deadLayers: boolean) =>
      ntkMoments({ ...standard, widths: [4, 10, 10, 1], ...change, deadLayers }).mean;
    const relative = at({}, true) / at({}, false) - 1;
    expect(relative).toBeLessThan(0);
    expect(relative).toBeGreaterThan(-(2 ** -9));
    for (const change of [{ bStd: 0.1 }, { trainBiases: false }]) expect(at(change, true)).toBe(at(change, false));
    expect(at({ squaredNorm: 0 }, true)).toBe(1);
    expect(at({ wStd: 0 }, true)).toBe(1);
  });

  test('one layer is deterministic', () => {
    const { mean, ratio } = ntkMoments({ ...standard, widths: [5, 3] });
    expect([mean, ratio]).toEqual([4, 1]);
  });

  test('refuses what has no answer, naming the argument', () => {
    const bad = (change: object) => () => ntkMoments({ ...standard, widths: [4, 8, 1], ...change });
    expect(bad({ widths: [4] })).toThrow(/widths must be.*at least two.*ERR_ARGUMENT/);
    expect(bad({ widths: [4, 0, 1] })).toThrow(/widths\[1\].*positive integer/);
    expect(bad({ wStd: -1 })).toThrow(/wStd/);
    expect(bad({ bStd: Number.NaN })).toThrow(/bStd/);
    expect(bad({ squaredNorm: -1 })).toThrow(/squaredNorm/);
    expect(bad({ parameterization: 'mup' })).toThrow(/'ntk' or 'standard'/);
    expect(bad({ trainBiases: 1 })).toThrow(/trainBiases must be true or false/);
    expect(bad({ wVariance: 2 })).toThrow(/no option wVariance/);
    expect(bad({ squaredNorm: 0, trainBiases: false })).toThrow(/the NTK is 0 .*train biases.*ERR_ARGUMENT/);
  });
});
