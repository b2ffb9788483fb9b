/** Methods by products alone, against the dense factorisations of the same matrices, on every backend. */
import { describe, expect, it } from 'vitest';
import { embeddedPool } from '../../src/backends/core';
import { createJsLinearAlgebra } from '../../src/backends/js-linalg';
import { createWasmLinearAlgebra } from '../../src/backends/wasm-linalg';
import { solve } from '../../src/linalg/cholesky';
import { conjugateGradient } from '../../src/linalg/conjugate-gradient';
import type { LinearAlgebra } from '../../src/linalg/contract';
import { eigh } from '../../src/linalg/eigh';
import { lanczos } from '../../src/linalg/lanczos';
import { matmul } from '../../src/linalg/matmul';
import { lowRankPreconditioner, pivotedCholesky } from '../../src/linalg/pivoted-cholesky';
import type { NDArray } from '../../src/ndarray';
import { random } from '../conformance/linalg-matrices';
import { errorOf } from '../error-of';

const backends: readonly (readonly [string, LinearAlgebra])[] = [
  ['js', createJsLinearAlgebra()],
  ['simd', createWasmLinearAlgebra(embeddedPool('simd'))],
];

/** exp(−|i − j|²/(2 length²)) + ridge: a covariance whose eigenvalues fall fast. */
const gaussian = (n: number, length: number, ridge: number): NDArray => ({
  data: Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Math.exp(-((i - j) ** 2) / (2 * length * length)) + (i === j ? ridge : 0);
  }),
  shape: [n, n],
});

const vectors = (n: number, m: number, seed: number): NDArray => {
  const next = random(seed);
  return { data: Float64Array.from({ length: n * m }, () => next() - 0.5), shape: [n, m] };
};

const largest = (data: ArrayLike<number>): number => Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const gap = (a: NDArray, b: NDArray): number => largest(a.data.map((x, i) => x - b.data[i]));

