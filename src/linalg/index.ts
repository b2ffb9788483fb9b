/**
 * Dense linear algebra, `infinite-width/linalg`: BLAS and LAPACK routines by their names on row-major typed arrays, and readable
 * functions above them on NDArrays. All of them run on the default engine unless `engine` is given. Results of the readable functions are float32
 * where every operand is, otherwise float64; operands are not changed.
 */
import { bringEigen } from '../backends/parts';
import { defaultContext, type EngineContext } from '../context';
import type { ArrayLike2D, NDArray } from '../ndarray';
import * as cholesky_ from './cholesky';
import * as cg_ from './conjugate-gradient';
import type { LinearAlgebra } from './contract';
import * as eigh_ from './eigh';
import * as lanczos_ from './lanczos';
import * as matmul_ from './matmul';
import type { Multiply, SymmetricOperator } from './operator';
import * as pivoted_ from './pivoted-cholesky';
import * as triangular_ from './triangular';

export type { ConjugateGradientOptions, ConjugateGradientResult } from './conjugate-gradient';
export type { Diagonal, EigenJob, LinearAlgebra, Side, Transpose, Triangle } from './contract';
export type { Eigensystem } from './eigh';
export type { Lanczos, LanczosOptions } from './lanczos';
export type { MatmulOptions } from './matmul';
export type { Multiply, SymmetricOperator } from './operator';
export { type ColumnSource, type PivotedCholesky, type PivotedCholeskyOptions, pivotedCholesky } from './pivoted-cholesky';
export type { TriangularSolveOptions } from './triangular';

export interface OnEngine {
  engine?: EngineContext;
}
const on = (options?: OnEngine): LinearAlgebra => (options?.engine ?? defaultContext()).backend.linalg;

/** BLAS gemm: C = α op(A) op(B) + β C. @see LinearAlgebra.gemm */
export const gemm: LinearAlgebra['gemm'] = (...args) => on().gemm(...args);
/** BLAS syrk: one triangle of C = α A Aᵀ + β C. @see LinearAlgebra.syrk */
export const syrk: LinearAlgebra['syrk'] = (...args) => on().syrk(...args);
/** BLAS trsm: triangular solve with many right-hand sides. @see LinearAlgebra.trsm */
export const trsm: LinearAlgebra['trsm'] = (...args) => on().trsm(...args);
/** BLAS symv: y = α A x + β y, A symmetric. @see LinearAlgebra.symv */
export const symv: LinearAlgebra['symv'] = (...args) => on().symv(...args);
/** LAPACK potrf: Cholesky factorisation in place; 0, or the order of the minor that is not positive definite. @see LinearAlgebra.potrf */
export const potrf: LinearAlgebra['potrf'] = (...args) => on().potrf(...args);
/** LAPACK potrs: solves with the factor of potrf. @see LinearAlgebra.potrs */
export const potrs: LinearAlgebra['potrs'] = (...args) => on().potrs(...args);
/** LAPACK syevd: eigenvalues and eigenvectors of a symmetric matrix; 0, or the number of the eigenvalue that did not converge. @see LinearAlgebra.syevd */
export const syevd: LinearAlgebra['syevd'] = (...args) => {
  bringEigen();
  return on().syevd(...args);
};
/** Euclidean norm of every row, in double precision. @see LinearAlgebra.rowNorms */
export const rowNorms: LinearAlgebra['rowNorms'] = (...args) => on().rowNorms(...args);

/**
 * op(A)·op(B), [m, n] (BLAS gemm), of A [m, k] or with transA [k, m], B [k, n] or with transB [n, k]; NaN and infinities propagate as in IEEE 754.
 * @throws ERR_SHAPE with both shapes, ERR_DTYPE
 */
export const matmul = (a: ArrayLike2D, b: ArrayLike2D, options?: matmul_.MatmulOptions & OnEngine): NDArray =>
  matmul_.matmul(on(options), a, b, options);

