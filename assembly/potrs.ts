/** Solves with a Cholesky factor. */
import { solveTriangular } from './trsm';

@inline
function potrs<T>(upper: i32, n: i32, nrhs: i32, a: usize, lda: i32, b: usize, ldb: i32, work: usize): void {
  if (n == 0 || nrhs == 0) return;
  // The lower factor L is A, or Aᵀ of the upper one; then Lᵀ backwards.
  const rs = upper ? 1 : lda;
  const cs = upper ? lda : 1;
  solveTriangular<T>(n, nrhs, 0, 0, a, rs, cs, b, ldb, 1, work);
  solveTriangular<T>(n, nrhs, 1, 0, a, cs, rs, b, ldb, 1, work);
}

/** B (n × nrhs) = A⁻¹·B from the factor that potrf left in the named triangle (LAPACK potrs, row-major). */
export function potrs_f32(upper: i32, n: i32, nrhs: i32, a: usize, lda: i32, b: usize, ldb: i32, work: usize): void {
  potrs<f32>(upper, n, nrhs, a, lda, b, ldb, work);
}

/** As potrs_f32. */
export function potrs_f64(upper: i32, n: i32, nrhs: i32, a: usize, lda: i32, b: usize, ldb: i32, work: usize): void {
  potrs<f64>(upper, n, nrhs, a, lda, b, ldb, work);
}
