/**
 * Gradient flow on any loss: against neural-tangents in float64, whose solver was run to 1e-13 (test/reference/predict_ode.py), and against the
 * closed form of the mean squared error.
 */
import { describe, expect, it } from 'vitest';
import { createEngine, dense, erf, kernelSync, type NDArray, serial } from '../../src';
import { AbortError, InfiniteWidthError } from '../../src/errors';
import { gradientDescent, gradientDescentMseSync, gradientDescentSync, type Loss } from '../../src/predict';
import { integrate } from '../../src/predict/runge-kutta';
import { fixture } from '../fixtures';
import { engines, failure, type Matrix, randomArray, relativeError } from './support';

interface Case {
  readonly name: string;
  readonly loss: 'mse' | 'crossEntropy' | 'logCosh';
  readonly momentum: number | null;
  readonly learningRate: number;
  readonly t: number[];
  readonly kTrainTrain: Matrix;
  readonly kTestTrain: Matrix;
  readonly yTrain: Matrix;
  readonly fxTrain0: Matrix;
  readonly fxTest0: Matrix;
  readonly fxTrain: Matrix[];
  readonly fxTest: Matrix[];
  readonly qxTrain: Matrix[] | null;
  readonly qxTest: Matrix[] | null;
}
const { cases } = fixture<{ cases: Case[] }>('predict/gradient-descent.json.gz');

/** mean log cosh (f − y) */
const logCosh: Loss = {
  gradient: (fx, y) => ({ data: fx.data.map((f, i) => Math.tanh(f - y.data[i]) / fx.data.length), shape: fx.shape }),
};
const lossOf = (name: Case['loss']): Loss => (name === 'logCosh' ? logCosh : name);

/** Errors of steps of 1e-12 add up over some hundred of them; the reference is as good. */
const TIGHT = { rtol: 1e-12, atol: 1e-12 };
const TOLERANCE = 1e-10;

const flat = (nested: Matrix[] | null): number[] => (nested ?? []).flat(2);

describe.each(engines)('%s', (_engine, engine) => {
  it.each(cases.map((one) => [`${one.name}, ${one.loss}, momentum ${one.momentum}`, one] as const))('%s', (_name, one) => {
    const { momentum, learningRate, t, kTrainTrain, kTestTrain, yTrain, fxTrain0, fxTest0 } = one;
    const predict = gradientDescentSync(lossOf(one.loss), kTrainTrain, yTrain, { momentum, learningRate, engine, ...TIGHT });
    const result = predict(t, { fxTrain0, fxTest0, kTestTrain });
    expect(result.fxTrain?.shape).toEqual([t.length, yTrain.length, yTrain[0].length]);
    expect(result.fxTest?.shape).toEqual([t.length, kTestTrain.length, yTrain[0].length]);
    expect(relativeError(result.fxTrain, flat(one.fxTrain))).toBeLessThan(TOLERANCE);
    expect(relativeError(result.fxTest, flat(one.fxTest))).toBeLessThan(TOLERANCE);
    if (momentum === null) return expect(Object.keys(result)).toEqual(['fxTrain', 'fxTest']);
    expect(relativeError(result.qxTrain, flat(one.qxTrain))).toBeLessThan(TOLERANCE);
    expect(relativeError(result.qxTest, flat(one.qxTest))).toBeLessThan(TOLERANCE);
  });
});

/** A well-conditioned and an ill-conditioned kernel. */
const KERNELS = [0.3, 0.9].map((bStd) => {
  const net = serial(dense(1, { wStd: 1.5, bStd }), erf(), dense(1, { wStd: 1.2 }));
  const [x, other] = [randomArray(1, [12, 3]), randomArray(2, [5, 3])];
  return { train: kernelSync(net, x).ntk, test: kernelSync(net, other, x).ntk };
});
const Y = randomArray(3, [12, 2]);

