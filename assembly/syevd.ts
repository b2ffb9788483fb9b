/** Eigenvalues and eigenvectors of a symmetric matrix: to tridiagonal form, divide and conquer, and back. */
import { WORK_BYTES } from './gemm';
import { at, bytes } from './micro';
import { FACTOR_ELEMENTS, REFLECTOR_BLOCK, applyReflectors } from './ormtr';
import { Division, LEAF, SECULAR_ROWS, divideAndConquer } from './stedc';
import { implicitQl } from './steqr';
import { PANEL_ROWS, tridiagonalize } from './sytrd';

const VECTORS: i32 = 11;
const LISTS: i32 = 6;

/** Bytes of `count` vectors of n doubles, one of them spare: pairs may run past an odd end. */
@inline
function vectorBytes(n: i32, count: i32): usize {
  return bytes<f64>(((n + 9) & ~7) * count);
}

@inline
function fixedBytes(n: i32): usize {
  return ((WORK_BYTES + offsetof<Division>() + 63) & ~63) + bytes<f64>(LEAF * LEAF) + vectorBytes(n, VECTORS + LISTS / 2);
}

/** Workspace of syevd: for eigenvectors two matrices like A, and some rows and columns of them. */
export function syevd_work_bytes(vectors: i32, n: i32, lda: i32, size: i32): usize {
  const columns = vectors ? 2 * REFLECTOR_BLOCK * n + FACTOR_ELEMENTS : 0;
  const rows = vectors ? 2 * n + SECULAR_ROWS : PANEL_ROWS;
  return fixedBytes(n) + (<usize>rows * <usize>lda + <usize>columns) * <usize>size;
}

/** Brings A into its lower triangle, times the power of two that makes its largest entry about 1: that factor, or 0 for NaN and infinities. */
function prepare<T>(upper: i32, n: i32, a: usize, lda: i32): f64 {
  let largest: T = <T>0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const value = load<T>(upper ? at<T>(a, lda, j, i) : at<T>(a, lda, i, j));
      store<T>(at<T>(a, lda, i, j), value);
      largest = max<T>(largest, abs<T>(value));
    }
  if (!(<f64>largest < Infinity)) return 0;
  let size = <f64>largest;
  let factor: f64 = 1;
  for (; size >= 2; size *= 0.5) factor *= 0.5;
  for (; size < 1 && factor < 4.49423283715579e307; size *= 2) factor *= 2;
  if (factor != 1)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const to = at<T>(a, lda, i, j);
        store<T>(to, <T>(<f64>load<T>(to) * factor));
      }
  return factor;
}

function valuesOnly(n: i32, d: usize, e: usize): i32 {
  const info = implicitQl(n, d, e, 0);
  for (let i = 1; i < n; i++) {
    const value = load<f64>(d + bytes<f64>(i));
    let to = d + bytes<f64>(i);
    for (; to > d && load<f64>(to - 8) > value; to -= 8) store<f64>(to, load<f64>(to - 8));
    store<f64>(to, value);
  }
  return info;
}

@inline
function syevd<T>(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  if (n == 0) return 0;
  const factor = prepare<T>(upper, n, a, lda);
  if (factor == 0) return 1;
  const job = changetype<Division>(work + WORK_BYTES);
  const vector = vectorBytes(n, 1);
  let next = ((work + WORK_BYTES + offsetof<Division>() + 63) & ~63);
  job.leaf = next;
  next += bytes<f64>(LEAF * LEAF);
  job.d = next;
  job.e = next += vector;
  job.z = next += vector;
  job.poles = next += vector;
  job.weights = next += vector;
  job.offsets = next += vector;
  job.rowPoles = next += vector;
  job.rowWeights = next += vector;
  job.row = next += vector;
  const tau = (next += vector);
  job.slope = next += vector;
  job.order = next += vector;
  job.merged = job.order + vector / 2;
  job.picked = next += vector;
  job.kinds = job.picked + vector / 2;
  job.origins = next += vector;
  job.places = job.origins + vector / 2;
  job.panel = next += vector;
  job.work = work;
  job.ld = lda;
  tridiagonalize<T>(n, a, lda, job.d, job.e, tau, job.panel, work);
  let info = 0;
  if (vectors) {
    job.q = job.panel + bytes<T>(SECULAR_ROWS) * lda;
    job.copy = job.q + bytes<T>(n) * lda;
    memory.fill(job.q, 0, bytes<T>(n) * lda);
    info = divideAndConquer<T>(job, 0, n);
    const columns = job.copy + bytes<T>(n) * lda;
    const block = bytes<T>(n * REFLECTOR_BLOCK);
    applyReflectors<T>(n, a, lda, tau, job.q, lda, columns, columns + block, columns + 2 * block, work);
    for (let j = 0; j < n; j++) {
      const from = at<T>(job.q, lda, load<i32>(job.order + bytes<i32>(j)), 0);
      store<T>(w + bytes<T>(j), <T>(load<f64>(job.d + bytes<f64>(load<i32>(job.order + bytes<i32>(j)))) / factor));
      for (let i = 0; i < n; i++) store<T>(at<T>(a, lda, i, j), load<T>(from + bytes<T>(i)));
    }
  } else {
    info = valuesOnly(n, job.d, job.e);
    for (let i = 0; i < n; i++) store<T>(w + bytes<T>(i), <T>(load<f64>(job.d + bytes<f64>(i)) / factor));
  }
  return info;
}

/**
 * Eigenvalues of the symmetric A, ascending, in w; with `vectors` its columns become eigenvectors (LAPACK syevd, row-major), otherwise
 * rubbish. Only the named triangle is read. `work`: syevd_work_bytes.
 * @returns 0; i > 0 where the i-th eigenvalue did not converge, or A has a NaN or infinity: what A and w hold is then unspecified
 */
export function syevd_f32(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  return syevd<f32>(vectors, upper, n, a, lda, w, work);
}

/** As syevd_f32. */
export function syevd_f64(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  return syevd<f64>(vectors, upper, n, a, lda, w, work);
}
