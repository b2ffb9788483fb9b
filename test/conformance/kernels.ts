/** What every backend and build must do with kernels; one suite, run by test/kernels.test.ts. */
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../src/context';
import { AbortError, InfiniteWidthError } from '../../src/errors';
import {
  abRelu,
  abs,
  dense,
  erf,
  flatten,
  identity,
  kernel,
  kernelSync,
  leakyRelu,
  relu,
  selu,
  serial,
  sigmoid,
  sigmoidLike,
  softplus,
  tanh,
} from '../../src/index';
import type { KernelOptions, Progress } from '../../src/kernel';
import type { DType, NDArray, TypedArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';

export const ACTIVATIONS: readonly Network[] = [
  relu(),
  leakyRelu(0.2),
  leakyRelu(-0.4),
  abRelu(0.3, 1.2),
  abRelu(0, 0),
  abs(),
  erf({ a: 1.1, b: 0.7, c: 0.2 }),
  sigmoidLike(),
];

/** Activations with tables: odd, odd about a constant, positive, kinked. */
export const TABULATED: readonly Network[] = [tanh(), sigmoid(), softplus(), selu()];

/** Uniform in [−1, 1), the same everywhere (a linear congruential generator of period 2^32). */
export function randomArray(dtype: DType, n: number, features: number, seed = 1): NDArray {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  };
  const values = Float64Array.from({ length: n * features }, next);
  return { data: dtype === 'float32' ? Float32Array.from(values) : values, shape: [n, features] };
}

/** `depth` times dense, activation; then dense. */
export function mlp(activation: Network, depth: number, options: Parameters<typeof dense>[1]): Network {
  const hidden = Array.from({ length: depth }, (_, i) => [dense(8 + i, options), activation]).flat();
  return serial(...hidden, dense(1, options));
}

export const rowsOf = ({ data, shape }: NDArray, from: number, to: number): NDArray => {
  const features = data.length / shape[0];
  return { data: data.slice(from * features, to * features) as TypedArray, shape: [to - from, ...shape.slice(1)] };
};

/** Pairs that are hard: coincident, opposite, parallel, near, and zero rows, among random ones. */
export function hardRows(dtype: DType, n: number, features: number): NDArray {
  const array = randomArray(dtype, n, features, 7);
  const row = (i: number) => array.data.subarray(i * features, (i + 1) * features);
  row(1).set(row(0));
  row(2).set(row(0).map((x) => -x));
  row(3).set(row(0).map((x) => 2 * x));
  row(4).set(row(0));
  row(4)[0] += 2 ** -12;
  row(5).fill(0);
  return array;
}

function rowMaxima({ data, shape }: NDArray): number[] {
  const n = shape[1];
  return Array.from({ length: shape[0] }, (_, i) => Math.max(...Array.from(data.subarray(i * n, (i + 1) * n), Math.abs)));
}

/** |a − b| ≤ bound · largest |b|, entry by entry. */
function expectNear(a: NDArray, b: NDArray, bound: number): void {
  expect(a.shape).toEqual(b.shape);
  const scale = Math.max(...rowMaxima(b));
  for (let i = 0; i < a.data.length; i++)
    if (!(Math.abs(a.data[i] - b.data[i]) <= bound * scale)) expect.fail(`entry ${i}: ${a.data[i]} for ${b.data[i]} (scale ${scale})`);
}

/** Sizes that straddle register tiles (4 × 8), tiles (256) and slabs (256 features), each size and each width in some pair. */
export const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33, 255, 256, 257];
export const FEATURES = [1, 3, 255, 257, 784];
const STRADDLING = [...SIZES.map((n, i) => [n, FEATURES[i % FEATURES.length]] as const), [9, 257], [9, 784], [33, 1], [257, 257]] as const;

const NET = mlp(relu(), 2, { wStd: 1.3, bStd: 0.2 });

