/** Taylor polynomials: every activation's series against interpolation, and networks against the order at which the remainder vanishes. */
import { describe, expect, test } from 'vitest';
import type { ActivationLayer, Network } from '../../src';
import * as layers from '../../src';
import { apply, empiricalNtkVp, init, linearize, type Params, taylorExpand } from '../../src/finite';
import { activationOf } from '../../src/finite/activations';
import { mapParams } from '../../src/finite/params';
import { activatedSeries } from '../../src/finite/series-activations';
import { inputs, NETWORKS } from './networks';

const ACTIVATIONS: readonly ActivationLayer[] = [
  layers.relu(),
  layers.abs(),
  layers.leakyRelu(0.2),
  layers.abRelu(0.3, 1.2),
  layers.erf({ a: 1.2, b: 0.9, c: 0.1 }),
  layers.sigmoidLike(),
  layers.gelu(),
  layers.gelu({ approximate: true }),
  layers.sin({ a: 1.1, b: 1.3, c: 0.2 }),
  layers.cos(),
  layers.rbf({ gamma: 0.4 }),
  layers.gabor(),
  layers.exp({ a: 0.5, b: 0.7 }),
  layers.gaussian({ a: 1.1, b: -0.6 }),
  layers.hermite(0),
  layers.hermite(4),
  layers.monomial(0),
  layers.monomial(5),
  layers.rectifiedMonomial(0),
  layers.rectifiedMonomial(3),
  layers.polynomial([0.3, -1, 0.5, 2]),
  layers.sign(),
  layers.tanh(),
  layers.sigmoid(),
  layers.softplus(),
  layers.silu(),
  layers.elu({ alpha: 1.3 }),
  layers.selu(),
];

const DEGREE = 4;
const NODES = 18;
const RADIUS = 0.4;

/** Coefficients of t^0 … t^DEGREE of the polynomial through f at Chebyshev's nodes of [−RADIUS, RADIUS]. */
function interpolated(f: (t: number) => number): number[] {
  const angles = Array.from({ length: NODES }, (_, m) => (Math.PI * (m + 0.5)) / NODES);
  const values = angles.map((angle) => f(RADIUS * Math.cos(angle)));
  const result = new Array<number>(DEGREE + 1).fill(0);
  let [before, own] = [[0], [1]];
  for (let j = 0; j < NODES; j++) {
    const share = angles.reduce((sum, angle, m) => sum + values[m] * Math.cos(j * angle), 0) * ((j === 0 ? 1 : 2) / NODES);
    for (let k = 0; k <= DEGREE; k++) result[k] += (share * (own[k] ?? 0)) / RADIUS ** k;
    // T₁ = t, T_{j+1} = 2t T_j − T_{j−1}
    const next = Array.from({ length: own.length + 1 }, (_, k) => (j === 0 ? 1 : 2) * (own[k - 1] ?? 0) - (j === 0 ? 0 : (before[k] ?? 0)));
    [before, own] = [own, next];
  }
  return result;
}

describe('series of activations', () => {
  test.each(ACTIVATIONS.map((layer) => [layer.kind, layer] as const))('%s, left and right of 0, up to degree 4', (_, layer) => {
    const { value } = activationOf(layer);
    for (const start of [-0.9, 0.8]) {
      const [u1, u2] = [0.7, -0.5];
      const series = activatedSeries(layer, [Float64Array.of(start), Float64Array.of(u1), Float64Array.of(u2)], DEGREE);
      const expected = interpolated((t) => value(start + u1 * t + u2 * t * t));
      // Rounding of the nodes' values grows by NODES⁴/(4! RADIUS⁴) at most on the way to t⁴.
      expected.forEach((coefficient, k) => {
        expect(Math.abs((series[k]?.[0] ?? 0) - coefficient)).toBeLessThan(1e-9);
      });
    }
  });
});

const toward = (p: Params, q: Params, t: number): Params =>
  mapParams(p, ({ data, shape }, k, name) => {
    const other = (q[k] as unknown as Record<string, { data: Float64Array }>)[name].data;
    return { data: Float64Array.from(data, (value, at) => value + t * (other[at] - value)), shape };
  });

