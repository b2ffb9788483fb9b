import { describe, expect, test } from 'vitest';
import { conv, convLocal, dense, globalSelfAttention, type NDArray, type Network, relu, serial } from '../../src';
import { empiricalNtk, init, monteCarloKernel } from '../../src/finite';
import { inputs } from './networks';

const orthogonal = (net: Network, shape: readonly number[], seed = 3) => init(net, seed, shape, { distribution: 'orthogonal' });

/** Largest |M Mᵀ − c·I| of the smaller side of a matrix [rows, columns] that stands in `data`, over c. */
function distance(data: Float64Array, rows: number, columns: number, c: number, start = 0, stride = columns): number {
  const at = (r: number, k: number) => data[start + r * stride + k];
  const few = Math.min(rows, columns);
  let worst = 0;
  for (let i = 0; i < few; i++)
    for (let j = 0; j < few; j++) {
      let sum = 0;
      for (let k = 0; k < Math.max(rows, columns); k++) sum += rows < columns ? at(i, k) * at(j, k) : at(k, i) * at(k, j);
      worst = Math.max(worst, Math.abs(sum - (i === j ? c : 0)));
    }
  return worst / c;
}
const weights = (net: Network, shape: readonly number[], layer = 0): NDArray<Float64Array> =>
  (orthogonal(net, shape)[layer] as { w: NDArray<Float64Array> }).w;

describe("distribution: 'orthogonal'", () => {
  test.each([
    [7, 4],
    [4, 7],
    [60, 60],
  ])('dense from %i to %i: WᵀW or W Wᵀ is c·I to 1e-13, entries of the variance of Gaussian ones', (inputsOf, outputs) => {
    const w = weights(dense(outputs), [1, inputsOf]);
    expect(w.shape).toEqual([inputsOf, outputs]);
    expect(distance(w.data, inputsOf, outputs, Math.max(inputsOf, outputs))).toBeLessThan(1e-13);
    const squares = w.data.reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(squares / w.data.length - 1)).toBeLessThan(1e-13);
    const standard = weights(dense(outputs, { wStd: 1.5, parameterization: 'standard' }), [1, inputsOf]);
    standard.data.forEach((value, at) => {
      expect(Math.abs(value - (1.5 / Math.sqrt(inputsOf)) * w.data[at])).toBeLessThan(1e-15 * 100);
    });
  });

  test('conv: the matrix [filter × in, out], of every group; convLocal: of every location; attention: of every head', () => {
    const { data } = weights(conv(5, [2, 3]), [1, 4, 4, 2]);
    expect(distance(data, 12, 5, 12)).toBeLessThan(1e-13);
    const grouped = weights(serial(conv(4, [1]), relu(), conv(6, [3], { groups: 2, parameterization: 'standard' })), [1, 5, 2], 1);
    for (const first of [0, 3]) expect(distance(grouped.data, 6, 3, 1, first, 6)).toBeLessThan(1e-13);
    const local = weights(convLocal(3, [2], { bStd: 1 }), [1, 4, 2]);
    for (let o = 0; o < 3; o++) expect(distance(local.data, 4, 3, 4, o * 12)).toBeLessThan(1e-13);
    const [own] = orthogonal(globalSelfAttention(4, 3, 2, 2), [1, 5, 4]) as unknown as [Record<string, NDArray<Float64Array>>];
    for (let h = 0; h < 2; h++) expect(distance(own.keyMatrices.data, 4, 3, 4, h * 12)).toBeLessThan(1e-13);
    expect(distance(own.wOut.data, 4, 4, 4)).toBeLessThan(1e-13);
  });

  test('uniform: the mean of a rotated entry and of the trace are those of Haar measure, ±Q equally likely', () => {
    const samples = 2000;
    let [trace, square, first] = [0, 0, 0];
    for (let sample = 0; sample < samples; sample++) {
      const [{ w }] = init(dense(3), 1, [1, 3], { sample, distribution: 'orthogonal' }) as [{ w: NDArray }];
      const own = (w.data[0] + w.data[4] + w.data[8]) / Math.sqrt(3);
      trace += own / samples;
      square += own ** 2 / samples;
      first += w.data[0] ** 4 / 9 / samples;
    }
    // E[tr Q] = 0, E[(tr Q)²] = 1, E[Q₁₁⁴] = 3/(n(n + 2)); the variances of the three terms are 1, below 3 and below 0.1.
    expect(Math.abs(trace)).toBeLessThan(4 / Math.sqrt(samples));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(3 / samples));
    expect(Math.abs(first - 0.2)).toBeLessThan(4 * Math.sqrt(0.1 / samples));
  });

  test('a deep linear network has the NTK L w^(2L) |x|²/n₀, without spread', () => {
    const [L, wStd] = [8, 1.1];
    const net = serial(...Array.from({ length: L - 1 }, () => dense(16, { wStd })), dense(16, { wStd }));
    const x = inputs(1, 2, 16);
    const norm = x.data.subarray(0, 16).reduce((sum, value) => sum + value * value, 0);
    for (const seed of [1, 2]) {
      const { data } = empiricalNtk(net, orthogonal(net, [1, 16], seed), x);
      expect(Math.abs(data[0] / ((L * wStd ** (2 * L) * norm) / 16) - 1)).toBeLessThan(1e-13);
    }
  });

  test('ReLU networks scatter less than Gaussian ones: the dispersion of width 20, depth 5 is 1.47 instead of 1.92', async () => {
    const options = { wStd: Math.SQRT2 };
    const net = serial(...Array.from({ length: 4 }, () => [dense(20, options), relu()]).flat(), dense(1, options));
    const x = inputs(2, 1, 20);
    const { ntk } = await monteCarloKernel(net, x, { samples: 1000, batch: 500, seed: 1, get: 'ntk', distribution: 'orthogonal' });
    const ratio = (ntk?.secondMoment.data[0] ?? Number.NaN) / (ntk?.mean.data[0] ?? Number.NaN) ** 2;
    // Of 6,000 other networks; a thousand know it to 0.04 or so, and the Gaussian value is 0.45 away.
    expect(Math.abs(ratio - 1.467)).toBeLessThan(0.16);
    await expect(monteCarloKernel(net, x, { distribution: 'orthogonal', method: 'conditioned' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
  });

  test('biases stay normal, and other words are refused', () => {
    const net = dense(3, { bStd: 1 });
    const b = (distribution: 'gaussian' | 'orthogonal') => (init(net, 1, [1, 4], { distribution })[0] as { b: NDArray }).b.data;
    expect(b('orthogonal')).toEqual(b('gaussian'));
    expect(() => init(net, 1, [1, 4], { distribution: 'uniform' as 'gaussian' })).toThrow(/'gaussian' or 'orthogonal'.*ERR_ARGUMENT/);
  });
});
