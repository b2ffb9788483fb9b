import { describe, expect, test } from 'vitest';
import { dense, kernelSync, maxLearningRate, maxLearningRateSync, relu, serial } from '../../src';
import { apply, init, train } from '../../src/finite';
import { inputs } from '../finite/networks';

/** Q diag(values) Qᵀ for the reflection Q = I − 2vvᵀ/|v|². */
function withSpectrum(values: readonly number[]) {
  const n = values.length;
  const v = Float64Array.from({ length: n }, (_, i) => Math.cos(3 * i + 1));
  const norm = v.reduce((sum, x) => sum + x * x, 0);
  const q = (i: number, j: number) => (i === j ? 1 : 0) - (2 * v[i] * v[j]) / norm;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      data[i * n + j] = data[j * n + i] = values.reduce((sum, value, k) => sum + q(i, k) * value * q(j, k), 0);
    }
  return { data, shape: [n, n] };
}

describe('maxLearningRate', () => {
  test.each([
    ['one number', [3]],
    ['well apart', [5, 3, 2, 1, 0]],
    ['a repeated largest', [2, 2, 2, 1, 0.5]],
    ['all equal', [1, 1, 1, 1]],
    ['close together', Array.from({ length: 120 }, (_, k) => 1 - 1e-6 * k)],
    ['powers', Array.from({ length: 200 }, (_, k) => 0.9 ** k)],
  ])('%s: 2 (1 + m) N / λ_max to 1e-13', async (_name, values) => {
    const kernel = withSpectrum(values);
    const largest = Math.max(...values);
    expect(Math.abs((maxLearningRateSync(kernel, { eps: 0 }) * largest) / (2 * values.length) - 1)).toBeLessThan(1e-13);
    const rate = await maxLearningRate(kernel, { yTrainSize: 7, momentum: 0.5, eps: 1 });
    expect(Math.abs((rate * (largest + 1)) / (3 * 7) - 1)).toBeLessThan(1e-13);
  });

  test.each([1e-200, 1, 1e200])('a kernel of size %d', (size) => {
    const kernel = { data: withSpectrum([3, 2, 0.5, 0.25]).data.map((value) => value * size), shape: [4, 4] };
    expect(Math.abs((maxLearningRateSync(kernel, { eps: 0 }) * 3 * size) / 8 - 1)).toBeLessThan(1e-13);
  });

  test('below it training converges, above it it diverges', async () => {
    const net = serial(dense(800), relu(), dense(1));
    const [x, y] = [inputs(1, 4, 3), inputs(2, 4, 1)];
    const rate = maxLearningRateSync(kernelSync(net, x, { get: 'ntk' }).ntk);
    const params = init(net, 1, [4, 3]);
    const run = (factor: number) => train(net, params, x, y, { learningRate: factor * rate, steps: 60 });
    const below = await run(0.5);
    expect(below.losses[60]).toBeLessThan(0.2 * below.losses[0]);
    const f = apply(net, params, x).data;
    const above = await run(3).then(
      ({ losses }) => losses[60] / losses[0],
      ({ code }) => (code === 'ERR_NON_FINITE' ? Number.POSITIVE_INFINITY : 0),
    );
    expect(above).toBeGreaterThan(10);
    expect(apply(net, params, x).data).toEqual(f);
  });

  test('bad input', () => {
    expect(() => maxLearningRateSync([[1, 2]])).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => maxLearningRateSync([[1]], { momentum: -1 })).toThrowError(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    expect(() => maxLearningRateSync([[-1]])).toThrowError(expect.objectContaining({ code: 'ERR_NOT_POSITIVE_DEFINITE' }));
  });
});
