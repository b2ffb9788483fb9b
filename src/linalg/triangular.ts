/** Triangular systems. */
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, checkFinite, type NDArray } from '../ndarray';
import type { LinearAlgebra, Triangle } from './contract';
import { asMatrix, asSquare, checkSizes, copyPromoted, type Matrix, solutionOf } from './operands';

export interface TriangularSolveOptions {
  /** The triangle of A that is read. Default 'lower'. */
  readonly uplo?: Triangle;
  /** Solve with Aᵀ. Default false. */
  readonly trans?: boolean;
  /** Take A's diagonal as ones. Default false. */
  readonly unitDiagonal?: boolean;
}

/**
 * X with A·X = B, or Aᵀ·X = B, for triangular A (BLAS trsm).
 * @param a [n, n]
 * @param b [n] or [n, m]
 * @returns the shape of `b`
 * @throws ERR_ARGUMENT where A's diagonal has a zero; ERR_NON_FINITE, also where the solution leaves the range of the dtype; ERR_SHAPE
 */
export function triangularSolve(la: LinearAlgebra, a: ArrayLike2D, b: ArrayLike2D, options: TriangularSolveOptions = {}): NDArray {
  const { uplo = 'lower', trans = false, unitDiagonal = false } = options;
  const triangle = asSquare(a, 'a');
  const right = asMatrix(b, 'b', true);
  checkSizes(triangle.rows, triangle, 'a', right.rows, right, 'b');
  checkFinite(triangle, 'a');
  checkFinite(right, 'b');
  if (!unitDiagonal) checkDiagonal(triangle);
  const [t, x] = copyPromoted(triangle, right);
  const n = triangle.rows;
  const diag = unitDiagonal ? 'unit' : 'nonunit';
  la.trsm('left', uplo, trans ? 't' : 'n', diag, n, right.columns, 1, t, Math.max(1, n), x, Math.max(1, right.columns));
  return solutionOf(x, right);
}

function checkDiagonal({ data, rows: n }: Matrix): void {
  for (let i = 0; i < n; i++)
    if (data[i * (n + 1)] === 0)
      throw new InfiniteWidthError('ERR_ARGUMENT', `a is singular: its diagonal is 0 at row ${i}, so the system has no unique solution`, {
        index: i,
      });
}
