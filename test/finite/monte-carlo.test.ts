/**
 * Monte Carlo over finite networks: against the analytic kernel of every kind of layer within 4 standard errors (plus 2 % for widths of 64,
 * whose mean is off by O(1/width)). Both methods against each other: methods.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  abs,
  avgPool,
  conv,
  convLocal,
  convTranspose,
  dense,
  erf,
  fanInConcat,
  fanInProd,
  fanInSum,
  fanOut,
  flatten,
  gelu,
  globalAvgPool,
  globalSelfAttention,
  identity,
  imageResize,
  kernelSync,
  layerNorm,
  leakyRelu,
  type Network,
  parallel,
  relu,
  serial,
  sigmoid,
  sin,
  sumPool,
} from '../../src';
import { monteCarloEstimates, monteCarloKernel } from '../../src/finite';
import { inputs } from './networks';

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
      dense(8),
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
  ['imageResize', serial(conv(W, [2, 2]), imageResize([-1, 3, 1, -1], 'linear'), relu(), flatten(), dense(8)), IMAGE],
];

describe('finite networks scatter around the infinite one', () => {
  test.each(LAYERS)('%s', async (_name, net, sample) => {
    const x = inputs(5, 3, ...sample);
    const { nngp, ntk } = await monteCarloKernel(net, x, { samples: 60, seed: 3, method: 'weights' });
    const analytic = kernelSync(net, x);
    for (const [estimate, exact] of [
      [nngp, analytic.nngp],
      [ntk, analytic.ntk],
    ] as const) {
      const scale = Math.max(...Array.from(exact.data, Math.abs));
      exact.data.forEach((value, at) => {
        const error = (estimate as NonNullable<typeof estimate>).standardError.data[at];
        expect(Math.abs((estimate as NonNullable<typeof estimate>).mean.data[at] - value)).toBeLessThan(4 * error + 0.02 * scale);
      });
    }
  });
});

describe('without weights', () => {
  test('it is the default where it takes fewer numbers, and refuses other networks', async () => {
    const x = inputs(1, 2, 5);
    const wide = serial(dense(200), relu(), dense(200), relu(), dense(1));
    expect((await monteCarloKernel(wide, x, { samples: 2 })).method).toBe('conditioned');
    expect((await monteCarloKernel(serial(dense(3), relu(), dense(1)), x, { samples: 2 })).method).toBe('weights');
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
