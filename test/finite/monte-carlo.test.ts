/**
 * Monte Carlo over finite networks: against the analytic kernel of every kind of layer and every activation. Both methods against each
 * other: methods.test.ts.
 */
import { describe, expect, test } from 'vitest';
import * as layers from '../../src';
import { type ActivationLayer, kernelSync, type NDArray, type Network, type Parameterization } from '../../src';
import {
  type Estimate,
  empiricalNngp,
  empiricalNtk,
  init,
  type MonteCarloOptions,
  type MonteCarloResult,
  monteCarloEstimates,
  monteCarloKernel,
} from '../../src/finite';
import { EXAMPLES } from '../layers/examples';
import { kindsOf } from '../layers/support';
import { inputs } from './networks';

const { abs, aggregate, avgPool, conv, convLocal, convTranspose, dense, dotGeneral, dropout, erf, fanInConcat, fanInProd } = layers;
const { fanInSum, fanOut, flatten, gelu, globalAvgPool, globalSelfAttention, globalSumPool, identity, imageResize, index } = layers;
const { layerNorm, leakyRelu, parallel, relu, repeat, serial, sigmoid, sin, sumPool, tanh } = layers;

const W = 64;
const B = { bStd: 0.2 };
const IMAGE = [3, 3, 2] as const;

