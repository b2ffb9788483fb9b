/**
 * Reduction of a symmetric matrix to tridiagonal form, A = Q·T·Qᵀ (Dongarra, Sorensen & Hammarling 1989; LAPACK sytrd and latrd). Row i is
 * reduced from the last one up, so that reflectors are prefixes of rows: half of the work is products with the leading block, half a
 * rank-2k update of it.
 */
import { LOWER, multiplyAdd } from './gemm';
import { at, bytes, madd } from './micro';
import { addScaled, dot, scale, sumOf } from './vector';

/** Rows reduced between two updates of the leading block. */
const PANEL: i32 = 32;
/** Rows of length `lda` that the reduction needs as workspace. */
export const PANEL_ROWS: i32 = 3 * PANEL;

/** Sums of squares at most this, of a matrix whose largest entry is about 1, count as 0: their roots would not be accurate. */
@inline
function tiny<T>(): f64 {
  return sizeof<T>() == 4 ? 7.888609052210118e-31 : 1.1830521861667747e-271;
}

/** y = A·x from the lower triangle of A, four rows at a time. */
function multiplySymmetric<T>(n: i32, a: usize, lda: i32, x: usize, y: usize): void {
  memory.fill(y, 0, bytes<T>(n));
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const r0 = at<T>(a, lda, i, 0);
    const r1 = r0 + bytes<T>(lda);
    const r2 = r1 + bytes<T>(lda);
    const r3 = r2 + bytes<T>(lda);
    const xi = x + bytes<T>(i);
    const x0 = v128.load_splat<T>(xi);
    const x1 = v128.load_splat<T>(xi, sizeof<T>());
    const x2 = v128.load_splat<T>(xi, 2 * sizeof<T>());
    const x3 = v128.load_splat<T>(xi, 3 * sizeof<T>());
    let s0 = v128.splat<T>(<T>0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const end = bytes<T>(i);
    for (let o: usize = 0; o < end; o += 16) {
      const xv = v128.load(x + o);
      const a0 = v128.load(r0 + o);
      s0 = madd<T>(a0, xv, s0);
      let yv = madd<T>(a0, x0, v128.load(y + o));
      const a1 = v128.load(r1 + o);
      s1 = madd<T>(a1, xv, s1);
      yv = madd<T>(a1, x1, yv);
      const a2 = v128.load(r2 + o);
      s2 = madd<T>(a2, xv, s2);
      yv = madd<T>(a2, x2, yv);
      const a3 = v128.load(r3 + o);
      s3 = madd<T>(a3, xv, s3);
      v128.store(y + o, madd<T>(a3, x3, yv));
    }
    const yi = y + end;
    store<T>(yi, sumOf<T>(s0));
    store<T>(yi, sumOf<T>(s1), sizeof<T>());
    store<T>(yi, sumOf<T>(s2), 2 * sizeof<T>());
    store<T>(yi, sumOf<T>(s3), 3 * sizeof<T>());
    multiplyRows<T>(4, r0 + end, lda, xi, yi);
  }
  for (; i < n; i++) {
    const row = at<T>(a, lda, i, 0);
    store<T>(y + bytes<T>(i), dot<T>(i, row, x));
    addScaled<T>(i, load<T>(x + bytes<T>(i)), row, y);
    multiplyRows<T>(1, row + bytes<T>(i), lda, x + bytes<T>(i), y + bytes<T>(i));
  }
}

/** y += A·x for a small block on the diagonal. */
function multiplyRows<T>(n: i32, a: usize, lda: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const value = load<T>(i < j ? at<T>(a, lda, j, i) : at<T>(a, lda, i, j));
      const to = y + bytes<T>(i);
      store<T>(to, load<T>(to) + value * load<T>(x + bytes<T>(j)));
    }
}