/**
 * The lower Cholesky factor L of a symmetric positive definite A = L·Lᵀ, [n, n] (LAPACK potrf); the lower triangle of A is read.
 * @throws ERR_NOT_POSITIVE_DEFINITE with `{ index, pivot, suggestedJitter }`: the row whose pivot is not positive, that pivot, and the least power of ten
 *   whose addition to the diagonal was seen to do (undefined where none in the range of the dtype does); ERR_NON_FINITE, ERR_SHAPE
 */
export const cholesky = (a: ArrayLike2D, options?: OnEngine): NDArray => cholesky_.cholesky(on(options), a);

/**
 * (L·Lᵀ)⁻¹·B with the factor of `cholesky` (LAPACK potrs), b [n] or [n, m], in its shape.
 * @throws ERR_SHAPE, ERR_NON_FINITE, also for a solution beyond the range of the dtype
 */
export const choleskySolve = (l: ArrayLike2D, b: ArrayLike2D, options?: OnEngine): NDArray => cholesky_.choleskySolve(on(options), l, b);

/**
 * A⁻¹·B for symmetric positive definite A, [n, n] (LAPACK posv), b [n] or [n, m], in its shape.
 * @throws ERR_NOT_POSITIVE_DEFINITE as `cholesky`, ERR_NON_FINITE, also for a solution beyond the range of the dtype, ERR_SHAPE
 */
export const solve = (a: ArrayLike2D, b: ArrayLike2D, options?: OnEngine): NDArray => cholesky_.solve(on(options), a, b);

/**
 * Eigenvalues, ascending, [n], and orthonormal eigenvectors, the columns of [n, n], of a symmetric A (LAPACK syevd); its lower triangle is read.
 * @throws ERR_NON_FINITE, ERR_SHAPE, ERR_NOT_CONVERGED
 */
export const eigh = (a: ArrayLike2D, options?: OnEngine): eigh_.Eigensystem => eigh_.eigh(on(options), a);

/**
 * op(A)⁻¹·B for triangular A, [n, n] (BLAS trsm), b [n] or [n, m], in its shape.
 * @throws ERR_ARGUMENT where A's diagonal has a zero, ERR_SHAPE, ERR_NON_FINITE, also for a solution beyond the range of the dtype
 */
export const triangularSolve = (a: ArrayLike2D, b: ArrayLike2D, options?: triangular_.TriangularSolveOptions & OnEngine): NDArray =>
  triangular_.triangularSolve(on(options), a, b, options);

/**
 * A⁻¹·B for symmetric positive definite A by preconditioned conjugate gradients (Hestenes & Stiefel 1952): products with A alone, which may be a function;
 * b [n] or [n, m], x in its shape.
 * @throws ERR_NOT_POSITIVE_DEFINITE, ERR_NOT_CONVERGED with the iterate, ERR_NON_FINITE, ERR_SHAPE, ERR_ARGUMENT; AbortError
 */
export const conjugateGradient = (
  a: SymmetricOperator,
  b: ArrayLike2D,
  options?: cg_.ConjugateGradientOptions & OnEngine,
): cg_.ConjugateGradientResult => cg_.conjugateGradient(on(options), a, b, options);

/**
 * The preconditioner (L·Lᵀ + ridge)⁻¹ for conjugateGradient, from the factor L of pivotedCholesky.
 * @throws ERR_NOT_POSITIVE_DEFINITE for a ridge within rounding error of 0, ERR_ARGUMENT, ERR_SHAPE, ERR_NON_FINITE
 */
export const lowRankPreconditioner = (l: ArrayLike2D, ridge: number, options?: OnEngine): Multiply =>
  pivoted_.lowRankPreconditioner(on(options), l, ridge);

/**
 * Ritz values and vectors of a symmetric A after some products with it (Golub & Van Loan 2013, §10.3), with a bound of the error of each:
 * eigenvalues at the ends of the spectrum first.
 * @throws ERR_ARGUMENT, ERR_NON_FINITE, ERR_SHAPE; AbortError
 */
export const lanczos = (a: SymmetricOperator, options?: lanczos_.LanczosOptions & OnEngine): lanczos_.Lanczos =>
  lanczos_.lanczos(on(options), a, options);
