import { describe, expect, it } from 'vitest';
import { createEngine, dense, kernelSync, leaveOneOut, relu, ridgeSweep, ridgeSweepSync, serial } from '../../src';
import { gpInferenceSync, logMarginalLikelihoodSync } from '../../src/predict';
import { errorOf } from '../error-of';
import { engines, failure, randomArray, relativeError } from './support';

const net = serial(dense(1, { bStd: 0.2 }), relu(), dense(1));
const N = 40;
const X = randomArray(1, [N, 6]);
const K = kernelSync(net, X, { get: 'nngp' }).nngp;
const CROSS = kernelSync(net, randomArray(2, [7, 6]), X, { get: 'nngp' }).nngp;
const STRENGTHS = [1, 1e-3, 0.1, 10];

describe.each(engines)('ridgeSweep on %s', (_name, engine) => {
  // The condition number of K + rI is below 1e4 here: eleven digits are left of sixteen, less one for sums over samples.
  const close = (actual: number, expected: number) => expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-11);

  it.each([[{}], [{ diagRegAbsoluteScale: true }]])('is what one fit for each regularizer gives: %j', async (scale) => {
    const y = randomArray(3, [N, 2]);
    const { points, mean } = await ridgeSweep(K, y, STRENGTHS, { ...scale, kTestTrain: CROSS, engine });
    expect(points.map(({ diagReg }) => diagReg)).toStrictEqual(STRENGTHS);
    expect(mean?.shape).toStrictEqual([4, 7, 2]);
    for (const [k, point] of points.entries()) {
      const options = { ...scale, diagReg: point.diagReg, engine };
      close(point.logMarginalLikelihood, logMarginalLikelihoodSync(K, y, options));
      const validation = await leaveOneOut(K, y, options);
      close(point.leaveOneOut.meanSquaredError, validation.meanSquaredError);
      close(point.leaveOneOut.logProbability, validation.logProbability);
      const predict = gpInferenceSync(K, y, options);
      const expected = Array.from(predict({ kTestTrain: CROSS }).mean.data);
      expect(relativeError({ data: (mean?.data ?? y.data).subarray(14 * k, 14 * (k + 1)), shape: [14] }, expected)).toBeLessThan(1e-11);
      // Outputs eᵢ one after the other: the trace of the map from training outputs to fitted ones.
      const identity = { data: Float64Array.from({ length: N * N }, (_, i) => Number(i % (N + 1) === 0)), shape: [N, N] };
      const fitted = gpInferenceSync(K, identity, options)({ kTestTrain: K }).mean.data;
      close(
        point.effectiveDimension,
        Array.from({ length: N }, (_, i) => fitted[i * (N + 1)]).reduce((sum, value) => sum + value, 0),
      );
    }
  });

  it('of a vector, in float32', () => {
    const y = randomArray(4, [N], 'float32');
    const kernel = { data: Float32Array.from(K.data), shape: [N, N] };
    const single = ridgeSweepSync(kernel, y, [0.1], { kTestTrain: CROSS, engine });
    expect(single.mean?.shape).toStrictEqual([1, 7]);
    expect(single.mean?.data).toBeInstanceOf(Float32Array);
    const double = ridgeSweepSync(K, y, [0.1], { engine });
    expect(Math.abs(single.points[0].logMarginalLikelihood / double.points[0].logMarginalLikelihood - 1)).toBeLessThan(1e-4);
  });
});

describe('ridgeSweep', () => {
  const twins = [
    [1, 1],
    [1, 1],
  ];

  it('says where to start for a singular kernel, and starts there', async () => {
    const error = await failure(() => ridgeSweep(twins, [1, 2], [1e-2, 0]));
    expect(error).toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE', details: { diagReg: 0 } });
    const { suggestedDiagReg } = error.details as Record<string, number>;
    expect(suggestedDiagReg).toBeLessThan(1e-14);
    expect((await ridgeSweep(twins, [1, 2], [suggestedDiagReg])).points[0].leaveOneOut.meanSquaredError).toBeCloseTo(1, 1);
  });

  it('refuses a matrix with negative eigenvalues, whatever rounding is', async () => {
    const indefinite = [
      [1, 5],
      [5, 1],
    ];
    expect(await failure(() => ridgeSweep(indefinite, [1, 2], [3]))).toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE' });
    expect((await ridgeSweep(indefinite, [1, 2], [5])).points).toHaveLength(1);
  });

  it.each([
    ['no strengths', [], 'ERR_ARGUMENT'],
    ['a negative one', [0.1, -1], 'ERR_ARGUMENT'],
    ['one that is no number', [NaN], 'ERR_ARGUMENT'],
  ])('refuses %s', async (_name, diagRegs, code) => {
    expect(await failure(() => ridgeSweep(K, randomArray(1, [N]), diagRegs))).toMatchObject({ code });
  });

  it('refuses a test kernel of another training set', async () => {
    expect(await failure(() => ridgeSweep(K, randomArray(1, [N]), [1], { kTestTrain: [[1, 2]] }))).toMatchObject({ code: 'ERR_SHAPE' });
  });

  it.each([
    ['a smallest eigenvalue of −1', [0, 1, 1, 0], true, 10],
    ['a smallest eigenvalue of −1 beside a mean diagonal of 1', [1, 2, 2, 1], false, 10],
    ['negative eigenvalues alone', [-2, 0, 0, -3], true, 10],
  ])('suggests a regularizer that does: %s', (_name, data, diagRegAbsoluteScale, least) => {
    const indefinite = { data: Float64Array.from(data as number[]), shape: [2, 2] };
    const options = { diagRegAbsoluteScale: diagRegAbsoluteScale as boolean };
    const { code, details } = errorOf(() => ridgeSweepSync(indefinite, [1, 2], [0], options));
    expect([code, details.suggestedDiagReg]).toEqual(['ERR_NOT_POSITIVE_DEFINITE', least]);
    expect(ridgeSweepSync(indefinite, [1, 2], [details.suggestedDiagReg as number], options).points.length).toBe(1);
  });

  it('reports its phases, stops when told to, and is a method of engines', async () => {
    const phases = new Set<string>();
    await ridgeSweep(K, randomArray(1, [N]), [1], { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toStrictEqual(['eigen', 'solve']);
    const n = 300;
    const large = { data: Float64Array.from({ length: n * n }, (_, i) => Math.exp(-(((i % n) - Math.floor(i / n)) ** 2))), shape: [n, n] };
    const controller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ phase, done, total }: { phase: string; done: number; total: number }) => {
      seen.push(done / total);
      if (phase !== 'eigen' || done >= total / 2) controller.abort();
    };
    const run = ridgeSweep(large, randomArray(1, [n]), [1], { signal: controller.signal, onProgress });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen[seen.length - 1]).toBeLessThan(1);
    expect(seen.length).toBeGreaterThan(2);
    const engine = await createEngine({ threads: 1 });
    const y = randomArray(1, [N]);
    expect((await engine.ridgeSweep(K, y, [1])).points[0].ridge).toBeGreaterThan(0);
    expect((await engine.leaveOneOut(K, y, { diagReg: 1 })).mean.shape).toStrictEqual([N]);
    expect(Number.isFinite(await engine.logMarginalLikelihood(K, y, { diagReg: 1 }))).toBe(true);
    await engine.dispose();
  });
});
