/**
 * Masked inputs of finite networks against neural-tangents in float64 (test/reference/finite_masks.py), to 1e-12 of the largest entry, and
 * against the masked kernels of infinite ones.
 */
import { describe, expect, test } from 'vitest';
import {
  conv,
  dense,
  erf,
  flatten,
  globalAvgPool,
  globalSelfAttention,
  kernelSync,
  layerNorm,
  type NDArray,
  type Network,
  relu,
  repeat,
  serial,
} from '../../src';
import {
  apply,
  type Estimate,
  empiricalNngp,
  empiricalNtk,
  empiricalNtkVp,
  init,
  linearize,
  monteCarloKernel,
  taylorExpand,
  train,
} from '../../src/finite';
import { fixture } from '../fixtures';
import { networkOf } from '../layers/support';
import { array, type Entries, type Numbers, paramsOf } from './fixture-arrays';
import { inputs } from './networks';

interface Case {
  readonly name: string;
  readonly network: object;
  readonly params: Entries;
  readonly near: Entries;
  readonly x1: Numbers;
  readonly x2: Numbers;
  readonly pattern: Numbers | null;
  readonly output: Numbers;
  readonly ntk: Numbers;
  readonly taylor: readonly Numbers[];
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = Array.from(expected).reduce((most, value, at) => Math.max(most, Math.abs(actual[at] - value)), 0);
  expect(worst).toBeLessThanOrEqual(tolerance * largest);
}

const { cases, mask } = fixture<{ cases: Case[]; mask: number }>('finite/masks.json.gz');

describe.each(cases)('$name', (one) => {
  const net = networkOf(one.network);
  const [params, near, x1, x2] = [paramsOf(one.params), paramsOf(one.near), array(one.x1), array(one.x2)];
  const pattern = one.pattern && array(one.pattern);
  const second = pattern && { data: pattern.data.slice(0, (pattern.data.length * 2) / 3), shape: [2, ...pattern.shape.slice(1)] };
  const own = { pattern, maskConstant: mask };
  const both = { maskConstant: mask, ...(pattern && second ? { pattern: [pattern, second] as const } : {}) };

  test('outputs', () => {
    const output = apply(net, params, x1, own);
    expect(output.shape).toEqual(one.output.shape);
    expectNear(output.data, one.output.data);
  });

  test('the NTK, and its product with a vector', () => {
    expectNear(empiricalNtk(net, params, x1, x2, { traceAxes: [], ...both }).data, reordered(one, x1, x2));
    const outputs = one.output.data.length / 3;
    const v = inputs(3, 2, ...one.output.shape.slice(1));
    const product = Float64Array.from({ length: 3 * outputs }, (_, at) => {
      const [a, o] = [Math.floor(at / outputs), at % outputs];
      let sum = 0;
      for (let b = 0; b < 2; b++)
        for (let p = 0; p < outputs; p++) sum += one.ntk.data[((a * 2 + b) * outputs + o) * outputs + p] * v.data[b * outputs + p];
      return sum;
    });
    expectNear(empiricalNtkVp(net, params, x1, x2, v, both).data, product);
  });

  test('Taylor polynomials', () => {
    one.taylor.forEach((expected, degree) => {
      expectNear(taylorExpand(net, params, degree, own)(near, x1).data, expected.data);
    });
  });
});

/** The fixture's [n1, n2, O, O] over whole outputs, in the layout of the library: [n1, n2, then every output axis twice]. */
function reordered({ ntk, output }: Case, x1: NDArray, x2: NDArray): Float64Array {
  const axes = output.shape.slice(1);
  const size = axes.reduce((a, b) => a * b, 1);
  const result = new Float64Array(ntk.data.length);
  for (let pair = 0; pair < x1.shape[0] * x2.shape[0]; pair++)
    for (let o = 0; o < size; o++)
      for (let p = 0; p < size; p++) {
        let [at, unit, left, right] = [0, 1, o, p];
        for (let k = axes.length - 1; k >= 0; k--) {
          at += (right % axes[k]) * unit + (left % axes[k]) * unit * axes[k];
          unit *= axes[k] ** 2;
          [left, right] = [Math.floor(left / axes[k]), Math.floor(right / axes[k])];
        }
        result[pair * size * size + at] = ntk.data[(pair * size + o) * size + p];
      }
  return result;
}