/** Makes the reflector 1 − τvvᵀ that takes x (of length n, v in its place) to (0, …, 0, β); returns β, writes τ. v ends with 1. */
function reflect<T>(n: i32, x: usize, tau: usize): f64 {
  const last = x + bytes<T>(n - 1);
  const alpha = <f64>load<T>(last);
  const squares = <f64>dot<T>(n - 1, x, x);
  store<T>(last, <T>1);
  if (squares <= tiny<T>()) {
    memory.fill(x, 0, bytes<T>(n - 1));
    store<f64>(tau, 0);
    return alpha;
  }
  const beta = -copysign<f64>(sqrt<f64>(alpha * alpha + squares), alpha);
  store<f64>(tau, (beta - alpha) / beta);
  scale<T>(n - 1, <T>(1 / (alpha - beta)), x);
  return beta;
}

/** Row i of a panel that ends before row `end`: brought up to date, reduced, and the w of its update of the rows above made. */
function reduceRow<T>(i: i32, end: i32, a: usize, lda: i32, w: usize, d: usize, e: usize, tau: usize): void {
  const row = at<T>(a, lda, i, 0);
  for (let p = i + 1; p < end; p++) {
    const vp = at<T>(a, lda, p, 0);
    const wp = at<T>(w, lda, p, 0);
    addScaled<T>(i + 1, -load<T>(wp + bytes<T>(i)), vp, row);
    addScaled<T>(i + 1, -load<T>(vp + bytes<T>(i)), wp, row);
  }
  store<f64>(d + bytes<f64>(i), <f64>load<T>(row + bytes<T>(i)));
  if (i == 0) return;
  store<f64>(e + bytes<f64>(i - 1), reflect<T>(i, row, tau + bytes<f64>(i)));
  const wi = at<T>(w, lda, i, 0);
  multiplySymmetric<T>(i, a, lda, row, wi);
  for (let p = i + 1; p < end; p++) {
    const vp = at<T>(a, lda, p, 0);
    const wp = at<T>(w, lda, p, 0);
    const shareV = dot<T>(i, wp, row);
    const shareW = dot<T>(i, vp, row);
    addScaled<T>(i, -shareV, vp, wi);
    addScaled<T>(i, -shareW, wp, wi);
  }
  const t = <T>load<f64>(tau + bytes<f64>(i));
  scale<T>(i, t, wi);
  addScaled<T>(i, <T>-0.5 * t * dot<T>(i, wi, row), row, wi);
}

/**
 * Q = H[n−1]⋯H[1] with H[i] = 1 − τ[i] vᵢvᵢᵀ: row i of A becomes vᵢ (i entries, the last of them 1, then zeros); diagonal and
 * off-diagonal of T go to d and e in double precision. Only the lower triangle of A is read. Its largest entry is about 1.
 * @param buffer PANEL_ROWS rows of length lda
 */
export function tridiagonalize<T>(n: i32, a: usize, lda: i32, d: usize, e: usize, tau: usize, buffer: usize, work: usize): void {
  for (let end = n; end > 0; ) {
    const first = max(0, end - PANEL);
    const count = end - first;
    // Rows v, w, v: two adjacent blocks of them are the factors of the update.
    const w = buffer + bytes<T>(count * lda);
    for (let i = end - 1; i >= first; i--) reduceRow<T>(i, end, a, lda, w - bytes<T>(first) * lda, d, e, tau);
    for (let p = 0; p < count; p++) {
      const v = at<T>(a, lda, first + p, 0);
      memory.copy(at<T>(buffer, lda, p, 0), v, bytes<T>(first));
      memory.copy(at<T>(w, lda, count + p, 0), v, bytes<T>(first));
    }
    multiplyAdd<T>(first, first, 2 * count, <T>-1, buffer, 1, lda, w, lda, 1, a, lda, LOWER, work);
    end = first;
  }
  for (let i = 0; i < n; i++) memory.fill(at<T>(a, lda, i, i), 0, bytes<T>(n - i));
}
