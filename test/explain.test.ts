import { describe, expect, test } from 'vitest';
import {
  abRelu,
  conv,
  dense,
  elementwise,
  erf,
  explain,
  flatten,
  globalAvgPool,
  hash,
  identity,
  kernelSync,
  leakyRelu,
  type Network,
  relu,
  serial,
  sigmoidLike,
} from '../src';
import * as opcodes from '../src/opcodes';
import { errorOf } from './error-of';

const LAYER = { wStd: Math.SQRT2, bStd: 0.1 };
const net = serial(flatten(), dense(512, LAYER), relu(), serial(identity(), dense(64, LAYER), relu()), dense(10));

describe('explain', () => {
  test('a network without layers', () => {
    const { layers, text, outputShape } = explain(serial(), [3, 4]);
    expect([layers, outputShape]).toEqual([[], [3, 4]]);
    expect(text).toContain('[3, 4] -> [3, 4], output not Gaussian');
    for (const shape of [null, undefined, 7]) expect(errorOf(() => explain(serial(), shape as unknown as number[])).code).toBe('ERR_SHAPE');
  });

  test('one entry per layer: place, shape, formula', () => {
    const { layers, outputShape, features, isGaussian } = explain(net, [100, 4, 4, 3]);
    expect(layers.map(({ position, shape }) => [position, shape])).toEqual([
      ['0', [100, 48]],
      ['1', [100, 512]],
      ['2', [100, 512]],
      ['3.0', [100, 512]],
      ['3.1', [100, 64]],
      ['3.2', [100, 64]],
      ['4', [100, 10]],
    ]);
    expect(layers[1].formula).toBe('K′ = 2 K + 0.01   Θ′ = K′ + 2 Θ');
    expect([outputShape, features, isGaussian]).toEqual([[100, 10], 48, true]);
  });

  test('flops of the layers, the inner product and both ends add up; both kernels and the identity cost what they should', () => {
    for (const network of [
      net,
      serial(dense(3, { parameterization: 'standard', bStd: 0 }), erf(), dense(3), sigmoidLike(), dense(1)),
      serial(dense(2), leakyRelu(0.1), dense(2), abRelu(0, 0), dense(1)),
    ]) {
      const { layers, flopsPerPair, pairs, flops, features } = explain(network, [50, 48]);
      const ends = flopsPerPair - 2 * features - layers.reduce((sum, layer) => sum + layer.flopsPerPair, 0);
      expect(ends).toBe(8);
      expect([pairs, flops]).toEqual([1275, 1275 * flopsPerPair]);
      expect(layers.filter(({ layer }) => layer === 'identity' || layer === 'flatten').every((layer) => layer.flopsPerPair === 0)).toBe(
        true,
      );
      expect(layers.filter(({ layer }) => !/identity|flatten/.test(layer)).every((layer) => layer.operations.length > 0)).toBe(true);
    }
  });

  test('operations are called by their names: no number in opcodes.ts stands for two', () => {
    const numbers = Object.values(opcodes);
    expect(new Set(numbers).size).toBe(numbers.length);
    const biased = () => dense(2, { bStd: 0.1 });
    const { layers } = explain(serial(biased(), relu(), biased(), relu(), biased()), [4, 3]);
    expect(layers.map(({ operations }) => operations)).toEqual([
      ['AFFINE'],
      ['RECTIFIED'],
      ['AFFINE_RECTIFIED'],
      ['AFFINE_RECTIFIED', 'CORRELATION'],
      ['AFFINE'],
    ]);
  });

  test('the formulas hold: evaluated by hand for one pair they give the kernel', () => {
    const x = [
      [1, 2],
      [2, -0.5],
    ];
    const [k, q1, q2] = [(1 * 2 - 2 * 0.5) / 2, 5 / 2, 4.25 / 2];
    const rho = k / Math.sqrt(q1 * q2);
    const s = Math.sqrt(1 - rho * rho);
    const cases = [
      [
        relu(),
        (Math.sqrt(q1 * q2) * (s + rho * (Math.PI - Math.acos(rho)))) / (2 * Math.PI),
        (k * (Math.PI - Math.acos(rho))) / (2 * Math.PI),
        'Θ′ = Θ (π − arccos ρ)/2π',
      ],
      [
        leakyRelu(0.1),
        0.3025 * k + 0.128916 * Math.sqrt(q1 * q2) * (s + rho * Math.asin(rho)),
        k * (0.3025 + 0.128916 * Math.asin(rho)),
        '0.3025 K + 0.128916 √(q₁q₂) (s + ρ arcsin ρ)',
      ],
      [
        erf(),
        0.63662 * Math.asin((2 * k) / Math.sqrt((1 + 2 * q1) * (1 + 2 * q2))),
        (1.27324 * k) / Math.sqrt((1 + 2 * q1) * (1 + 2 * q2) - 4 * k * k),
        'Θ′ = 1.27324 Θ/√((1 + 2 q₁)(1 + 2 q₂) − 4 K²)',
      ],
    ] as const;
    for (const [activation, nngp, ntk, text] of cases) {
      const network = serial(dense(1), activation);
      expect(explain(network, [2, 2]).layers[1].formula).toContain(text);
      const result = kernelSync(network, x);
      // The constants of the formulas are written to six digits.
      expect(result.nngp.data[1]).toBeCloseTo(nngp, 5);
      expect(result.ntk.data[1]).toBeCloseTo(ntk, 5);
    }
  });

  test('counts bytes by dtype and get, and says what does not fit without throwing', () => {
    expect(explain(net, [100, 48], { dtype: 'float32', get: 'ntk' }).resultBytes).toBe(40_000);
    expect(explain(net, [100, 48]).resultBytes).toBe(160_000);
    const huge = explain(net, [10_000_000, 48]);
    expect(huge.resultBytes).toBe(1.6e15);
    expect(huge.fits).toBe(huge.availableBytes === null);
    expect(huge.text).toContain(huge.fits ? 'not known' : 'DOES NOT FIT');
    expect(huge.workspaceBytes).toBeLessThan(64 << 20);
  });

  test('the text has every layer, its hash, and no line that ends in blanks', () => {
    const { text } = explain(net, [100, 48]);
    for (const word of ['dense 512 (wStd 1.41421, bStd 0.1)', 'relu', 'flatten', hash(net).slice(0, 16)]) expect(text).toContain(word);
    expect(text).not.toMatch(/[ \t]$/m);
  });

  test('says which engine runs a network, and why', () => {
    const images = (phi: Network, padding: 'SAME' | 'CIRCULAR' = 'SAME') =>
      serial(conv(4, [3, 3], { padding }), phi, globalAvgPool(), dense(1));
    const engineOf = (network: Network, shape: readonly number[]) => explain(network, shape).engine;
    expect(engineOf(net, [100, 48]).name).toBe('tiles');
    expect(engineOf(images(relu()), [9, 8, 8, 3]).name).toBe('planes');
    expect(engineOf(images(erf()), [9, 8, 8, 3]).name).toBe('planes');
    expect(engineOf(images(relu(), 'CIRCULAR'), [9, 8, 8, 3])).toEqual({ name: 'javascript', reason: 'conv at 0: a circular window' });
    const own = elementwise({ fn: (x) => x, nngpFn: (k) => k });
    expect(engineOf(serial(dense(1), own, dense(1)), [9, 8])).toMatchObject({
      name: 'javascript',
      reason: expect.stringContaining('elementwise'),
    });
    expect(explain(images(relu(), 'CIRCULAR'), [9, 8, 8, 3]).text).toContain('plain JavaScript: conv at 0: a circular window');
  });

  test.each([
    ['ERR_SHAPE', net, [0, 48]],
    ['ERR_SHAPE', net, [1.5, 48]],
    ['ERR_SHAPE', net, [5]],
    ['ERR_SHAPE', serial(conv(2, [5])), [5, 4, 3]],
    ['ERR_NOT_GAUSSIAN', serial(relu()), [5, 4]],
  ] as const)('%s', (code, network, shape) => {
    expect(() => explain(network, shape)).toThrowError(expect.objectContaining({ code }));
  });
});
