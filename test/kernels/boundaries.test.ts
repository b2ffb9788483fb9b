/** Kernels at the ends of their domains: tiny, huge and nearly coincident variances, slopes near ±1, and arguments that are not arrays. */
import { describe, expect, it } from 'vitest';
import {
  abRelu,
  createEngine,
  dense,
  type EngineOptions,
  erf,
  explain,
  identity,
  kernelSync,
  leakyRelu,
  rbf,
  relu,
  serial,
} from '../../src/index';
import type { KernelOptions } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { testContexts } from '../contexts';
import { errorOf } from '../error-of';

const X: NDArray = { data: Float64Array.of(1, 2, 3, 4, 5, 7), shape: [3, 2] };
const NET = serial(dense(4), relu(), dense(1));

describe.each(testContexts())('values on %s', (_name, open) => {
  const engine = open();
  const fields = ['nngp', 'ntk'] as const;

  /** Both kernels of float32 against those of float64, over the largest of their entries: 2e-6 is what float32 promises. */
  function expectSingle(net: Network, rows: number[][]): void {
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => kernelSync(net, rows, { engine, dtype }));
    for (const field of fields) {
      const largest = Math.max(...double[field].data.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      single[field].data.forEach((value, i) => {
        expect(Math.abs(value - double[field].data[i]) / largest, `${field} ${value} for ${double[field].data[i]}`).toBeLessThanOrEqual(
          2e-6,
        );
      });
    }
  }

  it.each([1e-5, 1e-8, 1e-30, 1e-70])('rows %d and 1.5 times it stay parallel through erf for the relu above', (x) => {
    const net = serial(dense(1), erf(), dense(1), relu(), dense(1));
    const { ntk, nngp } = kernelSync(
      net,
      [
        [x, 0],
        [1.5 * x, 0],
      ],
      { engine },
    );
    // erf turns the rows by less than x²; the kernels' ratio is 1 but for that angle and a few roundings.
    const angle = x * x;
    for (const { data } of [nngp, ntk]) {
      const ratio = data[1] / Math.sqrt(data[0]) / Math.sqrt(data[3]);
      expect(Math.abs(ratio - 1)).toBeLessThanOrEqual(1e-15 + angle);
    }
  });

  it.each([-0.999, 0.999, -0.9999])('slope %d in float32', (alpha) => {
    const net = serial(dense(1), leakyRelu(alpha), dense(1), relu(), dense(1));
    expectSingle(net, [
      [1, 0],
      [-1, 0],
    ]);
    expectSingle(net, [
      [1, 0.2],
      [-1, 0],
      [0.3, 1],
    ]);
  });

  it('rows of subnormal norm are those rows scaled up', () => {
    const rows = [
      [1e-310, 0],
      [1e-310, 2e-310],
      [-3e-310, 1e-310],
      [-1e-310, 0],
    ];
    const scale = 2 ** 1000;
    const up = rows.map((row) => row.map((x) => x * scale));
    const small = kernelSync(serial(dense(1, { wStd: scale }), relu(), dense(1)), rows, { engine });
    const large = kernelSync(NET, up, { engine });
    // A radius is itself subnormal: its last digit is worth 5e-14. The angles do not depend on it.
    const correlations = ({ data }: NDArray) => data.map((value, k) => value / Math.sqrt(data[(k >> 2) * 5] * data[(k & 3) * 5]));
    for (const field of fields) {
      for (const k of [0, 5, 10, 15]) expect(Math.abs(small[field].data[k] / large[field].data[k] - 1)).toBeLessThan(1e-13);
      const [got, expected] = [small[field], large[field]].map(correlations);
      got.forEach((value, k) => void expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(1e-15));
    }
  });

  it.each([
    ['1e23', 1e23, 1],
    ['1e-19', 1e-19, 1e19],
    ['1e-25', 1e-25, 1e25],
  ])('erf of pre-activations of size %s in float32', (_size, wStd, last) => {
    expectSingle(serial(dense(1, { wStd }), erf(), dense(1, { wStd: last })), [
      [1, 0],
      [0.3, 1],
      [-1, 0],
    ]);
  });

  it('erf refuses pre-activations whose variance is beyond float64, naming their size', () => {
    const net = serial(dense(1, { wStd: 1e154 }), erf(), dense(1));
    const error = errorOf(() => kernelSync(net, [[1, 0]], { engine }));
    expect([error.code, error.details?.standardDeviation]).toEqual(['ERR_NON_FINITE', expect.closeTo(1e154 / Math.SQRT2, -140)]);
    expect(error.message).toContain('smaller wStd');
    const { nngp } = kernelSync(serial(dense(1, { wStd: 1e152 }), erf(), dense(1)), [[1, 0]], { engine });
    expect(Math.abs(nngp.data[0] - 1)).toBeLessThan(1e-15);
  });

  it.each([1e-18, 1e-20, 1e-30, 1e-42])('a trained bias beside rows of norm %d in float32', (norm) => {
    // Its NTK of 1 is 1/norm² of the rows' own scale.
    const trained = { parameterization: 'standard', bStd: 0 } as const;
    const rows = [[1, 2], [0, 0], ...[norm, -norm].map((x) => [x, Math.fround(2 * norm)])].map((row) => row.map(Math.fround));
    for (const phi of [relu(), erf(), rbf()]) expectSingle(serial(dense(4, trained), phi, dense(4, trained), phi, dense(1, trained)), rows);
  });

  it.each([1e-155, 1e-200, 5e-324])('a trained bias beside rows of norm %d in float64 is refused with the way out', (x) => {
    const trained = { parameterization: 'standard', bStd: 0 } as const;
    const error = errorOf(() => kernelSync(serial(dense(4, trained), relu(), dense(1, trained)), [[x, x]], { engine }));
    expect(error.code).toBe('ERR_NON_FINITE');
    expect(error.message).toContain('scale the data up');
  });

  it('slopes whose squares vanish', () => {
    const tiny = serial(dense(1), abRelu(1e-170, 1e-170), dense(1, { wStd: 1e170 }));
    const [{ nngp, ntk }, plain] = [tiny, serial(dense(1), abRelu(1, 1), dense(1))].map((net) => kernelSync(net, X, { engine }));
    nngp.data.forEach((value, i) => void expect(Math.abs(value / plain.nngp.data[i] - 1)).toBeLessThan(2e-15));
    ntk.data.forEach((value, i) => void expect(Math.abs(value / plain.ntk.data[i] - 1)).toBeLessThan(2e-15));
  });
});

