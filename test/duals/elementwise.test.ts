import { describe, expect, it } from 'vitest';
import { dense, elementwise, inLanes, kernelSync, type Lanes, monomial, type Network, serial } from '../../src';
import { openContext } from '../../src/context';
import { dualOf } from '../../src/duals/dual';
import type { ActivationLayer, ElementwiseLayer } from '../../src/spec';
import { chain, tileKernel } from './tile';

const own = (kind: ActivationLayer, withSlope: boolean): ElementwiseLayer => {
  const dual = dualOf(kind);
  const d = (k: number, q1: number, q2: number) => q1 + q2 - 2 * k;
  return {
    kind: 'elementwise',
    fn: null,
    nngpFn: (k, q1, q2) => dual.nngp(k, q1, q2, d(k, q1, q2)),
    dNngpFn: withSlope ? (k, q1, q2) => dual.factor(k, q1, q2, d(k, q1, q2)) : null,
  };
};

const ACTIVATIONS: readonly ActivationLayer[] = [
  { kind: 'relu' },
  { kind: 'erf', a: 1, b: 1, c: 0.25 },
  { kind: 'gelu', approximate: false },
  { kind: 'sin', a: 1, b: 1, c: 0.5 },
  { kind: 'gaussian', a: 1, b: -1 },
  { kind: 'rectifiedMonomial', degree: 2 },
  { kind: 'polynomial', coef: [1, 0.5, -0.25] },
];
const NAMED = ACTIVATIONS.map((activation) => [activation.kind, activation] as const);

const ROWS = [
  [0.5, -1, 2],
  [0.5, -1, 2],
  [-0.5, 1, -2],
  [0.75, -1, 2],
  [1.5, 0.25, -0.75],
  [2, 1, 0],
];
const js = openContext({ backend: 'js' });

describe('elementwise', () => {
  it.each(NAMED)('with the dual and the derivative of %s', (_kind, activation) => {
    const layers = (layer: ActivationLayer) => chain([1.2, 0.1], layer, [1, 0], layer, [1, 0.1]);
    const mine = tileKernel(js, layers(own(activation, true)), ROWS, ROWS, 'float64');
    const closed = tileKernel(js, layers(activation), ROWS, ROWS, 'float64');
    for (const field of ['nngp', 'ntk'] as const)
      closed[field].forEach((exact, i) => {
        expect(Math.abs(mine[field][i] - exact)).toBeLessThanOrEqual(1e-12 * Math.abs(exact));
      });
  });

  // Measured 7e-10 of the factor at ρ = 1; the angle of relu near opposite rows is known to √ε.
  it.each(NAMED)('differentiates the dual of %s', (_kind, activation) => {
    const exact = dualOf(activation);
    const found = dualOf(own(activation, false));
    for (const [q1, q2] of [
      [1, 1],
      [0.3, 2],
      [4, 3],
    ])
      for (const rho of [1, 1 - 1e-12, 1 - 1e-6, 0.99, 0.7, 0.1, 0, -0.4, -0.95, -1 + 1e-9, -1]) {
        const k = rho * Math.sqrt(q1 * q2);
        const d = q1 === q2 && rho === 1 ? 0 : q1 + q2 - 2 * k;
        const scale = Math.sqrt(exact.factor(q1, q1, q1, 0) * exact.factor(q2, q2, q2, 0));
        expect(Math.abs(found.factor(k, q1, q2, d) - exact.factor(k, q1, q2, d)), `${q1} ${q2} ${rho}`).toBeLessThanOrEqual(1e-8 * scale);
      }
  });

  it('is finite for zero rows and keeps coincident ones coincident', () => {
    const dual = dualOf(own({ kind: 'gelu', approximate: false }, false));
    expect(dual.nngp(0, 0, 0, 0)).toBe(0);
    expect(dual.factor(0, 0, 0, 0)).toBeCloseTo(0.25, 5);
    expect(dual.distance(0.7, 0.7, 0.7, 0)).toBe(0);
    const k = tileKernel(js, chain([1, 0], own({ kind: 'relu' }, true), [1, 0], { kind: 'relu' }), ROWS, ROWS, 'float64');
    expect(k.ntk[1]).toBe(k.ntk[0]);
    expect(k.ntk[7]).toBe(k.ntk[0]);
  });
});

it('a dual in lane algebra is the same dual', () => {
  const hidden = { wStd: 1.2, bStd: 0.3 };
  const net = (phi: Network) => serial(dense(4, hidden), phi, dense(4, hidden), phi, dense(1));
  const x = [
    [1, 2, -1],
    [0.5, -1, 2],
  ];
  const ofNumbers = elementwise({ nngpFn: (k, q1, q2) => 2 * k * k + q1 * q2, dNngpFn: (k, _q1, _q2) => 4 * k });
  const ofLanes = elementwise({
    nngpFn: inLanes((l: Lanes<number>, k, q1, q2) => l.add(l.mul(l.two(), l.mul(k, k)), l.mul(q1, q2))),
    dNngpFn: inLanes((l, k) => l.mul(l.lit(4), k)),
  });
  const [a, b, square] = [ofNumbers, ofLanes, monomial(2)].map((phi) => kernelSync(net(phi), x));
  expect(b.nngp.data).toEqual(a.nngp.data);
  expect(b.ntk.data).toEqual(a.ntk.data);
  a.ntk.data.forEach((value, at) => {
    expect(Math.abs(square.ntk.data[at] / value - 1)).toBeLessThan(1e-13);
  });
});