describe.each(backends)('iterative methods on %s', (_, la) => {
  const n = 70;
  const a = gaussian(n, 3, 0.01);

  it.each([1, 3])(
    'conjugateGradient solves %i right-hand sides as the Cholesky factorisation does, to the condition 7e2 of the matrix',
    (m) => {
      const b = vectors(n, m, 4);
      const { x, residuals, iterations } = conjugateGradient(la, a, b, { tolerance: 1e-13 });
      expect(gap(x, solve(la, a, b))).toBeLessThan(1e-9);
      expect(x.shape).toEqual([n, m]);
      expect(largest(residuals)).toBeLessThanOrEqual(1e-13);
      expect(iterations).toBeGreaterThan(10);
    },
  );

  it('conjugateGradient: a function and a matrix give the same bits, a start that is the solution needs no iteration', () => {
    const b = vectors(n, 1, 5);
    const byMatrix = conjugateGradient(la, a, b);
    expect(conjugateGradient(la, (x) => matmul(la, a, x), b).iterations).toBe(byMatrix.iterations);
    const again = conjugateGradient(la, a, b, { x0: byMatrix.x, tolerance: 1e-8 });
    expect(again.iterations).toBe(0);
    expect(again.x.data).toEqual(byMatrix.x.data);
  });

  it('conjugateGradient: n steps are enough for n different eigenvalues, and b = 0 has the solution 0', () => {
    const diagonal = { data: Float64Array.from({ length: 25 }, (_, at) => (at % 6 === 0 ? 1 + at : 0)), shape: [5, 5] };
    const b = [1, 2, 3, 4, 5];
    const seen: number[] = [];
    const { x, iterations } = conjugateGradient(la, diagonal, b, { tolerance: 1e-14, onIteration: (k) => seen.push(k) });
    expect(iterations).toBeLessThanOrEqual(5);
    expect(seen).toEqual(Array.from({ length: iterations }, (_, k) => k + 1));
    expect(x.shape).toEqual([5]);
    expect(largest(x.data.map((value, i) => value - b[i] / (1 + 6 * i)))).toBeLessThan(1e-15 * 5);
    expect(conjugateGradient(la, diagonal, [0, 0, 0, 0, 0])).toEqual({
      x: { data: new Float64Array(5), shape: [5] },
      iterations: 0,
      residuals: [0],
    });
  });

  it('the low-rank preconditioner saves iterations and changes nothing else', () => {
    const ridge = 1e-6;
    const hard = gaussian(n, 6, ridge);
    const b = vectors(n, 2, 6);
    const { l } = pivotedCholesky(gaussian(n, 6, 0), { rank: 25 });
    const plain = conjugateGradient(la, hard, b, { tolerance: 1e-10, maxIterations: 2000 });
    const helped = conjugateGradient(la, hard, b, { tolerance: 1e-10, preconditioner: lowRankPreconditioner(la, l, ridge) });
    expect(helped.iterations).toBeLessThan(plain.iterations / 4);
    // The condition is 1.5e7: residuals of 1e-10 leave 1e-3 of 1/ridge at most; both are far better.
    expect(gap(helped.x, solve(la, hard, b))).toBeLessThan(1e-4 * largest(helped.x.data));
  });

  it('conjugateGradient refuses what it cannot solve, and gives back how far it came', () => {
    const b = vectors(n, 1, 7);
    const { code, details } = errorOf(() => conjugateGradient(la, a, b, { maxIterations: 3 }));
    expect(code).toBe('ERR_NOT_CONVERGED');
    expect(details.iterations).toBe(3);
    expect((details.x as NDArray).shape).toEqual([n, 1]);
    const indefinite = errorOf(() =>
      conjugateGradient(
        la,
        [
          [1, 2],
          [2, 1],
        ],
        [1, -1],
      ),
    );
    expect(indefinite.code).toBe('ERR_NOT_POSITIVE_DEFINITE');
    expect(indefinite.details.curvature).toBeLessThan(0);
    expect(errorOf(() => conjugateGradient(la, a, [1, 2])).code).toBe('ERR_SHAPE');
    expect(errorOf(() => conjugateGradient(la, (x) => ({ ...x, shape: [1, 1] }), b)).code).toBe('ERR_SHAPE');
    expect(errorOf(() => conjugateGradient(la, a, b, { tolerance: -1 })).code).toBe('ERR_ARGUMENT');
    expect(errorOf(() => conjugateGradient(la, a, b, { x0: [1] })).code).toBe('ERR_SHAPE');
    expect(() => conjugateGradient(la, a, b, { signal: AbortSignal.abort() })).toThrow('aborted');
  });

  it.each([1e-200, 1e200])('answers scale with b, A and the start, at %d as at 1', (scale) => {
    const two = [
      [2, 1],
      [1, 3],
    ];
    const times = (rows: number[][]) => rows.map((row) => row.map((value) => value * scale));
    const { x } = conjugateGradient(la, two, { data: Float64Array.of(scale, 1, 0, scale, 1, 0), shape: [2, 3] });
    const solutions = { data: x.data.map((value, i) => (i % 3 === 0 ? value / scale : value)), shape: [2, 3] };
    // A⁻¹·(1, 1) = (0.4, 0.2); 1e-10 of b is asked for.
    expect(gap(solutions, { data: Float64Array.of(0.4, 0.4, 0, 0.2, 0.2, 0), shape: [2, 3] })).toBeLessThan(1e-10);
    const eigenvalues = [(5 - Math.sqrt(5)) / 2, (5 + Math.sqrt(5)) / 2];
    for (const found of [
      lanczos(la, times(two)).values.data.map((value) => value / scale),
      lanczos(la, two, { start: [scale, 0] }).values.data,
    ])
      found.forEach((value, i) => {
        expect(Math.abs(value - eigenvalues[i])).toBeLessThan(4e-15);
      });
  });

  it('products that are not finite are refused, not answered', () => {
    const nan = (x: NDArray): NDArray => ({ data: x.data.map(() => Number.NaN), shape: x.shape });
    expect(errorOf(() => lanczos(la, nan, { n: 3 })).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => conjugateGradient(la, nan, [1, 2])).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => conjugateGradient(la, nan, [1, 2], { x0: [1, 2] })).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => conjugateGradient(la, [[1e-300]], [1e300])).code).toBe('ERR_NON_FINITE');
    expect(errorOf(() => eigh(la, { data: new Float64Array(4).fill(1.7e308), shape: [2, 2] })).code).toBe('ERR_NON_FINITE');
  });

  it('conjugateGradient: an empty system has an empty solution', () => {
    const empty = { data: new Float64Array(0), shape: [0, 0] };
    expect(conjugateGradient(la, empty, { data: new Float64Array(0), shape: [0] }).x.shape).toEqual([0]);
  });

  it('a preconditioner whose ridge is lost in rounding is refused', () => {
    const dependent = { data: new Float64Array(6).fill(1), shape: [3, 2] };
    expect(errorOf(() => lowRankPreconditioner(la, dependent, 1e-30)).code).toBe('ERR_NOT_POSITIVE_DEFINITE');
    expect(errorOf(() => lowRankPreconditioner(la, [[1]], 1e-310)).code).toBe('ERR_NOT_POSITIVE_DEFINITE');
  });

  it('lanczos: after n steps the spectrum is that of eigh', () => {
    const spread = { data: a.data.map((x, at) => (at % (n + 1) === 0 ? x + at / (n + 1) : x)), shape: [n, n] };
    const { values, residuals } = lanczos(la, spread, { steps: n });
    expect(residuals.length).toBe(n);
    // ‖A‖ is 75.
    expect(gap(values, eigh(la, spread).values)).toBeLessThan(1e-12);
  });

  it('lanczos: residuals are what they say', () => {
    const { values, vectors: ritz, residuals } = lanczos(la, a, { steps: 15 });
    const products = matmul(la, a, ritz);
    residuals.forEach((bound, j) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (products.data[i * 15 + j] - values.data[j] * ritz.data[i * 15 + j]) ** 2;
      expect(Math.abs(Math.sqrt(sum) - bound)).toBeLessThan(1e-12);
    });
  });

  it('lanczos: the largest eigenvalues come first, within the residual of an eigenvalue; vectors are orthonormal', () => {
    const steps = 24;
    const {
      values,
      vectors: ritz,
      residuals,
      diagonal,
      offDiagonal,
    } = lanczos(la, a, { steps, start: { data: vectors(n, 1, 8).data, shape: [n] } });
    const exact = [...eigh(la, a).values.data];
    expect(Math.abs(values.data[steps - 1] - exact[n - 1])).toBeLessThan(1e-12 * exact[n - 1]);
    values.data.forEach((value, j) => {
      expect(Math.min(...exact.map((other) => Math.abs(other - value)))).toBeLessThan(residuals[j] + 1e-13);
    });
    const gram = matmul(la, ritz, ritz, { transA: true });
    gram.data.forEach((value, at) => {
      expect(Math.abs(value - (at % (steps + 1) === 0 ? 1 : 0))).toBeLessThan(1e-13);
    });
    expect([diagonal.shape, offDiagonal.shape]).toEqual([[steps], [steps - 1]]);
  });

  it('lanczos ends where the start spans no more, in float32 too', () => {
    const two = { data: Float32Array.of(2, 0, 0, 0, 3, 0, 0, 0, 3), shape: [3, 3] };
    const { values, residuals } = lanczos(la, two, { start: [1, 1, 1] });
    expect(values.data).toBeInstanceOf(Float64Array);
    expect([...values.data].map((value) => Number(value.toFixed(12)))).toEqual([2, 3]);
    expect(largest(residuals)).toBeLessThan(1e-13);
    expect(lanczos(la, two).values.data).toBeInstanceOf(Float32Array);
    const single = lanczos(la, (x) => x, { start: { data: Float32Array.of(0, 2, 0), shape: [3] } });
    expect(single.values).toEqual({ data: Float32Array.of(1), shape: [1] });
  });

  it('lanczos refuses what has no answer', () => {
    expect(errorOf(() => lanczos(la, (x) => x)).code).toBe('ERR_ARGUMENT');
    expect(errorOf(() => lanczos(la, a, { start: new Array(n).fill(0) })).code).toBe('ERR_ARGUMENT');
    expect(errorOf(() => lanczos(la, a, { steps: 0 })).code).toBe('ERR_ARGUMENT');
    expect(errorOf(() => lanczos(la, a, { start: [1, 2] })).code).toBe('ERR_SHAPE');
    expect(
      errorOf(() =>
        lanczos(la, [
          [1, Number.NaN],
          [0, 1],
        ]),
      ).code,
    ).toBe('ERR_NON_FINITE');
  });
});

