/** Formulas against elimination by hand, and everything that is refused. */
import { describe, expect, it } from 'vitest';
import { dense, relu, serial } from '../../src';
import { AbortError } from '../../src/errors';
import {
  gpInference,
  gpInferenceSync,
  gradientDescentMse,
  gradientDescentMseEnsemble,
  logMarginalLikelihood,
  logMarginalLikelihoodSync,
} from '../../src/predict';
import { cases, failure, type Matrix, randomArray, relativeError, solveByHand } from './support';

const K: Matrix = [
  [4, 1, 0.5],
  [1, 3, 0.25],
  [0.5, 0.25, 2],
];
const CROSS: Matrix = [
  [1, 0.5, 0.25],
  [0.75, 1, -0.5],
];
const OWN: Matrix = [
  [3, 0.5],
  [0.5, 2],
];
const Y = [1, -2, 0.5];
const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const plus = (k: Matrix, r: number): Matrix => k.map((row, i) => row.map((x, j) => (i === j ? x + r : x)));
const net = serial(dense(1), relu(), dense(1));

describe('gpInference', () => {
  it.each([
    [{}, 0],
    [{ diagReg: 0.1 }, 0.1 * 3],
    [{ diagReg: 0.1, diagRegAbsoluteScale: true }, 0.1],
  ])('of one matrix is a Gaussian process: %j', (options, ridge) => {
    const weights = solveByHand(plus(K, ridge), CROSS);
    const { mean, covariance } = gpInferenceSync(K, Y, options)({ kTestTrain: CROSS, kTestTest: OWN });
    expect(mean.shape).toStrictEqual([2]);
    expect(
      relativeError(
        mean,
        weights.map((w) => dot(w, Y)),
      ),
    ).toBeLessThan(1e-15);
    const expected = OWN.map((row, i) => row.map((x, j) => x - dot(weights[i], CROSS[j])));
    expect(relativeError(covariance, expected)).toBeLessThan(1e-15);
  });

  it('returns what get asks for: one, several, or by default what the kernels allow', async () => {
    const pair = { nngp: K, ntk: plus(K, 1) };
    const cross = { nngp: CROSS, ntk: CROSS };
    expect(Object.keys(await gpInference(pair, Y)({ kTestTrain: cross }))).toStrictEqual(['nngp', 'ntk']);
    expect(Object.keys(await gpInference(pair, Y)({ kTestTrain: cross, get: ['ntkgp'] }))).toStrictEqual(['ntkgp']);
    const single = await gpInference(pair, Y)({ kTestTrain: cross, get: 'ntk' });
    expect(Object.keys(single)).toStrictEqual(['mean']);
    expect(single).toStrictEqual(await gpInference(pair.ntk, Y)({ kTestTrain: CROSS, get: 'ntk' }));
    expect((await gpInference(K, Y)({ kTestTrain: CROSS })).mean.shape).toStrictEqual([2]);
  });

  it('predicts the same after a first prediction, and leaves its inputs alone', async () => {
    const { kTrainTrain, kTestTrain, kTestTest, yTrain } = cases[0];
    const before = JSON.stringify([kTrainTrain, kTestTrain, kTestTest, yTrain]);
    const predict = gpInference(kTrainTrain, yTrain, { diagReg: 1e-3 });
    const [first, second] = await Promise.all([predict({ kTestTrain, kTestTest }), predict({ kTestTrain, kTestTest })]);
    expect(second).toStrictEqual(first);
    expect(JSON.stringify([kTrainTrain, kTestTrain, kTestTest, yTrain])).toBe(before);
    expect(gpInferenceSync(kTrainTrain, yTrain, { diagReg: 1e-3 })({ kTestTrain, kTestTest })).toStrictEqual(first);
    const typed = { data: Float64Array.from(K.flat()), shape: [3, 3] };
    gpInferenceSync(typed, Y)({ kTestTrain: CROSS, kTestTest: OWN });
    expect([...typed.data]).toStrictEqual(K.flat());
  });

  it('factorises each kernel once, when it is first needed', async () => {
    const { kTrainTrain, kTestTrain, kTestTest, yTrain } = cases[0];
    const predict = gpInference(kTrainTrain, yTrain);
    const factorisations = async (request: Parameters<typeof predict>[0]) => {
      let count = 0;
      await predict({ ...request, onProgress: ({ phase, done, total }) => (count += phase === 'cholesky' && done === total ? 1 : 0) });
      return count;
    };
    expect(await factorisations({ kTestTest: true })).toBe(0);
    expect(await factorisations({ get: ['ntk'], kTestTrain, kTestTest })).toBe(1);
    expect(await factorisations({ get: ['ntk', 'ntkgp'], kTestTrain, kTestTest })).toBe(0);
    expect(await factorisations({ kTestTrain, kTestTest })).toBe(1);
  });

  it('computes in float32 where kernel and targets are, otherwise in float64', () => {
    const single = { data: Float32Array.from(K.flat()), shape: [3, 3] };
    const y = { data: Float32Array.from(Y), shape: [3] };
    const request = { kTestTrain: CROSS, kTestTest: OWN };
    expect(gpInferenceSync(single, y)(request).mean.data).toBeInstanceOf(Float32Array);
    expect(gpInferenceSync(single, y)(request).covariance?.data).toBeInstanceOf(Float32Array);
    expect(gpInferenceSync(single, Y)(request)).toStrictEqual(gpInferenceSync(K, Y)(request));
  });

  it('reports its phases and stops at a signal', async () => {
    const phases = new Set<string>();
    await gpInference(K, Y)({ kTestTrain: CROSS, kTestTest: OWN, onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toStrictEqual(['cholesky', 'solve']);
    const controller = new AbortController();
    const predict = gpInference(K, Y);
    const aborted = predict({ kTestTrain: CROSS, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(aborted).rejects.toBeInstanceOf(AbortError);
    expect((await predict({ kTestTrain: CROSS })).mean.shape).toStrictEqual([2]);
  });
});

describe('logMarginalLikelihood', () => {
  it('is the logarithm of the density of a normal distribution', async () => {
    const determinant = 4 * (3 * 2 - 0.25 ** 2) - 1 * (1 * 2 - 0.25 * 0.5) + 0.5 * (1 * 0.25 - 3 * 0.5);
    const of = (y: number[]) => -0.5 * dot(solveByHand(K, [y])[0], y) - 0.5 * Math.log(determinant) - 1.5 * Math.log(2 * Math.PI);
    expect(logMarginalLikelihoodSync(K, Y)).toBeCloseTo(of(Y), 14);
    const second = [0.5, 0.25, -1];
    expect(
      await logMarginalLikelihood(
        K,
        Y.map((y, i) => [y, second[i]]),
      ),
    ).toBeCloseTo(of(Y) + of(second), 14);
    expect(await logMarginalLikelihood(plus(K, -0.3), Y, { diagReg: 0.3, diagRegAbsoluteScale: true })).toBeCloseTo(of(Y), 13);
  });
});

describe('a kernel that is not positive definite', () => {
  const twins = { data: new Float64Array([1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5, 1]), shape: [3, 3] };
  it.each([{}, { diagReg: 1e-20, diagRegAbsoluteScale: true }])('names pivot and remedy, and the remedy works: %j', async (options) => {
    const error = await failure(() => gpInference(twins, Y, options)({ kTestTrain: CROSS }));
    expect(error).toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE', details: { index: 2 } });
    expect(error.details.pivot).toBeLessThanOrEqual(0);
    const { suggestedDiagReg, suggestedJitter } = error.details as Record<string, number>;
    expect(suggestedJitter).toBe(suggestedDiagReg);
    expect(suggestedDiagReg).toBeLessThan(1e-13);
    expect(error.message).toContain(`diagReg: ${suggestedDiagReg}`);
    const { mean } = await gpInference(twins, Y, { ...options, diagReg: suggestedDiagReg })({ kTestTrain: CROSS });
    expect(mean.data.every(Number.isFinite)).toBe(true);
  });

  it('in units of the mean diagonal', async () => {
    const large = { data: twins.data.map((x) => 1000 * x), shape: [3, 3] };
    const { details } = await failure(() => gpInference(large, Y)({ kTestTrain: CROSS }));
    expect((details.suggestedJitter as number) / (details.suggestedDiagReg as number)).toBeCloseTo(1000, 9);
  });

  it('finds the regularizer of an indefinite matrix', async () => {
    const { details } = await failure(() =>
      gpInference(
        [
          [1, 5],
          [5, 1],
        ],
        [1, 2],
      )({ kTestTrain: [[1, 1]] }),
    );
    expect(details).toMatchObject({ index: 1, pivot: -24, suggestedDiagReg: 10 });
  });

  it('says that only an absolute regularizer helps a zero kernel', async () => {
    const zero = { data: new Float64Array(4), shape: [2, 2] };
    expect((await failure(() => gpInference(zero, [1, 2])({ kTestTrain: [[1, 1]] }))).message).toContain('diagRegAbsoluteScale: true');
  });

  it('recommends float64 to float32', async () => {
    const single = { data: Float32Array.from(twins.data), shape: [3, 3] };
    const y = { data: Float32Array.from(Y), shape: [3] };
    expect((await failure(() => gpInference(single, y)({ kTestTrain: CROSS }))).message).toContain("dtype: 'float64'");
  });

  it('is the same error from every function', async () => {
    const calls = [
      () => gradientDescentMse(twins, Y)(Infinity, { kTestTrain: CROSS }),
      () => logMarginalLikelihood(twins, Y),
      () =>
        gradientDescentMseEnsemble(
          net,
          [
            [1, 2],
            [1, 2],
          ],
          [1, 2],
        )({ xTest: [[1, 1]] }),
    ];
    for (const call of calls) expect((await failure(call)).code).toBe('ERR_NOT_POSITIVE_DEFINITE');
  });
});

describe('what is refused', () => {
  const pair = { nngp: K, ntk: K };
  const cross = { nngp: CROSS, ntk: CROSS };
  it.each<[string, () => unknown, string, RegExp]>([
    ['targets of another length', () => gpInference(K, [1, 2]), 'ERR_SHAPE', /\[3, 3\].*\[2, 2\].*\[2\]/],
    ['a kernel that is not square', () => gpInference(CROSS, [1, 2]), 'ERR_SHAPE', /\[2, 3\].*\[2, 2\]/],
    ['a test-train kernel of another width', () => gpInferenceSync(K, Y)({ kTestTrain: OWN }), 'ERR_SHAPE', /\[2, 2\].*\[any, 3\]/],
    ['its transpose', () => gpInferenceSync(K, Y)({ kTestTrain: [[1], [2], [3]] }), 'ERR_SHAPE', /\[3, 1\]/],
    [
      'a test-test kernel of another size',
      () => gpInferenceSync(K, Y)({ kTestTrain: CROSS, kTestTest: K }),
      'ERR_SHAPE',
      /\[3, 3\].*\[2, 2\]/,
    ],
    ['NaN in targets', () => gpInference(K, [1, Number.NaN, 2]), 'ERR_NON_FINITE', /yTrain.*\[1\]/],
    ['NaN in the kernel', () => gpInferenceSync(plus(K, Number.NaN), Y)({ kTestTrain: CROSS }), 'ERR_NON_FINITE', /kTrainTrain.*\[0, 0\]/],
    ['infinity in the test-train kernel', () => gpInferenceSync(K, Y)({ kTestTrain: [[1, 2, Infinity]] }), 'ERR_NON_FINITE', /kTestTrain/],
    [
      'a kernel that is not symmetric',
      () =>
        gpInferenceSync(
          [
            [1, 2],
            [3, 40],
          ],
          [1, 2],
        )({ kTestTrain: [[1, 1]] }),
      'ERR_ARGUMENT',
      /not symmetric.*\[1, 0\]/,
    ],
    ['empty targets', () => gpInference([], []), 'ERR_SHAPE', /yTrain/],
    ['a negative diagReg', () => gpInference(K, Y, { diagReg: -1 }), 'ERR_ARGUMENT', /diagReg/],
    ['an unknown name', () => gpInferenceSync(pair, Y)({ get: 'foo' as 'nngp' }), 'ERR_ARGUMENT', /nngp, ntk, ntkgp/],
    ['one matrix for two kernels', () => gpInferenceSync(K, Y)({ get: ['nngp', 'ntk'], kTestTrain: CROSS }), 'ERR_ARGUMENT', /one matrix/],
    [
      'ntk covariance without nngp',
      () => gpInferenceSync({ ntk: K }, Y)({ get: 'ntk', kTestTrain: cross, kTestTest: OWN }),
      'ERR_ARGUMENT',
      /lacks nngp/,
    ],
    ['kTestTest: true on a test set', () => gpInferenceSync(pair, Y)({ kTestTrain: cross, kTestTest: true }), 'ERR_ARGUMENT', /true/],
    ['other trace axes', () => gpInference(K, Y, { traceAxes: [] }), 'ERR_UNSUPPORTED', /traceAxes/],
    ['a negative time', () => gradientDescentMse(K, Y)([3, -1], { kTestTrain: CROSS }), 'ERR_ARGUMENT', /at least 0.* got -1/],
    ['no times', () => gradientDescentMse(K, Y)([], { kTestTrain: CROSS }), 'ERR_SHAPE', /no times/],
    ['a time that is none', () => gradientDescentMse(K, Y)(Number.NaN), 'ERR_ARGUMENT', /NaN/],
    ['a word as time', () => gradientDescentMseEnsemble(net, [[1]], [1])({ t: 'long' as unknown as number }), 'ERR_DTYPE', /t must be/],
    ['nothing asked for', () => gradientDescentMse(K, Y)(Infinity, { fxTrain0: null }), 'ERR_ARGUMENT', /both null/],
    ['fxTest0 without kernel', () => gradientDescentMse(K, Y)(Infinity, { fxTest0: 0 }), 'ERR_ARGUMENT', /kTestTrain/],
    [
      'a start of another shape',
      () => gradientDescentMse(K, Y)(Infinity, { fxTrain0: [1, 2], kTestTrain: CROSS }),
      'ERR_SHAPE',
      /\[2\].*\[3\]/,
    ],
    ['NaN as a start', () => gradientDescentMse(K, Y)(Infinity, { fxTest0: Number.NaN, kTestTrain: CROSS }), 'ERR_NON_FINITE', /fxTest0/],
    ['a learning rate of 0', () => gradientDescentMse(K, Y, { learningRate: 0 }), 'ERR_ARGUMENT', /learningRate/],
    ['samples without targets', () => gradientDescentMseEnsemble(net, [[1], [2]], [1]), 'ERR_SHAPE', /\[2, 1\].*\[1\]/],
    ['other features', () => gradientDescentMseEnsemble(net, [[1]], [1])({ xTest: [[1, 2]] }), 'ERR_SHAPE', /\[1, 2\].*\[1, 1\]/],
    ['ntkgp of an ensemble', () => gradientDescentMseEnsemble(net, [[1]], [1])({ get: 'ntkgp' as 'ntk' }), 'ERR_ARGUMENT', /gpInference/],
  ])('%s', async (_what, run, code, message) => {
    const error = await failure(run);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

it('an ensemble computes each kernel of the training set once', async () => {
  const x = randomArray(3, [6, 4]);
  const predict = gradientDescentMseEnsemble(net, x, [1, 2, 3, 4, 5, 6], { diagReg: 1e-2 });
  const entries = async (request: Parameters<typeof predict>[0]) => {
    let total = 0;
    await predict({ ...request, onProgress: (p) => (total += p.phase === 'kernel' && p.done === p.total ? p.total : 0) });
    return total;
  };
  const xTest = randomArray(4, [2, 4]);
  expect(await entries({ xTest, get: 'ntk' })).toBe(36 + 12);
  expect(await entries({ xTest, get: 'ntk' })).toBe(12);
  expect(await entries({ xTest, get: ['ntk'], computeCov: true })).toBe(36 + 24 + 4);
  expect(await entries({ xTest, computeCov: true })).toBe(24 + 4);
});
