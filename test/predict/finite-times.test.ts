/** Training dynamics at finite times: against neural-tangents in float64, and in 50 digits where it divides 0 by 0. */
import { describe, expect, it } from 'vitest';
import { dense, erf, kernelSync, maxLearningRateSync, type NDArray, relu, serial } from '../../src';
import { AbortError } from '../../src/errors';
import { apply, empiricalNtk, init, train } from '../../src/finite';
import {
  gradientDescentMse,
  gradientDescentMseEnsemble,
  gradientDescentMseEnsembleSync,
  gradientDescentMseSync,
  type Time,
} from '../../src/predict';
import { inputs } from '../finite/networks';
import { fixture } from '../fixtures';
import { cases, engines, largestOf, type Matrix, randomArray, relativeError } from './support';

type Nested = number | Nested[];
interface Options {
  diagReg: number;
  diagRegAbsoluteScale: boolean;
  learningRate: number;
}
interface FlowCase extends Options {
  t: Time;
  fxTrain0: number | Matrix | null;
  fxTest0: number | Matrix | null;
  fxTrain: Nested[] | null;
  fxTest: Nested[] | null;
}
interface EnsembleCase extends Options {
  t: Time;
  on: 'test' | 'train';
  nngp: { mean: Nested[]; covariance: Nested[] };
  ntk: { mean: Nested[]; covariance: Nested[] };
}
interface Singular {
  name: string;
  learningRate: number;
  t: number[];
  kTrainTrain: Matrix;
  kTestTrain: Matrix;
  yTrain: Matrix;
  fxTrain: Nested[];
  fxTest: Nested[];
}
const { cases: expected, singular } = fixture<{
  cases: { name: string; gradientDescentMse: FlowCase[]; gradientDescentMseEnsemble: EnsembleCase[] }[];
  singular: Singular[];
}>('predict/finite-times.json.gz');

/** Kernels have condition numbers up to 425; both sides round, and the reference's exponentials of its eigenvalues do. */
const TOLERANCE = 1e-12;
/** Kernels are computed here, too. The reference's NTK diagonal of the mixed network is off by 8e-9 (acos of a rounded correlation). */
const ensembleTolerance = (name: string): number => (name.startsWith('mixed') ? 1e-8 : 1e-11);
/** An eigenvalue of 0 comes out as some roundings of ‖K‖ ≤ 100: times the largest τ, 2.5e4, of weights that all but vanish on kTestTrain. */
const SINGULAR_TOLERANCE = 1e-9;

function shapeOf(nested: Nested): number[] {
  return Array.isArray(nested) ? [nested.length, ...shapeOf(nested[0])] : [];
}
/** `scale` as for relativeError: a covariance is what is left of the prior, and its error relative to that. */
function expectNear(actual: NDArray | undefined, known: Nested[] | null, tolerance: number, scale?: number): void {
  if (!known) return void expect(actual).toBeUndefined();
  expect(actual?.shape).toEqual(shapeOf(known));
  expect(relativeError(actual, known.flat(9) as number[], scale)).toBeLessThan(tolerance);
}