describe('the mean squared error', () => {
  it.each(KERNELS)('is the closed form of gradientDescentMse: 1e-10', ({ train, test }) => {
    const t = [400, 0, 3, 3, 50];
    const request = { fxTrain0: randomArray(4, [12, 2]), fxTest0: 0.5, kTestTrain: test };
    const [flow, closed] = [
      gradientDescentSync('mse', train, Y, { learningRate: 2, ...TIGHT })(t, request),
      gradientDescentMseSync(train, Y, { learningRate: 2 })(t, request),
    ];
    expect(relativeError(flow.fxTrain, Array.from(closed.fxTrain?.data ?? []))).toBeLessThan(1e-10);
    expect(relativeError(flow.fxTest, Array.from(closed.fxTest?.data ?? []))).toBeLessThan(1e-10);
  });

  it('errors follow the tolerance asked for', () => {
    const { train, test } = KERNELS[0];
    const closed = gradientDescentMseSync(train, Y)(200, { kTestTrain: test });
    const errors = [1e-4, 1e-7, 1e-10].map((rtol) => {
      const { fxTrain, fxTest } = gradientDescentSync('mse', train, Y, { rtol, atol: rtol })(200, { kTestTrain: test });
      return Math.max(
        relativeError(fxTrain, Array.from(closed.fxTrain?.data ?? [])),
        relativeError(fxTest, Array.from(closed.fxTest?.data ?? [])),
      );
    });
    errors.forEach((error, k) => {
      expect(error).toBeLessThan(10 * 10 ** (-4 - 3 * k));
    });
    expect(errors[2]).toBeLessThan(errors[0] / 1000);
  });

  it('momentum is a damped oscillation, along every eigenvector; m = 1 keeps its energy', () => {
    for (const momentum of [0.5, 0.9, 1]) {
      const [lambda, learningRate, y] = [3, 0.2, 2];
      const rate = (momentum - 1) / Math.sqrt(learningRate);
      const omega = Math.sqrt(lambda - rate ** 2 / 4);
      const t = [0, 1, 5, 20];
      const { fxTrain } = gradientDescentSync('mse', [[lambda]], [y], { momentum, learningRate, ...TIGHT })(t);
      t.forEach((steps, k) => {
        const tau = Math.sqrt(learningRate) * steps;
        const decay = Math.exp((rate * tau) / 2) * (Math.cos(omega * tau) - ((rate / 2) * Math.sin(omega * tau)) / omega);
        expect(Math.abs((fxTrain?.data[k] ?? Number.NaN) - y * (1 - decay))).toBeLessThan(1e-10);
      });
    }
  });
});

