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

/** y = A·x from the lower triangle of A, four rows at a time: a pass over them serves the rows and the columns that they are. */
function multiplySymmetric<T>(n: i32, a: usize, lda: i32, x: usize, y: usize): void {
  const rows = 4;
  memory.fill(y, 0, bytes<T>(n));
  for (let i = 0; i < n; i += rows) {
    const row = at<T>(a, lda, i, 0);
    const whole = i + rows <= n;
    if (whole) multiplyFour<T>(i, row, bytes<T>(lda), x, y);
    for (let p = i; p < min(n, i + rows); p++)
      for (let j = whole ? i : 0; j <= p; j++) {
        const value = load<T>(at<T>(a, lda, p, j));
        add<T>(y + bytes<T>(p), value * load<T>(x + bytes<T>(j)));
        if (j < p) add<T>(y + bytes<T>(j), value * load<T>(x + bytes<T>(p)));
      }
  }
}

@inline
function add<T>(to: usize, value: T): void {
  store<T>(to, load<T>(to) + value);
}

/** The first k columns of four rows that begin at `a`, k a multiple of 4; x and y are those of the whole product. */
function multiplyFour<T>(k: i32, a: usize, step: usize, x: usize, y: usize): void {
  const xi = x + bytes<T>(k);
  const x0 = v128.load_splat<T>(xi);
  const x1 = v128.load_splat<T>(xi, sizeof<T>());
  const x2 = v128.load_splat<T>(xi, 2 * sizeof<T>());
  const x3 = v128.load_splat<T>(xi, 3 * sizeof<T>());
  let s0 = v128.splat<T>(<T>0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = y + bytes<T>(k);
  for (; y < end; y += 16, x += 16, a += 16) {
    const xv = v128.load(x);
    const a0 = v128.load(a);
    s0 = madd<T>(a0, xv, s0);
    let yv = madd<T>(a0, x0, v128.load(y));
    const a1 = v128.load(a + step);
    s1 = madd<T>(a1, xv, s1);
    yv = madd<T>(a1, x1, yv);
    const a2 = v128.load(a + 2 * step);
    s2 = madd<T>(a2, xv, s2);
    yv = madd<T>(a2, x2, yv);
    const a3 = v128.load(a + 3 * step);
    s3 = madd<T>(a3, xv, s3);
    v128.store(y, madd<T>(a3, x3, yv));
  }
  store<T>(end, sumOf<T>(s0));
  store<T>(end, sumOf<T>(s1), sizeof<T>());
  store<T>(end, sumOf<T>(s2), 2 * sizeof<T>());
  store<T>(end, sumOf<T>(s3), 3 * sizeof<T>());
}

/** y −= alpha·u + beta·v. */
function subtractBoth<T>(n: i32, alpha: T, u: usize, beta: T, v: usize, y: usize): void {
  const a = v128.splat<T>(-alpha);
  const b = v128.splat<T>(-beta);
  const end = y + bytes<T>(n);
  const whole = y + (bytes<T>(n) & ~15);
  for (; y < whole; y += 16, u += 16, v += 16) v128.store(y, madd<T>(b, v128.load(v), madd<T>(a, v128.load(u), v128.load(y))));
  for (; y < end; y += sizeof<T>(), u += sizeof<T>(), v += sizeof<T>())
    store<T>(y, load<T>(y) - alpha * load<T>(u) - beta * load<T>(v));
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
    subtractBoth<T>(i + 1, load<T>(wp + bytes<T>(i)), vp, load<T>(vp + bytes<T>(i)), wp, row);
  }
  store<f64>(d + bytes<f64>(i), <f64>load<T>(row + bytes<T>(i)));
  if (i == 0) return;
  store<f64>(e + bytes<f64>(i - 1), reflect<T>(i, row, tau + bytes<f64>(i)));
  const wi = at<T>(w, lda, i, 0);
  multiplySymmetric<T>(i, a, lda, row, wi);
  for (let p = i + 1; p < end; p++) {
    const vp = at<T>(a, lda, p, 0);
    const wp = at<T>(w, lda, p, 0);
    subtractBoth<T>(i, dot<T>(i, wp, row), vp, dot<T>(i, vp, row), wp, wi);
  }
  const t = <T>load<f64>(tau + bytes<f64>(i));
  scale<T>(i, t, wi);
  addScaled<T>(i, <T>-0.5 * t * dot<T>(i, wi, row), row, wi);
}

/** Subtracts what rows first … end − 1 change in the block above them. */
function updateLeading<T>(first: i32, end: i32, a: usize, lda: i32, buffer: usize, work: usize): void {
  const count = end - first;
  // Rows v, w, v: two adjacent blocks of them are the factors of the update.
  const w = at<T>(buffer, lda, count, 0);
  for (let p = 0; p < count; p++) {
    const v = at<T>(a, lda, first + p, 0);
    memory.copy(at<T>(buffer, lda, p, 0), v, bytes<T>(first));
    memory.copy(at<T>(w, lda, count + p, 0), v, bytes<T>(first));
  }
  multiplyAdd<T>(first, first, 2 * count, <T>-1, buffer, 1, lda, w, lda, 1, a, lda, LOWER, work);
}

/**
 * Q = H[n−1]⋯H[1] with H[i] = 1 − τ[i] vᵢvᵢᵀ: row i of A becomes vᵢ (i entries, the last of them 1, then zeros); diagonal and
 * off-diagonal of T go to d and e in double precision. Only the lower triangle of A is read. Its largest entry is about 1.
 * Goes on where `left` rows are not yet reduced, for about so many operations.
 * @param buffer PANEL_ROWS rows of length lda, to be left alone until all is done
 * @returns rows that are left
 */
export function tridiagonalize<T>(
  n: i32, left: i32, operations: f64, a: usize, lda: i32, d: usize, e: usize, tau: usize, buffer: usize, work: usize,
): i32 {
  for (; left > 0 && operations > 0; operations -= 4 * <f64>left * <f64>left) {
    const end = n - ((n - left) / PANEL) * PANEL;
    const first = max(0, end - PANEL);
    left--;
    reduceRow<T>(left, end, a, lda, at<T>(buffer, lda, end - 2 * first, 0), d, e, tau);
    if (left == first) updateLeading<T>(first, end, a, lda, buffer, work);
  }
  if (left == 0) for (let i = 0; i < n; i++) memory.fill(at<T>(a, lda, i, i), 0, bytes<T>(n - i));
  return left;
}
