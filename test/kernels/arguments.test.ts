/** Arguments of kernel and createEngine that are not what they should be, and arrays to write into. */
import { describe, expect, it } from 'vitest';
import { createEngine, dense, type EngineOptions, explain, identity, kernelSync, relu, serial } from '../../src/index';
import type { KernelOptions } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { errorOf } from '../error-of';

const X: NDArray = { data: Float64Array.of(1, 2, 3, 4, 5, 7), shape: [3, 2] };
const NET = serial(dense(4), relu(), dense(1));

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
      const error = errorOf(() => kernelSync(NET, X, options as unknown as KernelOptions));
      expect([error.code, error.message]).toEqual([
        'ERR_ARGUMENT',
        expect.stringContaining(`kernel: there is no option ${name}; the options are get,`),
      ]);
      expect(codeOf(options as unknown as KernelOptions)).toBe('ERR_ARGUMENT');
    }
    for (const options of ['ntk', 5, ['ntk']]) expect(codeOf(options as unknown as KernelOptions)).toBe('ERR_ARGUMENT');
    for (const [options, message] of [
      [{ thread: 2 }, 'createEngine: there is no option thread; the options are backend,'],
      [null, 'createEngine: the options must be an object of backend,'],
      ['wasm', 'createEngine: the options must be an object of backend,'],
      ...[0, -1, 1.5, NaN, 257, '2'].map(
        (threads) => [{ threads }, `threads is 'auto' or an integer from 1 to 256, got ${threads}`] as const,
      ),
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

  it('nested rows that are typed arrays or have more axes', () => {
    for (const x of [[Float32Array.of(1, 2)], [[[1], [2]]]]) {
      const error = errorOf(() => kernelSync(NET, x as unknown as number[][]));
      expect([error.code, error.message]).toEqual(['ERR_DTYPE', expect.stringContaining('{ data, shape } for more axes or typed arrays')]);
    }
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
