/** Eigenvalues and eigenvectors of symmetric matrices. */
import { bringEigen } from '../backends/parts';
import { InfiniteWidthError } from '../errors';
import { drain } from '../execute/drain';
import { type ArrayLike2D, allocate, checkFinite, dtypeOf, type NDArray, type TypedArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { asSquare, copyPromoted, withShape } from './operands';

/** A = V·diag(values)·Vᵀ. */
export interface Eigensystem {
  /** [n], ascending */
  readonly values: NDArray;
  /** [n, n]; column j is the eigenvector of values[j], of length 1. Its sign is unspecified, as is the basis where values coincide. */
  readonly vectors: NDArray;
}

/**
 * The eigensystem of a symmetric matrix (LAPACK syevd), in its dtype: A + E has it for some E of about ε‖A‖ in every backend.
 * @param a [n, n]; only its lower triangle is read
 * @throws ERR_NON_FINITE, also for eigenvalues beyond the range of the dtype; ERR_SHAPE unless square; ERR_NOT_CONVERGED, which no matrix is known to give
 */
export function eigh(la: LinearAlgebra, a: ArrayLike2D): Eigensystem {
  const matrix = asSquare(a, 'a');
  checkFinite(matrix, 'a');
  const [vectors] = copyPromoted(matrix);
  const values = drain(diagonalize(la, matrix.rows, vectors, 'a'));
  return { values: { data: values, shape: [matrix.rows] }, vectors: withShape(vectors, matrix) };
}

/**
 * Turns the symmetric matrix `data`, of which the lower triangle is read, into its eigenvectors and returns the eigenvalues. In pieces: yields
 * the share that is done. @throws ERR_NOT_CONVERGED; ERR_NON_FINITE for eigenvalues beyond the range of the dtype
 */
export function* diagonalize(la: LinearAlgebra, n: number, data: TypedArray, name: string): Generator<number, TypedArray> {
  bringEigen();
  const values = allocate(dtypeOf(data), n, 'the eigenvalues');
  const info = yield* la.syevdSteps('v', 'lower', n, data, Math.max(1, n), values);
  if (info === 0 && values.every(Number.isFinite)) return values;
  if (info === 0)
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `an eigenvalue of ${name} is beyond the range of ${dtypeOf(data)}; divide ${name} by a power of two`,
      { name },
    );
  throw new InfiniteWidthError(
    'ERR_NOT_CONVERGED',
    `the eigenvalues of ${name} did not converge (number ${info} of ${n}); please report the matrix`,
    { name, index: info - 1 },
  );
}
