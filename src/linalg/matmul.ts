/** Matrix product. */
import { type ArrayLike2D, allocate, dtypeOf, type NDArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { asMatrix, checkSizes, copyPromoted, type Matrix } from './operands';

export interface MatmulOptions {
  /** Use Aᵀ. Default false. */
  readonly transA?: boolean;
  /** Use Bᵀ. Default false. */
  readonly transB?: boolean;
}

/**
 * A·B (BLAS gemm); one operand of float64 makes the result so. NaN and infinities propagate as in IEEE 754.
 * @param a [m, k], or [k, m] when `transA`
 * @param b [k, n], or [n, k] when `transB`
 * @returns [m, n]
 * @throws ERR_SHAPE naming both shapes, ERR_DTYPE
 */
export function matmul(la: LinearAlgebra, a: ArrayLike2D, b: ArrayLike2D, { transA = false, transB = false }: MatmulOptions = {}): NDArray {
  const left = asMatrix(a, 'a');
  const right = asMatrix(b, 'b');
  const [m, k] = transA ? [left.columns, left.rows] : [left.rows, left.columns];
  const [inner, n] = transB ? [right.columns, right.rows] : [right.rows, right.columns];
  checkSizes(k, left, 'a', inner, right, 'b');
  const [dataA, dataB] = dtypeOf(left.data) === dtypeOf(right.data) ? [left.data, right.data] : copyPromoted(left, right);
  const c = allocate(dtypeOf(dataA), m * n, 'the product');
  const ld = (matrix: Matrix): number => Math.max(1, matrix.columns);
  la.gemm(transA ? 't' : 'n', transB ? 't' : 'n', m, n, k, 1, dataA, ld(left), dataB, ld(right), 0, c, Math.max(1, n));
  return { data: c, shape: [m, n] };
}
