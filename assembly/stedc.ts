/**
 * Eigenvectors of a symmetric tridiagonal matrix by divide and conquer (Cuppen 1981; LAPACK stedc). T = diag(T₁, T₂) + ρvvᵀ; the halves are
 * solved, then joined (laed1.ts): almost all of the work is products. Eigenvectors are rows, of blocks on the diagonal of Q; scalars are doubles
 * whatever Q is.
 */
import { Division, cell, put, sortByValue } from './division';
import { closeMerge, mergeRows, openMerge } from './laed1';
import { bytes } from './micro';
import { get, set, write } from './real';
import { implicitQl } from './steqr';

/** Order solved without a further split. */
export const LEAF: i32 = 32;
/** Order solved in one piece. */
const PIECE: i32 = 128;
/** Finds block `block` of the 2^level that n rows are halved into. */
function locate(job: Division, n: i32, level: i32, block: i32): void {
  let first = 0;
  for (let bit = level - 1; bit >= 0; bit--) {
    const half = n / 2;
    if ((block >> bit) & 1) {
      first += half;
      n -= half;
    } else n = half;
  }
  job.first = first;
  job.count = n;
}

/** Takes what couples the halves of a block out of their diagonals. */
function split(job: Division, first: i32, n: i32): void {
  const middle = first + n / 2;
  const coupling = abs<f64>(get(job.e, middle - 1));
  set(job.d, middle - 1, get(job.d, middle - 1) - coupling);
  set(job.d, middle, get(job.d, middle) - coupling);
}

/** Solves rows first … first + n − 1. @returns 0, or i > 0 where the i-th eigenvalue of a leaf did not converge */
function divideAndConquer(job: Division, first: i32, n: i32): i32 {
  if (n <= LEAF) return solveLeaf(job, first, n);
  const half = n / 2;
  split(job, first, n);
  let info = divideAndConquer(job, first, half);
  if (info == 0) info = divideAndConquer(job, first + half, n - half);
  if (info) return info;
  job.first = first;
  job.count = n;
  openMerge(job);
  while (job.secularRows < job.k) mergeRows(job);
  closeMerge(job);
  return 0;
}

/** Splits n rows into blocks that `conquer` solves and merges one after the other. */
export function divide(job: Division, n: i32): void {
  job.levels = 0;
  while (n >> job.levels > PIECE) job.levels++;
  for (let level = 0; level < job.levels; level++)
    for (let block = 0; block < 1 << level; block++) {
      locate(job, n, level, block);
      split(job, job.first, job.count);
    }
  job.level = job.levels;
  job.block = 0;
  job.secularRows = -1;
}

/** The next piece of the n rows: a block, the secular equation of two, or some of its rows. @returns as divideAndConquer; job.level is −1 when all is done */
export function conquer(job: Division, n: i32): i32 {
  locate(job, n, job.level, job.block);
  if (job.level == job.levels) {
    const info = divideAndConquer(job, job.first, job.count);
    if (info) return info;
  } else {
    if (job.secularRows < 0) openMerge(job);
    else mergeRows(job);
    if (job.secularRows < job.k) return 0;
    closeMerge(job);
  }
  job.secularRows = -1;
  if (++job.block == 1 << job.level) {
    job.level--;
    job.block = 0;
  }
  return 0;
}

/** Share of the operations of `conquer` that is done: 3/4 of them are in the last merge, 3/16 in the two before it, and so on. */
export function conquered(job: Division): f64 {
  if (job.level < 0) return 1;
  const rest: f64 = 1 / <f64>(1 << (2 * job.level));
  const rows: f64 = job.secularRows > 0 ? <f64>job.secularRows / <f64>job.k : 0;
  const inLevel = (<f64>job.block + rows) / <f64>(1 << job.level);
  return job.level == job.levels ? rest * inLevel : rest * (0.25 + 0.75 * inLevel);
}

function solveLeaf(job: Division, first: i32, n: i32): i32 {
  const d = job.d + bytes<f64>(first);
  const e = job.e + bytes<f64>(first);
  const leaf = job.leaf;
  memory.fill(leaf, 0, bytes<f64>(n * n));
  for (let i = 0; i < n; i++) set(leaf, i * (n + 1), 1);
  const coupling = get(e, n - 1);
  const info = implicitQl(n, d, e, leaf);
  set(e, n - 1, coupling);
  const order = job.order + bytes<i32>(first);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) write(cell(job, job.q, first + i, first + j), job.size, get(leaf, i * n + j));
    put(order, i, i);
  }
  sortByValue(order, 0, n, d);
  return info ? first + info : 0;
}
