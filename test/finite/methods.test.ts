/**
 * Both methods of Monte Carlo have one law: networks drawn weight by weight, and kernels drawn without any weight, for every activation that has
 * finite networks, in both parameterizations, with and without biases (one that starts at 0 included), at narrow widths, on coincident rows
 * and a row of zeros. Compared are the means of every entry k of both kernels, of u = k/(c + |k|), c its median size, and of u²: bounded, so
 * that they say something of the whole law and have honest errors whatever the tails. 3120 comparisons: 4.7 standard errors are a level of
 * 1 % for all of them together.
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
import { openSampler, type SamplesJob } from '../../src/finite/sampler';
import type { ActivationLayer } from '../../src/spec';
import { inputs } from './networks';

/** Every kind. */
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

const WEIGHTS = 1400;
const CONDITIONED = 5000;
const BOUND = 4.7;
/** After three of these the entries are polynomials of degree 16: their means have no error that could be estimated. */
const HEAVY = ['hermite', 'monomial', 'elementwise'];
const N = 4;
const FIELDS = ['nngp', 'ntk'] as const;

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
  test.each(Object.entries(ACTIVATIONS))('%s', (name, phi) => {
    const job: SamplesJob = {
      ...{ kind: 'samples', net: narrow(phi, parameterization), x1: rows(), x2: null, fields: FIELDS },
      ...{ seed: 1, method: 'weights' },
    };
    const weights = draw(job, WEIGHTS);
    const without = draw({ ...job, seed: 2, method: 'conditioned' }, CONDITIONED);
    FIELDS.forEach((_field, f) => {
      for (let i = 0; i < N; i++)
        for (let j = 0; j <= i; j++) compare(entries(without[f], i * N + j), entries(weights[f], i * N + j), !HEAVY.includes(name));
    });
  });
});

function draw(job: SamplesJob, count: number): readonly Float64Array[] {
  const sampler = openSampler(job, defaultContext().backend);
  try {
    return sampler.draw(0, count);
  } finally {
    sampler.close();
  }
}

/** One entry of every kernel. */
const entries = (kernels: Float64Array, at: number): Float64Array =>
  Float64Array.from({ length: kernels.length / N ** 2 }, (_, k) => kernels[k * N ** 2 + at]);

function compare(without: Float64Array, weights: Float64Array, means: boolean): void {
  const size = without.map(Math.abs).sort()[without.length >> 1] || 1;
  const bounded = (k: number) => k / (size + Math.abs(k));
  const statistics = [bounded, (k: number) => bounded(k) ** 2, ...(means ? [(k: number) => k] : [])];
  for (const statistic of statistics) {
    const [a, b] = [without, weights].map((values) => moments(values.map(statistic)));
    // Entries without variance differ by the rounding of their means.
    expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(BOUND * Math.hypot(a.error, b.error) + 1e-9 * Math.abs(a.mean));
  }
}

function moments(values: Float64Array): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, error: Math.sqrt(variance / values.length) };
}
