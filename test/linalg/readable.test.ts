import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedPool } from '../../src/backends/core';
import { createJsLinearAlgebra } from '../../src/backends/js-linalg';
import { createWasmLinearAlgebra } from '../../src/backends/wasm-linalg';
import { cholesky, choleskySolve, solve } from '../../src/linalg/cholesky';
import type { LinearAlgebra } from '../../src/linalg/contract';
import { eigh } from '../../src/linalg/eigh';
import { matmul } from '../../src/linalg/matmul';
import { triangularSolve } from '../../src/linalg/triangular';
import { dense, random } from '../conformance/linalg-matrices';
import { compact } from '../conformance/linalg-ratios';
import { errorOf } from '../error-of';

const backends: readonly (readonly [string, LinearAlgebra])[] = [
  ['js', createJsLinearAlgebra()],
  ['simd', createWasmLinearAlgebra(embeddedPool('simd'))],
];

describe.each(backends)('readable linear algebra on %s', (_, la) => {
  const spd = [
    [4, 2, -2],
    [2, 10, 2],
    [-2, 2, 6],
  ];

  it('cholesky: the factor of a small matrix by hand, zeros above its diagonal', () => {
    const l = cholesky(la, spd);
    expect(l.shape).toEqual([3, 3]);
    expect([...l.data]).toEqual([2, 0, 0, 1, 3, 0, -1, 1, 2]);
  });

  it('cholesky reads the lower triangle only, keeps the dtype, and leaves its input alone', () => {
    const a = { data: Float32Array.of(4, 99, 2, 10), shape: [2, 2] };
    const before = a.data.slice();
    const l = cholesky(la, a);
    expect(l.data).toEqual(Float32Array.of(2, 0, 1, 3));
    expect(a.data).toEqual(before);
  });

  it('cholesky: an empty matrix has an empty factor', () => {
    expect(cholesky(la, { data: new Float64Array(0), shape: [0, 0] })).toEqual({ data: new Float64Array(0), shape: [0, 0] });
  });

  it.each([
    ['indefinite', dense(Float64Array.of(1, 2, -0.003, 1.5, 1), 7), 5],
    ['singular', (i: number, j: number) => (i + 1) * (j + 1), 4],
    ['zero', () => 0, 2],
    ['negative definite, large', (i: number, j: number) => (i === j ? -1e200 : 0), 3],
    ['negative definite, small', (i: number, j: number) => (i === j ? -1e-200 : 0), 3],
    ['negative definite, below the normal numbers', (i: number, j: number) => (i === j ? -1e-310 : 0), 3],
  ])('cholesky: the jitter suggested for a matrix that is %s is the least power of ten that works', (_kind, entry, n) => {
    const a = compact(n, n, entry);
    const { code, message, details } = errorOf(() => cholesky(la, { data: a, shape: [n, n] }));
    expect(code).toBe('ERR_NOT_POSITIVE_DEFINITE');
    const { index, pivot, suggestedJitter } = details as { index: number; pivot: number; suggestedJitter: number };
    expect(message).toContain(`row ${index}`);
    expect(message).toContain(String(suggestedJitter));
    expect(index).toBeLessThan(n);
    expect(pivot).toBeLessThanOrEqual(0);
    const shifted = (jitter: number) => ({ data: a.map((x, position) => (position % (n + 1) === 0 ? x + jitter : x)), shape: [n, n] });
    expect(Math.log10(suggestedJitter)).toBeCloseTo(Math.round(Math.log10(suggestedJitter)), 9);
    expect(() => cholesky(la, shifted(suggestedJitter))).not.toThrow();
    // Below the rounding error of the largest row no power is worth suggesting, whether it would do or not.
    if (suggestedJitter > 1e-14) expect(() => cholesky(la, shifted(suggestedJitter / 10))).toThrow('ERR_NOT_POSITIVE_DEFINITE');
  });

  it('cholesky suggests no jitter that its dtype does not have', () => {
    const indefinite = (diagonal: number, beside: number, type: typeof Float32Array | typeof Float64Array) => ({
      data: type.of(diagonal, beside, beside, diagonal),
      shape: [2, 2],
    });
    for (const a of [indefinite(1e308, 1.5e308, Float64Array), indefinite(3e38, 3.2e38, Float32Array)]) {
      const { code, message, details } = errorOf(() => cholesky(la, a));
      expect([code, details.suggestedJitter]).toEqual(['ERR_NOT_POSITIVE_DEFINITE', undefined]);
      expect(message).toContain('divide it');
    }
  });

  it('solutions that leave the range are refused', () => {
    expect(errorOf(() => solve(la, [[1e-300]], [1e300])).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => triangularSolve(la, [[1e-300]], [1e300])).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => choleskySolve(la, [[0]], [[1, 2]]))).toMatchObject({ code: 'ERR_NON_FINITE', details: { row: 0 } });
  });

  it('refuses what is not square, not finite, or of the wrong length, naming it', () => {
    const wide = { data: new Float64Array(6), shape: [2, 3] };
    expect(errorOf(() => cholesky(la, wide))).toMatchObject({ code: 'ERR_SHAPE', details: { shape: [2, 3] } });
    expect(
      errorOf(() =>
        cholesky(la, [
          [1, 0],
          [Number.NaN, 1],
        ]),
      ),
    ).toMatchObject({ code: 'ERR_NON_FINITE', details: { index: [1, 0] } });
    expect(errorOf(() => solve(la, spd, [1, 2, Infinity]))).toMatchObject({ code: 'ERR_NON_FINITE', details: { name: 'b' } });
    expect(errorOf(() => solve(la, spd, [1, 2]))).toMatchObject({ code: 'ERR_SHAPE', details: { a: [3, 3], b: [2] } });
    expect(errorOf(() => matmul(la, wide, wide))).toMatchObject({ code: 'ERR_SHAPE', details: { a: [2, 3], b: [2, 3] } });
    expect(
      errorOf(() =>
        triangularSolve(
          la,
          [
            [1, 0],
            [1, 0],
          ],
          [1, 2],
        ),
      ),
    ).toMatchObject({ code: 'ERR_ARGUMENT', details: { index: 1 } });
  });

  it('solve and choleskySolve give back x from A·x, as a vector and as a matrix', () => {
    const x = [1, -2, 3];
    const b = spd.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0));
    const expected = (values: ArrayLike<number>) => expect(x.every((value, i) => Math.abs(values[i] - value) < 1e-14)).toBe(true);
    const direct = solve(la, spd, b);
    expect(direct.shape).toEqual([3]);
    expected(direct.data);
    const columns = choleskySolve(
      la,
      cholesky(la, spd),
      b.map((value) => [value, 2 * value]),
    );
    expect(columns.shape).toEqual([3, 2]);
    expected([0, 2, 4].map((i) => columns.data[i]));
    expected([1, 3, 5].map((i) => columns.data[i] / 2));
  });

  it('eigh: a small matrix by hand, the lower triangle alone, the dtype kept', () => {
    const a = { data: Float32Array.of(2, 99, 1, 2), shape: [2, 2] };
    const { values, vectors } = eigh(la, a);
    expect(values.shape).toEqual([2]);
    expect(vectors.shape).toEqual([2, 2]);
    expect(values.data).toBeInstanceOf(Float32Array);
    expect(Math.abs(values.data[0] - 1)).toBeLessThan(1e-6);
    expect(Math.abs(values.data[1] - 3)).toBeLessThan(1e-6);
    const [x0, x1, y0, y1] = vectors.data;
    expect(Math.abs(x0 + y0)).toBeLessThan(1e-6);
    expect(Math.abs(x1 - y1)).toBeLessThan(1e-6);
    expect(Math.abs(x1 * y1 - 0.5)).toBeLessThan(1e-6);
    expect(a.data).toEqual(Float32Array.of(2, 99, 1, 2));
    expect(eigh(la, { data: new Float64Array(0), shape: [0, 0] }).values.shape).toEqual([0]);
  });

  it('eigh: V·diag(values)·Vᵀ gives A back, and traces agree', () => {
    const n = 40;
    const a = compact(
      n,
      n,
      dense(
        Float64Array.from({ length: n }, (_, i) => (i % 7) - 3),
        5,
      ),
    );
    const { values, vectors } = eigh(la, { data: a, shape: [n, n] });
    const scaled = vectors.data.map((x, index) => x * values.data[index % n]);
    const back = matmul(la, { data: scaled, shape: [n, n] }, vectors, { transB: true });
    // ‖A‖ is 3, entries are off by a few of its roundings.
    back.data.forEach((x, i) => void expect(Math.abs(x - a[i])).toBeLessThan(1e-13));
    values.data.forEach((x) => void expect(Math.abs(x - Math.round(x))).toBeLessThan(1e-13));
  });

  it('eigh: what cannot be computed is refused, and what does not converge is said', () => {
    expect(errorOf(() => eigh(la, [[1, 2]]))).toMatchObject({ code: 'ERR_SHAPE' });
    expect(errorOf(() => eigh(la, [[Number.NaN]]))).toMatchObject({ code: 'ERR_NON_FINITE' });
    const stuck = {
      ...la,
      *syevdSteps() {
        yield 0.5;
        return 2;
      },
    };
    expect(errorOf(() => eigh(stuck, spd))).toMatchObject({ code: 'ERR_NOT_CONVERGED', details: { name: 'a', index: 1 } });
  });

  it('matmul: transposes and promotes', () => {
    const a = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const b = { data: Float64Array.of(1, 0, 0, 1, 1, 1), shape: [3, 2] };
    expect(matmul(la, a, b)).toEqual({ data: Float64Array.of(4, 5, 10, 11), shape: [2, 2] });
    expect(matmul(la, a, a, { transB: true })).toEqual({ data: Float32Array.of(14, 32, 32, 77), shape: [2, 2] });
    expect(matmul(la, a, a, { transA: true }).data).toEqual(Float32Array.of(17, 22, 27, 22, 29, 36, 27, 36, 45));
    expect(matmul(la, { data: new Float64Array(0), shape: [2, 0] }, { data: new Float64Array(0), shape: [0, 1] }).data).toEqual(
      Float64Array.of(0, 0),
    );
  });

  it('triangularSolve: all its options invert matmul', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (n, m, seed, lower, trans, unitDiagonal) => {
          const next = random(seed);
          const uplo = lower ? ('lower' as const) : ('upper' as const);
          const a = compact(n, n, (i, j) => (i === j ? (unitDiagonal ? 1 : 1 + next()) : (lower ? i > j : i < j) ? (next() - 0.5) / n : 0));
          const x = compact(n, m, () => next() - 0.5);
          const b = matmul(la, { data: a, shape: [n, n] }, { data: x, shape: [n, m] }, { transA: trans });
          const solved = triangularSolve(la, { data: a, shape: [n, n] }, b, { uplo, trans, unitDiagonal });
          // The off-diagonal rows sum to less than one half: condition below 4.
          return solved.data.every((value, i) => Math.abs(value - x[i]) < 1e-13);
        },
      ),
      { numRuns: 60 },
    );
  });
});
