/** Eigenvalues and eigenvectors of a symmetric matrix: to tridiagonal form, divide and conquer, and back. */
import { WORK_BYTES } from './gemm';
import { bytes } from './micro';
import { FACTOR_ELEMENTS, REFLECTOR_BLOCK, applyReflectors } from './ormtr';
import { place, read, write } from './real';
import { Division, LEAF, SECULAR_ROWS, divideAndConquer, sortByValue } from './stedc';
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

/** Workspace of syevd: for eigenvectors two matrices like A, and some rows and columns of them. A double, since it may be more than a memory holds. */
export function syevd_work_bytes(vectors: i32, n: i32, lda: i32, size: i32): f64 {
  const columns = vectors ? 2 * REFLECTOR_BLOCK * n + FACTOR_ELEMENTS : 0;
  const rows = vectors ? 2 * n + SECULAR_ROWS : PANEL_ROWS;
  return <f64>fixedBytes(n) + (<f64>rows * <f64>lda + <f64>columns) * <f64>size;
}

/** Brings A into its lower triangle, times the power of two that makes its largest entry about 1: that factor, or 0 for NaN and infinities. */
function prepare(size: i32, upper: i32, n: i32, a: usize, lda: i32): f64 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++)
      largest = max<f64>(largest, abs<f64>(read(upper ? place(a, lda, size, j, i) : place(a, lda, size, i, j), size)));
  if (!(largest < Infinity)) return 0;
  let factor: f64 = 1;
  for (; largest >= 2; largest *= 0.5) factor *= 0.5;
  for (; largest < 1 && factor < 4.49423283715579e307; largest *= 2) factor *= 2;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const to = place(a, lda, size, i, j);
      write(to, size, factor * read(upper ? place(a, lda, size, j, i) : to, size));
    }
  return factor;
}

function valuesOnly(job: Division, n: i32): i32 {
  for (let i = 0; i < n; i++) store<i32>(job.order + bytes<i32>(i), i);
  const info = implicitQl(n, job.d, job.e, 0);
  sortByValue(job.order, 0, n, job.d);
  return info;
}

function syevd(size: i32, vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  if (n == 0) return 0;
  const factor = prepare(size, upper, n, a, lda);
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
  job.size = size;
  if (size == 4) tridiagonalize<f32>(n, a, lda, job.d, job.e, tau, job.panel, work);
  else tridiagonalize<f64>(n, a, lda, job.d, job.e, tau, job.panel, work);
  const info = vectors ? vectorsToo(job, n, a, tau) : valuesOnly(job, n);
  for (let i = 0; i < n; i++) {
    const value = load<f64>(job.d + bytes<f64>(load<i32>(job.order + bytes<i32>(i))));
    write(w + <usize>(i * size), size, value / factor);
  }
  return info;
}

/** The eigenvectors of T in the rows of Q, then those of A in the columns of A. */
function vectorsToo(job: Division, n: i32, a: usize, tau: usize): i32 {
  const lda = job.ld;
  const size = job.size;
  const matrix = place(0, lda, size, n, 0);
  job.q = job.panel + place(0, lda, size, SECULAR_ROWS, 0);
  job.copy = job.q + matrix;
  memory.fill(job.q, 0, matrix);
  const info = divideAndConquer(job, 0, n);
  const y = job.copy + matrix;
  const z = y + <usize>(n * REFLECTOR_BLOCK * size);
  const factors = z + <usize>(n * REFLECTOR_BLOCK * size);
  if (size == 4) applyReflectors<f32>(n, a, lda, tau, job.q, lda, y, z, factors, job.work);
  else applyReflectors<f64>(n, a, lda, tau, job.q, lda, y, z, factors, job.work);
  for (let j = 0; j < n; j++) {
    const row = load<i32>(job.order + bytes<i32>(j));
    for (let i = 0; i < n; i++) write(place(a, lda, size, i, j), size, read(place(job.q, lda, size, row, i), size));
  }
  return info;
}

/**
 * Eigenvalues of the symmetric A, ascending, in w; with `vectors` its columns become eigenvectors (LAPACK syevd, row-major), otherwise
 * rubbish. Only the named triangle is read. `work`: syevd_work_bytes.
 * @returns 0; i > 0 where the i-th eigenvalue did not converge, or A has a NaN or infinity: what A and w hold is then unspecified
 */
export function syevd_f32(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  return syevd(4, vectors, upper, n, a, lda, w, work);
}

/** As syevd_f32. */
export function syevd_f64(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): i32 {
  return syevd(8, vectors, upper, n, a, lda, w, work);
}
