/** Product of a symmetric matrix, of which one triangle is stored, with a vector. */
import { at, bytes } from './micro';
import { addScaled, dot } from './vector';

@inline
function symv<T>(upper: i32, n: i32, alpha: T, a: usize, lda: i32, x: usize, beta: T, y: usize): void {
  for (let i = 0; i < n; i++) {
    const to = y + bytes<T>(i);
    store<T>(to, beta == <T>0 ? <T>0 : beta * load<T>(to));
  }
  if (alpha == <T>0) return;
  for (let i = 0; i < n; i++) {
    // The row's strict triangle acts once as a row and once as a column.
    const first = upper ? i + 1 : 0;
    const count = upper ? n - i - 1 : i;
    const row = at<T>(a, lda, i, first);
    const xi = load<T>(x + bytes<T>(i));
    const to = y + bytes<T>(i);
    const sum = dot<T>(count, row, x + bytes<T>(first)) + load<T>(at<T>(a, lda, i, i)) * xi;
    store<T>(to, load<T>(to) + alpha * sum);
    addScaled<T>(count, alpha * xi, row, y + bytes<T>(first));
  }
}

/** y = alpha·A·x + beta·y (BLAS symv, row-major, increments 1); only the named triangle of A is read. */
export function symv_f32(upper: i32, n: i32, alpha: f32, a: usize, lda: i32, x: usize, beta: f32, y: usize): void {
  symv<f32>(upper, n, alpha, a, lda, x, beta, y);
}

/** As symv_f32. */
export function symv_f64(upper: i32, n: i32, alpha: f64, a: usize, lda: i32, x: usize, beta: f64, y: usize): void {
  symv<f64>(upper, n, alpha, a, lda, x, beta, y);
}
