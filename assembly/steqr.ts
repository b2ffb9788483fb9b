/** Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by implicit QL steps (Bowdler, Martin, Reinsch & Wilkinson 1968; LAPACK steqr), in doubles. */
import { bytes } from './micro';
import { get, set } from './real';
import { rotate } from './vector';

const EPSILON: f64 = 1.1102230246251565e-16;
/** Steps that one eigenvalue may take; two do on average. */
const MOST_STEPS: i32 = 60;

/** √(x² + y²) without overflow or underflow. */
function hypot(x: f64, y: f64): f64 {
  const larger = max<f64>(abs<f64>(x), abs<f64>(y));
  const smaller = min<f64>(abs<f64>(x), abs<f64>(y));
  if (larger == 0) return 0;
  const ratio = smaller / larger;
  return larger * sqrt<f64>(1 + ratio * ratio);
}

@inline
function negligible(d0: f64, e0: f64, d1: f64, floor: f64): bool {
  return abs<f64>(e0) <= max<f64>(floor, EPSILON * (abs<f64>(d0) + abs<f64>(d1)));
}

/** One QL step on rows first … last; the rows of z turn with it. */
function step(first: i32, last: i32, n: i32, d: usize, e: usize, z: usize): void {
  let g = (get(d, first + 1) - get(d, first)) / (2 * get(e, first));
  g = get(d, last) - get(d, first) + get(e, first) / (g + copysign<f64>(hypot(g, 1), g));
  let s: f64 = 1;
  let c: f64 = 1;
  let p: f64 = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = s * get(e, i);
    const b = c * get(e, i);
    const r = hypot(f, g);
    set(e, i + 1, r);
    if (r == 0) {
      set(d, i + 1, get(d, i + 1) - p);
      set(e, last, 0);
      return;
    }
    s = f / r;
    c = g / r;
    g = get(d, i + 1) - p;
    const t = (get(d, i) - g) * s + 2 * c * b;
    p = s * t;
    set(d, i + 1, g + p);
    g = c * t - b;
    if (z) rotate<f64>(n, c, -s, z + bytes<f64>(i * n), z + bytes<f64>((i + 1) * n));
  }
  set(d, first, get(d, first) - p);
  set(e, first, g);
  set(e, last, 0);
}

/**
 * Diagonal d (n) and off-diagonal e (n; its last is scratch) become the eigenvalues, in no order, and rubbish; Z (n × n, 0: none)
 * becomes Sᵀ·Z with the eigenvectors in the columns of S.
 * @returns 0, or i > 0 where the i-th eigenvalue did not converge
 */
export function implicitQl(n: i32, d: usize, e: usize, z: usize): i32 {
  // Entries this small are a quarter of a rounding of the matrix: among tiny eigenvalues rounding errors would never settle.
  let floor: f64 = 0;
  for (let i = 0; i < n; i++) floor = max<f64>(floor, 0.25 * EPSILON * max<f64>(abs<f64>(get(d, i)), i < n - 1 ? abs<f64>(get(e, i)) : 0));
  for (let first = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last < n - 1 && !negligible(get(d, last), get(e, last), get(d, last + 1), floor)) last++;
      if (last == first) break;
      if (steps == MOST_STEPS) return first + 1;
      step(first, last, n, d, e, z);
    }
  }
  return 0;
}
