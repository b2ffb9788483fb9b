/** Empirical kernels against Jacobian contraction with differences of eighth order: 1e-10 of their size. */
import { describe, expect, test } from 'vitest';
import {
  aggregate,
  conv,
  dense,
  dropout,
  erf,
  expNormalized,
  flatten,
  globalAvgPool,
  globalSelfAttention,
  identity,
  type NDArray,
  type Network,
  serial,
} from '../../src';
import {
  apply,
  type EmpiricalOptions,
  empiricalNngp,
  empiricalNtk,
  empiricalNtkVp,
  type FiniteOptions,
  init,
  linearize,
} from '../../src/finite';
import { arraysOf, contraction, jacobian } from './contraction';
import { inputs, NETWORKS } from './networks';

const largest = (values: ArrayLike<number>): number => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe.each(NETWORKS)('%s', (_name, net, sample) => {
  const params = init(net, 7, [1, ...sample]);
  const [x1, x2] = [inputs(1, 3, ...sample), inputs(2, 2, ...sample)];
  const outputs = apply(net, params, x1).data.length / 3;
  const [j1, j2] = [jacobian(net, params, x1), jacobian(net, params, x2)];
  const expected = contraction(j1, j2, 3, 2);

  test('the NTK with all pairs of outputs', () => {
    const { data, shape } = empiricalNtk(net, params, x1, x2, { traceAxes: [] });
    expect(shape).toEqual([3, 2, outputs, outputs]);
    expect(largest(data.map((v, at) => v - expected[at]))).toBeLessThan(1e-10 * largest(expected));
  });

  test('its trace and its diagonal', () => {
    const [traced, diagonal] = [
      empiricalNtk(net, params, x1, x2),
      empiricalNtk(net, params, x1, x2, { traceAxes: [], diagonalAxes: [-1] }),
    ];
    expect([traced.shape, diagonal.shape]).toEqual([
      [3, 2],
      [3, 2, outputs],
    ]);
    for (let pair = 0; pair < 6; pair++) {
      const own = Array.from({ length: outputs }, (_, o) => expected[(pair * outputs + o) * outputs + o]);
      expect(Math.abs(traced.data[pair] - own.reduce((a, b) => a + b, 0) / outputs)).toBeLessThan(1e-10 * largest(expected));
      own.forEach((value, o) => {
        expect(Math.abs(diagonal.data[pair * outputs + o] - value)).toBeLessThan(1e-10 * largest(expected));
      });
    }
  });

  test('the NTK-vector product and the linearised network', () => {
    const v = inputs(3, 2, outputs);
    const product = empiricalNtkVp(net, params, x1, x2, v);
    for (let a = 0; a < 3; a++)
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let b = 0; b < 2; b++)
          for (let p = 0; p < outputs; p++) sum += expected[((a * 2 + b) * outputs + o) * outputs + p] * v.data[b * outputs + p];
        expect(Math.abs(product.data[a * outputs + o] - sum)).toBeLessThan(1e-10 * largest(expected));
      }
    const other = init(net, 8, [1, ...sample]);
    const steps = arraysOf(other).flatMap((data, k) => Array.from(data, (value, at) => value - arraysOf(params)[k][at]));
    const line = linearize(net, params)(other, x1).data;
    const f = apply(net, params, x1).data;
    const change = Array.from(f, (_, i) => j1.reduce((sum, row, k) => sum + row[i] * steps[k], 0));
    expect(largest(Array.from(line, (v2, i) => v2 - f[i] - change[i]))).toBeLessThan(1e-10 * largest(change));
  });

  test('the NNGP is the outer product of the outputs', () => {
    const [f1, f2] = [apply(net, params, x1).data, apply(net, params, x2).data];
    const { data } = empiricalNngp(net, params, x1, x2);
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 2; b++) {
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += f1[a * outputs + o] * f2[b * outputs + o];
        expect(data[a * 2 + b]).toBeCloseTo(sum / outputs, 13);
      }
  });
});

