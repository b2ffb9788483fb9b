/** Networks drawn in a backend's memory: the numbers of `init`, the kernels of `empirical…`, in both precisions. */
import { describe, expect, it } from 'vitest';
import { conv, dense, erf, flatten, globalSelfAttention, leakyRelu, type NDArray, type Network, relu, serial } from '../../src';
import { routinesOf } from '../../src/backends/finite';
import { openContext } from '../../src/context';
import { empiricalNngp, empiricalNtk, init, type Params } from '../../src/finite';
import { normals } from '../../src/finite/random';
import { openSampler, type SamplesJob } from '../../src/finite/sampler';
import type { DType } from '../../src/ndarray';
import { testContexts } from '../contexts';
import { inputs, NETWORKS } from './networks';

const largest = (values: ArrayLike<number>): number => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => largest(Array.from(a, (v, k) => v - b[k])) / largest(b);

const arraysOf = (params: Params): NDArray[] => params.flatMap((entry) => Object.values(entry) as NDArray[]);
const single = ({ data, shape }: NDArray): NDArray => ({ data: Float32Array.from(data), shape });
const asDoubles = (params: Params): Params =>
  params.map((entry) =>
    Object.fromEntries(
      (Object.entries(entry) as [string, NDArray][]).map(([name, { data, shape }]) => [name, { data: Float64Array.from(data), shape }]),
    ),
  ) as unknown as Params;

const job = (net: Network, x1: NDArray, x2: NDArray | null, more: Partial<SamplesJob> = {}): SamplesJob => ({
  ...{ kind: 'samples', net, x1, x2, seed: [5, 0], fields: ['nngp', 'ntk'], method: 'weights' },
  ...more,
});

const WIDE = serial(dense(300, { bStd: 0.3 }), relu(), dense(700, { parameterization: 'standard', bStd: 0.2 }), relu(), dense(3));

/** Several blocks of panels, whose rows are whole units of random numbers, or not. */
const WIDE_NETWORKS = [
  ['wide, with both parameterizations', WIDE, [20]],
  ['wide, of whole units', serial(dense(320), relu(), dense(288, { bStd: 0.1 }), leakyRelu(0), dense(96), erf(), dense(9)), [600]],
] as const;

