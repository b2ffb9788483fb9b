import { describe, expect, it } from 'vitest';
import { dense, erf, flatten, relu, serial } from '../../src';
import { AbortError } from '../../src/errors';
import { kernelSync } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import { type CovarianceKind, fit as fitModel, fitSync, gpInferenceSync, load, type ModelKernel } from '../../src/predict';
import { hash } from '../../src/spec';
import { cases, engines, failure, randomArray, relativeError } from './support';

const net = serial(dense(1, { wStd: 1.5, bStd: 0.1 }), relu(), dense(1, { wStd: 1.2 }), erf(), dense(1));
const KINDS: readonly CovarianceKind[] = ['none', 'diagonal', 'full'];
const diagonalOf = ({ data, shape }: NDArray) => Array.from({ length: shape[0] }, (_, i) => data[i * (shape[0] + 1)]);

describe.each(['nngp', 'ntk'] as const)('fit, kernel %s', (kernel: ModelKernel) => {
  it.each(cases)('predicts what gpInference does: $name', async ({ network, xTrain, xTest, yTrain }) => {
    const model = await fitModel(network, xTrain, yTrain, { kernel, diagReg: 1e-3 });
    const predict = gpInferenceSync(kernelSync(network, xTrain), yTrain, { diagReg: 1e-3 });
    const expected = predict({ get: kernel, kTestTrain: kernelSync(network, xTest, xTrain), kTestTest: kernelSync(network, xTest) });
    const [none, diagonal, full] = await Promise.all(KINDS.map((covariance) => model.predict(xTest, { covariance })));
    expect(none).toStrictEqual({ mean: expected.mean });
    expect(full).toStrictEqual(expected);
    expect(diagonal.mean).toStrictEqual(expected.mean);
    const prior = Math.max(...diagonalOf(kernelSync(network, xTest).nngp));
    expect(relativeError(diagonal.covariance, diagonalOf(full.covariance as NDArray), prior)).toBeLessThan(1e-14);
  });

  it('fits the training set, where no variance is left', async () => {
    const x = randomArray(1, [12, 5]);
    const y = randomArray(2, [12]);
    const { mean, covariance } = (await fitModel(net, x, y, { kernel })).predictSync(x, { covariance: 'diagonal' });
    expect(mean.shape).toStrictEqual([12]);
    expect(relativeError(mean, [...y.data])).toBeLessThan(1e-11);
    expect(Math.max(...(covariance as NDArray).data)).toBeLessThan(1e-12);
    expect(Math.min(...(covariance as NDArray).data)).toBeGreaterThanOrEqual(0);
  });

  it.each(['float32', 'float64'] as const)('computes in %s and agrees with the other precision', async (dtype) => {
    const [x, y, xTest] = [randomArray(1, [40, 9], 'float32'), randomArray(2, [40, 3], 'float32'), randomArray(3, [7, 9], 'float32')];
    const model = await fitModel(net, x, y, { kernel, diagReg: 1e-2, ...(dtype === 'float64' ? { dtype } : {}) });
    const { mean, covariance } = await model.predict(xTest, { covariance: 'full' });
    const expected = await (await fitModel(net, x, y, { kernel, diagReg: 1e-2, dtype: 'float64' })).predict(xTest, { covariance: 'full' });
    expect([model.dtype, mean.data.BYTES_PER_ELEMENT, covariance?.data.BYTES_PER_ELEMENT]).toStrictEqual(
      dtype === 'float32' ? ['float32', 4, 4] : ['float64', 8, 8],
    );
    expect(relativeError(mean, [...expected.mean.data])).toBeLessThan(1e-4);
    expect(relativeError(covariance, [...(expected.covariance as NDArray).data])).toBeLessThan(1e-4);
  });

  describe.each(engines)('a saved model, %s', (_name, engine) => {
    it.each(['float32', 'float64'] as const)('predicts the same to the bit, %s', async (dtype) => {
      const [x, y, xTest] = [randomArray(1, [70, 6], dtype), randomArray(2, [70, 2], dtype), randomArray(3, [11, 6], dtype)];
      const model = await fitModel(net, x, y, { kernel, diagReg: 1e-3, engine });
      const loaded = load(model.save(), { engine });
      for (const covariance of KINDS)
        expect(await loaded.predict(xTest, { covariance })).toStrictEqual(await model.predict(xTest, { covariance }));
      expect({ ...loaded, state: 0, factor: 0, nngp: 0, queue: 0 }).toStrictEqual({ ...model, state: 0, factor: 0, nngp: 0, queue: 0 });
      expect(loaded.save()).toStrictEqual(model.save());
    });
  });
});