const LAYERS: readonly (readonly [string, Network, readonly number[]])[] = [
  ['dense relu erf', serial(dense(W, B), relu(), dense(W, B), erf(), dense(8)), [5]],
  [
    'dense in the standard parameterization',
    serial(dense(W, { ...B, parameterization: 'standard' }), abs(), dense(8, { parameterization: 'standard' })),
    [5],
  ],
  ['conv SAME, flatten', serial(conv(W, [2, 2], { padding: 'SAME', ...B }), leakyRelu(0.2), flatten(), dense(8)), IMAGE],
  [
    'conv CIRCULAR, globalAvgPool',
    serial(conv(W, [3, 2], { padding: 'CIRCULAR', ...B }), gelu(), conv(W, [2, 2]), sin(), globalAvgPool(), dense(8)),
    IMAGE,
  ],
  ['convLocal, sumPool', serial(convLocal(W, [2, 2], B), relu(), sumPool([2, 1]), conv(W, [1, 1]), erf(), flatten(), dense(8)), IMAGE],
  [
    'convTranspose, avgPool',
    serial(convTranspose(W, [2, 2], { strides: [2, 1], ...B }), sigmoid(), avgPool([2, 2]), globalAvgPool(), dense(8)),
    IMAGE,
  ],
  [
    'residual, layerNorm',
    serial(dense(W), fanOut(2), parallel(serial(relu(), dense(W)), identity()), fanInSum(), layerNorm(), relu(), dense(8)),
    [5],
  ],
  [
    'products and concatenation',
    serial(fanOut(2), parallel(dense(W), dense(W)), fanInProd(), dense(W), fanOut(2), parallel(relu(), erf()), fanInConcat(), dense(8)),
    [5],
  ],
  [
    'attention',
    serial(
      conv(W, [2, 2], { padding: 'SAME' }),
      relu(),
      globalSelfAttention(W, W, W, 4, { ...B, posEmbType: 'SUM' }),
      relu(),
      globalAvgPool(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'groups and dilation',
    serial(
      conv(W, [1, 1]),
      relu(),
      conv(W, [2, 2], { ...B, groups: 4, dilation: [2, 1], parameterization: 'standard' }),
      relu(),
      flatten(),
      dense(8),
    ),
    IMAGE,
  ],
  [
    'index, dotGeneral',
    serial(
      conv(W, [1, 1]),
      index([':', '::2']),
      dotGeneral({
        rhs: [
          [1, 0.5],
          [-1, 0.3],
        ],
        dimensionNumbers: [
          [[1], [0]],
          [[], []],
        ],
      }),
      relu(),
      flatten(),
      dense(8),
    ),
    IMAGE,
  ],
  ['repeat', serial(repeat(serial(dense(W), sin()), 2), dense(8)), [5]],
  ['imageResize', serial(conv(W, [2, 2]), imageResize([-1, 3, 1, -1], 'linear'), relu(), flatten(), dense(8)), IMAGE],
];

const graphs = { pattern: inputs(9, 3, 9, 9) };

const OPTIONED: readonly (readonly [string, Network, readonly number[], MonteCarloOptions])[] = [
  ['aggregate', serial(conv(W, [1]), relu(), aggregate(), dense(W, B), erf(), globalSumPool(), dense(8)), [9, 2], graphs],
  [
    'attention, embeddings with a decay',
    serial(
      conv(W, [2]),
      relu(),
      globalSelfAttention(W, W, W, 4, { posEmbType: 'SUM', posEmbDecayFn: (distance) => Math.exp(-distance), valPosEmb: true }),
      relu(),
      globalAvgPool(),
      dense(2),
    ),
    [5, 2],
    { samples: 40 },
  ],
  ['dropout', serial(dense(W, B), relu(), dropout(0.6), dense(W), tanh(), dropout(0.8), dense(8)), [5], {}],
];

const PARAMETERIZATIONS = ['ntk', 'standard'] as const;

/** The network with all of its dense and convolutional layers in one parameterization. */
function parameterized<N extends Network>(net: N, parameterization: Parameterization): N {
  if ('layers' in net) return { ...net, layers: net.layers.map((layer) => parameterized(layer, parameterization)) };
  if ('layer' in net) return { ...net, layer: parameterized(net.layer, parameterization) };
  return 'parameterization' in net ? { ...net, parameterization } : net;
}

/** Widths of 64 add to some of the means 1 % or so, which is below an error. */
describe.each(PARAMETERIZATIONS)(
  'every layer scatters around its kernel within 4 standard errors, %s parameterization',
  (parameterization) => {
    test.each([...LAYERS.map((row) => [...row, {}] as const), ...OPTIONED])('%s', async (_name, tail, sample, options) => {
      const [net, x] = [parameterized(tail, parameterization), inputs(5, 3, ...sample)];
      const estimate = await monteCarloKernel(net, x, { samples: 60, seed: 3, method: 'weights', ...options });
      const { pattern } = options as MonteCarloOptions;
      expectNear(estimate, kernelSync(net, x, { pattern: pattern as NDArray | undefined }));
    });
  },
);

/** Of one hidden layer, whose mean kernels are those of the infinite network at any width. */
const ACTIVATIONS: readonly ActivationLayer[] = [
  relu(),
  layers.abs(),
  layers.leakyRelu(0.2),
  layers.abRelu(0.3, 1.2),
  erf(),
  layers.sigmoidLike(),
  layers.gelu(),
  layers.sin({ a: 1.1, b: 1.3, c: 0.2 }),
  layers.cos(),
  layers.rbf({ gamma: 0.4 }),
  layers.gabor(),
  layers.exp({ a: 0.5, b: 0.7 }),
  layers.gaussian({ a: 1.1, b: -0.6 }),
  layers.hermite(2),
  layers.monomial(3),
  layers.rectifiedMonomial(2),
  layers.polynomial([0.3, -1, 0.5]),
  layers.sign(),
  tanh(),
  layers.sigmoid(),
  layers.softplus(),
  layers.silu(),
  layers.elu({ alpha: 1.3 }),
  layers.selu(),
  layers.elementwise({ fn: (u) => u * u, nngpFn: (k, q1, q2) => 2 * k * k + q1 * q2 }),
  layers.elementwiseNumerical(Math.atan, 30, { df: (u) => 1 / (1 + u * u) }),
];

const oneHidden = (activation: ActivationLayer): Network => serial(dense(W), activation, dense(8, B));

describe.each(PARAMETERIZATIONS)(
  'every activation scatters around its kernel within 4 standard errors, %s parameterization',
  (parameterization) => {
    test.each(ACTIVATIONS.map((activation) => [activation.kind, activation] as const))('%s', async (_kind, activation) => {
      const x = inputs(5, 3, 5);
      // Pre-activations of variance 1, as hermite assumes.
      for (let n = 0; n < 3; n++) {
        const row = x.data.subarray(5 * n, 5 * n + 5);
        const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / 5);
        row.forEach((value, at) => {
          row[at] = value / norm;
        });
      }
      const net = parameterized(oneHidden(activation), parameterization);
      expectNear(await monteCarloKernel(net, x, { samples: 200, seed: 4, method: 'weights' }), kernelSync(net, x));
    });
  },
);

test('every kind of layer that has a finite form is among them', () => {
  const nets = [...LAYERS, ...OPTIONED].map(([, net]) => net);
  const seen = new Set([...nets, ...ACTIVATIONS.map(oneHidden)].flatMap(kindsOf));
  const expected = Object.keys(EXAMPLES).filter((kind) => kind !== 'expNormalized');
  expect(expected.filter((kind) => !seen.has(kind))).toEqual([]);
});

/** What sums of constants, such as the kernels of sign on the diagonal, differ by. */
const ROUNDING = 1e-14;

function expectNear({ nngp, ntk }: MonteCarloResult, analytic: { nngp: NDArray; ntk: NDArray }): void {
  for (const [estimate, exact] of [
    [nngp, analytic.nngp],
    [ntk, analytic.ntk],
  ] as const) {
    const scale = Math.max(...Array.from(exact.data, Math.abs));
    exact.data.forEach((value, at) => {
      const { mean, standardError } = estimate as Estimate;
      expect(Math.abs(mean.data[at] - value)).toBeLessThanOrEqual(4 * standardError.data[at] + ROUNDING * scale);
    });
  }
}

describe('without weights', () => {
  test('it is the default where it is cheaper, and refuses other networks', async () => {
    const wide = serial(dense(200), relu(), dense(200), relu(), dense(1));
    const narrow = serial(dense(100), relu(), dense(100), relu(), dense(10));
    const methodOf = async (net: Network, n: number, options: MonteCarloOptions = {}) =>
      (await monteCarloKernel(net, inputs(1, n, 5), { samples: 2, ...options })).method;
    expect(await methodOf(wide, 2)).toBe('conditioned');
    // 400 cotangents of layers of 100 units; without them only 40 inputs are left.
    expect(await methodOf(narrow, 40)).toBe('weights');
    expect(await methodOf(narrow, 40, { get: 'nngp' })).toBe('conditioned');
    await expect(
      monteCarloKernel(serial(conv(3, [1]), flatten(), dense(1)), inputs(1, 2, 4, 2), { method: 'conditioned' }),
    ).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
  });
});

describe('the run', () => {
  const net = serial(dense(20), relu(), dense(2));
  const x = inputs(1, 2, 3);

  test('the same numbers for a seed, whatever the batches; others for another seed', async () => {
    const means = await Promise.all(
      [{ batch: 1 }, { batch: 7 }, { seed: 1 }].map(
        async (options) => (await monteCarloKernel(net, x, { samples: 20, get: 'ntk', ...options })).ntk?.mean.data,
      ),
    );
    expect(means[1]).toEqual(means[0]);
    expect(means[2]).not.toEqual(means[0]);
  });

  test('estimates improve one by one, and a tolerance ends them', async () => {
    const counts: number[] = [];
    for await (const { samples } of monteCarloEstimates(net, x, { samples: 1000, batch: 50, tolerance: 0.2 })) counts.push(samples);
    expect(counts[0]).toBe(50);
    expect(counts[counts.length - 1]).toBeLessThan(1000);
  });

  test('an abort and bad arguments', async () => {
    const controller = new AbortController();
    const run = monteCarloKernel(net, x, { samples: 1e6, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run).rejects.toMatchObject({ code: 'ABORT_ERR' });
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ samples: 0 }, /samples is a positive integer of at most 2\^32, got 0/],
      [{ samples: 2.5 }, /samples is a positive integer of at most 2\^32, got 2.5/],
      [{ batch: 0 }, /batch is a positive integer of at most 2\^32, got 0/],
      [{ tolerance: -0.1 }, /tolerance is .* at least 0; got -0.1/],
      [{ tolerance: Number.NaN }, /tolerance is .* got NaN/],
      [{ samples: 1, tolerance: 0.1 }, /tolerance needs samples of 2 or more, got 1/],
      [{ get: 'cov1' }, /get names 'nngp', 'ntk' or both; got "cov1"/],
      [{ get: [] }, /get names/],
      [{ method: 'weight' }, /method is 'auto', 'weights' or 'conditioned', got "weight"/],
      [{ seed: -1 }, /seed/],
      [{ maskConstant: '0' }, /maskConstant is a number/],
    ];
    for (const [options, message] of bad)
      await expect(monteCarloKernel(net, x, options)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(message),
      });
    await expect(monteCarloKernel(net, x, inputs(1, 2, 4))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(monteCarloKernel(net, inputs(1, 2, 3, 3).data as never)).rejects.toMatchObject({ name: 'InfiniteWidthError' });
    await expect(monteCarloKernel(net, { data: Float64Array.of(1, Number.NaN, 2), shape: [1, 3] })).rejects.toMatchObject({
      code: 'ERR_NON_FINITE',
    });
  });

  test('all axes of the outputs, as in the empirical kernels of the same networks', async () => {
    const image = serial(conv(4, [2], { bStd: 0.2 }), erf(), conv(3, [1]));
    const [x1, x2] = [inputs(1, 2, 4, 2), inputs(2, 1, 4, 2)];
    const samples = 5;
    for (const axes of [{ traceAxes: [] }, { traceAxes: [], diagonalAxes: [1] }, { traceAxes: [1, 2] }]) {
      const { nngp, ntk, method } = await monteCarloKernel(image, x1, x2, { samples, seed: 9, ...axes });
      expect(method).toBe('weights');
      for (const [estimate, of] of [
        [nngp, empiricalNngp],
        [ntk, empiricalNtk],
      ] as const) {
        const { mean } = estimate as Estimate;
        const own = Array.from({ length: samples }, (_, sample) => of(image, init(image, 9, x1.shape, { sample }), x1, x2, axes));
        expect(mean.shape).toEqual(own[0].shape);
        mean.data.forEach((value, at) => {
          expect(Math.abs(value - own.reduce((sum, { data }) => sum + data[at] / samples, 0))).toBeLessThan(1e-13);
        });
      }
    }
    const wide = serial(dense(300), relu(), dense(300), relu(), dense(2));
    const flat = inputs(1, 2, 3);
    expect((await monteCarloKernel(wide, flat, { samples: 2, traceAxes: [1] })).method).toBe('conditioned');
    expect((await monteCarloKernel(wide, flat, { samples: 2, traceAxes: [] })).ntk?.mean.shape).toEqual([2, 2, 2, 2]);
    await expect(monteCarloKernel(wide, flat, { samples: 2, traceAxes: [], method: 'conditioned' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    await expect(monteCarloKernel(wide, flat, { samples: 2, traceAxes: [2] })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  test('one network has no error bar', async () => {
    const { ntk } = await monteCarloKernel(net, x, { samples: 1, get: 'ntk' });
    expect(ntk?.standardError.data.every((error) => error === Number.POSITIVE_INFINITY)).toBe(true);
  });
});
