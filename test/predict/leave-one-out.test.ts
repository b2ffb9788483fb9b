import { describe, expect, it } from 'vitest';
import { dense, kernelSync, leaveOneOut, leaveOneOutSync, relu, serial } from '../../src';
import { gpInferenceSync, logMarginalLikelihoodSync } from '../../src/predict';
import { engines, failure, randomArray } from './support';

const net = serial(dense(1, { bStd: 0.2 }), relu(), dense(1));
const N = 23;
const K = kernelSync(net, randomArray(1, [N, 5]), { get: 'nngp' }).nngp;
const Y = randomArray(2, [N, 3]);
const RIDGE = { diagReg: 0.01, diagRegAbsoluteScale: true };

const without = (left: number) => Array.from({ length: N }, (_, i) => i).filter((i) => i !== left);
const entry = (i: number, j: number) => K.data[i * N + j];
const row = (i: number) => Array.from(Y.data.subarray(3 * i, 3 * i + 3));

describe.each(engines)('leaveOneOut on %s', (_name, engine) => {
  it('is what a fit without the sample predicts for it, noise included', async () => {
    const { mean, variance, meanSquaredError, logProbability } = await leaveOneOut(K, Y, { ...RIDGE, engine });
    expect(mean.shape).toStrictEqual([N, 3]);
    expect(variance.shape).toStrictEqual([N]);
    let [squares, logarithms] = [0, 0];
    for (let i = 0; i < N; i++) {
      const rest = without(i);
      const fit = gpInferenceSync(
        rest.map((p) => rest.map((q) => entry(p, q))),
        rest.map(row),
        RIDGE,
      );
      const one = fit({ kTestTrain: [rest.map((q) => entry(i, q))], kTestTest: [[entry(i, i)]] });
      const expected = (one.covariance?.data[0] ?? NaN) + RIDGE.diagReg;
      expect(Math.abs(variance.data[i] / expected - 1)).toBeLessThan(1e-11);
      row(i).forEach((y, o) => {
        expect(Math.abs(mean.data[3 * i + o] - one.mean.data[o])).toBeLessThan(1e-11);
        squares += (y - one.mean.data[o]) ** 2;
        logarithms -= 0.5 * Math.log(2 * Math.PI * expected) + (y - one.mean.data[o]) ** 2 / (2 * expected);
      });
    }
    expect(Math.abs(meanSquaredError / (squares / (3 * N)) - 1)).toBeLessThan(1e-11);
    expect(Math.abs(logProbability / logarithms - 1)).toBeLessThan(1e-11);
  });

  it('of one column in float32, by blocks of more than 512 samples', () => {
    const n = 530;
    const x = randomArray(3, [n, 40]);
    const kernel = kernelSync(net, x, { get: 'nngp' }).nngp;
    const y = randomArray(4, [n]);
    const exact = leaveOneOutSync(kernel, y, { diagReg: 0.1, engine });
    const single = leaveOneOutSync(
      { data: Float32Array.from(kernel.data), shape: [n, n] },
      { data: Float32Array.from(y.data), shape: [n] },
      { diagReg: 0.1, engine },
    );
    expect(single.mean.shape).toStrictEqual([n]);
    expect(single.mean.data).toBeInstanceOf(Float32Array);
    // ε times the condition number: trace/n of a ridge of a tenth is 10 below the largest eigenvalue's n/10
    for (let i = 0; i < n; i++) expect(Math.abs(single.mean.data[i] - exact.mean.data[i])).toBeLessThan(2 ** -23 * n);
    // The chain rule: the evidence is the probability of the first sample times that of the second given the first, and so on.
    const last = n - 1;
    const head = Array.from({ length: last }, (_, i) => Array.from(kernel.data.subarray(i * n, i * n + last)));
    const diagonal = Array.from({ length: n }, (_, i) => kernel.data[i * (n + 1)]);
    const r = {
      diagReg: (0.1 * diagonal.reduce((sum, v) => sum + v, 0)) / n,
      diagRegAbsoluteScale: true,
    };
    const gained =
      logMarginalLikelihoodSync(kernel, y, { ...r, engine }) -
      logMarginalLikelihoodSync(head, Array.from(y.data.subarray(0, last)), { ...r, engine });
    const error = y.data[last] - exact.mean.data[last];
    const expected = -0.5 * Math.log(2 * Math.PI * exact.variance.data[last]) - error ** 2 / (2 * exact.variance.data[last]);
    expect(Math.abs(gained - expected)).toBeLessThan(1e-10);
  });
});

describe('leaveOneOut', () => {
  it('of one sample is the prior', () => {
    const { mean, variance, logProbability } = leaveOneOutSync([[4]], [3]);
    expect([mean.data[0], variance.data[0]]).toStrictEqual([0, 4]);
    expect(logProbability).toBeCloseTo(-0.5 * Math.log(8 * Math.PI) - 9 / 8, 14);
  });

  it('refuses what it cannot read, and a singular kernel', async () => {
    expect(await failure(() => leaveOneOut(K, [1, 2]))).toMatchObject({ code: 'ERR_SHAPE' });
    expect(await failure(() => leaveOneOut([[NaN]], [1]))).toMatchObject({ code: 'ERR_NON_FINITE' });
    const singular = [
      [1, 1],
      [1, 1],
    ];
    const error = await failure(() => leaveOneOut(singular, [1, 2]));
    expect(error).toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE', details: { index: 1 } });
    expect((await leaveOneOut(singular, [1, 2], { diagReg: error.details.suggestedDiagReg as number })).meanSquaredError).toBeCloseTo(1, 9);
  });

  it('stops when told to', async () => {
    await expect(leaveOneOut(K, Y, { ...RIDGE, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
