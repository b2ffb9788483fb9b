/** Low-rank factors of positive semi-definite matrices, of which only the diagonal and the chosen columns are read. */
import { InfiniteWidthError, throwIfAborted } from '../errors';
import { type ArrayLike2D, allocate, checkFinite, type DType, dtypeOf, type NDArray, showShape, type TypedArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { asMatrix, asSquare } from './operands';
import type { Multiply } from './operator';

/** A symmetric matrix that is not held: its diagonal, [n], and a function that gives column i, [n]. */
export interface ColumnSource {
  readonly diagonal: TypedArray | readonly number[];
  readonly column: (i: number) => TypedArray | readonly number[];
}

export interface PivotedCholeskyOptions {
  /** Columns of the factor at most. Default n. */
  readonly rank?: number;
  /** Stops where the trace of what is left is at most this share of the trace of A. Default n·ε. */
  readonly tolerance?: number;
  /** Stops between two columns. */
  readonly signal?: AbortSignal;
}

export interface PivotedCholesky {
  /** [n, rank]: A ≈ L·Lᵀ, exact in the rows and columns of the pivots. Row i belongs to row i of A. */
  readonly l: NDArray;
  /** The rows that were chosen, in order, [rank]. */
  readonly pivots: readonly number[];
  /** Trace of A − L·Lᵀ, which is positive semi-definite: an upper bound of its norm. */
  readonly remainder: number;
}

/**
 * Cholesky with complete pivoting (LAPACK pstrf; Harbrecht, Peters & Schneider 2012): the row with the largest remaining variance is taken next. In
 * O(n·rank²), and reads `rank` columns of A.
 * @param a symmetric positive semi-definite, [n, n], of which the lower triangle is read, or a source of columns
 * @throws ERR_NOT_POSITIVE_DEFINITE with `{ index, pivot }` where a diagonal entry is negative, or falls below 0 by more than rounding; ERR_NON_FINITE,
 *   ERR_SHAPE, ERR_ARGUMENT; AbortError
 */
export function pivotedCholesky(a: ArrayLike2D | ColumnSource, options: PivotedCholeskyOptions = {}): PivotedCholesky {
  const { diagonal, column, dtype } = sourceOf(a);
  const n = diagonal.length;
  const { rank = n, signal } = options;
  if (!(Number.isInteger(rank) && rank > 0) && n > 0)
    throw new InfiniteWidthError('ERR_ARGUMENT', `pivotedCholesky: rank must be a positive integer, got ${rank}`, { rank });
  const epsilon = dtype === 'float64' ? 2 ** -53 : 2 ** -24;
  const { tolerance = n * epsilon } = options;
  if (!(tolerance >= 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `pivotedCholesky: tolerance is a share of the trace, at least 0; got ${tolerance}`, {
      tolerance,
    });
  const left = Float64Array.from(diagonal);
  const largest = left.reduce((most, value) => Math.max(most, value), 0);
  const negligible = -8 * n * epsilon * largest;
  const trace = sum(left);
  if (trace === Number.POSITIVE_INFINITY)
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      'pivotedCholesky: the trace of a is beyond the range of numbers; divide a by a power of two',
    );
  const rows: Float64Array[] = [];
  const pivots: number[] = [];
  checkVariances(left, 0);
  let remainder = trace;
  while (pivots.length < Math.min(rank, n) && remainder > tolerance * trace) {
    throwIfAborted(signal);
    const pivot = left.reduce((best, value, i) => (value > left[best] ? i : best), 0);
    if (!(left[pivot] > 0)) break;
    const next = Float64Array.from(column(pivot));
    checkColumn(next, n, pivot);
    for (const row of rows) {
      const weight = row[pivot];
      for (let i = 0; i < n; i++) next[i] -= weight * row[i];
    }
    const root = Math.sqrt(left[pivot]);
    for (let i = 0; i < n; i++) {
      next[i] = left[i] === 0 ? 0 : next[i] / root;
      left[i] -= next[i] * next[i];
    }
    checkVariances(left, negligible);
    next[pivot] = root;
    for (let i = 0; i < n; i++) left[i] = i === pivot ? 0 : Math.max(0, left[i]);
    rows.push(next);
    pivots.push(pivot);
    remainder = sum(left);
  }
  const l = allocate(dtype, n * rows.length, 'the factor');
  for (const [k, row] of rows.entries()) for (let i = 0; i < n; i++) l[i * rows.length + k] = row[i];
  return { l: { data: l, shape: [n, rows.length] }, pivots, remainder };
}

/**
 * (L·Lᵀ + ridge)⁻¹·r by the identity of Woodbury: with the factor of pivotedCholesky the preconditioner of kernel systems K + ridge for conjugateGradient
 * (Gardner et al. 2018, §4).
 * @param l [n, rank]
 * @param ridge positive: the diagonal that the system adds to the kernel
 * @throws ERR_NOT_POSITIVE_DEFINITE for a ridge within rounding error of 0, ERR_ARGUMENT, ERR_SHAPE, ERR_NON_FINITE
 */
export function lowRankPreconditioner(la: LinearAlgebra, l: ArrayLike2D, ridge: number): Multiply {
  const { data, rows: n, columns: rank } = asMatrix(l, 'l');
  checkFinite({ data, shape: [n, rank] }, 'l');
  if (!(ridge > 0 && ridge < Number.POSITIVE_INFINITY))
    throw new InfiniteWidthError('ERR_ARGUMENT', `lowRankPreconditioner: ridge must be a positive number, got ${ridge}`, { ridge });
  const factor = Float64Array.from(data);
  const inner = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) inner[i * (rank + 1)] = ridge;
  la.syrk('lower', 't', rank, n, 1, factor, rank, 1, inner, rank);
  const info = la.potrf('lower', rank, inner, rank);
  if (info > 0 || 1 / ridge === Number.POSITIVE_INFINITY)
    throw new InfiniteWidthError(
      'ERR_NOT_POSITIVE_DEFINITE',
      `lowRankPreconditioner: a ridge of ${ridge} is within rounding error of 0 beside L·Lᵀ, whose columns are not independent; give a larger one, or fewer columns`,
      { ridge },
    );
  return ({ data: r, shape }) => {
    const count = shape[1] ?? 1;
    const right = Float64Array.from(r);
    const small = new Float64Array(rank * count);
    la.gemm('t', 'n', rank, count, n, 1, factor, rank, right, count, 0, small, count);
    la.potrs('lower', rank, count, inner, rank, small, count);
    la.gemm('n', 'n', n, count, rank, -1 / ridge, factor, rank, small, count, 1 / ridge, right, count);
    const out = allocate(dtypeOf(r), r.length, 'the preconditioned residual');
    out.set(right);
    return { data: out, shape };
  };
}

