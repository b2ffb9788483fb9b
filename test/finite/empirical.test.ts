/** Empirical kernels against the Jacobian itself, made by differences of fourth order: 1e-9 of its size. */
import { describe, expect, test } from 'vitest';
import type { NDArray, Network } from '../../src';
import { apply, empiricalNngp, empiricalNtk, empiricalNtkVp, init, linearize, type Params } from '../../src/finite';
import { inputs, NETWORKS } from './networks';

const arraysOf = (params: Params): Float64Array[] =>
  params.flatMap((entry) => Object.values(entry).map(({ data }: NDArray) => data as Float64Array));

/** dapply/dp for every parameter: rows of outputs. */
function jacobian(net: Network, params: Params, x: NDArray): number[][] {
  const h = 1e-3;
  return arraysOf(params).flatMap((data) =>
    Array.from(data, (value, at) => {
      const outputs = (step: number) => {
        data[at] = value + step;
        const { data: f } = apply(net, params, x);
        data[at] = value;
        return f;
      };
      const [f2, f1, b1, b2] = [outputs(2 * h), outputs(h), outputs(-h), outputs(-2 * h)];
      return Array.from(f1, (v, i) => (8 * (v - b1[i]) - (f2[i] - b2[i])) / (12 * h));
    }),
  );
}

const largest = (values: ArrayLike<number>): number => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe.each(NETWORKS)('%s', (_name, net, sample) => {
  const params = init(net, 7, [1, ...sample]);
  const [x1, x2] = [inputs(1, 3, ...sample), inputs(2, 2, ...sample)];
  const outputs = apply(net, params, x1).data.length / 3;
  const [j1, j2] = [jacobian(net, params, x1), jacobian(net, params, x2)];
  const expected = new Float64Array(3 * 2 * outputs * outputs);
  for (let a = 0; a < 3; a++)
    for (let b = 0; b < 2; b++)
      for (let o = 0; o < outputs; o++)
        for (let p = 0; p < outputs; p++)
          expected[((a * 2 + b) * outputs + o) * outputs + p] = j1.reduce(
            (sum, row, k) => sum + row[a * outputs + o] * j2[k][b * outputs + p],
            0,
          );

  test('the NTK with all pairs of outputs', () => {
    const { data, shape } = empiricalNtk(net, params, x1, x2, { traceAxes: [] });
    expect(shape).toEqual([3, 2, outputs, outputs]);
    expect(largest(data.map((v, at) => v - expected[at]))).toBeLessThan(1e-9 * largest(expected));
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
      expect(Math.abs(traced.data[pair] - own.reduce((a, b) => a + b, 0) / outputs)).toBeLessThan(1e-9 * largest(expected));
      own.forEach((value, o) => {
        expect(Math.abs(diagonal.data[pair * outputs + o] - value)).toBeLessThan(1e-9 * largest(expected));
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
        expect(Math.abs(product.data[a * outputs + o] - sum)).toBeLessThan(1e-8 * largest(expected));
      }
    const other = init(net, 8, [1, ...sample]);
    const steps = arraysOf(other).flatMap((data, k) => Array.from(data, (value, at) => value - arraysOf(params)[k][at]));
    const line = linearize(net, params)(other, x1).data;
    const f = apply(net, params, x1).data;
    const change = Array.from(f, (_, i) => j1.reduce((sum, row, k) => sum + row[i] * steps[k], 0));
    expect(largest(Array.from(line, (v2, i) => v2 - f[i] - change[i]))).toBeLessThan(1e-8 * largest(change));
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
