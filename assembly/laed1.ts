/**
 * Joins the solved halves of a tridiagonal block (Cuppen 1981; Gu & Eisenstat 1995; LAPACK laed1–laed3): diag(d) + ρzzᵀ, whose eigenvalues solve
 * a secular equation; its eigenvectors come from the z that has the computed roots exactly, and are orthogonal for that.
 */
import { Division, SECULAR_ROWS, cell, item, put, sortByValue } from './division';
import { FULL, multiplyAdd, scaleMatrix } from './gemm';
import { secularRoot } from './laed4';
import { bytes } from './micro';
import { get, read, set, write } from './real';
import { rotate } from './vector';

/** Where a row is not zero: in the left half's columns, anywhere, in the right half's. */
const LEFT: i32 = 0;
const BOTH: i32 = 1;
const RIGHT: i32 = 2;

/** Merges two sorted lists of n1 and n2 items; the items of the second count from `shift`. */
function mergeLists(n1: i32, one: usize, n2: i32, two: usize, shift: i32, values: usize, to: usize): void {
  let i = 0;
  let j = 0;
  while (i < n1 || j < n2) {
    const takeFirst = j == n2 || (i < n1 && get(values, item(one, i)) <= get(values, item(two, j) + shift));
    put(to, i + j, takeFirst ? item(one, i) : item(two, j) + shift);
    if (takeFirst) i++;
    else j++;
  }
}

/** Begins to join the solved halves of the block job.first, job.count: job.k rows of the secular equation are then to be multiplied. */
export function openMerge(job: Division): void {
  const first = job.first;
  const n = job.count;
  const half = n / 2;
  const coupling = get(job.e, first + half - 1);
  const q = cell(job, job.q, first, first);
  const d = job.d + bytes<f64>(first);
  const order = job.order + bytes<i32>(first);
  const share = sqrt<f64>(0.5);
  for (let i = 0; i < n; i++) {
    const entry = read(cell(job, q, i, i < half ? half - 1 : half), job.size);
    set(job.z, i, entry * (i < half || coupling > 0 ? share : -share));
    put(job.kinds, i, i < half ? LEFT : RIGHT);
  }
  mergeLists(half, order, n - half, order + bytes<i32>(half), half, d, job.merged);
  const rho = 2 * abs<f64>(coupling);
  const k = deflate(job, q, d, n, rho);
  job.k = k;
  job.secularRows = 0;
  if (k == 0) return;
  job.lefts = countOf(job, k, LEFT);
  job.boths = countOf(job, k, BOTH);
  gather(job, q, d, n, k, job.lefts, job.boths);
  solveSecular(job, k, rho);
}

/** The next rows of the block's eigenvectors that the secular equation gives: its own times the copied rows. */
export function mergeRows(job: Division): void {
  const k = job.k;
  const j = job.secularRows;
  const half = job.count / 2;
  const rows = min(SECULAR_ROWS, k - j);
  const q = cell(job, job.q, job.first + j, job.first);
  for (let i = 0; i < rows; i++) secularVector(job, k, j + i, cell(job, job.panel, i, 0));
  multiply(job, rows, half, job.lefts + job.boths, job.panel, job.copy, q);
  multiply(job, rows, job.count - half, k - job.lefts, cell(job, job.panel, 0, job.lefts), cell(job, job.copy, job.lefts, half), cell(job, q, 0, half));
  job.secularRows = j + rows;
}

/** Ends a merge: rows that took no part, eigenvalues, and their order. */
export function closeMerge(job: Division): void {
  const first = job.first;
  const n = job.count;
  const k = job.k;
  const d = job.d + bytes<f64>(first);
  const order = job.order + bytes<i32>(first);
  if (k == 0) {
    memory.copy(order, job.merged, bytes<i32>(n));
    return;
  }
  const q = cell(job, job.q, first, first);
  for (let i = k; i < n; i++) memory.copy(cell(job, q, i, 0), cell(job, job.copy, i, 0), <usize>(n * job.size));
  for (let i = 0; i < k; i++) set(d, i, get(job.poles, item(job.origins, i)) + get(job.offsets, i));
  for (let i = k; i < n; i++) set(d, i, get(job.poles, i));
  for (let i = 0; i < n; i++) put(job.picked, i, i);
  mergeLists(k, job.picked, n - k, job.picked, k, d, order);
}

/**
 * Takes out the rows that are eigenvectors as they are: those with no z to speak of, and one of two neighbours that nearly agree, after a
 * rotation that leaves it none. Fills `picked`; returns how many rows take part.
 */
function deflate(job: Division, q: usize, d: usize, n: i32, rho: f64): i32 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) largest = max<f64>(largest, max<f64>(abs<f64>(get(d, i)), abs<f64>(get(job.z, i))));
  const tolerance = (job.size == 4 ? 4.76837158203125e-7 : 8.881784197001252e-16) * largest;
  let k = 0;
  let out = n;
  let last = -1;
  for (let i = 0; i < n; i++) {
    const row = item(job.merged, i);
    const z = get(job.z, row);
    if (rho * abs<f64>(z) <= tolerance) {
      put(job.picked, --out, row);
      continue;
    }
    if (last >= 0) {
      if (rotated(job, q, d, n, last, row, tolerance)) put(job.picked, --out, last);
      else put(job.picked, k++, last);
    }
    last = row;
  }
  if (last >= 0) put(job.picked, k++, last);
  for (let i = 0; i < (n - k) / 2; i++) {
    const other = item(job.picked, n - 1 - i);
    put(job.picked, n - 1 - i, item(job.picked, k + i));
    put(job.picked, k + i, other);
  }
  sortByValue(job.picked, k, n, d);
  return k;
}