describe('layers with options of their own', () => {
  const [x1, x2] = [inputs(1, 3, 5, 2), inputs(2, 2, 5, 2)];
  const around = (layer: Network) => serial(conv(4, [1], { bStd: 0.1 }), erf(), layer, dense(4), erf(), globalAvgPool(), dense(2));
  const check = (net: Network, first: FiniteOptions, second: FiniteOptions, options: EmpiricalOptions) => {
    const params = init(net, 7, [1, 5, 2]);
    const expected = contraction(jacobian(net, params, x1, first), jacobian(net, params, x2, second), 3, 2);
    const { data } = empiricalNtk(net, params, x1, x2, { traceAxes: [], ...options });
    expect(largest(data.map((v, at) => v - expected[at]))).toBeLessThan(1e-10 * largest(expected));
  };

  test('dropout in training mode: the same noise for a seed, other noise for x2 unless told otherwise', () => {
    const net = around(dropout(0.6));
    const params = init(net, 7, [1, 5, 2]);
    const f = (rng: number | bigint) => apply(net, params, x1, { rng }).data;
    expect(f(1)).toEqual(f(1));
    expect(f(1)).not.toEqual(f(2));
    check(net, { rng: 5 }, { rng: 9n }, { rng: [5, 9n] });
    const [one, other] = [{ rng: [5, 5] as const }, { rng: 5 }].map((options) => empiricalNtk(net, params, x1, x2, options).data);
    expect(one).not.toEqual(other);
    expect(empiricalNtk(net, params, x1, x1, { rng: 5 }).data).toEqual(empiricalNtk(net, params, x1, null, { rng: 5 }).data);
    expect(() => apply(net, params, x1)).toThrow(/dropout at 2 draws noise and needs a seed.*ERR_ARGUMENT/);
    expect(apply(around(dropout(0.6, { mode: 'test' })), params, x1).data).toEqual(apply(around(identity()), params, x1).data);
  });

  test('the noise keeps numbers with probability rate, divides by it, and differs from layer to layer', () => {
    const x: NDArray<Float64Array> = { data: new Float64Array(40_000).fill(1), shape: [40, 1000] };
    const { data } = apply(dropout(0.7), [], x, { rng: 3 });
    const kept = data.filter((value) => value !== 0);
    expect(kept.every((value) => value === 1 / 0.7)).toBe(true);
    // Four standard deviations of a binomial share.
    expect(Math.abs(kept.length / data.length - 0.7)).toBeLessThan(4 * Math.sqrt((0.7 * 0.3) / data.length));
    const twice = apply(serial(dropout(0.5), dropout(0.5)), [], x, { rng: 3 }).data;
    expect(Math.abs(twice.filter((value) => value !== 0).length / data.length - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / data.length));
  });

  test('aggregate: graphs of x1 and x2', () => {
    const graph = (seed: number, n: number) => inputs(seed, n, 5, 5);
    check(around(aggregate()), { pattern: graph(3, 3) }, { pattern: graph(4, 2) }, { pattern: [graph(3, 3), graph(4, 2)] });
    expect(() => apply(around(aggregate()), init(around(aggregate()), 7, [1, 5, 2]), x1, { pattern: graph(3, 2) })).toThrow(/ERR_SHAPE/);
  });

  test('attention with correlated embeddings; where these have no root it says so', () => {
    const net = (posEmbDecayFn: (distance: number) => number) =>
      serial(conv(3, [2]), globalSelfAttention(4, 3, 2, 2, { posEmbType: 'CONCAT', posEmbDecayFn, valPosEmb: true }), flatten(), dense(2));
    check(
      net((distance) => Math.exp(-distance)),
      {},
      {},
      {},
    );
    const singular = net(() => 1);
    expect(() => apply(singular, init(singular, 1, [1, 5, 2]), x1)).toThrow(/pivot of location 1 is 0.*ERR_NOT_POSITIVE_DEFINITE/);
  });

  test('axes that do not exist, the samples, and axes named twice', () => {
    const net = conv(2, [1]);
    const params = init(net, 7, [1, 5, 2]);
    const axes: readonly (readonly [EmpiricalOptions, RegExp])[] = [
      [{ traceAxes: [3] }, /traceAxes and diagonalAxes name output axes other than the samples'; 3 is none of \[3, 5, 2\]/],
      [{ traceAxes: [0] }, /0 is none/],
      [{ traceAxes: [-4] }, /-4 is none/],
      [{ traceAxes: [], diagonalAxes: [1.5] }, /1.5 is none/],
      [{ diagonalAxes: [-1] }, /axis 2 of the outputs is named twice/],
      [{ traceAxes: [1, -2] }, /axis 1 of the outputs is named twice/],
    ];
    for (const [options, message] of axes)
      for (const of of [empiricalNngp, empiricalNtk])
        expect(() => of(net, params, x1, x2, options)).toThrowError(
          expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) }),
        );
  });

  test('numbers that are none: of inputs, parameters, vectors and outputs', () => {
    const net = serial(conv(2, [1], { bStd: 0.1 }), erf(), flatten(), dense(1));
    const params = init(net, 7, [1, 5, 2]);
    const broken = structuredClone(params) as typeof params;
    (broken[0] as { b: NDArray }).b.data[1] = Number.NaN;
    const huge = structuredClone(params) as typeof params;
    (huge[1] as { w: NDArray }).w.data.fill(1.7e308);
    const [bad, v] = [{ data: x2.data.map((value, at) => (at === 3 ? Number.NaN : value)), shape: x2.shape }, inputs(3, 2, 1)];
    const failing: readonly (readonly [() => unknown, RegExp])[] = [
      [() => apply(net, params, bad), /x holds NaN at \[0, 1, 1\]/],
      [() => apply(net, broken, x1), /b of entry 0 of params holds NaN at \[0, 0, 1\]/],
      [() => empiricalNtk(net, broken, x1, x2), /b of entry 0 of params holds NaN/],
      [() => empiricalNtkVp(net, broken, x1, x2, v), /b of entry 0 of params holds NaN/],
      [() => empiricalNtkVp(net, params, x1, x2, { ...v, data: v.data.map(() => Number.NaN) }), /v holds NaN at \[0, 0\]/],
      [() => linearize(net, params)(broken, x1), /b of entry 2 of params holds NaN/],
      [() => apply(net, huge, x1), /outputs are beyond the range of their numbers/],
      [() => empiricalNngp(net, huge, x1), /outputs are beyond the range of their numbers/],
    ];
    for (const [call, message] of failing)
      expect(call).toThrowError(expect.objectContaining({ code: 'ERR_NON_FINITE', message: expect.stringMatching(message) }));
    const other = init(net, 7, [1, 4, 2]);
    expect(() => apply(net, other, x1)).toThrow(/dense at 3: w has shape \[8, 1\], \[10, 1\] is needed.*ERR_SHAPE/);
    expect(() => apply(net, params.slice(1), x1)).toThrow(/2 layers with parameters and params has 1 entries.*ERR_SHAPE/);
    expect(() => empiricalNtkVp(net, params, x1, x2, inputs(3, 3, 1))).toThrow(/v has shape \[3, 1\].*ERR_SHAPE/);
  });

  test('what has no finite form says so', () => {
    const net = serial(dense(3), expNormalized(), dense(1));
    expect(() => apply(net, init(net, 1, [1, 2]), inputs(1, 2, 2))).toThrow(/expNormalized is known by its kernel only.*ERR_UNSUPPORTED/);
  });
});
