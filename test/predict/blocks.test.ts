/** Sizes straddle the blocks of 512 and the depth of 2048; errors are measured as LAPACK does, in units of n·ε·norm. */
import { describe, expect, it } from 'vitest';
import type { LinearAlgebra } from '../../src/linalg/contract';
import type { TypedArray } from '../../src/ndarray';
import { factorLower, multiplyAdd, solveHalf, solveOtherHalf, subtractGram, subtractSymmetric } from '../../src/predict/blocks';
import { engines, randomArray } from './support';

const la = engines[1][1].backend.linalg;
const THRESHOLD = 30;

function drain<T>(steps: Generator<number, T>): { result: T; flops: number } {
  let flops = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) flops += step.value;
  return { result: step.value, flops };
}

const RANK = 40;

/** B·Bᵀ + n·I/8 with B n × RANK: condition number of a few units. */
function positiveDefinite(algebra: LinearAlgebra, n: number, dtype: 'float32' | 'float64'): TypedArray {
  const b = randomArray(n, [n, RANK], dtype).data;
  const a = dtype === 'float32' ? new Float32Array(n * n) : new Float64Array(n * n);
  algebra.gemm('n', 't', n, n, RANK, 1, b, RANK, b, RANK, 0, a, n);
  for (let i = 0; i < n; i++) a[i * (n + 1)] += n / 8;
  return a;
}

const epsilonOf = (a: TypedArray): number => (a instanceof Float32Array ? 2 ** -24 : 2 ** -53);

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each([1, 2, 511, 512, 513, 1100, 2200])('n = %i', (n) => {
    const a = positiveDefinite(la, n, dtype);
    const l = a.slice();
    const { result, flops } = drain(factorLower(la, n, l));
    expect(result).toBe(0);
    expect(flops / (n ** 3 / 3)).toBeCloseTo(1, 12);
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) if (l[i * n + j] !== a[i * n + j]) throw new Error(`upper triangle written at ${i}, ${j}`);

    const m = 3;
    const b = randomArray(7, [m, n], dtype).data;
    const half = b.slice();
    const first = drain(solveHalf(la, n, l, m, half));
    const x = half.slice();
    const second = drain(solveOtherHalf(la, n, l, m, x));
    expect((first.flops + second.flops) / (2 * m * n * n)).toBeCloseTo(1, 12);
    const residual = b.slice();
    la.gemm('n', 'n', m, n, n, -1, x, n, a, n, 1, residual, n);
    const norm = (values: TypedArray) => Math.hypot(...values);
    const rowSum = n / 8 + RANK * Math.sqrt(n);
    expect(norm(residual) / (rowSum * norm(x) * n * epsilonOf(a))).toBeLessThan(THRESHOLD);
    expect(norm(half)).toBeGreaterThan(0);
    let middle = 0;
    for (let i = 0; i < m * n; i++) middle += x[i] * b[i];
    expect(middle / norm(half) ** 2).toBeCloseTo(1, dtype === 'float32' ? 4 : 12);
  });
});

it('names the pivot that fails in a later block, with its value', () => {
  const n = 700;
  const a = positiveDefinite(la, n, 'float64');
  for (let j = 0; j < n; j++) [a[600 * n + j], a[j * n + 600]] = [0, 0];
  a[600 * (n + 1)] = -2;
  expect(drain(factorLower(la, n, a)).result).toBe(601);
  expect(a[600 * (n + 1)]).toBe(-2);
});

describe('products', () => {
  const [m, k] = [600, 2100];
  const a = randomArray(1, [m, k]).data;
  const b = randomArray(2, [m, k]).data;
  const symmetric = (c: TypedArray) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) if (c[i * m + j] !== c[j * m + i]) return false;
    return true;
  };
  const largestDifference = (x: TypedArray, y: TypedArray) => {
    let most = 0;
    for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i] - y[i]));
    return most;
  };
  const expected = (alpha: number, pairs: [TypedArray, TypedArray][]) => {
    const c = new Float64Array(m * m).fill(0.5);
    for (const [left, right] of pairs) la.gemm('n', 't', m, m, k, alpha, left, k, right, k, 1, c, m);
    return c;
  };

  it('subtracts A·Aᵀ, symmetric to the bit', () => {
    const c = new Float64Array(m * m).fill(0.5);
    drain(subtractGram(la, m, k, a, c));
    expect(symmetric(c)).toBe(true);
    expect(largestDifference(c, expected(-1, [[a, a]]))).toBeLessThan(k * 2 ** -50);
  });

  it('subtracts A·Bᵀ + B·Aᵀ, symmetric to the bit', () => {
    const c = new Float64Array(m * m).fill(0.5);
    drain(subtractSymmetric(la, m, k, a, b, c));
    expect(symmetric(c)).toBe(true);
    expect(
      largestDifference(
        c,
        expected(-1, [
          [a, b],
          [b, a],
        ]),
      ),
    ).toBeLessThan(k * 2 ** -50);
  });

  it('adds A·B and A·Bᵀ', () => {
    const c = new Float64Array(m * m).fill(0.5);
    const { flops } = drain(multiplyAdd(la, 't', m, m, k, 2, a, b, c));
    expect(flops).toBe(2 * m * m * k);
    expect(largestDifference(c, expected(2, [[a, b]]))).toBeLessThan(k * 2 ** -49);
    const transposedB = new Float64Array(k * m);
    for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) transposedB[j * m + i] = b[i * k + j];
    const d = new Float64Array(m * m).fill(0.5);
    drain(multiplyAdd(la, 'n', m, m, k, 2, a, transposedB, d));
    expect(largestDifference(d, c)).toBeLessThan(k * 2 ** -49);
  });
});