/** Whether the z of row i could be turned into row j, whose eigenvalue is the next larger. */
function rotated(job: Division, q: usize, d: usize, n: i32, i: i32, j: i32, tolerance: f64): bool {
  const zi = get(job.z, i);
  const zj = get(job.z, j);
  const length = sqrt<f64>(zi * zi + zj * zj);
  const c = zj / length;
  const s = -zi / length;
  const di = get(d, i);
  const dj = get(d, j);
  if (abs<f64>((dj - di) * c * s) > tolerance) return false;
  set(job.z, j, length);
  set(job.z, i, 0);
  if (item(job.kinds, i) != item(job.kinds, j)) put(job.kinds, j, BOTH);
  const x = cell(job, q, i, 0);
  const y = cell(job, q, j, 0);
  if (job.size == 4) rotate<f32>(n, <f32>c, <f32>s, x, y);
  else rotate<f64>(n, c, s, x, y);
  set(d, i, di * c * c + dj * s * s);
  set(d, j, di * s * s + dj * c * c);
  return true;
}

function countOf(job: Division, k: i32, kind: i32): i32 {
  let count = 0;
  for (let i = 0; i < k; i++) if (item(job.kinds, item(job.picked, i)) == kind) count++;
  return count;
}

/** Copies the rows: those that take part by kind, then the others; and their d and z. */
function gather(job: Division, q: usize, d: usize, n: i32, k: i32, lefts: i32, boths: i32): void {
  let left = 0;
  let both = lefts;
  let right = lefts + boths;
  for (let i = 0; i < n; i++) {
    const row = item(job.picked, i);
    const kind = item(job.kinds, row);
    let place = i;
    if (i < k) place = kind == LEFT ? left++ : kind == BOTH ? both++ : right++;
    memory.copy(cell(job, job.copy, place, 0), cell(job, q, row, 0), <usize>(n * job.size));
    put(job.places, place, i);
    set(job.poles, i, get(d, row));
    set(job.row, i, get(job.z, row));
  }
}

/** The roots, and the weights z that have them exactly (Gu & Eisenstat 1994, by Löwner's formula). job.row holds z. */
function solveSecular(job: Division, k: i32, rho: f64): void {
  let sum: f64 = 0;
  for (let i = 0; i < k; i++) sum += get(job.row, i) * get(job.row, i);
  for (let i = 0; i < k; i++) set(job.weights, i, (get(job.row, i) * get(job.row, i)) / sum);
  for (let j = 0; j < k; j++)
    secularRoot(j, k, job.poles, job.weights, rho * sum, job.origins + bytes<i32>(j), job.offsets + bytes<f64>(j), job.slope);
  for (let i = 0; i < k; i++) set(job.weights, i, 1);
  for (let j = 0; j < k; j++) {
    const pole = get(job.poles, item(job.origins, j));
    const offset = get(job.offsets, j);
    const own = get(job.weights, j) * (get(job.poles, j) - pole - offset);
    multiplyRatios(k, job.poles, job.weights, pole, offset, get(job.poles, j));
    set(job.weights, j, own);
  }
  for (let i = 0; i < k; i++) set(job.weights, i, copysign<f64>(sqrt<f64>(abs<f64>(get(job.weights, i))), get(job.row, i)));
  for (let i = 0; i < k; i++) {
    set(job.rowPoles, i, get(job.poles, item(job.places, i)));
    set(job.rowWeights, i, get(job.weights, item(job.places, i)));
  }
}

/** weight[i] *= (dᵢ − λ)/(dᵢ − own); meaningless where dᵢ is `own`. One element more may be overwritten. */
function multiplyRatios(k: i32, d: usize, weights: usize, pole: f64, offset: f64, own: f64): void {
  const p = f64x2.splat(pole);
  const o = f64x2.splat(offset);
  const c = f64x2.splat(own);
  for (let i = 0; i < k; i += 2) {
    const di = v128.load(d + bytes<f64>(i));
    const ratio = f64x2.div(f64x2.sub(f64x2.sub(di, p), o), f64x2.sub(di, c));
    const to = weights + bytes<f64>(i);
    v128.store(to, f64x2.mul(v128.load(to), ratio));
  }
}

/** Row j of the secular equation's eigenvectors, in the order of the copied rows. */
function secularVector(job: Division, k: i32, j: i32, to: usize): void {
  const pole = f64x2.splat(get(job.poles, item(job.origins, j)));
  const offset = f64x2.splat(get(job.offsets, j));
  for (let i = 0; i < k; i += 2) {
    const difference = f64x2.sub(f64x2.sub(v128.load(job.rowPoles + bytes<f64>(i)), pole), offset);
    v128.store(job.row + bytes<f64>(i), f64x2.div(v128.load(job.rowWeights + bytes<f64>(i)), difference));
  }
  let squares: f64 = 0;
  for (let i = 0; i < k; i++) squares += get(job.row, i) * get(job.row, i);
  const inverse = 1 / sqrt<f64>(squares);
  for (let i = 0; i < k; i++) write(to + <usize>(i * job.size), job.size, inverse * get(job.row, i));
}

/** C = A·B with A m × k and B k × n, all with rows of job.ld. */
function multiply(job: Division, m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): void {
  const ld = job.ld;
  if (job.size == 4) {
    scaleMatrix<f32>(m, n, 0, c, ld, FULL);
    multiplyAdd<f32>(m, n, k, 1, a, ld, 1, b, ld, 1, c, ld, FULL, job.work);
  } else {
    scaleMatrix<f64>(m, n, 0, c, ld, FULL);
    multiplyAdd<f64>(m, n, k, 1, a, ld, 1, b, ld, 1, c, ld, FULL, job.work);
  }
}
