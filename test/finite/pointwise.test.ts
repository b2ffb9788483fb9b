/** Activations of finite networks against arithmetic of 500 digits, and the backends against each other. */
import { describe, expect, it } from 'vitest';
import {
  abRelu,
  abs,
  cos,
  elu,
  erf,
  exp,
  gabor,
  gaussian,
  gelu,
  leakyRelu,
  monomial,
  polynomial,
  rbf,
  rectifiedMonomial,
  relu,
  selu,
  sigmoid,
  sigmoidLike,
  sign,
  silu,
  sin,
  softplus,
  tanh,
} from '../../src';
import { type Pointwise, routinesOf } from '../../src/backends/finite';
import { activationOf, pointwiseOf } from '../../src/finite/activations';
import type { ActivationLayer, Layer } from '../../src/spec';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';

const LAYERS: Readonly<Record<string, Layer>> = {
  erf: erf(),
  'erf a b c': erf({ a: 2, b: 0.5, c: -1 }),
  gelu: gelu(),
  'gelu approximate': gelu({ approximate: true }),
  sin: sin(),
  'sin a b c': sin({ a: 2, b: 1.5, c: 0.25 }),
  cos: cos(),
  rbf: rbf(),
  gabor: gabor(),
  exp: exp({ a: 0.5, b: 1.5 }),
  gaussian: gaussian({ a: 2, b: -0.75 }),
  tanh: tanh(),
  sigmoid: sigmoid(),
  softplus: softplus(),
  silu: silu(),
  elu: elu({ alpha: 0.5 }),
  selu: selu(),
  polynomial: polynomial([0.5, -1, 0, 2]),
  monomial: monomial(3),
  rectifiedMonomial: rectifiedMonomial(2),
};

interface References {
  readonly x: readonly number[];
  /** value, slope, scale of the value, scale of the slope */
  readonly cases: Readonly<Record<string, readonly (readonly number[])[]>>;
}
const { x, cases } = fixture<References>('pointwise.json');

const operationOf = (layer: Layer): Pointwise => pointwiseOf(layer as ActivationLayer) as Pointwise;

/** Units of rounding: what remains of a few operations, and of reductions and exponents of arguments up to 30. */
const ALLOWED = 12;

describe.each(testContexts())('%s', (_name, open) => {
  const routines = routinesOf(open().backend);
  const run = (layer: Layer, slope: boolean, dtype: 'float32' | 'float64') => {
    const data = dtype === 'float32' ? Float32Array.from(x) : Float64Array.from(x);
    const out = data.slice();
    routines.pointwise(operationOf(layer), slope, data, out);
    return out;
  };

  it.each(Object.keys(LAYERS))('%s and its slope agree with the reference', (name) => {
    for (const [dtype, unit, least] of [
      ['float64', 2 ** -53, 1e-300],
      ['float32', 2 ** -24, 1e-30],
    ] as const)
      for (const slope of [false, true]) {
        const [expected, scale] = [cases[name][Number(slope)], cases[name][2 + Number(slope)]];
        run(LAYERS[name], slope, dtype).forEach((value, k) => {
          const size = dtype === 'float32' ? Math.fround(expected[k]) : expected[k];
          if (!Number.isFinite(size)) expect(value).toBe(size);
          else expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(ALLOWED * unit * Math.max(scale[k], least / unit));
        });
      }
  });

  it('rectified activations and sign are exact, and 0 from the left at their kinks', () => {
    const at = Float64Array.of(-2, -0.5, 0, 0.5, 3);
    const both = (layer: Layer) =>
      [false, true].map((slope) => {
        const out = at.slice();
        routines.pointwise(operationOf(layer), slope, at, out);
        return Array.from(out, (v) => v + 0);
      });
    expect(both(relu())).toEqual([
      [0, 0, 0, 0.5, 3],
      [0, 0, 0, 1, 1],
    ]);
    expect(both(abs())).toEqual([
      [2, 0.5, 0, 0.5, 3],
      [-1, -1, -1, 1, 1],
    ]);
    expect(both(leakyRelu(0.25))[0]).toEqual([-0.5, -0.125, 0, 0.5, 3]);
    expect(both(abRelu(2, 4))[1]).toEqual([2, 2, 2, 4, 4]);
    expect(both(sign())).toEqual([
      [-1, -1, 0, 1, 1],
      [0, 0, 0, 0, 0],
    ]);
    expect(both(rectifiedMonomial(0))[0]).toEqual([0, 0, 1, 1, 1]);
  });

  it('takes any length, in place or not, and passes NaN on', () => {
    for (const length of [0, 1, 3, 5, 17]) {
      const data = Float64Array.from({ length }, (_, k) => k - 3);
      const out = new Float64Array(length);
      routines.pointwise(operationOf(tanh()), false, data, out);
      out.forEach((value, k) => void expect(Math.abs(value - Math.tanh(data[k]))).toBeLessThan(1e-15));
      routines.pointwise(operationOf(tanh()), false, data, data);
      expect(data).toEqual(out);
    }
    for (const layer of [...Object.values(LAYERS), relu(), sign()].filter(({ kind }) => kind !== 'rectifiedMonomial')) {
      const out = new Float64Array(2);
      routines.pointwise(operationOf(layer), false, Float64Array.of(Number.NaN, 1), out);
      expect(Array.from(out, Number.isNaN)).toEqual([true, false]);
    }
  });
});

it('the plain build and JavaScript have the same bits in float64', () => {
  const [js, simd] = testContexts().map(([, open]) => routinesOf(open().backend));
  const data = Float64Array.from({ length: 4001 }, (_, k) => (k - 2000) / 97);
  for (const layer of [...Object.values(LAYERS), relu(), abs(), sigmoidLike(), sign()])
    for (const slope of [false, true]) {
      const outs = [js, simd].map((routines) => {
        const out = new Float64Array(data.length);
        routines.pointwise(operationOf(layer), slope, data, out);
        return out;
      });
      expect(Buffer.from(outs[1].buffer).equals(Buffer.from(outs[0].buffer))).toBe(true);
    }
});

it('single numbers are those of the JavaScript backend', () => {
  const { value, slope } = activationOf(gelu() as ActivationLayer);
  const routines = routinesOf(testContexts()[0][1]().backend);
  const out = new Float64Array(1);
  routines.pointwise(operationOf(gelu()), false, Float64Array.of(0.3), out);
  expect(value(0.3)).toBe(out[0]);
  routines.pointwise(operationOf(gelu()), true, Float64Array.of(0.3), out);
  expect(slope(0.3)).toBe(out[0]);
});
