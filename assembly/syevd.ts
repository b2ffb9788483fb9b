/** Eigenvalues and eigenvectors of a symmetric matrix: to tridiagonal form, divide and conquer, and back. */
import { Division, SECULAR_ROWS, item, put, sortByValue } from './division';
import { WORK_BYTES } from './gemm';
import { bytes } from './micro';
import { FACTOR_ELEMENTS, REFLECTOR_BLOCK, applyReflectors } from './ormtr';
import { get, place, read, write } from './real';
import { LEAF, conquer, conquered, divide } from './stedc';
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
  return ((WORK_BYTES + offsetof<Eigenproblem>() + 63) & ~63) + bytes<f64>(LEAF * LEAF) + vectorBytes(n, VECTORS + LISTS / 2);
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

/** A decomposition that is under way: the state of both steps and of what is between them. */
@unmanaged
class Eigenproblem extends Division {
  a: usize;
  w: usize;
  tau: usize;
  n: i32;
  vectors: i32;
  /** Of the scaled matrix. */
  factor: f64;
  stage: i32;
  /** Rows that are not reduced yet, then the next reflector. */
  next: i32;
  /** As LAPACK's. */
  info: i32;
}

const REDUCTION: i32 = 0;
const CONQUEST: i32 = 1;
const REFLECTION: i32 = 2;
const DONE: i32 = 3;

/** Operations of the reduction in one piece, about a twentieth of a second. */
const PIECE: f64 = 1e8;

@inline
function problem(work: usize): Eigenproblem {
  return changetype<Eigenproblem>(work + WORK_BYTES);
}

function begin(size: i32, vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): void {
  const job = problem(work);
  job.n = n;
  job.info = 0;
  job.stage = DONE;
  if (n == 0) return;
  job.factor = prepare(size, upper, n, a, lda);
  if (job.factor == 0) {
    job.info = 1;
    return;
  }
  const vector = vectorBytes(n, 1);
  let next = (work + WORK_BYTES + offsetof<Eigenproblem>() + 63) & ~63;
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
  job.tau = next += vector;
  job.slope = next += vector;
  job.order = next += vector;
  job.merged = job.order + vector / 2;
  job.picked = next += vector;
  job.kinds = job.picked + vector / 2;
  job.origins = next += vector;
  job.places = job.origins + vector / 2;
  job.panel = next += vector;
  job.q = job.panel + place(0, lda, size, SECULAR_ROWS, 0);
  job.copy = job.q + place(0, lda, size, n, 0);
  job.work = work;
  job.ld = lda;
  job.size = size;
  job.a = a;
  job.w = w;
  job.vectors = vectors;
  job.stage = REDUCTION;
  job.next = n;
}

/** Some rows of T. Then its eigenvalues at once, where they are all that is wanted. */
function reduce(job: Eigenproblem): void {
  const n = job.n;
  job.next =
    job.size == 4
      ? tridiagonalize<f32>(n, job.next, PIECE, job.a, job.ld, job.d, job.e, job.tau, job.panel, job.work)
      : tridiagonalize<f64>(n, job.next, PIECE, job.a, job.ld, job.d, job.e, job.tau, job.panel, job.work);
  if (job.next > 0) return;
  if (job.vectors) {
    memory.fill(job.q, 0, place(0, job.ld, job.size, n, 0));
    divide(job, n);
    job.stage = CONQUEST;
    return;
  }
  for (let i = 0; i < n; i++) put(job.order, i, i);
  job.info = implicitQl(n, job.d, job.e, 0);
  sortByValue(job.order, 0, n, job.d);
  job.stage = DONE;
}

/** Some of the eigenvectors of T, in the rows of Q. */
function conquest(job: Eigenproblem): void {
  job.info = conquer(job, job.n);
  if (job.level < 0) {
    job.stage = REFLECTION;
    job.next = 1;
  }
}

/** Some reflectors on the rows of Q. Then they are the columns of A. */
function reflection(job: Eigenproblem): void {
  const n = job.n;
  if (job.next < n) {
    const y = job.copy + place(0, job.ld, job.size, n, 0);
    const z = y + <usize>(n * REFLECTOR_BLOCK * job.size);
    const factors = z + <usize>(n * REFLECTOR_BLOCK * job.size);
    if (job.size == 4) applyReflectors<f32>(n, job.next, job.a, job.ld, job.tau, job.q, job.ld, y, z, factors, job.work);
    else applyReflectors<f64>(n, job.next, job.a, job.ld, job.tau, job.q, job.ld, y, z, factors, job.work);
    job.next += REFLECTOR_BLOCK;
    if (job.next < n) return;
  }
  for (let j = 0; j < n; j++) {
    const row = item(job.order, j);
    for (let i = 0; i < n; i++) write(place(job.a, job.ld, job.size, i, j), job.size, read(place(job.q, job.ld, job.size, row, i), job.size));
  }
  job.stage = DONE;
}

/** Share of the 14/3 n³ operations that is done, below 1, a guess: 2/7 are the reduction, 2/7 the eigenvectors of T, 3/7 the way back. */
function share(job: Eigenproblem): f64 {
  if (job.stage == CONQUEST) return (2 + 2 * conquered(job)) / 7;
  const n = <f64>job.n;
  if (job.stage == REFLECTION) return (4 + (3 * <f64>(job.next - 1)) / n) / 7;
  const left = <f64>job.next / n;
  return (2 - 2 * left * left * left) / 7;
}

/** Does the next piece of what syevd began. @returns the share that is done, 1 when nothing is left: syevd_info is then known */
export function syevd_step(work: usize): f64 {
  const job = problem(work);
  if (job.stage == REDUCTION) reduce(job);
  else if (job.stage == CONQUEST) conquest(job);
  else if (job.stage == REFLECTION) reflection(job);
  if (job.stage != DONE && job.info == 0) return share(job);
  for (let i = 0; i < job.n && job.info == 0; i++) {
    const value = get(job.d, item(job.order, i));
    write(job.w + <usize>(i * job.size), job.size, value / job.factor);
  }
  return 1;
}

/** 0; i > 0 where the i-th eigenvalue did not converge, or A has a NaN or infinity: what A and w hold is then unspecified. */
export function syevd_info(work: usize): i32 {
  return problem(work).info;
}

/**
 * Begins eigenvalues of the symmetric A, ascending, in w; with `vectors` its columns become eigenvectors (LAPACK syevd, row-major), otherwise
 * rubbish. Only the named triangle is read. `syevd_step` goes on; nothing else may use the memory meanwhile. `work`: syevd_work_bytes.
 */
export function syevd_f32(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): void {
  begin(4, vectors, upper, n, a, lda, w, work);
}

/** As syevd_f32. */
export function syevd_f64(vectors: i32, upper: i32, n: i32, a: usize, lda: i32, w: usize, work: usize): void {
  begin(8, vectors, upper, n, a, lda, w, work);
}