/** Two samples of which the second lacks its last locations. */
function padded(length: number, kept: number, constant: number): NDArray<Float64Array> {
  const x = inputs(5, 2, length, 2);
  x.data.fill(constant, (length + kept) * 2);
  return x;
}

const W = 64;
const TAILS: readonly (readonly [string, Network])[] = [
  [
    'conv, globalAvgPool',
    serial(conv(W, [3], { padding: 'SAME', bStd: 0.2 }), relu(), conv(W, [2], { bStd: 0.1 }), erf(), globalAvgPool(), dense(8)),
  ],
  ['layerNorm', serial(conv(W, [1], { bStd: 0.2 }), layerNorm({ axis: [1, -1] }), relu(), globalAvgPool(), dense(8))],
  ['attention', serial(conv(W, [1]), relu(), globalSelfAttention(W, W, W, 4, { posEmbType: 'SUM' }), globalAvgPool(), dense(2))],
];

test.each(TAILS)('%s: networks scatter around the masked kernel, 4 standard errors', async (_name, net) => {
  const x = padded(6, 4, Number.NaN);
  const options = { maskConstant: Number.NaN };
  const analytic = kernelSync(net, x, options);
  const estimate = await monteCarloKernel(net, x, { samples: 60, seed: 3, ...options });
  for (const field of ['nngp', 'ntk'] as const) {
    const { mean, standardError } = estimate[field] as Estimate;
    analytic[field].data.forEach((value, at) => {
      expect(Math.abs(mean.data[at] - value)).toBeLessThanOrEqual(4 * standardError.data[at]);
    });
  }
});

