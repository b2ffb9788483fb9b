/**
 * The conformance suite of the linear algebra contract: the tests of the reference BLAS (xBLAT2, xBLAT3) and of LAPACK's positive
 * definite and symmetric eigenvalue routines (xCHKPO, xDRVST), with their ratios and thresholds, run over every backend and build.
 */

import { describe, expect, it } from 'vitest';
import { bringEigen } from '../../src/backends/parts';
import type { Diagonal, LinearAlgebra, Side, Transpose, Triangle } from '../../src/linalg/contract';
import type { DType } from '../../src/ndarray';
import { argumentConformance } from './linalg-arguments';
import { eigenConformance } from './linalg-eigen';
import { dense, ROGUE, random, roundoff, SPD_TYPES, type Spd, Stored, spdMatrix } from './linalg-matrices';
import { blasRatio, choleskyRatio, compact, solveRatio, worse } from './linalg-ratios';

/** Thresholds of the reference BLAS and of LAPACK's linear equation tests. */
const BLAS_LIMIT = 16;
const LAPACK_LIMIT = 30;

const TRANSPOSES: readonly Transpose[] = ['n', 't'];
const TRIANGLES: readonly Triangle[] = ['lower', 'upper'];
const SCALARS = [0, 1, 0.7];

/** The sizes a run goes over. */
export interface Sizes {
  /** m, n and k under every combination of flags. */
  readonly small: readonly number[];
  /** Orders of every routine; they straddle register tiles and cache blocks. */
  readonly orders: readonly number[];
  /** An order of several blocks. */
  readonly large: number;
}

/** LAPACK's, and every order to 129. */
export const EVERY_SIZE: Sizes = { small: [0, 1, 2, 3, 5, 8, 9, 17], orders: Array.from({ length: 130 }, (_, n) => n), large: 512 };
/** Both sides of every edge, in a twentieth of the time. */
export const FEW_SIZES: Sizes = { small: [0, 1, 3, 9], orders: [0, 1, 2, 3, 5, 8, 9, 17, 31, 33, 64, 65, 129], large: 200 };

const pick = <T>(values: readonly T[], index: number): T => values[index % values.length];

export interface Context {
  readonly sizes: Sizes;
  readonly la: LinearAlgebra;
  readonly dtype: DType;
  readonly eps: number;
  readonly next: () => number;
}

export function linalgConformance(name: string, make: () => LinearAlgebra, sizes: Sizes = EVERY_SIZE): void {
  bringEigen();
  describe(`linear algebra: ${name}`, () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const context = (): Context => ({ sizes, la: make(), dtype, eps: roundoff(dtype), next: random(20260101) });
      describe(dtype, () => {
        blasConformance(context);
        choleskyConformance(context);
        eigenConformance(context);
      });
    }
    argumentConformance(make);
  });
}