function sourceOf(a: ArrayLike2D | ColumnSource): ColumnSource & { readonly dtype: DType } {
  if ('column' in a && typeof a.column === 'function') {
    const { diagonal, column } = a;
    checkFinite({ data: Float64Array.from(diagonal), shape: [diagonal.length] }, 'the diagonal');
    return { diagonal, column, dtype: diagonal instanceof Float32Array ? 'float32' : 'float64' };
  }
  const matrix = asSquare(a as ArrayLike2D, 'a');
  checkFinite(matrix, 'a');
  const { data, rows: n } = matrix;
  return {
    dtype: dtypeOf(data),
    diagonal: Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]),
    column: (j) => Float64Array.from({ length: n }, (_, i) => (i < j ? data[j * n + i] : data[i * n + j])),
  };
}

function checkColumn(column: Float64Array, n: number, index: number): void {
  if (column.length !== n)
    throw new InfiniteWidthError('ERR_SHAPE', `column ${index} has shape ${showShape([column.length])}; the diagonal has [${n}]`, {
      column: [column.length],
      diagonal: [n],
    });
  checkFinite({ data: column, shape: [n] }, `column ${index}`);
}

function checkVariances(left: Float64Array, least: number): void {
  const index = left.findIndex((value) => value < least);
  if (index < 0) return;
  throw new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `a is not positive semi-definite: ${left[index]} is left on the diagonal of row ${index}; is it symmetric, and a covariance?`,
    { index, pivot: left[index] },
  );
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