describe('pivotedCholesky', () => {
  const n = 60;
  const a = gaussian(n, 4, 0);

  it('leaves a remainder whose trace is what it says, and nothing in the rows of the pivots', () => {
    const { l, pivots, remainder } = pivotedCholesky(a, { rank: 12 });
    expect(l.shape).toEqual([n, 12]);
    expect(new Set(pivots).size).toBe(12);
    const left = (i: number, j: number) => {
      let value = a.data[i * n + j];
      for (let k = 0; k < 12; k++) value -= l.data[i * 12 + k] * l.data[j * 12 + k];
      return value;
    };
    const trace = Array.from({ length: n }, (_, i) => left(i, i)).reduce((x, y) => x + y, 0);
    expect(Math.abs(trace - remainder)).toBeLessThan(1e-13);
    expect(remainder).toBeGreaterThan(0);
    for (const p of pivots) for (let j = 0; j < n; j++) expect(Math.abs(left(p, j))).toBeLessThan(1e-12);
  });

  it('stops at the tolerance, and at the rank of the matrix', () => {
    const { l, remainder } = pivotedCholesky(a, { tolerance: 1e-6 });
    expect(remainder).toBeLessThanOrEqual(1e-6 * n);
    expect(l.shape[1]).toBeLessThan(30);
    const outer = { data: Float64Array.from({ length: 49 }, (_, at) => (1 + Math.floor(at / 7)) * (1 + (at % 7))), shape: [7, 7] };
    expect(pivotedCholesky(outer)).toEqual({ l: { data: Float64Array.of(1, 2, 3, 4, 5, 6, 7), shape: [7, 1] }, pivots: [6], remainder: 0 });
    expect(
      pivotedCholesky([
        [0, 0],
        [0, 0],
      ]).pivots,
    ).toEqual([]);
  });

  it('reads the columns of its pivots and no others', () => {
    const asked: number[] = [];
    const column = (i: number) => {
      asked.push(i);
      return a.data.subarray(i * n, (i + 1) * n);
    };
    const { pivots, l } = pivotedCholesky({ diagonal: new Float64Array(n).fill(1), column }, { rank: 5 });
    expect(asked).toEqual(pivots);
    expect(l).toEqual(pivotedCholesky(a, { rank: 5 }).l);
  });

  it('refuses a trace beyond the range of numbers', () => {
    expect(errorOf(() => pivotedCholesky({ diagonal: [1e308, 1e308], column: () => [0, 0] })).code).toBe('ERR_NON_FINITE');
  });

  it('refuses what is no covariance', () => {
    expect(
      errorOf(() =>
        pivotedCholesky([
          [1, 2],
          [2, 1],
        ]),
      ).code,
    ).toBe('ERR_NOT_POSITIVE_DEFINITE');
    expect(
      errorOf(() =>
        pivotedCholesky([
          [-1, 0],
          [0, 1],
        ]),
      ).details.index,
    ).toBe(0);
    expect(
      errorOf(() =>
        pivotedCholesky([
          [1, 0],
          [Number.NaN, 1],
        ]),
      ).code,
    ).toBe('ERR_NON_FINITE');
    expect(errorOf(() => pivotedCholesky([[1, 0]])).code).toBe('ERR_SHAPE');
    expect(errorOf(() => pivotedCholesky(a, { rank: 1.5 })).code).toBe('ERR_ARGUMENT');
    expect(errorOf(() => pivotedCholesky({ diagonal: [1, 1], column: () => [1] })).code).toBe('ERR_SHAPE');
  });
});
