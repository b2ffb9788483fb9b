/** The standard parameterization of Sohl-Dickstein, Novak, Schoenholz & Lee 2020, arXiv 2001.07301: golden values of a CNN, s, the split by layer. */
import { describe, expect, test } from 'vitest';
import {
  conv,
  dense,
  flatten,
  globalAvgPool,
  kernelSync,
  type NDArray,
  type Network,
  type Parameterization,
  relu,
  serial,
} from '../../src';
import { monteCarloKernel } from '../../src/finite';

const [X, Y] = [
  [1, 2, -1, 0.5],
  [0.5, -1, 2, 1],
];

describe('golden values', () => {
  const signal = (of: (i: number, c: number) => number): NDArray<Float64Array> => ({
    data: Float64Array.from({ length: 10 }, (_, at) => of(Math.floor(at / 2), at % 2)),
    shape: [1, 5, 2],
  });
  const [x1, x2] = [signal((i, c) => Math.sin(i + 1 + 2 * c)), signal((i, c) => Math.cos(2 * i + c))];
  const x = { data: Float64Array.from([...x1.data, ...x2.data]), shape: [2, 5, 2] };
  const net = (pool: Network, parameterization: Parameterization) => {
    const options = { wStd: Math.sqrt(1.8), bStd: Math.sqrt(0.2), parameterization };
    const layer = (width: number) => conv(width, [3], { ...options, padding: 'CIRCULAR' });
    return serial(layer(4), relu(), layer(6), relu(), pool, dense(1, options));
  };

  test.each([
    [
      'globalAvgPool',
      globalAvgPool(),
      [0.929991834452472, 0.894325667172982, 0.9369064584438358],
      [1.648813425577898, 1.3978647103444906, 1.641524374474914],
      [7.383330981390536, 6.239572164544416, 7.338883655365507],
    ],
    [
      'flatten',
      flatten(),
      [1.2810603336213136, 0.85714956902935, 1.313942231331615],
      [3.2631810008639404, 1.2590012964620299, 3.3618266939948445],
      [29.19827556323503, 14.363834417549846, 30.075126168843063],
    ],
  ] as const)('a circular CNN with %s', (_, pool, nngp, ntk, standard) => {
    const near = ({ data }: NDArray, expected: readonly number[]) =>
      expected.forEach((value, k) => {
        expect(Math.abs(data[[0, 1, 3][k]] / value - 1)).toBeLessThan(1e-12);
      });
    for (const [parameterization, theta] of [
      ['ntk', ntk],
      ['standard', standard],
    ] as const) {
      const kernel = kernelSync(net(pool, parameterization), x);
      near(kernel.nngp, nngp);
      near(kernel.ntk, theta);
    }
  });
});

const widths = [5, 7, 3];
const [w2, b2] = [2, 0.1];
const options = { wStd: Math.sqrt(w2), bStd: Math.sqrt(b2) };

/** Hidden widths s times the base widths. */
const scaled = (s: number, outputs = 1): Network =>
  serial(
    ...widths.flatMap((width, l) => [
      dense(width, { ...options, parameterization: 'standard' as const, s: l === 0 ? ([1, s] as const) : ([s, s] as const) }),
      relu(),
    ]),
    dense(outputs, { ...options, parameterization: 'standard', s: [s, 1] }),
  );

describe('s', () => {
  test('the kernel does not depend on s, which only makes finite networks wider', () => {
    const { nngp, ntk } = kernelSync(scaled(1), [X, Y]);
    for (const s of [2, 16, 512]) {
      const wide = kernelSync(scaled(s), [X, Y]);
      ntk.data.forEach((value, at) => {
        expect(Math.abs(wide.ntk.data[at] / value - 1)).toBeLessThan(1e-14);
        expect(Math.abs(wide.nngp.data[at] / nngp.data[at] - 1)).toBeLessThan(1e-14);
      });
    }
  });

  test('empirical kernels come to it like s^(−1/2): slope −0.5 ± 0.05 of the root mean square distance', async () => {
    const { ntk: limit } = kernelSync(scaled(1), [X, Y]);
    const scales = [8, 128];
    const distances: number[] = [];
    for (const s of scales) {
      // The root mean square of 1000 networks is known to 3 %, the slope over a factor of 16 to 0.015.
      const { ntk } = await monteCarloKernel(scaled(s), [X, Y], { samples: 1000, batch: 500, seed: 5, get: 'ntk', method: 'conditioned' });
      if (!ntk) throw new Error('no NTK');
      const squares = Float64Array.from(
        limit.data,
        (exact, at) => ntk.secondMoment.data[at] - 2 * exact * ntk.mean.data[at] + exact * exact,
      );
      distances.push(Math.sqrt(squares.reduce((a, b) => a + b, 0)));
    }
    const slope = Math.log(distances[1] / distances[0]) / Math.log(scales[1] / scales[0]);
    expect(Math.abs(slope + 0.5)).toBeLessThan(0.05);
  });
});

describe('the split by layer', () => {
  /** ReLU's duals of variances and covariance. */
  const duals = (q1: number, q2: number, k: number) => {
    const theta = Math.acos(Math.min(1, k / Math.sqrt(q1 * q2)));
    return {
      value: (Math.sqrt(q1 * q2) * (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta))) / (2 * Math.PI),
      slope: (Math.PI - theta) / (2 * Math.PI),
    };
  };

  test('Θ_ntk = Σ W_l + B_l, Θ_std = Σ (n_l/w²) W_l + B_l/b²', () => {
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    let [q1, q2, k] = [dot(X, X) / 4, dot(Y, Y) / 4, dot(X, Y) / 4];
    const layers: { n: number; w: number; b: number }[] = [];
    for (const n of [4, ...widths]) {
      // Mean products of what the layer reads, (q1, q2, k), then its own pre-activations.
      layers.push({ n, w: w2 * k, b: b2 });
      [q1, q2, k] = [q1, q2, k].map((value) => w2 * value + b2);
      if (layers.length > widths.length) break;
      const { value, slope } = duals(q1, q2, k);
      for (const layer of layers) {
        layer.w *= w2 * slope;
        layer.b *= w2 * slope;
      }
      [q1, q2, k] = [q1 / 2, q2 / 2, value];
    }
    const net = (parameterization: Parameterization) =>
      serial(
        ...widths.flatMap((width) => [dense(width, { ...options, parameterization }), relu()]),
        dense(1, { ...options, parameterization }),
      );
    const entry = (parameterization: Parameterization) => kernelSync(net(parameterization), [X], [Y]).ntk.data[0];
    const sum = (weights: (n: number) => number, bias: number) =>
      layers.reduce((total, { n, w, b }) => total + weights(n) * w + bias * b, 0);
    expect(Math.abs(sum(() => 1, 1) / entry('ntk') - 1)).toBeLessThan(1e-13);
    expect(Math.abs(sum((n) => n / w2, 1 / b2) / entry('standard') - 1)).toBeLessThan(1e-13);
  });
});
