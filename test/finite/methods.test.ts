/**
 * Both methods of Monte Carlo have one law: networks drawn weight by weight, and kernels drawn without any weight, for every activation that has
 * finite networks, in both parameterizations, with and without biases (one that starts at 0 included), at narrow widths, on coincident rows
 * and a row of zeros. Means and second moments of both kernels: 2160 comparisons, so 4.6 standard errors are a level of 1 % for all of them.
 */
import { describe, expect, test } from 'vitest';
import {
  abRelu,
  abs,
  cos,
  dense,
  elementwise,
  elementwiseNumerical,
  elu,
  erf,
  exp,
  gabor,
  gaussian,
  gelu,
  hermite,
  leakyRelu,
  monomial,
  type Network,
  polynomial,
  rbf,
  rectifiedMonomial,
  relu,
  selu,
  serial,
  sigmoid,
  sigmoidLike,
  sign,
  silu,
  sin,
  softplus,
  tanh,
} from '../../src';
import { defaultContext } from '../../src/context';
import { monteCarloKernel } from '../../src/finite';
import { openConditioned } from '../../src/finite/conditioned';
import type { ActivationLayer } from '../../src/spec';
import { inputs } from './networks';

/** Every kind; with moderate tails, so that standard errors mean what they say. */
const ACTIVATIONS: Readonly<Record<Exclude<ActivationLayer['kind'], 'expNormalized'>, ActivationLayer>> & Record<string, ActivationLayer> =
  {
    relu: relu(),
    leakyRelu: leakyRelu(0.2),
    abRelu: abRelu(-0.5, 1.5),
    abs: abs(),
    erf: erf({ a: 1.2, b: 0.9, c: 0.1 }),
    sigmoidLike: sigmoidLike(),
    gelu: gelu(),
    'gelu, approximate': gelu({ approximate: true }),
    sin: sin({ a: 1.1, b: 0.8, c: 0.3 }),
    cos: cos({ b: 0.9 }),
    rbf: rbf({ gamma: 0.7 }),
    gabor: gabor(),
    exp: exp({ b: 0.3 }),
    gaussian: gaussian(),
    hermite: hermite(2),
    monomial: monomial(2),
    rectifiedMonomial: rectifiedMonomial(1),
    polynomial: polynomial([0.3, 1, -0.2]),
    sign: sign(),
    elementwise: elementwise({ fn: (x) => x * x, nngpFn: (k, q1, q2) => q1 * q2 + 2 * k * k }),
    elementwiseNumerical: elementwiseNumerical((x) => Math.atan(x), 20),
    tanh: tanh(),
    sigmoid: sigmoid(),
    softplus: softplus(),
    silu: silu(),
    elu: elu(),
    selu: selu(),
  };

const WEIGHTS = 1200;
const CONDITIONED = 12_000;
const BOUND = 4.6;
const N = 4;

const narrow = (phi: ActivationLayer, parameterization: 'ntk' | 'standard'): Network =>
  serial(
    dense(3, { wStd: 0.9, bStd: 0.4, parameterization }),
    phi,
    dense(2, { wStd: 1.1, bStd: 0, parameterization }),
    phi,
    dense(4, { wStd: 0.8, parameterization }),
    phi,
    dense(2, { bStd: 0.2, parameterization }),
  );

function rows() {
  const x = inputs(11, N, 5);
  x.data.copyWithin(10, 0, 5);
  x.data.fill(0, 15);
  return x;
}

describe.each(['ntk', 'standard'] as const)('%s parameterization', (parameterization) => {
  test.each(Object.entries(ACTIVATIONS))('%s', async (_name, phi) => {
    const [net, x1] = [narrow(phi, parameterization), rows()];
    const weights = await monteCarloKernel(net, x1, { samples: WEIGHTS, batch: 400, seed: 1, method: 'weights' });
    const fields = ['nngp', 'ntk'] as const;
    const sampler = openConditioned({ net, x1, x2: null, seed: 2, fields }, defaultContext().backend);
    const draws = sampler.draw(0, CONDITIONED);
    sampler.close();
    fields.forEach((field, f) => {
      const { mean, secondMoment } = weights[field] as NonNullable<(typeof weights)[typeof field]>;
      for (let i = 0; i < N; i++)
        for (let j = 0; j <= i; j++) {
          const at = i * N + j;
          const values = Float64Array.from({ length: CONDITIONED }, (_, k) => draws[f][k * N * N + at]);
          expectSame(values, mean.data[at]);
          expectSame(
            values.map((value) => value ** 2),
            secondMoment.data[at],
          );
        }
    });
  });
});

/** The mean of `values` and one over WEIGHTS networks of the same law. */
function expectSame(values: Float64Array, other: number): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / CONDITIONED;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / CONDITIONED;
  const error = Math.sqrt(variance * (1 / CONDITIONED + 1 / WEIGHTS));
  // Entries without variance differ by the rounding of their sums.
  expect(Math.abs(mean - other)).toBeLessThanOrEqual(BOUND * error + 1e-11 * Math.abs(mean));
}
