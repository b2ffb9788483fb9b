/** The contract of a linear algebra backend: BLAS and LAPACK routines by their names and argument order, on row-major matrices. */
import type { TypedArray } from '../ndarray';

/** Whether a routine reads a matrix as it is or transposed. */
export type Transpose = 'n' | 't';
/** Which triangle of a symmetric or triangular matrix is stored; the other is neither read nor written. */
export type Triangle = 'lower' | 'upper';
export type Side = 'left' | 'right';
/** Whether the diagonal of a triangular matrix is taken as ones without being read. */
export type Diagonal = 'unit' | 'nonunit';
/** Eigenvalues alone, or eigenvectors too. */
export type EigenJob = 'n' | 'v';

/**
 * Element (i, j) of a matrix is `a[i * lda + j]`, and `lda` is at least its number of columns. The arrays of one call have one
 * dtype and do not overlap. Only entries that the routine computes are written: never an input, the padding between rows, or the
 * other triangle. Where alpha is 0 its matrices are not read, as in BLAS: a NaN in them does not matter.
 *
 * @throws ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE naming the routine and the argument, before anything is written
 */
export interface LinearAlgebra {
  /** C = alpha·op(A)·op(B) + beta·C, with op(A) m × k, op(B) k × n, C m × n. C is not read when beta is 0. */
  gemm(
    transA: Transpose,
    transB: Transpose,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: TypedArray,
    lda: number,
    b: TypedArray,
    ldb: number,
    beta: number,
    c: TypedArray,
    ldc: number,
  ): void;

  /** One triangle of C = alpha·A·Aᵀ + beta·C with A n × k, or of alpha·Aᵀ·A + beta·C with A k × n when `trans` is 't'. */
  syrk(
    uplo: Triangle,
    trans: Transpose,
    n: number,
    k: number,
    alpha: number,
    a: TypedArray,
    lda: number,
    beta: number,
    c: TypedArray,
    ldc: number,
  ): void;

  /** B = alpha·op(A)⁻¹·B, or alpha·B·op(A)⁻¹ on the right, with B m × n and A triangular. A zero diagonal gives infinities. */
  trsm(
    side: Side,
    uplo: Triangle,
    trans: Transpose,
    diag: Diagonal,
    m: number,
    n: number,
    alpha: number,
    a: TypedArray,
    lda: number,
    b: TypedArray,
    ldb: number,
  ): void;

  /**
   * Cholesky factor in place: A = L·Lᵀ or Uᵀ·U.
   * @returns 0, or i > 0 when the leading minor of order i is not positive definite; `a[(i - 1) * (lda + 1)]` is then its pivot
   * (at most 0, or NaN), and what follows that entry is unspecified
   */
  potrf(uplo: Triangle, n: number, a: TypedArray, lda: number): number;

  /** B = A⁻¹·B, with B n × nrhs, from the factor that potrf left in `a`. */
  potrs(uplo: Triangle, n: number, nrhs: number, a: TypedArray, lda: number, b: TypedArray, ldb: number): void;

  /**
   * Eigenvalues of the symmetric A, ascending, in w (n). With 'v' its columns become orthonormal eigenvectors, in the same order, in both
   * triangles; with 'n' it stays as it is.
   * @returns 0, or i > 0 where the i-th eigenvalue did not converge, or A has a NaN or an infinity; what `a` and `w` then hold is unspecified
   */
  syevd(jobz: EigenJob, uplo: Triangle, n: number, a: TypedArray, lda: number, w: TypedArray): number;

  /** `syevd` in pieces: yields the share that is done, from 0 to 1. `a` and `w` are read at the start and written at the end. */
  syevdSteps(jobz: EigenJob, uplo: Triangle, n: number, a: TypedArray, lda: number, w: TypedArray): Generator<number, number>;

  /** y = alpha·A·x + beta·y with A symmetric of order n. y is not read when beta is 0. */
  symv(uplo: Triangle, n: number, alpha: number, a: TypedArray, lda: number, x: TypedArray, beta: number, y: TypedArray): void;

  /** Euclidean norm of every row of A, m × k, without overflow or underflow on the way. */
  rowNorms(m: number, k: number, a: TypedArray, lda: number): Float64Array;
}

/** What a backend gives; `syevd` follows from its steps. */
export type Routines = Omit<LinearAlgebra, 'syevd'>;
