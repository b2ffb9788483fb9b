/**
 * Finite networks against neural-tangents in float64 (test/reference/finite.py): outputs, empirical kernels in every layout, NTK-vector
 * products, Taylor polynomials and training. Both compute the same sums in another order: 1e-12 of the largest entry.
 */
import { describe, expect, test } from 'vitest';
import type { NDArray } from '../../src';
import { apply, empiricalNngp, empiricalNtk, empiricalNtkVp, linearize, type Optimizer, taylorExpand, train } from '../../src/finite';
import { fixture } from '../fixtures';
import { networkOf } from '../layers/support';
import { array, type Entries, type Numbers, paramsOf } from './fixture-arrays';

interface Case {
  readonly name: string;
  readonly network: object;
  readonly params: Entries;
  readonly near: Entries;
  readonly x1: Numbers;
  readonly x2: Numbers;
  readonly v: Numbers;
  readonly pattern: Numbers | null;
  readonly output: Numbers;
  readonly kernels: readonly {
    readonly traceAxes: readonly number[];
    readonly diagonalAxes: readonly number[];
    readonly nngp: Numbers;
    readonly ntk: Numbers;
  }[];
  readonly vectorProduct: Numbers;
  readonly linearized: Numbers;
  readonly taylor: readonly Numbers[];
}

interface Run {
  readonly learningRate: number;
  readonly mass?: number;
  readonly b1?: number;
  readonly b2?: number;
  readonly eps?: number;
  readonly losses: readonly number[];
  readonly output: Numbers;
  readonly ntk: Numbers;
}

interface Training {
  readonly name: string;
  readonly network: object;
  readonly params: Entries;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly runs: Readonly<Record<Optimizer, Run>>;
}

function expectNear(actual: NDArray, expected: Numbers, tolerance = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.data.reduce((most, value, at) => Math.max(most, Math.abs(actual.data[at] - value)), 0);
  expect(worst).toBeLessThanOrEqual(tolerance * largest);
}

const { cases, training } = fixture<{ cases: Case[]; training: Training[] }>('finite/neural-tangents.json.gz');

describe.each(cases)('$name', (one) => {
  const net = networkOf(one.network);
  const [params, near] = [paramsOf(one.params), paramsOf(one.near)];
  const [x1, x2] = [array(one.x1), array(one.x2)];
  const pattern = one.pattern && array(one.pattern);
  const second = pattern && { data: pattern.data.slice(0, (pattern.data.length * 2) / 3), shape: [2, ...pattern.shape.slice(1)] };
  const both = pattern && second ? { pattern: [pattern, second] as const } : {};

  test('outputs', () => {
    expectNear(apply(net, params, x1, { pattern }), one.output);
  });

  test.each(one.kernels)('kernels, traceAxes $traceAxes, diagonalAxes $diagonalAxes', ({ traceAxes, diagonalAxes, nngp, ntk }) => {
    expectNear(empiricalNngp(net, params, x1, x2, { traceAxes, diagonalAxes, ...both }), nngp);
    expectNear(empiricalNtk(net, params, x1, x2, { traceAxes, diagonalAxes, ...both }), ntk);
  });

  test('the NTK-vector product', () => {
    expectNear(empiricalNtkVp(net, params, x1, x2, array(one.v), both), one.vectorProduct);
  });

  test('the linearised network and Taylor polynomials', () => {
    expectNear(linearize(net, params)(near, x1, { pattern }), one.linearized);
    one.taylor.forEach((expected, degree) => {
      expectNear(taylorExpand(net, params, degree, { pattern })(near, x1), expected);
    });
  });
});

describe.each(training)('training: $name', ({ network, params, x, y, runs }) => {
  test.each(Object.entries(runs) as [Optimizer, Run][])('%s', async (optimizer, { losses, output, ntk, ...run }) => {
    const steps = losses.length - 1;
    const options = { optimizer, learningRate: run.learningRate, momentum: run.mass, beta1: run.b1, beta2: run.b2, epsilon: run.eps };
    const net = networkOf(network);
    const result = await train(net, paramsOf(params), array(x), array(y), { ...options, steps, ntkAt: [steps] });
    expectNear({ data: result.losses, shape: [losses.length] }, { data: losses, shape: [losses.length] });
    // Rounding grows along the trajectory, most in adam, whose steps divide by small moments.
    expectNear(apply(net, result.params, array(x)), output, 1e-10);
    expectNear(result.ntk[0].kernel, ntk, 1e-10);
  });
});