export function kernelConformance(name: string, make: () => EngineContext): void {
  const engine = make();
  const run = <F extends 'nngp' | 'ntk' = 'nngp' | 'ntk'>(
    net: Network,
    x1: NDArray,
    x2: NDArray | null = null,
    options: KernelOptions<F> = {},
  ) => kernelSync<F>(net, x1, x2, { engine, ...options });
  const codeOf = (work: () => unknown): InfiniteWidthError => {
    try {
      work();
    } catch (error) {
      if (error instanceof InfiniteWidthError) return error;
      throw error;
    }
    return expect.fail('nothing was thrown');
  };

  describe(`kernels on ${name}`, () => {
    describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
      const eps = dtype === 'float32' ? 2 ** -24 : 2 ** -53;

      it.each(STRADDLING)('%d rows of %d features: symmetric to the bit, and as with x2 given', (n, features) => {
        const x = randomArray(dtype, n, features);
        const k = run(NET, x);
        const given = run(NET, x, { ...x });
        for (const field of ['nngp', 'ntk'] as const) {
          const { data, shape } = k[field];
          expect(shape).toEqual([n, n]);
          expect(data).toBeInstanceOf(dtype === 'float32' ? Float32Array : Float64Array);
          let asymmetric = 0;
          for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (!Object.is(data[i * n + j], data[j * n + i])) asymmetric++;
          expect(asymmetric).toBe(0);
          expectNear(given[field], k[field], 16 * eps);
        }
      });

      it.each([
        [1, 257, 3],
        [5, 33, 257],
        [257, 9, 255],
        [31, 8, 784],
        [256, 257, 1],
      ])('%d × %d of %d features: entries do not depend on their tile', (n1, n2, features) => {
        const x1 = randomArray(dtype, n1, features, 3);
        const x2 = randomArray(dtype, n2, features, 4);
        const whole = run(NET, x1, x2);
        for (const i of new Set([0, n1 >> 1, n1 - 1])) {
          const row = run(NET, rowsOf(x1, i, i + 1), x2);
          for (const field of ['nngp', 'ntk'] as const) expect(row[field].data).toEqual(whole[field].data.slice(i * n2, (i + 1) * n2));
        }
        const corner = run(NET, rowsOf(x1, n1 - 1, n1), rowsOf(x2, n2 - 1, n2));
        expect(corner.ntk.data[0]).toBe(whole.ntk.data[n1 * n2 - 1]);
      });

      it('the diagonal and lower tiles of a symmetric call agree with single pairs', () => {
        const n = 300;
        const x = randomArray(dtype, n, 5);
        const whole = run(NET, x);
        for (const [i, j] of [
          [3, 3],
          [255, 2],
          [256, 255],
          [299, 256],
          [299, 0],
        ]) {
          const pair = run(NET, rowsOf(x, i, i + 1), rowsOf(x, j, j + 1));
          expect(pair.ntk.data[0]).toBe(whole.ntk.data[i * n + j]);
        }
      });

      it('zero, coincident and opposite rows are finite, and coincident ones equal the diagonal', () => {
        for (const activation of ACTIVATIONS)
          for (const bStd of [null, 0, 0.3]) {
            const x = hardRows(dtype, 9, 17);
            const { nngp, ntk } = run(mlp(activation, 3, { wStd: 1.2, bStd, parameterization: 'standard' }), x);
            for (const { data } of [nngp, ntk]) {
              expect(data.every(Number.isFinite)).toBe(true);
              expect(Math.abs(data[1] - data[0])).toBeLessThanOrEqual(64 * eps * Math.abs(data[0]));
            }
          }
      });

      it('with tables: entries do not depend on their tile, and rows that are zero, coincident and opposite do as they do elsewhere', () => {
        const [x1, x2] = [hardRows(dtype, 9, 17), randomArray(dtype, 300, 17, 2)];
        for (const activation of TABULATED) {
          const net = mlp(activation, 2, { wStd: 1.2, bStd: 0.2 });
          const whole = run(net, x1, x2);
          const last = run(net, x1, rowsOf(x2, 299, 300));
          const row = run(net, rowsOf(x1, 7, 8), x2);
          for (const field of ['nngp', 'ntk'] as const) {
            const { data } = whole[field];
            expect(data.every(Number.isFinite)).toBe(true);
            expect(last[field].data).toEqual(data.filter((_, at) => at % 300 === 299));
            expect(row[field].data).toEqual(data.slice(7 * 300, 8 * 300));
            expect(data.slice(300, 600)).toEqual(data.slice(0, 300));
          }
          const own = run(net, x1);
          for (const { data } of [own.nngp, own.ntk]) expect(Math.abs(data[1] - data[0])).toBeLessThanOrEqual(64 * eps * data[0]);
        }
      });

      it('a network without bias gives a zero row a zero NNGP, exactly', () => {
        const { nngp } = run(mlp(relu(), 2, { bStd: null }), hardRows(dtype, 9, 3));
        expect(Array.from({ length: 9 }, (_, j) => nngp.data[5 * 9 + j])).toEqual(new Array(9).fill(0));
      });

      it('wStd = 0 leaves the bias alone', () => {
        const { nngp, ntk } = run(mlp(relu(), 1, { wStd: 0, bStd: 0.5 }), randomArray(dtype, 3, 4));
        for (const { data } of [nngp, ntk]) for (const value of data) expect(value).toBe(0.25);
      });

      it('writes into out, and into nothing else', () => {
        const x = randomArray(dtype, 33, 9);
        const expected = run(NET, x);
        const Type = dtype === 'float32' ? Float32Array : Float64Array;
        const storage = new Type(33 * 33 + 20).fill(7);
        const out = storage.subarray(10, 10 + 33 * 33);
        const result = run(NET, x, null, { get: 'ntk', out: { ntk: out } });
        expect(Object.keys(result)).toEqual(['ntk']);
        expect(result.ntk.data).toBe(out);
        expect(out).toEqual(expected.ntk.data);
        expect([...storage.subarray(0, 10), ...storage.subarray(10 + 33 * 33)]).toEqual(new Array(20).fill(7));
      });

      it('neither mutates its inputs nor aliases its results', () => {
        const x1 = randomArray(dtype, 9, 3);
        const x2 = randomArray(dtype, 5, 3, 2);
        const copies = [x1, x2].map(({ data }) => data.slice());
        const first = run(NET, x1, x2);
        const nngp = first.nngp.data.slice();
        const second = run(NET, x2, x1);
        expect([x1.data, x2.data]).toEqual(copies);
        expect(first.nngp.data).toEqual(nngp);
        const buffers = [x1, x2, first.nngp, first.ntk, second.nngp, second.ntk].map(({ data }) => data.buffer);
        expect(new Set(buffers).size).toBe(buffers.length);
        for (const { nngp, ntk } of [first, second])
          for (const { data } of [nngp, ntk]) expect(data.buffer.byteLength).toBe(data.byteLength);
      });
    });

    it('float32 agrees with float64 to single precision, hard pairs included', () => {
      const x = hardRows('float32', 33, 257);
      for (const activation of [...ACTIVATIONS, ...TABULATED]) {
        const net = mlp(activation, 3, { wStd: 1.2, bStd: 0.3 });
        const [single, double] = (['float32', 'float64'] as const).map((dtype) => run(net, x, null, { dtype }));
        expectNear(single.nngp, double.nngp, 2e-6);
        expectNear(single.ntk, double.ntk, 4e-6);
      }
    });

    it('dtype: that of the input, promoted where they differ, or the one asked for', () => {
      const [single, double] = (['float32', 'float64'] as const).map((dtype) => randomArray(dtype, 2, 3));
      expect(run(NET, single).nngp.data).toBeInstanceOf(Float32Array);
      expect(run(NET, single, double).nngp.data).toBeInstanceOf(Float64Array);
      expect(run(NET, double, null, { dtype: 'float32' }).nngp.data).toBeInstanceOf(Float32Array);
      expect(kernelSync(NET, [[1, 2, 3]], { engine }).nngp.data).toBeInstanceOf(Float64Array);
    });

    it('cov1, cov2, shape1, shape2, isGaussian', () => {
      const x1 = randomArray('float64', 5, 3);
      const x2 = randomArray('float64', 4, 3, 2);
      const get = ['nngp', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'] as const;
      const k = kernelSync(NET, x1, x2, { engine, get });
      expect(Object.keys(k)).toEqual([...get]);
      expect([k.cov1.shape, k.cov2?.shape, k.shape1, k.shape2, k.isGaussian]).toEqual([[5], [4], [5, 1], [4, 1], true]);
      const own = kernelSync(NET, x1, { engine, get });
      own.cov1.data.forEach((value, i) => void expect(Math.abs(value / own.nngp.data[6 * i] - 1)).toBeLessThan(1e-14));
      expect([own.cov2, own.shape2]).toEqual([null, [5, 1]]);
      expect(kernelSync(serial(dense(7), relu()), x1, { engine, get: ['shape1', 'isGaussian'] })).toEqual({
        shape1: [5, 7],
        isGaussian: false,
      });
      const images = { data: new Float64Array(2 * 3 * 4 * 5).fill(1), shape: [2, 3, 4, 5] };
      expect(kernelSync(flatten(), images, { engine, get: ['shape1', 'nngp'] })).toEqual({
        shape1: [2, 60],
        nngp: { data: Float64Array.of(1, 1, 1, 1), shape: [2, 2] },
      });
    });

    it('identity is the normalised Gram matrix, with NTK 0', () => {
      const k = kernelSync(
        identity(),
        [
          [1, 2],
          [3, -4],
        ],
        { engine },
      );
      expectNear(k.nngp, { data: Float64Array.of(2.5, -2.5, -2.5, 12.5), shape: [2, 2] }, 4 * 2 ** -53);
      expect([...k.ntk.data]).toEqual([0, 0, 0, 0]);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d, naming its place', (value) => {
      const x = randomArray('float32', 4, 3);
      x.data[7] = value;
      const error = codeOf(() => run(NET, randomArray('float32', 2, 3), x));
      expect(error.code).toBe('ERR_NON_FINITE');
      expect(error.message).toContain(`x2 holds ${value} at [2, 1]`);
    });

    it('refuses empty arrays, wrong shapes (naming both) and wrong dtypes', () => {
      const x = randomArray('float64', 2, 3);
      expect(codeOf(() => run(NET, { data: new Float64Array(0), shape: [0, 3] })).code).toBe('ERR_SHAPE');
      expect(codeOf(() => run(NET, { data: new Float64Array(3), shape: [3] })).code).toBe('ERR_SHAPE');
      expect(codeOf(() => run(NET, { data: new Float64Array(5), shape: [2, 3] })).message).toContain('[2, 3] but 5 elements');
      const both = codeOf(() => run(NET, x, randomArray('float64', 5, 4)));
      expect([both.code, both.details]).toEqual(['ERR_SHAPE', { x1: [2, 3], x2: [5, 4] }]);
      expect(both.message).toMatch(/\[2, 3\].*\[5, 4\]/);
      expect(codeOf(() => run(NET, x, { data: new Float64Array(24), shape: [2, 3, 4] })).code).toBe('ERR_SHAPE');
      expect(codeOf(() => run(NET, { data: new Int32Array(6), shape: [2, 3] } as unknown as NDArray)).code).toBe('ERR_DTYPE');
      expect(codeOf(() => run(NET, x, null, { dtype: 'float16' as DType })).code).toBe('ERR_DTYPE');
      expect(codeOf(() => run(NET, x, null, { out: { ntk: new Float32Array(4) }, dtype: 'float64' })).code).toBe('ERR_DTYPE');
      expect(codeOf(() => run(NET, x, null, { out: { ntk: new Float64Array(5) } })).code).toBe('ERR_SHAPE');
      expect(codeOf(() => run(NET, x, null, { get: ['nngp', 'kernel'] as never })).code).toBe('ERR_ARGUMENT');
    });

    it('refuses an activation after an activation, naming both and the fix', () => {
      const error = codeOf(() => run(serial(dense(1), relu(), erf()), randomArray('float64', 2, 3)));
      expect(error.code).toBe('ERR_NOT_GAUSSIAN');
      expect(error.message).toContain('erf at 2 follows relu at 1: its input is not Gaussian; put a dense layer between');
      expect(codeOf(() => run(relu(), randomArray('float64', 2, 3))).message).toContain('the raw input');
    });

    it('refuses a kernel beyond the dtype, and one beyond memory, before the work starts', () => {
      const calls: Progress[] = [];
      const onProgress = (progress: Progress) => void calls.push(progress);
      const large = { data: Float32Array.of(1e25, 1), shape: [2, 1] };
      expect(codeOf(() => run(NET, large, null, { onProgress })).code).toBe('ERR_NON_FINITE');
      // 8 MB of input whose two kernels would take 32 TB.
      const many = { data: new Float32Array(2e6).fill(1), shape: [2e6, 1] };
      const error = codeOf(() => run(NET, many, null, { onProgress }));
      expect(error.code).toBe('ERR_OUT_OF_MEMORY');
      expect(error.details).toMatchObject({ n1: 2e6, n2: 2e6 });
      expect(calls).toEqual([]);
    });

    it.each([
      ['x2 left out', 300, null],
      ['x2 given', 300, 270],
    ])('onProgress rises to the total (%s)', async (_case, n1, n2) => {
      const seen: Progress[] = [];
      const x1 = randomArray('float32', n1, 3);
      const x2 = n2 === null ? null : randomArray('float32', n2, 3, 2);
      await kernel(NET, x1, x2, { engine, onProgress: (progress) => void seen.push(progress) });
      expect(seen.length).toBeGreaterThan(1);
      for (let i = 1; i < seen.length; i++) expect(seen[i].done).toBeGreaterThan(seen[i - 1].done);
      expect(seen.every(({ total, phase }) => total === 2 * n1 * (n2 ?? n1) && phase === 'kernel')).toBe(true);
      expect(seen.at(-1)?.done).toBe(seen[0].total);
    });

    it('stops within one tile of an abort, with the reason, and works on', async () => {
      const x = randomArray('float32', 520, 3);
      for (const form of [kernel, async (...args: Parameters<typeof kernelSync>) => kernelSync(...args)]) {
        const controller = new AbortController();
        let tiles = 0;
        const onProgress = () => {
          tiles++;
          controller.abort('enough');
        };
        const error = await (form as typeof kernel)(NET, x, null, { engine, signal: controller.signal, onProgress }).catch(
          (cause: unknown) => cause,
        );
        expect(error).toBeInstanceOf(AbortError);
        expect((error as AbortError).cause).toBe('enough');
        expect(tiles).toBe(1);
      }
      const small = rowsOf(x, 0, 5);
      expect(run(NET, small).ntk.data[0]).toBe(run(NET, x).ntk.data[0]);
      await expect(kernel(NET, small, { engine, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(AbortError);
    });

    it('an exception in onProgress passes through and leaves the engine usable', () => {
      const fail = () => {
        throw new RangeError('mine');
      };
      const x = randomArray('float32', 5, 3);
      expect(() => run(NET, x, null, { onProgress: fail })).toThrow(RangeError);
      expect(run(NET, x).ntk.data.every(Number.isFinite)).toBe(true);
    });

    it('kernel and kernelSync give the same bits', async () => {
      const x = randomArray('float32', 33, 255);
      expect(await kernel(NET, x, { engine })).toEqual(run(NET, x));
    });
  });
}