describe('init', () => {
  it.each(['float32', 'float64'] as const)('draws the same bits in every backend, %s', (dtype) => {
    const net = serial(
      conv(5, [3, 2], { bStd: 0.2 }),
      globalSelfAttention(6, 2, 3, 2),
      flatten(),
      dense(40, { parameterization: 'standard' }),
    );
    const [js, ...others] = testContexts().map(([, open]) => init(net, 12, [1, 4, 3, 2], { dtype, sample: 3, engine: open() }));
    for (const other of others) expect(other).toEqual(js);
    const [first] = arraysOf(js);
    expect(first.data).toEqual(normals({ seed: 12, sample: 3, layer: 0 }, 0, first.data.length, dtype));
  });

  it('draws more numbers than an instance holds at a time', () => {
    const params = init(serial(dense(1100)), 1, [1, 1000], { dtype: 'float32', engine: openContext({ backend: 'wasm' }) });
    const expected = normals({ seed: 1, sample: 0, layer: 0 }, 0, 1_100_000, 'float32');
    expect(Buffer.from(arraysOf(params)[0].data.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  });

  it('refuses other dtypes', () => {
    expect(() => init(serial(dense(2)), 1, [1, 3], { dtype: 'float16' as DType })).toThrow(expect.objectContaining({ code: 'ERR_DTYPE' }));
  });
});

describe.each(testContexts())('%s', (_name, open) => {
  const engine = open();

  /** A few roundings of every layer, carried through to the kernel. */
  it.each([...NETWORKS, ...WIDE_NETWORKS])('kernels of a drawn network are the empirical kernels of init: %s', (_net, net, sample) => {
    const [x1, x2] = [inputs(1, 3, ...sample), inputs(2, 2, ...sample)];
    for (const second of [null, x2]) {
      const sampler = openSampler(job(net, x1, second), engine.backend);
      const draws = sampler.draw(4, 2);
      sampler.close();
      const size = draws[0].length / 2;
      [4, 5].forEach((number, k) => {
        const params = init(net, 5, x1.shape, { sample: number, engine });
        const [nngp, ntk] = [empiricalNngp, empiricalNtk].map((of) => of(net, params, x1, second, { engine }).data);
        expect(distance(draws[0].subarray(k * size, (k + 1) * size), nngp)).toBeLessThan(1e-13);
        expect(distance(draws[1].subarray(k * size, (k + 1) * size), ntk)).toBeLessThan(1e-13);
      });
    }
  });

  it.each(WIDE_NETWORKS)('kernels of a drawn network in float32: %s', (_net, net, sample) => {
    const [x1, x2] = [single(inputs(1, 5, ...sample)), single(inputs(2, 3, ...sample))];
    const params = init(net, 5, x1.shape, { dtype: 'float32', sample: 2, engine });
    for (const second of [null, x2]) {
      const sampler = openSampler(job(net, x1, second), engine.backend);
      const [nngp, ntk] = sampler.draw(2, 1);
      sampler.close();
      expect(distance(nngp, empiricalNngp(net, params, x1, second, { engine }).data)).toBeLessThan(5e-6);
      expect(distance(ntk, empiricalNtk(net, params, x1, second, { engine }).data)).toBeLessThan(5e-6);
    }
  });

  it.each([...NETWORKS, ...WIDE_NETWORKS])('float32 agrees with float64: %s', (_net, net, sample) => {
    const x = single(inputs(1, 3, ...sample));
    const params = init(net, 7, x.shape, { dtype: 'float32', engine });
    for (const traceAxes of [[], [-1]])
      for (const of of [empiricalNngp, empiricalNtk]) {
        const [a, b] = [params, asDoubles(params)].map((own) => of(net, own, x, null, { engine, traceAxes }));
        expect([a.data.constructor, b.data.constructor]).toEqual([Float32Array, Float64Array]);
        expect(distance(a.data, b.data)).toBeLessThan(5e-6);
      }
  });

  it.each(['float32', 'float64'] as const)('products with Wᵀ leave out common zeros and no bit changes, %s', (dtype) => {
    const arena = routinesOf(engine.backend).openArena(dtype);
    const [rows, columns, m] = [70, 700, 30];
    const w = arena.draw({ stream: { seed: 1, sample: 0, layer: 0 }, from: 3, rows, columns, std: 0.5, stack: 1, groups: 1, once: false });
    // Rows that are 6 apart are zero in the same places; the fourth everywhere.
    const a = normals({ seed: 2, sample: 0, layer: 0 }, 0, m * columns, dtype).map((value, at) => {
      const [row, column] = [Math.floor(at / columns) % 6, at % columns];
      return row === 3 || (row * column) % 5 < 2 ? -0 * value : value;
    });
    const product = (period?: number) => {
      const c = a.slice(0, m * rows);
      w.multiply('t', m, 2, a, c, period);
      return c;
    };
    const whole = product();
    for (const period of [1, 5, 6, 10, 15]) expect(product(period)).toEqual(whole);
    const weights = normals({ seed: 1, sample: 0, layer: 0 }, 3, rows * columns, dtype);
    const expected = whole.map((_, at) => {
      const [i, k] = [Math.floor(at / rows), at % rows];
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += a[i * columns + j] * weights[k * columns + j];
      return sum;
    });
    expect(distance(whole, expected)).toBeLessThan(dtype === 'float32' ? 1e-6 : 1e-14);
    a[columns] = Number.NaN;
    expect(product(6).every((value, at) => Number.isNaN(value) === (at >= rows && at < 2 * rows))).toBe(true);
    arena.close();
  });

  it('a sample does not depend on what was drawn before it', () => {
    const x = single(inputs(1, 2, 20));
    const draw = (ranges: readonly (readonly [number, number])[]) => {
      const sampler = openSampler(job(WIDE, x, null), engine.backend);
      const all = ranges.flatMap(([from, count]) => Array.from(sampler.draw(from, count)[1]));
      sampler.close();
      return all;
    };
    const whole = draw([[0, 4]]);
    expect(
      draw([
        [0, 1],
        [1, 3],
      ]),
    ).toEqual(whole);
    expect(
      draw([
        [2, 2],
        [0, 2],
      ]),
    ).toEqual([...whole.slice(8), ...whole.slice(0, 8)]);
  });
});

it('float64 networks have the same kernels in every backend, to a few roundings', () => {
  const x = inputs(1, 3, 20);
  const kernels = testContexts().map(([, open]) => {
    const sampler = openSampler(job(WIDE, x, null), open().backend);
    const [nngp, ntk] = sampler.draw(0, 1);
    sampler.close();
    return [...nngp, ...ntk];
  });
  for (const other of kernels.slice(1)) expect(distance(other, kernels[0])).toBeLessThan(1e-14);
});