function blasConformance(context: () => Context): void {
  it('gemm: small sizes, all flags and scalars', () => {
    const c = context();
    const { small } = c.sizes;
    let worst = 0;
    for (const m of small)
      for (const n of small)
        for (const k of small)
          for (const transA of TRANSPOSES)
            for (const transB of TRANSPOSES) {
              const full = m + n + k < 20 ? SCALARS : [pick(SCALARS, m + n)];
              for (const alpha of full)
                for (const beta of SCALARS) worst = worse(worst, gemmRatio(c, transA, transB, m, n, k, alpha, beta));
            }
    expect(worst).toBeLessThan(BLAS_LIMIT);
  });

  it('gemm: every order, and shapes beyond one block', () => {
    const c = context();
    const { orders, large } = c.sizes;
    let worst = 0;
    for (const n of orders)
      worst = worse(worst, gemmRatio(c, pick(TRANSPOSES, n), pick(TRANSPOSES, n >> 1), n, pick(orders, n * 7 + 3), n, 1, 0.7));
    const shapes: readonly [number, number, number][] = [
      [large, 130, large],
      [97, 2051, 3],
      [130, 97, 771],
    ];
    for (const [m, n, k] of shapes)
      for (const transA of TRANSPOSES) for (const transB of TRANSPOSES) worst = worse(worst, gemmRatio(c, transA, transB, m, n, k, 0.7, 1));
    expect(worst).toBeLessThan(BLAS_LIMIT);
  });

  it('syrk: every order, all flags, and the other triangle untouched', () => {
    const c = context();
    const { orders, large } = c.sizes;
    let worst = 0;
    for (const n of orders)
      for (const uplo of TRIANGLES)
        for (const trans of TRANSPOSES)
          worst = worse(worst, syrkRatio(c, uplo, trans, n, pick([0, 1, 5, 64, 131], n), pick(SCALARS, n >> 1), pick(SCALARS, n)));
    for (const alpha of SCALARS) for (const beta of SCALARS) worst = worse(worst, syrkRatio(c, 'lower', 'n', 19, 300, alpha, beta));
    worst = worse(worst, syrkRatio(c, 'lower', 'n', large, 300, 1, 0));
    worst = worse(worst, syrkRatio(c, 'upper', 't', large, 300, 0.7, 1));
    expect(worst).toBeLessThan(BLAS_LIMIT);
  });

  it('syrk: both triangles and gemm have the same bits', () => {
    const { la, dtype, next } = context();
    for (const [n, k] of [
      [37, 300],
      [130, 64],
    ]) {
      const a = new Stored(dtype, n, k, Number.NaN, () => next() - 0.5);
      const lower = new Stored(dtype, n, n, ROGUE, () => 0, 'lower');
      const upper = new Stored(dtype, n, n, ROGUE, () => 0, 'upper');
      const full = new Stored(dtype, n, n, ROGUE, () => 0);
      la.syrk('lower', 'n', n, k, 1, a.data, a.ld, 0, lower.data, lower.ld);
      la.syrk('upper', 'n', n, k, 1, a.data, a.ld, 0, upper.data, upper.ld);
      la.gemm('n', 't', n, n, k, 1, a.data, a.ld, a.data, a.ld, 0, full.data, full.ld);
      let different = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++)
          if (lower.at(i, j) !== upper.at(j, i) || lower.at(i, j) !== full.at(i, j) || lower.at(i, j) !== full.at(j, i)) different++;
      expect(different).toBe(0);
    }
  });

  it('trsm: every order, all flags', () => {
    const c = context();
    let worst = 0;
    for (const order of [...c.sizes.orders, 200, c.sizes.large])
      for (const side of ['left', 'right'] as const)
        for (const uplo of TRIANGLES)
          for (const trans of TRANSPOSES)
            for (const diag of ['unit', 'nonunit'] as const)
              worst = worse(
                worst,
                trsmRatio(c, side, uplo, trans, diag, order, pick([1, 3, 4, 8, 17], order), pick([1, 0.7, 1, 0], order)),
              );
    expect(worst).toBeLessThan(BLAS_LIMIT);
  });

  it('symv: every order, both triangles, all scalars', () => {
    const { sizes, la, dtype, eps, next } = context();
    let worst = 0;
    for (const n of [...sizes.orders, sizes.large])
      for (const uplo of TRIANGLES)
        for (const alpha of SCALARS) {
          const beta = pick(SCALARS, n);
          const a = new Stored(dtype, n, n, Number.NaN, () => next() - 0.5, uplo);
          const x = new Stored(dtype, 1, n, Number.NaN, () => next() - 0.5);
          const y = new Stored(dtype, 1, n, ROGUE, () => (beta === 0 ? Number.NaN : next() - 0.5));
          la.symv(uplo, n, alpha, a.data, a.ld, x.data, beta, y.data);
          if (!a.untouched() || !x.untouched() || !y.untouchedOutsidePart()) worst = Infinity;
          const matrix = compact(n, n, (i, j) => a.symmetric(i, j));
          const vector = compact(1, n, (_, j) => x.at(0, j));
          worst = worse(
            worst,
            blasRatio(
              [1, n, n],
              eps,
              alpha,
              vector,
              matrix,
              beta,
              (i, j) => y.original(i, j),
              (i, j) => y.at(i, j),
            ),
          );
        }
    expect(worst).toBeLessThan(BLAS_LIMIT);
  });

  it('rowNorms: every length, and magnitudes whose squares leave the range', () => {
    const { sizes, la, dtype, next } = context();
    const magnitudes = dtype === 'float32' ? [1, 1e-42, 1e-30, 1e38] : [1, 1e-320, 1e-150, 1e150, 1.7e308];
    let worst = 0;
    for (const k of sizes.orders) {
      const a = new Stored(dtype, magnitudes.length, k, Number.NaN, (i) => ((next() - 0.5) * magnitudes[i]) / Math.sqrt(k));
      const norms = la.rowNorms(a.rows, k, a.data, a.ld);
      if (!a.untouched()) worst = Infinity;
      magnitudes.forEach((magnitude, i) => {
        const scale = 2 ** -Math.max(-1022, Math.floor(Math.log2(magnitude)));
        let sum = 0;
        for (let j = 0; j < k; j++) sum += (a.at(i, j) * scale) ** 2;
        const expected = Math.sqrt(sum) / scale;
        if (norms[i] !== expected) worst = worse(worst, Math.abs(norms[i] - expected) / expected / roundoff('float64'));
      });
    }
    // Each of the two sums of k ≤ 129 squares is off by at most k/2 eps in its root; random signs leave far less. A subnormal result
    // has its own last bit: 1e-320 has 2024 of them.
    expect(worst).toBeLessThan(dtype === 'float32' ? BLAS_LIMIT : 2 ** 53 / 16);
    const special = new Stored(dtype, 3, 2, 0, (i, j) => [0, j ? Number.NaN : 1, j ? 1 : -Infinity][i]);
    expect([...la.rowNorms(3, 2, special.data, special.ld)]).toEqual([0, Number.NaN, Infinity]);
  });
}

