/** Multiplication by the orthogonal matrix of tridiagonalize, in blocks I − VᵀTV (Schreiber & Van Loan 1989; LAPACK ormtr, larft). */
import { FULL, multiplyAdd, scaleMatrix } from './gemm';
import { at, bytes } from './micro';
import { dot } from './vector';

/** Reflectors applied at once. */
const BLOCK: i32 = 64;
/** Elements of the workspace beyond n × BLOCK twice. */
export const FACTOR_ELEMENTS: i32 = 2 * BLOCK * BLOCK;
export const REFLECTOR_BLOCK: i32 = BLOCK;

/** The upper triangular T with H[0]⋯H[count − 1] = I − VᵀTV, from the Gram matrix of the vectors. */
function triangularFactor<T>(count: i32, gram: usize, tau: usize, t: usize): void {
  memory.fill(t, 0, bytes<T>(BLOCK * BLOCK));
  for (let j = 0; j < count; j++) {
    const tj = <T>load<f64>(tau + bytes<f64>(j));
    store<T>(at<T>(t, BLOCK, j, j), tj);
    for (let i = 0; i < j; i++) {
      const share = dot<T>(j - i, at<T>(t, BLOCK, i, i), at<T>(gram, BLOCK, j, i));
      store<T>(at<T>(t, BLOCK, i, j), -tj * share);
    }
  }
}

/**
 * B (n × n) = B·H[first]⋯H[first + REFLECTOR_BLOCK − 1], with the vectors in the rows of `a` as tridiagonalize leaves them: for first = 1, 1 +
 * REFLECTOR_BLOCK, … B·Qᵀ.
 * @param y, z n × BLOCK elements each; @param factors FACTOR_ELEMENTS elements
 */
export function applyReflectors<T>(
  n: i32, first: i32, a: usize, lda: i32, tau: usize, b: usize, ldb: i32, y: usize, z: usize, factors: usize, work: usize,
): void {
  const gram = factors;
  const t = factors + bytes<T>(BLOCK * BLOCK);
  const count = min(BLOCK, n - first);
  const columns = first + count - 1;
  const v = at<T>(a, lda, first, 0);
  memory.fill(gram, 0, bytes<T>(BLOCK * BLOCK));
  multiplyAdd<T>(count, count, columns, <T>1, v, lda, 1, v, 1, lda, gram, BLOCK, FULL, work);
  triangularFactor<T>(count, gram, tau + bytes<f64>(first), t);
  scaleMatrix<T>(n, count, <T>0, y, BLOCK, FULL);
  multiplyAdd<T>(n, count, columns, <T>1, b, ldb, 1, v, 1, lda, y, BLOCK, FULL, work);
  scaleMatrix<T>(n, count, <T>0, z, BLOCK, FULL);
  multiplyAdd<T>(n, count, count, <T>1, y, BLOCK, 1, t, BLOCK, 1, z, BLOCK, FULL, work);
  multiplyAdd<T>(n, columns, count, <T>-1, z, BLOCK, 1, v, lda, 1, b, ldb, FULL, work);
}