describe('a model', () => {
  const [x, y, xTest] = [randomArray(1, [30, 4]), randomArray(2, [30, 2]), randomArray(3, [23, 4])];

  it('says what it is', async () => {
    const model = await fitModel(net, x, y, { diagReg: 0.5, diagRegAbsoluteScale: true });
    expect(model).toMatchObject({
      net,
      kernel: 'ntk',
      diagReg: 0.5,
      diagRegAbsoluteScale: true,
      dtype: 'float64',
      trainShape: [30, 4],
      outputs: 2,
    });
    expect(model.hash).toBe(hash(net));
  });

  it('does not depend on how test points are batched', async () => {
    const model = await fitModel(net, x, y, { diagReg: 1e-2 });
    const whole = await model.predict(xTest, { covariance: 'diagonal' });
    for (const batch of [1, 7, 8, 22, 100]) {
      const { mean, covariance } = await model.predict(xTest, { covariance: 'diagonal', batch });
      expect(relativeError(mean, [...whole.mean.data])).toBeLessThan(1e-14);
      expect(relativeError(covariance, [...(whole.covariance as NDArray).data])).toBeLessThan(1e-13);
    }
  });

  it('never holds more than a block of the test-train kernel', async () => {
    const rows: number[] = [];
    const [, context] = engines[1];
    const { backend } = context;
    const openTiles: typeof backend.openTiles = (job) => {
      rows.push(job.rows);
      return backend.openTiles(job);
    };
    const model = await fitModel(net, x, y, { diagReg: 1e-2, engine: { ...context, backend: { ...backend, openTiles } } });
    rows.length = 0;
    await model.predict(xTest, { batch: 8 });
    expect(rows).toStrictEqual([8, 8, 8]);
  });

  it('does not change with the arrays it was made from', async () => {
    const mine = { data: x.data.slice(), shape: x.shape };
    const model = await fitModel(net, mine, y);
    mine.data.fill(0);
    expect(await model.predict(xTest)).toStrictEqual(await (await fitModel(net, x, y)).predict(xTest));
  });

  it('is the same from fitSync', async () => {
    expect(fitSync(net, x, y, { diagReg: 1e-3 }).save()).toStrictEqual((await fitModel(net, x, y, { diagReg: 1e-3 })).save());
  });

  it('takes images, and vectors of targets', async () => {
    const images = randomArray(1, [9, 3, 4, 2]);
    const deep = serial(flatten(), net);
    const flat = { data: images.data, shape: [9, 24] };
    const targets = randomArray(2, [9]);
    const model = load((await fitModel(deep, images, targets)).save());
    const { mean } = await model.predict(randomArray(5, [4, 3, 4, 2]));
    expect(mean).toStrictEqual((await (await fitModel(net, flat, targets)).predict(randomArray(5, [4, 24]))).mean);
    expect(mean.shape).toStrictEqual([4]);
  });

  it('keeps inputs in the dtype they were given in: a float32 model of float64 data beyond its range', async () => {
    const far = { data: x.data.map((v) => v * 1e-60), shape: x.shape };
    const homogeneous = serial(dense(1, { wStd: 1.5 }), relu(), dense(1, { bStd: 1 }));
    const model = await fitModel(homogeneous, far, y, { dtype: 'float32', diagReg: 1e-2 });
    expect(load(model.save()).predictSync(far)).toStrictEqual(model.predictSync(far));
  });

  it('reports phases in order, each up to its total', async () => {
    const seen: [string, number, number][] = [];
    await fitModel(net, x, y, { onProgress: ({ phase, done, total }) => seen.push([phase, done, total]) });
    expect([...new Set(seen.map(([phase]) => phase))]).toStrictEqual(['kernel', 'cholesky', 'solve']);
    for (const phase of ['kernel', 'cholesky', 'solve']) {
      const steps = seen.filter(([name]) => name === phase);
      expect(steps.every(([, done], i) => i === 0 || done >= steps[i - 1][1])).toBe(true);
      expect(steps.at(-1)?.[1]).toBe(steps.at(-1)?.[2]);
    }
    const totals: number[] = [];
    const model = await fitModel(net, x, y);
    await model.predict(xTest, { batch: 10, onProgress: (p) => p.phase === 'kernel' && totals.push(p.done) });
    expect(totals).toStrictEqual([300, 600, 690]);
  });

  it('lets timers run while it factorises, and stops at a signal between two blocks', async () => {
    const [large, targets] = [randomArray(4, [1100, 3], 'float32'), randomArray(5, [1100], 'float32')];
    const controller = new AbortController();
    let steps = 0;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase !== 'cholesky') return;
      if (++steps === 1) setTimeout(() => controller.abort(), 0);
    };
    const run = fitModel(net, large, targets, { diagReg: 1e-1, signal: controller.signal, onProgress });
    await expect(run).rejects.toBeInstanceOf(AbortError);
    expect(steps).toBeLessThan(8);
  });

  it('survives an aborted prediction', async () => {
    const model = load((await fitModel(net, x, y)).save());
    const aborted = model.predict(xTest, { covariance: 'full', signal: AbortSignal.abort() });
    const next = model.predict(xTest, { covariance: 'full' });
    await expect(aborted).rejects.toBeInstanceOf(AbortError);
    expect((await next).mean.shape).toStrictEqual([23, 2]);
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['lengths that disagree', () => fitModel(net, x, [1, 2]), 'ERR_SHAPE', /\[30, 4\].*\[2\]/],
    ['NaN in targets', () => fitModel(net, [[1]], [Number.NaN]), 'ERR_NON_FINITE', /yTrain/],
    ['NaN in inputs', () => fitModel(net, [[Number.NaN]], [1]), 'ERR_NON_FINITE', /NaN/],
    ['an unknown kernel', () => fitModel(net, x, y, { kernel: 'rbf' as 'nngp' }), 'ERR_ARGUMENT', /'nngp' or 'ntk'/],
    ['an unknown dtype', () => fitModel(net, x, y, { dtype: 'float16' as 'float32' }), 'ERR_DTYPE', /float16/],
    ['a network that is none', () => fitModel({ kind: 'magic' } as never, x, y), 'ERR_ARGUMENT', /magic/],
    [
      'repeated samples',
      () =>
        fitModel(
          net,
          [
            [1, 2],
            [3, 4],
            [1, 2],
          ],
          [1, 2, 3],
        ),
      'ERR_NOT_POSITIVE_DEFINITE',
      /pass \{ diagReg: /,
    ],
    ['test points of other features', () => fitSync(net, x, y).predictSync([[1, 2]]), 'ERR_SHAPE', /\[1, 2\].*\[30, 4\]/],
    ['a test point that is not finite', () => fitSync(net, x, y).predictSync([[1, 2, 3, Infinity]]), 'ERR_NON_FINITE', /xTest.*\[0, 3\]/],
    ['no test points', () => fitSync(net, x, y).predictSync({ data: new Float64Array(), shape: [0, 4] }), 'ERR_SHAPE', /\[0, 4\]/],
    ['an unknown covariance', () => fitSync(net, x, y).predictSync(xTest, { covariance: 'yes' as 'full' }), 'ERR_ARGUMENT', /yes/],
    ['a batch of 0', () => fitSync(net, x, y).predictSync(xTest, { batch: 0 }), 'ERR_ARGUMENT', /batch/],
  ])('refuses %s', async (_what, run, code, message) => {
    const error = await failure(run);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});