function gemmRatio(
  { la, dtype, eps, next }: Context,
  transA: Transpose,
  transB: Transpose,
  m: number,
  n: number,
  k: number,
  alpha: number,
  beta: number,
): number {
  const value = () => next() - 0.5;
  const a = transA === 'n' ? new Stored(dtype, m, k, Number.NaN, value) : new Stored(dtype, k, m, Number.NaN, value);
  const b = transB === 'n' ? new Stored(dtype, k, n, Number.NaN, value) : new Stored(dtype, n, k, Number.NaN, value);
  const c = new Stored(dtype, m, n, ROGUE, beta === 0 ? () => Number.NaN : value);
  la.gemm(transA, transB, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c.data, c.ld);
  if (!a.untouched() || !b.untouched() || !c.untouchedOutsidePart()) return Infinity;
  return blasRatio(
    [m, n, k],
    eps,
    alpha,
    compact(m, k, (i, j) => (transA === 'n' ? a.at(i, j) : a.at(j, i))),
    compact(n, k, (i, j) => (transB === 't' ? b.at(i, j) : b.at(j, i))),
    beta,
    (i, j) => c.original(i, j),
    (i, j) => c.at(i, j),
  );
}

function syrkRatio(
  { la, dtype, eps, next }: Context,
  uplo: Triangle,
  trans: Transpose,
  n: number,
  k: number,
  alpha: number,
  beta: number,
): number {
  const value = () => next() - 0.5;
  const a = trans === 'n' ? new Stored(dtype, n, k, Number.NaN, value) : new Stored(dtype, k, n, Number.NaN, value);
  const c = new Stored(dtype, n, n, ROGUE, beta === 0 ? () => Number.NaN : value, uplo);
  la.syrk(uplo, trans, n, k, alpha, a.data, a.ld, beta, c.data, c.ld);
  if (!a.untouched() || !c.untouchedOutsidePart()) return Infinity;
  const rows = compact(n, k, (i, j) => (trans === 'n' ? a.at(i, j) : a.at(j, i)));
  return blasRatio(
    [n, n, k],
    eps,
    alpha,
    rows,
    rows,
    beta,
    (i, j) => c.original(i, j),
    (i, j) => c.at(i, j),
    (i, j) => (uplo === 'lower' ? j <= i : j >= i),
  );
}

/** As xBLAT3: the solution is multiplied back and compared with alpha·B. */
function trsmRatio(
  { la, dtype, eps, next }: Context,
  side: Side,
  uplo: Triangle,
  trans: Transpose,
  diag: Diagonal,
  order: number,
  other: number,
  alpha: number,
): number {
  const [m, n] = side === 'left' ? [order, other] : [other, order];
  // A unit diagonal is never read: NaN stands there.
  const diagonal = () => (diag === 'unit' ? Number.NaN : 1 + next());
  const a = new Stored(dtype, order, order, Number.NaN, (i, j) => (i === j ? diagonal() : (4 * (next() - 0.5)) / order), uplo);
  const b = new Stored(dtype, m, n, ROGUE, () => next() - 0.5);
  la.trsm(side, uplo, trans, diag, m, n, alpha, a.data, a.ld, b.data, b.ld);
  if (!a.untouched() || !b.untouchedOutsidePart()) return Infinity;
  const triangle = (i: number, j: number): number => {
    if (i === j) return diag === 'unit' ? 1 : a.at(i, i);
    return (uplo === 'lower') === i > j ? a.at(i, j) : 0;
  };
  const op = compact(order, order, (i, j) => ((trans === 'n') === (side === 'left') ? triangle(i, j) : triangle(j, i)));
  const x = compact(other, order, (i, j) => (side === 'left' ? b.at(j, i) : b.at(i, j)));
  const right = (i: number, j: number): number => alpha * (side === 'left' ? b.original(i, j) : b.original(j, i));
  if (alpha === 0) return x.every((value) => value === 0) ? 0 : Infinity;
  return blasRatio([order, other, order], eps, 1, op, x, 0, () => 0, right);
}