describe('other losses', () => {
  it('cross-entropy separates the classes, and its rows keep their sums', () => {
    const { train } = KERNELS[0];
    const labels = Array.from({ length: 12 }, (_, i) => [0, 1, 2].map((c) => (i % 3 === c ? 1 : 0)));
    const { fxTrain } = gradientDescentSync('crossEntropy', train, labels, { learningRate: 20 })(2000);
    for (let i = 0; i < 12; i++) {
      const row = Array.from(fxTrain?.data.slice(3 * i, 3 * i + 3) ?? []);
      expect(row.indexOf(Math.max(...row))).toBe(i % 3);
      // ∂L/∂f sums to 0 over the classes of every sample.
      expect(Math.abs(row.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
    }
  });

  it('a flow goes on from its own outputs and velocities', () => {
    const { train, test } = KERNELS[0];
    for (const momentum of [null, 0.7]) {
      const predict = gradientDescentSync(logCosh, train, Y, { momentum, learningRate: 3, ...TIGHT });
      const half = predict(10, { kTestTrain: test });
      const velocities = momentum === null ? {} : { qxTrain0: half.qxTrain, qxTest0: half.qxTest };
      const rest = predict(15, { fxTrain0: half.fxTrain, fxTest0: half.fxTest, kTestTrain: test, ...velocities });
      const whole = predict(25, { kTestTrain: test });
      for (const field of ['fxTrain', 'fxTest', 'qxTrain', 'qxTest'] as const)
        if (whole[field]) expect(relativeError(rest[field], Array.from(whole[field].data))).toBeLessThan(TOLERANCE);
    }
  });
});

describe('shapes, and who runs', () => {
  const { train, test } = KERNELS[0];

  it('axes of t lead; vectors stay vectors; float32 stays float32; one side alone', async () => {
    const y = randomArray(3, [12]);
    const t = [
      [1, 2],
      [3, 0],
    ];
    const { fxTrain, fxTest } = gradientDescentSync('mse', train, y)(t, { kTestTrain: test });
    expect([fxTrain?.shape, fxTest?.shape]).toEqual([
      [2, 2, 12],
      [2, 2, 5],
    ]);
    expect(fxTrain?.data.slice(36)).toEqual(new Float64Array(12));
    const single = (a: NDArray): NDArray => ({ data: Float32Array.from(a.data), shape: a.shape });
    const narrow = gradientDescentSync('mse', single(train), single(y))(2, { kTestTrain: single(test), fxTrain0: null });
    expect(Object.keys(narrow)).toEqual(['fxTest']);
    expect(narrow.fxTest?.data).toBeInstanceOf(Float32Array);
    expect(relativeError(narrow.fxTest, Array.from(fxTest?.data.slice(5, 10) ?? []))).toBeLessThan(1e-6);
    expect((await gradientDescent('mse', train, y)(t)).fxTrain).toEqual(fxTrain);
    const engine = await createEngine({ backend: 'js' });
    const own = await engine.gradientDescent('mse', train, y)(t);
    expect(relativeError(own.fxTrain, Array.from(fxTrain?.data ?? []))).toBeLessThan(1e-8);
    await engine.dispose();
  });

  it('tells progress and stops at its signal', async () => {
    const size = 150;
    const x = randomArray(7, [size, 8]);
    const { ntk } = kernelSync(serial(dense(1), erf(), dense(1)), x);
    const predict = gradientDescent('mse', ntk, randomArray(8, [size, 3]), { learningRate: 100 });
    const shares: number[] = [];
    await predict(100, { onProgress: ({ phase, done, total }) => void (phase === 'flow' && shares.push(done / total)) });
    expect([shares[0], shares[shares.length - 1]]).toEqual([0, 1]);
    expect(shares.length).toBeGreaterThan(3);
    expect(shares.every((share, k) => k === 0 || share >= shares[k - 1])).toBe(true);
    const controller = new AbortController();
    const run = predict(1e9, { signal: controller.signal, onProgress: ({ done }) => void (done > 0 || controller.abort()) });
    await expect(run).rejects.toBeInstanceOf(AbortError);
  });
});

describe('what is refused', () => {
  const { train, test } = KERNELS[0];
  const code = async (run: () => unknown) => {
    const { code: own, message } = await failure(run);
    return `${own}: ${message}`;
  };

  it('losses that are none', async () => {
    const value = (() => 0) as never;
    expect(await code(() => gradientDescentSync(value, train, Y))).toMatch(
      /ERR_ARGUMENT: loss is .*\{ gradient: .* got function; functions are not differentiated/,
    );
    expect(await code(() => gradientDescentSync('hinge' as 'mse', train, Y))).toMatch(/ERR_ARGUMENT: .* got hinge/);
    expect(await code(() => gradientDescentSync('crossEntropy', train, randomArray(3, [12])))).toMatch(
      /ERR_SHAPE: 'crossEntropy' compares two or more outputs/,
    );
    const wide: Loss = { gradient: () => randomArray(1, [12, 3]) };
    expect(await code(() => gradientDescentSync(wide, train, Y)(1))).toMatch(/ERR_SHAPE: the gradient of the loss has shape \[12, 3\]/);
    const broken: Loss = { gradient: (fx) => ({ data: fx.data.map(() => Number.NaN), shape: fx.shape }) };
    expect(await code(() => gradientDescentSync(broken, train, Y)(1))).toMatch(/ERR_NON_FINITE: the gradient of the loss at fxTrain0/);
    const ending: Loss = { gradient: (fx) => ({ data: fx.data.map((f) => (f < -0.1 ? Number.NaN : 1)), shape: fx.shape }) };
    expect(await code(() => gradientDescentSync(ending, train, Y)(10))).toMatch(/ERR_NOT_CONVERGED: .* steps vanish at τ = 0\.\d/);
  });

  it('times, options and starts', async () => {
    expect(await code(() => gradientDescentSync('mse', train, Y)(Number.POSITIVE_INFINITY))).toMatch(
      /ERR_ARGUMENT: t must be finite.*gradientDescentMse/,
    );
    expect(await code(() => gradientDescentSync('mse', train, Y)(undefined))).toMatch(/ERR_ARGUMENT: t must be finite/);
    expect(await code(() => gradientDescentSync('mse', train, Y)(-1))).toMatch(/ERR_ARGUMENT: t is a time/);
    expect(await code(() => gradientDescentSync('mse', train, Y)(1, { fxTrain0: null }))).toMatch(/ERR_ARGUMENT/);
    expect(await code(() => gradientDescentSync('mse', train, Y)(1, { fxTest0: 1 }))).toMatch(/ERR_ARGUMENT: fxTest0 needs kTestTrain/);
    expect(await code(() => gradientDescentSync('mse', train, Y)(1, { qxTrain0: 1 }))).toMatch(
      /ERR_ARGUMENT: qxTrain0 is a velocity, which only momentum has/,
    );
    expect(await code(() => gradientDescentSync('mse', train, Y, { maxSteps: 5 })(1e6))).toMatch(
      /ERR_NOT_CONVERGED: .*5 steps came to τ = /,
    );
    expect(await code(() => gradientDescentSync('mse', test, Y))).toMatch(/ERR_SHAPE/);
    const skew = { data: train.data.map((value, at) => (at === 1 ? value + 1 : value)), shape: train.shape } as NDArray;
    expect(await code(() => gradientDescentSync('mse', skew, Y)(1))).toMatch(/ERR_ARGUMENT: kTrainTrain is not symmetric/);
    for (const bad of [{ learningRate: 0 }, { momentum: 1.1 }, { momentum: -0.1 }, { rtol: 0 }, { atol: Number.NaN }, { maxSteps: 0.5 }])
      expect(await code(() => gradientDescentSync('mse', train, Y, bad))).toMatch(/^ERR_ARGUMENT/);
  });
});

describe('the solver', () => {
  it('has order 5, on a problem with known solution: z¨ = −z with a force, to e^τ', () => {
    const problem = (allowed: number) => ({
      derivative(tau: number, z: Float64Array, out: Float64Array) {
        out[0] = z[1];
        out[1] = -z[0] + 2 * Math.exp(tau);
      },
      excess: (error: Float64Array) => Math.max(...error.map(Math.abs)) / allowed,
    });
    const runs = [1e-6, 1e-9, 1e-12].map((allowed) => {
      const z = Float64Array.of(1, 1);
      const seen: number[] = [];
      let steps = 0;
      const course = { times: [0, 0.5, 2], firstStep: 0.1, maxSteps: 1e5 };
      for (const _ of integrate(problem(allowed), z, course, (_slot, now) => seen.push(now[0]))) steps++;
      return { steps, error: Math.max(...[0, 0.5, 2].map((tau, k) => Math.abs(seen[k] - Math.exp(tau)))) };
    });
    runs.forEach(({ error }, k) => {
      expect(error).toBeLessThan(20 * 10 ** (-6 - 3 * k));
    });
    // Errors of steps are of order 5 in h: a thousandth of the error takes 10^(3/5) = 4 times as many.
    expect(Math.abs(runs[2].steps / runs[1].steps - 4)).toBeLessThan(1);
  });

  it('steps that vanish say where', () => {
    const problem = { derivative: (_tau: number, _z: Float64Array, out: Float64Array) => void out.fill(1), excess: () => Number.NaN };
    const run = () => [...integrate(problem, new Float64Array(1), { times: [1], firstStep: 0.1, maxSteps: 1e5 }, () => {})];
    expect(run).toThrow(InfiniteWidthError);
    expect(run).toThrow(/steps vanish at τ = 0/);
  });
});
