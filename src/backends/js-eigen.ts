/**
 * Eigenvalues and eigenvectors of a symmetric matrix in plain TypeScript and double precision: Householder's reduction to tridiagonal form
 * (Martin, Reinsch & Wilkinson 1968), then implicit QL steps (Bowdler, Martin, Reinsch & Wilkinson 1968).
 */
import { hypot } from '../hypot';
import { unitScale } from '../linalg/layout';

const EPSILON = 2 ** -53;
/** Sums of squares at most this, of a matrix whose largest entry is about 1, count as 0: their roots would not be accurate. */
const TINY = 2 ** -900;
/** Steps that one eigenvalue may take; two do on average. */
const MOST_STEPS = 60;

export interface JsEigensystem {
  /** As LAPACK's. */
  readonly info: number;
  /** [n], ascending */
  readonly values: Float64Array;
  /** [n, n], eigenvectors as rows; null where not asked for. */
  readonly vectors: Float64Array | null;
}

/** Shares of the operations: the reduction, steps of QL (with vectors), and reflectors on the vectors. */
const [REDUCED, ROTATED] = [0.15, 0.8];

/** In pieces: yields the share that is done. @param a n × n; its lower triangle is read, all of it overwritten */
export function* eigensystem(n: number, a: Float64Array, withVectors: boolean): Generator<number, JsEigensystem> {
  let largest = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) largest = Math.max(largest, Math.abs(a[i * n + j]));
  if (!(largest < Infinity)) return { info: 1, values: new Float64Array(n), vectors: null };
  const scale = unitScale(largest);
  for (let i = 0; i < a.length; i++) a[i] *= scale;
  const { d, e, tau } = yield* tridiagonalize(n, a);
  const z = withVectors ? new Float64Array(n * n) : null;
  for (let i = 0; z && i < n; i++) z[i * (n + 1)] = 1;
  const info = yield* implicitQl(n, d, e, z);
  if (z) yield* applyReflectors(n, a, tau, z);
  const order = Array.from(d, (_, i) => i).sort((i, j) => d[i] - d[j]);
  const vectors = z && new Float64Array(n * n);
  order.forEach((row, i) => void vectors?.set((z as Float64Array).subarray(row * n, (row + 1) * n), i * n));
  return { info, values: Float64Array.from(order, (row) => d[row] / scale), vectors };
}

/** Rows from the last one up; row i of `a` becomes the vector of its reflector 1 − τvvᵀ, i entries, the last of them 1. */
function* tridiagonalize(n: number, a: Float64Array) {
  const [d, e, tau, w] = [new Float64Array(n), new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let i = n - 1; i >= 0; i--) {
    d[i] = a[i * n + i];
    if (i === 0) break;
    const v = a.subarray(i * n, i * n + i);
    [e[i - 1], tau[i]] = reflect(v);
    if (tau[i] === 0) continue;
    multiplySymmetric(i, n, a, v, w);
    let share = 0;
    for (let j = 0; j < i; j++) share += w[j] * v[j];
    for (let j = 0; j < i; j++) w[j] = tau[i] * (w[j] - 0.5 * tau[i] * share * v[j]);
    for (let r = 0; r < i; r++) for (let c = 0; c <= r; c++) a[r * n + c] -= v[r] * w[c] + w[r] * v[c];
    yield REDUCED * (1 - (i / n) ** 3);
  }
  return { d, e, tau };
}

/** x becomes the v of the reflector that takes it to (0, …, 0, β): β and τ. */
function reflect(x: Float64Array): readonly [number, number] {
  const last = x.length - 1;
  const alpha = x[last];
  let squares = 0;
  for (let j = 0; j < last; j++) squares += x[j] * x[j];
  if (squares <= TINY) {
    x.fill(0, 0, last);
    x[last] = 1;
    return [alpha, 0];
  }
  const beta = -Math.sign(alpha || 1) * Math.sqrt(alpha * alpha + squares);
  for (let j = 0; j < last; j++) x[j] /= alpha - beta;
  x[last] = 1;
  return [beta, (beta - alpha) / beta];
}

/** w = A·v for the leading block of order m, of which the lower triangle is read. */
function multiplySymmetric(m: number, n: number, a: Float64Array, v: Float64Array, w: Float64Array): void {
  w.fill(0, 0, m);
  for (let r = 0; r < m; r++) {
    let sum = a[r * n + r] * v[r];
    for (let c = 0; c < r; c++) {
      sum += a[r * n + c] * v[c];
      w[c] += a[r * n + c] * v[r];
    }
    w[r] += sum;
  }
}

/** Z becomes Z·H[1]⋯H[n − 1]. */
function* applyReflectors(n: number, a: Float64Array, tau: Float64Array, z: Float64Array): Generator<number, void> {
  for (let i = 1; i < n; i++) {
    if (tau[i] === 0) continue;
    const v = a.subarray(i * n, i * n + i);
    for (let r = 0; r < n; r++) {
      let share = 0;
      for (let j = 0; j < i; j++) share += z[r * n + j] * v[j];
      share *= tau[i];
      for (let j = 0; j < i; j++) z[r * n + j] -= share * v[j];
    }
    yield ROTATED + (1 - ROTATED) * (i / n);
  }
}

/** d becomes the eigenvalues, in no order; e rubbish; the rows of z turn with them. Returns LAPACK's info. */
function* implicitQl(n: number, d: Float64Array, e: Float64Array, z: Float64Array | null): Generator<number, number> {
  // Entries this small are a quarter of a rounding of the matrix: among tiny eigenvalues rounding errors would never settle.
  const most = (values: Float64Array) => values.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  const floor = 0.25 * EPSILON * Math.max(most(d), most(e));
  const negligible = (i: number) => Math.abs(e[i]) <= Math.max(floor, EPSILON * (Math.abs(d[i]) + Math.abs(d[i + 1])));
  for (let first = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last < n - 1 && !negligible(last)) last++;
      if (last === first) break;
      if (steps === MOST_STEPS) return first + 1;
      step(first, last, n, d, e, z);
    }
    yield REDUCED + (ROTATED - REDUCED) * (first / n);
  }
  return 0;
}

function step(first: number, last: number, n: number, d: Float64Array, e: Float64Array, z: Float64Array | null): void {
  let g = (d[first + 1] - d[first]) / (2 * e[first]);
  g = d[last] - d[first] + e[first] / (g + (g < 0 ? -1 : 1) * hypot(g, 1));
  let [s, c, p] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const [f, b] = [s * e[i], c * e[i]];
    const r = hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[last] = 0;
      return;
    }
    [s, c] = [f / r, g / r];
    g = d[i + 1] - p;
    const t = (d[i] - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    if (z) rotate(n, c, s, z.subarray(i * n, (i + 1) * n), z.subarray((i + 1) * n, (i + 2) * n));
  }
  d[first] -= p;
  e[first] = g;
  e[last] = 0;
}

/** x = c·x − s·y, y = c·y + s·x. */
function rotate(n: number, c: number, s: number, x: Float64Array, y: Float64Array): void {
  for (let j = 0; j < n; j++) {
    const [xj, yj] = [x[j], y[j]];
    x[j] = c * xj - s * yj;
    y[j] = c * yj + s * xj;
  }
}