function choleskyConformance(context: () => Context): void {
  for (const type of SPD_TYPES)
    it(`potrf and potrs: ${type.name} spectrum, every order`, () => {
      const c = context();
      const worst = { factor: 0, solve: 0 };
      for (const n of [...c.sizes.orders, c.sizes.large]) {
        const uplos = n > 66 ? [pick(TRIANGLES, n + SPD_TYPES.indexOf(type))] : TRIANGLES;
        for (const uplo of uplos) {
          const [factor, solve] = choleskyRatios(c, type, uplo, n, pick([1, 2, 15], n));
          worst.factor = worse(worst.factor, factor);
          worst.solve = worse(worst.solve, solve);
        }
      }
      expect(worst.factor).toBeLessThan(LAPACK_LIMIT);
      expect(worst.solve).toBeLessThan(LAPACK_LIMIT);
    });

  it('potrf: a flipped eigenvalue is found where a plain double-precision factorisation finds it', () => {
    const { la, dtype } = context();
    for (const n of [1, 2, 3, 10, 30, 31, 32, 33, 63, 64, 65, 127, 128, 129])
      for (const uplo of TRIANGLES) {
        const d = Float64Array.from({ length: n }, (_, i) => (i === n >> 1 ? -1 : 1 + i / n));
        const value = dense(d, n);
        const a = new Stored(dtype, n, n, ROGUE, value, uplo);
        const info = la.potrf(uplo, n, a.data, a.ld);
        const expected = firstIndefiniteMinor(n, value);
        expect(expected.order).toBeGreaterThan(0);
        expect(info).toBe(expected.order);
        // Pivots of these matrices are O(1); the failing one is reported on the diagonal.
        expect(Math.abs(a.at(info - 1, info - 1) - expected.pivot)).toBeLessThan(
          1e4 * roundoff(dtype) * Math.max(1, Math.abs(expected.pivot)),
        );
        expect(a.untouchedOutsidePart()).toBe(true);
      }
  });

  it('potrf: a zero row and column, and a NaN, fail at their own index', () => {
    const { la, dtype } = context();
    for (const n of [1, 3, 32, 33, 65, 129])
      for (const uplo of TRIANGLES)
        for (const index of new Set([0, n >> 1, n - 1])) {
          const value = spdMatrix(SPD_TYPES[5], n, dtype, n);
          const zero = new Stored(dtype, n, n, ROGUE, (i, j) => (i === index || j === index ? 0 : value(i, j)), uplo);
          expect(la.potrf(uplo, n, zero.data, zero.ld)).toBe(index + 1);
          const pivot = new Stored(dtype, n, n, ROGUE, (i, j) => (i === index && j === index ? Number.NaN : value(i, j)), uplo);
          expect(la.potrf(uplo, n, pivot.data, pivot.ld)).toBe(index + 1);
          if (index === 0) continue;
          const entry = new Stored(
            dtype,
            n,
            n,
            ROGUE,
            (i, j) => (Math.max(i, j) === index && Math.min(i, j) === 0 ? Number.NaN : value(i, j)),
            uplo,
          );
          expect(la.potrf(uplo, n, entry.data, entry.ld)).toBe(index + 1);
        }
  });
}

function choleskyRatios({ la, dtype, eps, next }: Context, type: Spd, uplo: Triangle, n: number, nrhs: number): readonly [number, number] {
  const a = new Stored(dtype, n, n, ROGUE, spdMatrix(type, n, dtype, n + 1), uplo);
  const b = new Stored(dtype, n, nrhs, ROGUE, () => next() - 0.5);
  if (la.potrf(uplo, n, a.data, a.ld) !== 0) return [Infinity, Infinity];
  const factor = a.data.slice();
  la.potrs(uplo, n, nrhs, a.data, a.ld, b.data, b.ld);
  if (!a.untouchedOutsidePart() || !b.untouchedOutsidePart() || a.data.some((x, i) => !Object.is(x, factor[i])))
    return [Infinity, Infinity];
  const symmetric = (i: number, j: number) => a.symmetric(i, j);
  return [
    choleskyRatio(n, eps, symmetric, (i, j) => (uplo === 'lower' ? a.at(i, j) : a.at(j, i))),
    solveRatio(
      n,
      nrhs,
      eps,
      symmetric,
      (i, j) => b.at(i, j),
      (i, j) => b.original(i, j),
    ),
  ];
}

function firstIndefiniteMinor(n: number, value: (i: number, j: number) => number): { order: number; pivot: number } {
  const a = compact(n, n, value);
  for (let k = 0; k < n; k++) {
    const pivot = a[k * n + k];
    if (pivot <= 0) return { order: k + 1, pivot };
    for (let i = k + 1; i < n; i++) for (let j = k + 1; j <= i; j++) a[i * n + j] -= (a[i * n + k] * a[j * n + k]) / pivot;
  }
  return { order: 0, pivot: 1 };
}
