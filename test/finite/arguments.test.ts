/** Arguments of finite networks that are not what they should be: each is refused by name, before any work. */
import { describe, expect, it } from 'vitest';
import {
  apply,
  classBlocks,
  empiricalNngp,
  empiricalNtk,
  empiricalNtkVp,
  init,
  linearize,
  monteCarloKernel,
  monteCarloKernelSync,
  ntkDispersionSync,
  relativeChange,
  taylorExpand,
  trainSync,
} from '../../src/finite';
import { dense, type Network, relu, serial } from '../../src/index';
import { errorOf } from '../error-of';

const NET = serial(dense(4, { bStd: 0.1 }), relu(), dense(2));
const X = { data: Float64Array.of(1, 2, 3, 4, 5, 7), shape: [2, 3] };
const Y = { data: Float64Array.of(1, 0, 0, 1), shape: [2, 2] };
const PARAMS = init(NET, 0, X.shape);
const K = { data: Float64Array.of(2, 1, 1, 2), shape: [2, 2] };
const TRAIN = { learningRate: 0.1, steps: 1 };

// biome-ignore lint/suspicious/noExplicitAny: none of them has the type that is asked for
type Any = any;

describe('options', () => {
  const calls: readonly (readonly [string, (options: Any) => unknown])[] = [
    ['init', (options) => init(NET, 0, X.shape, options)],
    ['apply', (options) => apply(NET, PARAMS, X, options)],
    ['empiricalNngp', (options) => empiricalNngp(NET, PARAMS, X, null, options)],
    ['empiricalNtk', (options) => empiricalNtk(NET, PARAMS, X, null, options)],
    ['empiricalNtkVp', (options) => empiricalNtkVp(NET, PARAMS, X, null, Y, options)],
    ['taylorExpand', (options) => taylorExpand(NET, PARAMS, 2, options)],
    ['taylorExpand', (options) => linearize(NET, PARAMS, options)],
    ['the expansion', (options) => linearize(NET, PARAMS)(PARAMS, X, options)],
    ['monteCarloKernel', (options) => monteCarloKernelSync(NET, X, null, options)],
    ['ntkDispersion', (options) => ntkDispersionSync(NET, X, null, options)],
    ['train', (options) => trainSync(NET, PARAMS, X, Y, options && { ...TRAIN, ...options })],
  ];

  it.each(calls)('%s: one that there is not', (caller, call) => {
    const error = errorOf(() => call({ Seed: 1 }));
    expect([error.code, error.message]).toEqual([
      'ERR_ARGUMENT',
      expect.stringContaining(`${caller}: there is no option Seed; the options are `),
    ]);
  });

  it.each(calls.filter(([caller]) => !['taylorExpand', 'the expansion'].includes(caller)))(
    '%s: an engine that is none',
    (_caller, call) => {
      for (const engine of ['wasm', {}, Promise.resolve()])
        expect(errorOf(() => call({ engine, samples: 10 })).message).toContain('engine');
    },
  );

  it('signals and callbacks that are none', () => {
    for (const options of [{ signal: new AbortController() }, { signal: 5 }, { onProgress: 5 }])
      expect(errorOf(() => monteCarloKernelSync(NET, X, options as Any)).message).toMatch(/(signal|onProgress) must be/);
  });

  it.each([
    ['samples', [0, -1, 0.5, 2 ** 32 + 1, 1e300, Number.NaN, '3', null]],
    ['batch', [0, -1, 0.5, Number.NaN]],
    ['seed', [-1, 0.5, 2 ** 53, 'seed', -1n, 1n << 64n, Object.create(null)]],
    ['tolerance', [-1, Number.NaN, '0.1', [0.1]]],
    ['get', ['NTK', [], 5, new Map()]],
    ['traceAxes', [null, -1, [0], [5], ['a'], [-1, -1]]],
    ['diagonalAxes', [null, 1, [0.5]]],
    ['method', ['fast']],
    ['distribution', ['uniform', Object.create(null)]],
  ])('%s of Monte Carlo', async (name, values: readonly unknown[]) => {
    for (const value of values) {
      expect(errorOf(() => monteCarloKernelSync(NET, X, { samples: 2, [name]: value } as Any)).code).toBe('ERR_ARGUMENT');
      await expect(monteCarloKernel(NET, X, { samples: 2, [name]: value } as Any)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });

  it.each([
    ['learningRate', [undefined, 0, -1, Number.NaN, '1', Object.create(null)]],
    ['steps', [undefined, -1, 0.5, '1']],
    ['ntkAt', [5, 'all', [2], [0.5]]],
    ['momentum', [1, -0.1, '0.5']],
    ['checkpoint', [{}, 5, { step: 1, params: 5, first: null, second: null }, { step: -1, params: PARAMS }]],
  ])('%s of train', (name, values: readonly unknown[]) => {
    for (const value of values) expect(errorOf(() => trainSync(NET, PARAMS, X, Y, { ...TRAIN, [name]: value })).code).toBe('ERR_ARGUMENT');
  });

  it('moments of a checkpoint with other shapes than its params', () => {
    const { checkpoint } = trainSync(NET, PARAMS, X, Y, { ...TRAIN, optimizer: 'momentum' });
    const wrong = { ...checkpoint, first: init(dense(2), 0, X.shape) };
    expect(errorOf(() => trainSync(NET, PARAMS, X, Y, { ...TRAIN, optimizer: 'momentum', checkpoint: wrong })).message).toContain(
      'moments',
    );
  });

  it('train without any', () => {
    expect(errorOf(() => trainSync(NET, PARAMS, X, Y, undefined as Any)).message).toContain('train: the options must be an object');
  });
});

describe('networks, shapes and parameters', () => {
  it.each([
    ['undefined', undefined],
    ['the function relu', relu],
    ['a layer without its fields', { kind: 'dense' }],
    ['a layer within that is none', { kind: 'serial', layers: [null] }],
    ['layers that are no list', { kind: 'serial', layers: 5 }],
    ['a kind that there is not', { kind: 'constructor' }],
    ['a bad field', { kind: 'dense', outDim: -1 }],
  ])('a network that is %s', (_what, net) => {
    for (const call of [
      () => init(net as Network, 0, X.shape),
      () => apply(net as Network, PARAMS, X),
      () => linearize(net as Network, PARAMS)(PARAMS, X),
      () => monteCarloKernelSync(net as Network, X, { samples: 1 }),
      () => trainSync(net as Network, PARAMS, X, Y, TRAIN),
    ])
      expect(errorOf(call).code).toBe('ERR_ARGUMENT');
  });

  it('a network as data without what has defaults', () => {
    const data = { kind: 'dense', outDim: 2 } as Network;
    expect(init(data, 3, X.shape)).toEqual(init(dense(2), 3, X.shape));
    expect(monteCarloKernelSync(data, X, { samples: 3 })).toEqual(monteCarloKernelSync(dense(2), X, { samples: 3 }));
  });

  it('shapes of inputs', () => {
    for (const shape of [
      undefined,
      null,
      5,
      'abc',
      () => 1,
      [],
      [3],
      [1, 0],
      [1, -1],
      [1, 0.5],
      [1, Number.NaN],
      [1, '3'],
      [[3]],
      new Map(),
    ])
      expect([shape, errorOf(() => init(NET, 0, shape as Any)).code]).toEqual([shape, 'ERR_SHAPE']);
    expect(init(NET, 0, [-1, 3])).toEqual(PARAMS);
    expect(errorOf(() => init(NET, 0, [1, 1e15])).code).toBe('ERR_OUT_OF_MEMORY');
  });

  it('parameters', () => {
    const [first, last] = PARAMS as Any[];
    for (const [params, code] of [
      [undefined, 'ERR_ARGUMENT'],
      [{ w: first.w }, 'ERR_ARGUMENT'],
      [[null, last], 'ERR_ARGUMENT'],
      [[first], 'ERR_SHAPE'],
      [[{ w: first.w }, last], 'ERR_SHAPE'],
      [[first, { ...last, b: first.b }], 'ERR_SHAPE'],
      [[first, { w: { data: [1, 2], shape: [4, 2] } }], 'ERR_DTYPE'],
      [[first, { w: { data: new Float64Array(3), shape: [4, 2] } }], 'ERR_SHAPE'],
    ] as [Any, string][])
      for (const call of [
        () => apply(NET, params, X),
        () => empiricalNtk(NET, params, X),
        () => linearize(NET, params)(PARAMS, X),
        () => linearize(NET, PARAMS)(params, X),
        () => trainSync(NET, params, X, Y, TRAIN),
      ])
        expect(errorOf(call).code).toBe(code);
  });

  it('a vector of empiricalNtkVp that is none', () => {
    for (const [v, code] of [
      [undefined, 'ERR_DTYPE'],
      [{ data: new Float64Array(4) }, 'ERR_SHAPE'],
      [{ data: new Float64Array(3), shape: [2, 2] }, 'ERR_SHAPE'],
    ])
      expect(errorOf(() => empiricalNtkVp(NET, PARAMS, X, null, v as Any)).code).toBe(code);
  });
});

describe('kernels to compare', () => {
  const nan = { data: Float64Array.of(1, Number.NaN, 1, 1), shape: [2, 2] };
  const zero = { data: new Float64Array(4), shape: [2, 2] };

  it('relativeChange', () => {
    for (const [a, b, code] of [
      [undefined, K, 'ERR_DTYPE'],
      [K, [1, 2], 'ERR_SHAPE'],
      [nan, K, 'ERR_NON_FINITE'],
      [K, zero, 'ERR_NON_FINITE'],
    ])
      expect(errorOf(() => relativeChange(a as Any, b as Any)).code).toBe(code);
    expect(relativeChange([[2, 1]] as Any, [[1, 1]] as Any)).toBe(Math.SQRT1_2);
  });

  it('classBlocks', () => {
    for (const [kernel, labels, code] of [
      [K, undefined, 'ERR_ARGUMENT'],
      [K, [0, Number.NaN], 'ERR_ARGUMENT'],
      [K, ['a', 'b'], 'ERR_ARGUMENT'],
      [K, [0], 'ERR_SHAPE'],
      [nan, [0, 1], 'ERR_NON_FINITE'],
      [zero, [0, 1], 'ERR_NON_FINITE'],
    ])
      expect(errorOf(() => classBlocks(kernel as Any, labels as Any)).code).toBe(code);
  });
});
