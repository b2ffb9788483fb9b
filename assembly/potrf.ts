/** Cholesky factorisation, recursive: almost all of its work is products. */
import { LOWER, UPPER, multiplyAdd } from './gemm';
import { at, bytes } from './micro';
import { solveTriangular } from './trsm';
import { addScaled, dot } from './vector';

/** Order factored without a further split. */
const BLOCK: i32 = 32;

/** Returns 0, or the order of the first leading minor that is not positive definite. */
function factorLower<T>(n: i32, a: usize, lda: i32, work: usize): i32 {
  if (n <= BLOCK) return factorLowerBlock<T>(n, a, lda);
  const n1 = (n / 2 + BLOCK - 1) & -BLOCK;
  const n2 = n - n1;
  const a21 = at<T>(a, lda, n1, 0);
  const a22 = at<T>(a, lda, n1, n1);
  let info = factorLower<T>(n1, a, lda, work);
  if (info) return info;
  solveTriangular<T>(n1, n2, 0, 0, a, lda, 1, a21, 1, lda, work);
  multiplyAdd<T>(n2, n2, n1, <T>-1, a21, lda, 1, a21, 1, lda, a22, lda, LOWER, work);
  info = factorLower<T>(n2, a22, lda, work);
  return info ? n1 + info : 0;
}

function factorUpper<T>(n: i32, a: usize, lda: i32, work: usize): i32 {
  if (n <= BLOCK) return factorUpperBlock<T>(n, a, lda);
  const n1 = (n / 2 + BLOCK - 1) & -BLOCK;
  const n2 = n - n1;
  const a12 = at<T>(a, lda, 0, n1);
  const a22 = at<T>(a, lda, n1, n1);
  let info = factorUpper<T>(n1, a, lda, work);
  if (info) return info;
  solveTriangular<T>(n1, n2, 0, 0, a, 1, lda, a12, lda, 1, work);
  multiplyAdd<T>(n2, n2, n1, <T>-1, a12, 1, lda, a12, lda, 1, a22, lda, UPPER, work);
  info = factorUpper<T>(n2, a22, lda, work);
  return info ? n1 + info : 0;
}

/** Row by row: every entry is a dot product of two finished rows. */
function factorLowerBlock<T>(n: i32, a: usize, lda: i32): i32 {
  for (let i = 0; i < n; i++) {
    const row = at<T>(a, lda, i, 0);
    for (let j = 0; j < i; j++) {
      const other = at<T>(a, lda, j, 0);
      const value = load<T>(row + bytes<T>(j)) - dot<T>(j, row, other);
      store<T>(row + bytes<T>(j), value / load<T>(other + bytes<T>(j)));
    }
    const pivot = load<T>(row + bytes<T>(i)) - dot<T>(i, row, row);
    const definite = pivot > <T>0;
    store<T>(row + bytes<T>(i), definite ? sqrt<T>(pivot) : pivot);
    if (!definite) return i + 1;
  }
  return 0;
}

/** Row by row: a finished row is subtracted from the rows below it. */
function factorUpperBlock<T>(n: i32, a: usize, lda: i32): i32 {
  for (let j = 0; j < n; j++) {
    const row = at<T>(a, lda, j, j);
    const pivot = load<T>(row);
    if (!(pivot > <T>0)) return j + 1;
    const root = sqrt<T>(pivot);
    store<T>(row, root);
    for (let i = 1; i < n - j; i++) store<T>(row + bytes<T>(i), load<T>(row + bytes<T>(i)) / root);
    for (let i = 1; i < n - j; i++) {
      const from = row + bytes<T>(i);
      addScaled<T>(n - j - i, -load<T>(from), from, at<T>(a, lda, j + i, j + i));
    }
  }
  return 0;
}

/**
 * Factors the named triangle of A in place, A = L·Lᵀ or Uᵀ·U (LAPACK potrf, row-major); the other triangle is neither read nor
 * written.
 * @returns 0, or i > 0 when the leading minor of order i is not positive definite (a NaN pivot counts as such): the pivot then
 * stands on the diagonal, in row i - 1, and what follows it is unspecified
 */
export function potrf_f32(upper: i32, n: i32, a: usize, lda: i32, work: usize): i32 {
  return upper ? factorUpper<f32>(n, a, lda, work) : factorLower<f32>(n, a, lda, work);
}

/** As potrf_f32. */
export function potrf_f64(upper: i32, n: i32, a: usize, lda: i32, work: usize): i32 {
  return upper ? factorUpper<f64>(n, a, lda, work) : factorLower<f64>(n, a, lda, work);
}