describe('arguments', () => {
  const codeOf = (options: KernelOptions, x2: unknown = null): string => errorOf(() => kernelSync(NET, X, x2 as null, options)).code;

  it.each([
    ['a Float64Array without shape', new Float64Array(6)],
    ['a string', 'x2'],
    ['a number', 7],
    ['a function', () => X],
  ])('x2 that is %s', (_what, x2) => {
    const error = errorOf(() => kernelSync(NET, X, x2 as unknown as NDArray));
    expect(error.code).toBe('ERR_DTYPE');
    expect(error.message).toContain('x2 must be');
  });

  it('out of another dtype, of a field not asked for, or of one buffer twice', () => {
    const data = new Float64Array(9);
    expect(codeOf({ out: { ntk: new Int32Array(9) as unknown as Float64Array } })).toBe('ERR_DTYPE');
    expect(codeOf({ out: { nngp: { shape: [3, 3] } as unknown as NDArray } })).toBe('ERR_DTYPE');
    expect(codeOf({ get: 'ntk', out: { nngp: data } })).toBe('ERR_ARGUMENT');
    expect(codeOf({ out: { nngp: data, ntk: data } })).toBe('ERR_ARGUMENT');
    expect(codeOf({ out: { nngp: data, ntk: { data, shape: [3, 3] } } })).toBe('ERR_ARGUMENT');
    const whole = new Float64Array(18);
    expect(codeOf({ out: { nngp: whole.subarray(0, 9), ntk: whole.subarray(8, 17) } })).toBe('ERR_ARGUMENT');
    expect([...data, ...whole].every((value) => value === 0)).toBe(true);
  });

  it('out that lies on an input, which tiles read after others are written', () => {
    const net = serial(dense(4), relu(), dense(1));
    const buffer = new Float64Array(30).map((_, i) => Math.cos(i));
    const before = buffer.slice();
    const x = { data: buffer.subarray(4, 16), shape: [4, 3] };
    for (const ntk of [buffer.subarray(0, 16), buffer.subarray(14, 30), { data: buffer.subarray(4, 20), shape: [4, 4] }])
      for (const [x1, x2] of [
        [x, null],
        [{ data: new Float64Array(12).fill(1), shape: [4, 3] }, x],
      ] as const) {
        const error = errorOf(() => kernelSync(net, x1, x2, { out: { ntk } }));
        expect(error.code).toBe('ERR_ARGUMENT');
        expect(error.message).toContain('out.ntk shares memory with an input');
      }
    expect(buffer).toEqual(before);
    const beside = { data: buffer.subarray(0, 9), shape: [3, 3] };
    const own = kernelSync(net, { data: beside.data.slice(), shape: [3, 3] });
    expect(kernelSync(net, beside, { out: { nngp: buffer.subarray(9, 18) } }).nngp.data).toEqual(own.nngp.data);
    expect(codeOf({ out: { ntk: null as unknown as NDArray } })).toBe('ERR_DTYPE');
  });

  it('options that there are not', async () => {
    for (const [options, name] of [
      [{ gets: 'ntk' }, 'gets'],
      [{ dType: 'float32' }, 'dType'],
    ] as const) {
      const error = errorOf(() => kernelSync(NET, X, options as KernelOptions));
      expect([error.code, error.message]).toEqual([
        'ERR_ARGUMENT',
        expect.stringContaining(`kernel: there is no option ${name}; the options are get,`),
      ]);
      expect(codeOf(options as KernelOptions)).toBe('ERR_ARGUMENT');
    }
    for (const options of ['ntk', 5, ['ntk']]) expect(codeOf(options as KernelOptions)).toBe('ERR_ARGUMENT');
    for (const [options, message] of [
      [{ thread: 2 }, 'createEngine: there is no option thread; the options are backend,'],
      [null, 'createEngine: the options must be an object of backend,'],
      ['wasm', 'createEngine: the options must be an object of backend,'],
    ] as const)
      await expect(createEngine(options as EngineOptions)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining(message),
      });
    for (const engine of ['wasm', {}, createEngine({ threads: 1 })])
      expect(errorOf(() => kernelSync(NET, X, { engine } as unknown as KernelOptions)).message).toContain(
        'what createEngine() resolves to',
      );
  });

  it.each([
    ['undefined', undefined, 'relu(), not relu'],
    ['null', null, 'relu(), not relu'],
    ['the function relu', relu, 'relu(), not relu'],
    ['{}', {}, 'relu(), not relu'],
    ['a list', [dense(1)], 'spread the list'],
  ])('a network that is %s', (_what, net, remedy) => {
    for (const work of [() => kernelSync(net as Network, X), () => explain(net as Network, [3, 2])]) {
      const error = errorOf(work);
      expect([error.code, error.message]).toEqual(['ERR_ARGUMENT', expect.stringContaining(remedy)]);
    }
  });

  it('shape1 is not the shape of the input', () => {
    const x = { data: X.data, shape: [3, 2] };
    const { shape1 } = kernelSync(identity(), x, { get: 'shape1' });
    expect(shape1).toEqual([3, 2]);
    (shape1 as number[])[0] = 99;
    expect(x.shape).toEqual([3, 2]);
  });

  it('x2 that is x1 has variances of its own', () => {
    const get = ['cov1', 'cov2', 'nngp'] as const;
    const { cov1, cov2, nngp } = kernelSync(NET, X, X, { get });
    expect(cov2).toEqual(cov1);
    expect(cov2?.data).not.toBe(cov1.data);
    expect(nngp.data).toEqual(kernelSync(NET, X).nngp.data);
    expect(kernelSync(NET, X, { get }).cov2).toBeNull();
  });

  it('nested rows with holes', () => {
    const holed = [1, 2];
    delete holed[1];
    const rows: number[][] = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    delete rows[1];
    for (const x of [
      [[1, 2], holed],
      [holed, [1, 2]],
    ])
      expect(errorOf(() => kernelSync(NET, x)).code).toBe('ERR_DTYPE');
    expect(['ERR_DTYPE', 'ERR_SHAPE']).toContain(errorOf(() => kernelSync(NET, rows)).code);
  });
});