describe('taylorExpand', () => {
  test.each(NETWORKS)('%s: the remainder of degree k vanishes like t^(k + 1)', (_, net, sample) => {
    const [params, other] = [init(net, 7, [1, ...sample]), init(net, 8, [1, ...sample])];
    const x = inputs(1, 2, ...sample);
    const remainder = (degree: number, t: number) => {
      const p = toward(params, other, t);
      const exact = apply(net, p, x).data;
      return Math.max(...Array.from(taylorExpand(net, params, degree)(p, x).data, (value, at) => Math.abs(value - exact[at])));
    };
    for (const degree of [0, 1, 2, 3]) {
      const [far, near] = [remainder(degree, 0.02), remainder(degree, 0.01)];
      expect(Math.log2(far / near)).toBeGreaterThan(degree + 1 - 0.2);
    }
  });

  test('a network that is a polynomial in its parameters is its own expansion', () => {
    const net = layers.serial(layers.dense(4, { bStd: 1 }), layers.monomial(2), layers.dense(3), layers.dense(2));
    const [params, other] = [init(net, 1, [1, 3]), init(net, 2, [1, 3])];
    const x = inputs(3, 2, 3);
    const exact = apply(net, other, x).data;
    taylorExpand(
      net,
      params,
      4,
    )(other, x).data.forEach((value, at) => {
      expect(Math.abs(value - exact[at])).toBeLessThan(1e-13 * Math.max(...exact.map(Math.abs)));
    });
  });

  test('layers with options: noise of dropout and graphs are those of apply', () => {
    const net = layers.serial(
      layers.conv(3, [1]),
      layers.erf(),
      layers.dropout(0.5),
      layers.aggregate(),
      layers.flatten(),
      layers.dense(2),
    );
    const [params, other] = [init(net, 1, [1, 4, 2]), init(net, 2, [1, 4, 2])];
    const [x, options] = [inputs(3, 2, 4, 2), { rng: 5, pattern: inputs(4, 2, 4, 4) }];
    expect(taylorExpand(net, params, 3)(params, x, options).data).toEqual(apply(net, params, x, options).data);
    const [t, p] = [1e-3, toward(params, other, 1e-3)];
    const exact = apply(net, p, x, options).data;
    taylorExpand(
      net,
      params,
      2,
      options,
    )(p, x).data.forEach((value, at) => {
      expect(Math.abs(value - exact[at])).toBeLessThan(100 * t ** 3);
    });
  });

  test('linearize is degree 1; degree 0 is the network at params; float32 stays float32', () => {
    const [, net, sample] = NETWORKS[1];
    const [params, other] = [init(net, 7, [1, ...sample]), init(net, 8, [1, ...sample])];
    const x = inputs(1, 2, ...sample);
    expect(linearize(net, params)(other, x)).toEqual(taylorExpand(net, params, 1)(other, x));
    const single = (p: Params) => mapParams(p, ({ data, shape }) => ({ data: Float32Array.from(data), shape }));
    const narrow = { data: Float32Array.from(x.data), shape: x.shape };
    expect(taylorExpand(net, single(params), 2)(single(other), narrow).data).toBeInstanceOf(Float32Array);
    const zero = taylorExpand(net, params, 0)(other, x).data;
    apply(net, params, x).data.forEach((value, at) => {
      expect(Math.abs(value - zero[at])).toBeLessThan(1e-14);
    });
  });

  test('functions of the user have degree 1 at most; arguments are checked', () => {
    const own: Network = layers.serial(layers.dense(3), layers.elementwiseNumerical(Math.tanh, 20), layers.dense(1));
    const known: Network = layers.serial(layers.dense(3), layers.tanh(), layers.dense(1));
    const [params, other, x] = [init(own, 1, [1, 2]), init(own, 2, [1, 2]), inputs(1, 2, 2)];
    linearize(own, params)(other, x).data.forEach((value, at) => {
      // Its slope is a central difference.
      expect(Math.abs(value - linearize(known, params)(other, x).data[at])).toBeLessThan(1e-9);
    });
    expect(() => taylorExpand(own, params, 2)(other, x)).toThrow(/degrees 0 and 1, not 2.*ERR_UNSUPPORTED/);
    expect(() => taylorExpand(own, params, -1)).toThrow(/degree is a natural number.*ERR_ARGUMENT/);
    expect(() => taylorExpand(own, params, 1)(init(own, 1, [1, 3]), x)).toThrow(/ERR_SHAPE/);
    expect(() => empiricalNtkVp(own, params, x, null, inputs(1, 3, 1))).toThrow(/v has shape \[3, 1\].*ERR_SHAPE/);
  });
});