describe.each(engines)('%s', (_engine, engine) => {
  describe.each(expected.map((c) => [c.name, c] as const))('%s', (name, c) => {
    const problem = cases.find((one) => one.name === name) as (typeof cases)[number];

    it.each(c.gradientDescentMse)(
      'gradientDescentMse at $t, diagReg $diagReg',
      async ({ t, fxTrain, fxTest, fxTrain0, fxTest0, ...options }) => {
        const request = { fxTrain0, fxTest0, kTestTrain: fxTest0 === null ? null : problem.kTestTrain.ntk };
        const result = await gradientDescentMse(problem.kTrainTrain.ntk, problem.yTrain, { ...options, engine })(t, request);
        expectNear(result.fxTrain, fxTrain, TOLERANCE);
        expectNear(result.fxTest, fxTest, TOLERANCE);
        expect(gradientDescentMseSync(problem.kTrainTrain.ntk, problem.yTrain, { ...options, engine })(t, request)).toStrictEqual(result);
      },
    );

    it.each(c.gradientDescentMseEnsemble)(
      'gradientDescentMseEnsemble on $on at $t, diagReg $diagReg',
      async ({ t, on, nngp, ntk, ...options }) => {
        const request = { t, xTest: on === 'test' ? problem.xTest : null, computeCov: true };
        const ensemble = gradientDescentMseEnsemble(problem.network, problem.xTrain, problem.yTrain, { ...options, engine });
        const result = await ensemble(request);
        for (const [actual, known] of [
          [result.nngp, nngp],
          [result.ntk, ntk],
        ] as const) {
          expectNear(actual.mean, known.mean, ensembleTolerance(name));
          expectNear(actual.covariance, known.covariance, ensembleTolerance(name), largestOf(problem.kTestTest.nngp));
        }
        expect(await ensemble({ ...request, get: 'ntk', computeCov: false })).toStrictEqual({ mean: result.ntk.mean });
        const sync = gradientDescentMseEnsembleSync(problem.network, problem.xTrain, problem.yTrain, { ...options, engine });
        expect(sync(request)).toStrictEqual(result);
      },
    );
  });

  it.each(singular)('defect 8: eigenvalues of exactly 0, $name: finite and right at every finite time', (c) => {
    const predict = gradientDescentMseSync(c.kTrainTrain, c.yTrain, { learningRate: c.learningRate, engine });
    const { fxTrain, fxTest } = predict(c.t, { kTestTrain: c.kTestTrain });
    expectNear(fxTrain, c.fxTrain, SINGULAR_TOLERANCE);
    expectNear(fxTest, c.fxTest, SINGULAR_TOLERANCE);
  });

  it('several times are the times one by one, to the bit, and Infinity among them is Infinity alone', async () => {
    const { kTrainTrain, kTestTrain, yTrain, network, xTrain, xTest } = cases[1];
    const predict = gradientDescentMse(kTrainTrain.ntk, yTrain, { engine });
    const ensemble = gradientDescentMseEnsemble(network, xTrain, yTrain, { engine });
    const times = [0, 5, Infinity, 50];
    const [all, gaussians] = [await predict(times, { kTestTrain: kTestTrain.ntk }), await ensemble({ t: times, xTest, computeCov: true })];
    for (const [k, t] of times.entries()) {
      const part = (whole: NDArray | undefined, { data, shape }: NDArray) => {
        expect(whole?.shape).toEqual([times.length, ...shape]);
        expect(whole?.data.subarray(k * data.length, (k + 1) * data.length)).toEqual(data);
      };
      const one = await predict(t, { kTestTrain: kTestTrain.ntk });
      part(all.fxTrain, one.fxTrain as NDArray);
      part(all.fxTest, one.fxTest as NDArray);
      const single = await ensemble({ t, xTest, computeCov: true });
      for (const name of ['nngp', 'ntk'] as const) {
        part(gaussians[name].mean, single[name].mean);
        part(gaussians[name].covariance, single[name].covariance as NDArray);
      }
    }
  });

  it('starts at f0, ends at t = Infinity, and composes', () => {
    const { kTrainTrain, kTestTrain, yTrain } = cases[1];
    const [start, testStart] = [randomArray(1, [10, 3]), randomArray(2, [4, 3])];
    const predict = gradientDescentMseSync(kTrainTrain.ntk, yTrain, { engine });
    const request = { fxTrain0: start, fxTest0: testStart, kTestTrain: kTestTrain.ntk };
    expect(predict(0, request)).toStrictEqual({ fxTrain: start, fxTest: testStart });
    const [late, never] = [predict(1e9, request), predict(Infinity, request)];
    expect(relativeError(late.fxTrain, Array.from(never.fxTrain?.data ?? []))).toBeLessThan(TOLERANCE);
    expect(relativeError(late.fxTest, Array.from(never.fxTest?.data ?? []))).toBeLessThan(TOLERANCE);
    const half = predict(20, request);
    const rest = predict(30, { fxTrain0: half.fxTrain, fxTest0: half.fxTest, kTestTrain: kTestTrain.ntk });
    const whole = predict(50, request);
    expect(relativeError(rest.fxTrain, Array.from(whole.fxTrain?.data ?? []))).toBeLessThan(TOLERANCE);
    expect(relativeError(rest.fxTest, Array.from(whole.fxTest?.data ?? []))).toBeLessThan(TOLERANCE);
  });

  it('vectors stay vectors, float32 stays float32', () => {
    const x = randomArray(3, [20, 4], 'float32');
    const y = { data: randomArray(4, [20], 'float32').data, shape: [20] };
    const net = serial(dense(1), relu(), dense(1));
    const single = gradientDescentMseEnsembleSync(net, x, y, { engine })({ t: 40, computeCov: true, get: 'ntk' });
    const wide = (a: NDArray) => ({ data: Float64Array.from(a.data), shape: a.shape });
    const double = gradientDescentMseEnsembleSync(net, wide(x), wide(y), { engine })({ t: 40, computeCov: true, get: 'ntk' });
    expect(single.mean.data).toBeInstanceOf(Float32Array);
    expect(single.mean.shape).toEqual([20]);
    expect(single.covariance?.shape).toEqual([20, 20]);
    expect(relativeError(single.mean, Array.from(double.mean.data))).toBeLessThan(1e-5);
    expect(relativeError(single.covariance, Array.from(double.covariance?.data ?? []))).toBeLessThan(1e-5);
  });
});

it('the kernel is diagonalised once, says so, and stops between phases', async () => {
  const { kTrainTrain, yTrain } = cases[0];
  const predict = gradientDescentMse(kTrainTrain.ntk, yTrain);
  const controller = new AbortController();
  const stopped = predict(1, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(stopped).rejects.toBeInstanceOf(AbortError);
  const phases = async (t: Time) => {
    const seen = new Set<string>();
    await predict(t, { onProgress: ({ phase }) => void seen.add(phase) });
    return [...seen];
  };
  expect(await phases([1, 2])).toEqual(['eigen', 'solve']);
  expect(await phases(3)).toEqual(['solve']);
});

it('steps of gradient descent on a wide network follow the flow of its kernel', async () => {
  const net = serial(dense(1000), erf(), dense(1));
  const [x, y] = [inputs(1, 5, 3), inputs(2, 5, 1)];
  const params = init(net, 3, [5, 3]);
  const start = apply(net, params, x);
  const theta = empiricalNtk(net, params, x, null);
  const learningRate = 0.1 * maxLearningRateSync(kernelSync(net, x, { get: 'ntk' }).ntk);
  const steps = 500;
  const { losses } = await train(net, params, x, y, { learningRate, steps });
  const { fxTrain } = gradientDescentMseSync(theta, y, { learningRate })(steps, { fxTrain0: start });
  const loss = y.data.reduce((sum: number, target: number, i: number) => sum + ((fxTrain as NDArray).data[i] - target) ** 2, 0) / 10;
  expect(losses[steps]).toBeLessThan(0.7 * losses[0]);
  // Steps and flow differ where λ is near the largest, and there nothing is left by now; the network differs from its linearisation by some 1/√width.
  expect(Math.abs(loss / losses[steps] - 1)).toBeLessThan(0.05);
});
