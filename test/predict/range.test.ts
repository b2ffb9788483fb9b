/** Results beyond the range of their dtype are errors, in every function of the folder; options that are undefined are their defaults. */
import { describe, expect, it } from 'vitest';
import { dense, relu, serial } from '../../src/layers';
import {
  fitSync,
  gpInferenceSync,
  gradientDescentMseEnsembleSync,
  gradientDescentMseSync,
  gradientDescentSync,
  leaveOneOutSync,
  logMarginalLikelihoodSync,
  ridgeSweepSync,
} from '../../src/predict';
import { errorOf } from '../error-of';

const K = [
  [2, 1],
  [1, 2],
];
const one = (value: number) => ({ data: Float32Array.of(value), shape: [1, 1] });
const net = serial(dense(8), relu(), dense(1));

describe('results beyond the range are ERR_NON_FINITE', () => {
  it.each<readonly [string, () => unknown]>([
    ['a mean', () => gpInferenceSync([[1e-300]], [1e100])({ kTestTrain: [[1]] })],
    ['a mean in float32', () => gpInferenceSync(one(1e-30), one(1e30))({ kTestTrain: one(1) })],
    ['a covariance', () => gpInferenceSync([[1e-300]], [0])({ kTestTrain: [[1e200]], kTestTest: [[1]] })],
    ['flow on a test set', () => gradientDescentMseSync([[0]], [1e10])(1e300, { kTestTrain: [[1]] })],
    ['a residual', () => gradientDescentMseSync(K, [1e308, 1e308])(1, { fxTrain0: -1e308 })],
    ['flow on any loss', () => gradientDescentSync('mse', K, [1, 1])(1, { kTestTrain: [[1.7e308, 1.7e308]], fxTest0: 1.7e308 })],
    ['an ensemble', () => gradientDescentMseEnsembleSync(net, [[1e-150, 0]], [1e200])({ xTest: [[1, 1]] })],
    ['an ensemble at finite times', () => gradientDescentMseEnsembleSync(net, [[1e-150, 0]], [1e200])({ xTest: [[1, 1]], t: 1e300 })],
    ['weights of a model', () => fitSync(net, [[1e-150, 0]], [1e200])],
    ['leave-one-out errors', () => leaveOneOutSync(K, [1e200, 1])],
    ['evidence', () => logMarginalLikelihoodSync(K, [1e200, 1])],
    ['a sweep', () => ridgeSweepSync(K, [1e200, 1], [0.1])],
  ])('%s', (_name, run) => {
    expect(errorOf(run).code).toBe('ERR_NON_FINITE');
  });
});

it('a mean diagonal whose sum overflows is a number', () => {
  const huge = [
    [1e308, 0],
    [0, 1e308],
  ];
  const { mean } = gpInferenceSync(huge, [1, 2], { diagReg: 0.25 })({ kTestTrain: huge });
  // 1/(1 + ¼), of sums that are rounded once each
  expect([...mean.data].map((value) => Math.abs(value - 0.8) < 1e-15 || Math.abs(value - 1.6) < 1e-15)).toEqual([true, true]);
});

it('options of gradientDescent that are undefined are their defaults', () => {
  const run = (options: object) => gradientDescentSync('mse', K, [1, -1], options)(1);
  const defaults = run({});
  expect(Math.abs((defaults.fxTrain?.data[0] ?? 0) - (1 - Math.exp(-0.5)))).toBeLessThan(1e-8);
  expect(run({ learningRate: undefined, momentum: undefined, rtol: undefined, atol: undefined, maxSteps: undefined })).toStrictEqual(
    defaults,
  );
});

it.each<readonly [string, (traceAxes: number[]) => unknown]>([
  ['gpInference', (traceAxes) => gpInferenceSync(K, [1, 2], { traceAxes })],
  ['gradientDescentMse', (traceAxes) => gradientDescentMseSync(K, [1, 2], { traceAxes })],
  ['gradientDescent', (traceAxes) => gradientDescentSync('mse', K, [1, 2], { traceAxes })],
  ['gradientDescentMseEnsemble', (traceAxes) => gradientDescentMseEnsembleSync(net, K, [1, 2], { traceAxes })],
])('%s takes traceAxes [-1] and refuses others', (_name, make) => {
  make([-1]);
  expect(errorOf(() => make([])).code).toBe('ERR_UNSUPPORTED');
});
