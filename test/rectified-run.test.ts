/** RECTIFIED_RUN beside the operations it stands for, in doubles. Against exact values: test/kernels/exact.test.ts. */
import { describe, expect, it } from 'vitest';
import { ScalarPair, scalarStep } from '../src/backends/scalar-pair';
import type { Step } from '../src/infer';
import type { DType } from '../src/ndarray';
import * as op from '../src/opcodes';
import { compile, rectifiedConstants } from '../src/program';

const dense: Step = { kind: 'affine', w: Math.SQRT2, b: 0, hasBias: false, fanIn: null };
const standard: Step = { ...dense, fanIn: 7 };
const biased: Step = { ...dense, b: 0.1, hasBias: true };
const rectified = (a: number, b: number): Step => ({ kind: 'rectified', a, b });
const network = (depth: number, phi: Step, affine = dense): Step[] => [...new Array(depth).fill([affine, phi]).flat(), affine];

/** With depths at which they are one operation. */
const FAMILY: readonly (readonly [string, Step, readonly number[]])[] = [
  ['relu', rectified(0, 1), [4, 10, 100]],
  ['abs', rectified(-1, 1), [3, 10, 100]],
  ['leakyRelu(0.1)', rectified(0.1, 1), [4, 10, 100]],
  ['abRelu(-0.5, 1.3)', rectified(-0.5, 1.3), [5, 10]],
];

const none = () => 0;
const codes = (steps: readonly Step[], dtype: DType = 'float64') => compile(steps, dtype).ops.map(({ code }) => code);

/** ρ and t after every layer of a pair of angle θ, layer by layer. */
function layerByLayer(steps: readonly Step[], pair: ScalarPair): void {
  for (const step of steps)
    if (step.kind === 'affine') pair.t += (step.fanIn === null ? 1 : step.fanIn / step.w ** 2) * pair.c;
    else if (step.kind === 'rectified') {
      const { kappa, lambda, plus, minus } = rectifiedConstants(step.a, step.b);
      scalarStep(pair, { code: op.RECTIFIED, params: [kappa, lambda, plus, minus] }, none, none);
    }
}

function pairOf(theta: number): ScalarPair {
  const pair = new ScalarPair();
  const acute = theta <= Math.PI / 2;
  pair.m = 2 * (acute ? Math.sin(theta / 2) : Math.cos(theta / 2)) ** 2;
  pair.c = acute ? 1 - pair.m : pair.m - 1;
  return pair;
}

/** From coincident to opposite, densely near both. */
const ANGLES = [0, 1e-150, 1e-8, 1e-4, 1e-2, ...Array.from({ length: 600 }, (_, k) => (Math.PI * k) / 600), Math.PI - 1e-4, Math.PI - 1e-8];

/** Largest error of ρ', and of t' relative to the largest t'. */
function errors(steps: readonly Step[], dtype: DType): { correlation: number; tangent: number } {
  const run = compile(steps, dtype).ops[1];
  const scale = pairOf(0);
  layerByLayer(steps, scale);
  const worst = { correlation: 0, tangent: 0 };
  for (const theta of ANGLES) {
    const [fitted, exact] = [pairOf(theta), pairOf(theta)];
    scalarStep(fitted, run, none, none);
    layerByLayer(steps, exact);
    worst.correlation = Math.max(worst.correlation, Math.abs(fitted.c - exact.c));
    worst.tangent = Math.max(worst.tangent, Math.abs(fitted.t - exact.t) / scale.t);
  }
  return worst;
}

describe('a network of dense layers without bias and rectified activations', () => {
  it.each(FAMILY)('of %s is one operation', (_name, phi, depths) => {
    for (const depth of depths)
      for (const affine of [dense, standard]) expect(codes(network(depth, phi, affine))).toEqual([op.START, op.RECTIFIED_RUN, op.FINISH]);
    expect(codes(network(2, phi))).not.toContain(op.RECTIFIED_RUN);
    expect(codes([...network(10, phi), phi, biased])).not.toContain(op.RECTIFIED_RUN);
  });

  it('does with as few terms as the precision and the depth ask for', () => {
    const blocks = (depth: number, dtype: DType) => compile(network(depth, rectified(0, 1)), dtype).ops[1].params[0];
    expect([4, 10, 100].map((depth) => blocks(depth, 'float32'))).toEqual([4, 4, 7]);
    expect([4, 10, 100].map((depth) => blocks(depth, 'float64'))).toEqual([8, 8, 14]);
  });

  it('that would need too many keeps its layers', () => {
    expect(codes(network(3, rectified(0, 1)))).not.toContain(op.RECTIFIED_RUN);
    expect(codes(network(10, rectified(-0.999, 1)))).not.toContain(op.RECTIFIED_RUN);
  });

  describe.each(FAMILY)('%s', (_name, phi, depths) => {
    it.each(depths)('depth %d: as layer by layer', (depth) => {
      for (const affine of [dense, standard]) {
        const double = errors(network(depth, phi, affine), 'float64');
        expect(double.correlation, JSON.stringify(double)).toBeLessThanOrEqual(3e-15);
        expect(double.tangent, JSON.stringify(double)).toBeLessThanOrEqual(3e-15);
        const single = errors(network(depth, phi, affine), 'float32');
        expect(single.correlation, JSON.stringify(single)).toBeLessThanOrEqual(5e-9);
        expect(single.tangent, JSON.stringify(single)).toBeLessThanOrEqual(5e-9);
      }
    });
  });

  it('coincident rows stay coincident, to the bit', () => {
    for (const [, phi] of FAMILY) {
      const pair = pairOf(0);
      scalarStep(pair, compile(network(10, phi), 'float64').ops[1], none, none);
      expect(pair.c).toBe(1);
    }
  });
});