describe('what is masked', () => {
  const net = serial(conv(3, [3], { padding: 'SAME', bStd: 0.3 }), erf(), globalAvgPool(), dense(2));
  const params = init(net, 1, [1, 6, 2]);

  test('padding changes nothing: a masked sequence is the shorter one where convolutions pad with zeros', () => {
    const x = padded(6, 4, 7);
    const short = { data: x.data.slice(12, 20), shape: [1, 4, 2] };
    const expected = apply(net, params, short).data;
    expectNear(apply(net, params, x, { maskConstant: 7 }).data.slice(2), expected, 1e-15);
    const single = (a: NDArray): NDArray => ({ data: Float32Array.from(a.data), shape: a.shape });
    const narrow = init(net, 1, [1, 6, 2], { dtype: 'float32' });
    const [whole, part] = [apply(net, narrow, single(padded(6, 4, 0.1)), { maskConstant: 0.1 }), apply(net, narrow, single(short))];
    expect(whole.data).toBeInstanceOf(Float32Array);
    expectNear(whole.data.slice(2), part.data, 1e-6);
  });

  test('networks of thousands of layers have masks', () => {
    const deep = serial(repeat(serial(conv(1, [1], { wStd: Math.SQRT2, bStd: 0.1 }), relu()), 2000), globalAvgPool(), dense(1));
    const x = padded(3, 1, Number.NaN);
    const short = { data: x.data.slice(6, 8), shape: [1, 1, 2] };
    const { nngp } = kernelSync(deep, x, { maskConstant: Number.NaN });
    expectNear(nngp.data.slice(3), kernelSync(deep, short).nngp.data, 1e-12);
    const own = init(deep, 1, x.shape);
    expectNear(apply(deep, own, x, { maskConstant: Number.NaN }).data.slice(1), apply(deep, own, short).data, 1e-12);
  });

  test('means and variances of layerNorm are those of the shorter sequence, its derivatives too', () => {
    const normal = serial(conv(3, [1], { bStd: 0.3 }), layerNorm({ axis: [1, -1] }), erf(), globalAvgPool(), dense(2));
    const own = init(normal, 1, [1, 6, 2]);
    const x = padded(6, 4, 7);
    const short = { data: x.data.slice(12, 20), shape: [1, 4, 2] };
    const options = { maskConstant: 7 };
    expectNear(apply(normal, own, x, options).data.slice(2), apply(normal, own, short).data, 1e-14);
    expectNear(empiricalNtk(normal, own, x, null, options).data.slice(3), empiricalNtk(normal, own, short).data, 1e-14);
    const other = init(normal, 2, [1, 6, 2]);
    expectNear(taylorExpand(normal, own, 2, options)(other, x).data.slice(2), taylorExpand(normal, own, 2)(other, short).data, 1e-13);
  });

  test('is read for x1 and x2 alone, or both', () => {
    const [x, y] = [padded(6, 4, 7), padded(6, 3, -9)];
    for (const of of [empiricalNngp, empiricalNtk]) {
      const both = of(net, params, x, y, { maskConstant: [7, -9] }).data;
      expect(of(net, params, x, y, { maskConstant: 7 }).data).not.toEqual(both);
      expect(of(net, params, padded(6, 4, Number.NaN), y, { maskConstant: [Number.NaN, -9] }).data).toEqual(both);
    }
    expect(linearize(net, params, { maskConstant: 7 })(params, x).data).toEqual(apply(net, params, x, { maskConstant: 7 }).data);
  });

  test('a sample of which nothing is left has outputs of biases alone', () => {
    expect(apply(globalAvgPool(), [], padded(6, 0, 7), { maskConstant: 7 }).data.slice(2)).toEqual(new Float64Array(2));
    const attention = serial(globalSelfAttention(3, 2, 2, 1), globalAvgPool());
    const { data } = apply(attention, init(attention, 1, [1, 6, 2]), padded(6, 0, 7), { maskConstant: 7 });
    expect(data.slice(3)).toEqual(new Float64Array(3));
  });

  test('training sees the mask', async () => {
    const [x, y] = [padded(6, 4, 7), inputs(2, 2, 2)];
    const { losses } = await train(net, params, x, y, { learningRate: 0.5, steps: 5, maskConstant: 7 });
    const f = Array.from(apply(net, params, x, { maskConstant: 7 }).data);
    expect(losses[0]).toBeCloseTo(f.reduce((sum, value, at) => sum + (value - y.data[at]) ** 2, 0) / 8, 14);
    expect(losses[5]).toBeLessThan(losses[0]);
  });

  test('method conditioned has no masks, and other numbers must be finite', async () => {
    const wide = serial(dense(300), relu(), dense(300), relu(), dense(1));
    const x = inputs(1, 2, 3);
    const methods = await Promise.all([9, null].map((maskConstant) => monteCarloKernel(wide, x, { samples: 2, maskConstant })));
    expect(methods.map(({ method }) => method)).toEqual(['weights', 'conditioned']);
    await expect(monteCarloKernel(wide, x, { samples: 2, maskConstant: 9, method: 'conditioned' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    expect(() => apply(net, params, padded(6, 4, Number.NaN), { maskConstant: 7 })).toThrow(/x holds NaN at .*ERR_NON_FINITE/);
    expect(() => apply(net, params, x, { maskConstant: '7' as never })).toThrow(/ERR_ARGUMENT|ERR_SHAPE/);
    const flat = serial(flatten(), dense(2));
    expectNear(
      apply(flat, init(flat, 1, [1, 6, 2]), padded(6, 4, 7), { maskConstant: 7 }).data,
      apply(flat, init(flat, 1, [1, 6, 2]), padded(6, 4, 0)).data,
      0,
    );
  });
});
