/**
 * Monte Carlo over finite networks: against the analytic kernel of every kind of layer and every activation. Both methods against each
 * other: methods.test.ts.
 */
import { describe, expect, test } from 'vitest';
import * as layers from '../../src';
import { type ActivationLayer, kernelSync, type NDArray, type Network } from '../../src';
import { type Estimate, type MonteCarloOptions, type MonteCarloResult, monteCarloEstimates, monteCarloKernel } from '../../src/finite';
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

describe('every layer scatters around its kernel: 4 standard errors, and 2 % of the largest entry for what widths of 64 add', () => {
  test.each([...LAYERS.map((row) => [...row, {}] as const), ...OPTIONED])('%s', async (_name, net, sample, options) => {
    const x = inputs(5, 3, ...sample);
    const estimate = await monteCarloKernel(net, x, { samples: 60, seed: 3, method: 'weights', ...options });
    expectNear(estimate, kernelSync(net, x, options as { pattern?: NDArray }), 0.02);
  });
});

/** Of one hidden layer, whose mean kernels are those of the infinite network at any width: nothing is allowed but 4 standard errors. */
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

describe('every activation scatters around its kernel: 4 standard errors', () => {
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
    const net = oneHidden(activation);
    expectNear(await monteCarloKernel(net, x, { samples: 200, seed: 4, method: 'weights' }), kernelSync(net, x), 0);
  });
});

test('every kind of layer that has a finite form is among them', () => {
  const nets = [...LAYERS, ...OPTIONED].map(([, net]) => net);
  const seen = new Set([...nets, ...ACTIVATIONS.map(oneHidden)].flatMap(kindsOf));
  const expected = Object.keys(EXAMPLES).filter((kind) => kind !== 'expNormalized');
  expect(expected.filter((kind) => !seen.has(kind))).toEqual([]);
});

/** What sums of constants, such as the kernels of sign on the diagonal, differ by. */
const ROUNDING = 1e-14;

function expectNear({ nngp, ntk }: MonteCarloResult, analytic: { nngp: NDArray; ntk: NDArray }, share: number): void {
  for (const [estimate, exact] of [
    [nngp, analytic.nngp],
    [ntk, analytic.ntk],
  ] as const) {
    const scale = Math.max(...Array.from(exact.data, Math.abs));
    exact.data.forEach((value, at) => {
      const { mean, standardError } = estimate as Estimate;
      expect(Math.abs(mean.data[at] - value)).toBeLessThanOrEqual(4 * standardError.data[at] + (share + ROUNDING) * scale);
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
    await expect(monteCarloKernel(net, x, { samples: 0 })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(monteCarloKernel(net, x, { get: 'cov1' as 'ntk' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});
