/** Symmetric rank-k update: half the work of gemm. */
import { LOWER, UPPER, multiplyAdd, scaleMatrix } from './gemm';

@inline
function syrk<T>(
  upper: i32, trans: i32, n: i32, k: i32, alpha: T, a: usize, lda: i32, beta: T, c: usize, ldc: i32, work: usize,
): void {
  const part = upper ? UPPER : LOWER;
  scaleMatrix<T>(n, n, beta, c, ldc, part);
  if (alpha == <T>0) return;
  const rs = trans ? 1 : lda;
  const cs = trans ? lda : 1;
  multiplyAdd<T>(n, n, k, alpha, a, rs, cs, a, cs, rs, c, ldc, part, work);
}

/**
 * The named triangle of C = alpha·A·Aᵀ + beta·C (A is n × k), or with Aᵀ·A when `trans` (A is k × n): BLAS syrk, row-major.
 * Entry (i, j) of one triangle has the bits of entry (j, i) of the other.
 */
export function syrk_f32(
  upper: i32, trans: i32, n: i32, k: i32, alpha: f32, a: usize, lda: i32, beta: f32, c: usize, ldc: i32, work: usize,
): void {
  syrk<f32>(upper, trans, n, k, alpha, a, lda, beta, c, ldc, work);
}

/** As syrk_f32. */
export function syrk_f64(
  upper: i32, trans: i32, n: i32, k: i32, alpha: f64, a: usize, lda: i32, beta: f64, c: usize, ldc: i32, work: usize,
): void {
  syrk<f64>(upper, trans, n, k, alpha, a, lda, beta, c, ldc, work);
}
