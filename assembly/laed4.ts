/**
 * Roots of the secular equation f(λ) = 1/ρ + Σ zᵢ²/(dᵢ − λ) = 0 (Golub 1973): the eigenvalues of diag(d) + ρzzᵀ, in doubles. A root is kept as its distance
 * from the nearer pole, so that no difference dᵢ − λ cancels. Between two poles f is interpolated by a rational function with these
 * poles (Li 1993, the middle way; LAPACK laed4) inside a shrinking bracket.
 */
import { bytes } from './micro';
import { get } from './real';

const EPSILON: f64 = 1.1102230246251565e-16;
const MOST_STEPS: i32 = 100;

/** Σ zᵢ²/(dᵢ − λ) over `count` poles for λ = origin + offset; its derivative goes to `slope`. */
function terms(count: i32, d: usize, squares: usize, origin: f64, offset: f64, slope: usize): f64 {
  const one = f64x2.splat(1);
  const o = f64x2.splat(origin);
  const t = f64x2.splat(offset);
  let values = f64x2.splat(0);
  let slopes = values;
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const inverse = f64x2.div(one, f64x2.sub(f64x2.sub(v128.load(d + bytes<f64>(i)), o), t));
    const term = f64x2.mul(v128.load(squares + bytes<f64>(i)), inverse);
    values = f64x2.add(values, term);
    slopes = f64x2.add(slopes, f64x2.mul(term, inverse));
  }
  let value = f64x2.extract_lane(values, 0) + f64x2.extract_lane(values, 1);
  let derivative = f64x2.extract_lane(slopes, 0) + f64x2.extract_lane(slopes, 1);
  if (i < count) {
    const inverse = 1 / (get(d, i) - origin - offset);
    const term = get(squares, i) * inverse;
    value += term;
    derivative += term * inverse;
  }
  store<f64>(slope, derivative);
  return value;
}

/** The root of cx² − ax + b that continues between two poles, or that beyond both of them. */
function quadratic(a: f64, b: f64, c: f64, beyond: bool): f64 {
  const root = sqrt<f64>(abs<f64>(a * a - 4 * b * c));
  if (beyond) return a >= 0 ? (a + root) / (2 * c) : (2 * b) / (a - root);
  return a > 0 ? (2 * b) / (a + root) : (a - root) / (2 * c);
}

/** A point inside a bracket that has one sign, by magnitude. */
function between(low: f64, high: f64): f64 {
  if (low == 0 || high == 0) return (low + high) / 16;
  return copysign<f64>(sqrt<f64>(abs<f64>(low)) * sqrt<f64>(abs<f64>(high)), low);
}

/**
 * Root j, in ascending order, of k poles: λ = d[origin] + offset.
 * @param d ascending and apart; @param squares zᵢ², of sum 1; @param rho positive; @param slope scratch of 8 bytes
 * @param origin, offset where the result goes (i32 and f64)
 */
export function secularRoot(j: i32, k: i32, d: usize, squares: usize, rho: f64, origin: usize, offset: usize, slope: usize): void {
  if (k == 1) {
    store<i32>(origin, 0);
    store<f64>(offset, rho * get(squares, 0));
    return;
  }
  const beyond = j == k - 1;
  const left = beyond ? k - 2 : j;
  const right = left + 1;
  const gap = get(d, right) - get(d, left);
  const constant = 1 / rho;
  // f in the middle says which pole is nearer; without the two poles it is the first interpolation's constant.
  const middle = 0.5 * (beyond ? rho : gap);
  const start = get(d, beyond ? right : left);
  const after = k - right - 1;
  let c = constant + terms(left, d, squares, start, middle, slope);
  c += terms(after, d + bytes<f64>(right + 1), squares + bytes<f64>(right + 1), start, middle, slope);
  const zl = get(squares, left);
  const zr = get(squares, right);
  const f = beyond ? c - zl / (gap + middle) - zr / middle : c - zl / middle + zr / (gap - middle);
  const nearest = beyond || f < 0 ? right : left;
  const pole = get(d, nearest);
  let low: f64 = 0;
  let high = middle;
  if (beyond) {
    if (f < 0) {
      low = middle;
      high = rho * (1 + 8 * EPSILON);
    }
  } else if (f < 0) {
    low = -middle;
    high = 0;
  }
  let x = nearest == left ? quadratic(c * gap + zl + zr, zl * gap, c, false) : quadratic(zl + zr - c * gap, -zr * gap, c, beyond);
  if (!(x > low && x < high)) x = between(low, high);
  x = refine(left, right, k, d, squares, constant, pole, x, low, high, beyond, slope);
  store<i32>(origin, nearest);
  store<f64>(offset, x);
}

function refine(
  left: i32, right: i32, k: i32, d: usize, squares: usize, constant: f64, pole: f64, x: f64, low: f64, high: f64, beyond: bool, slope: usize,
): f64 {
  let before: f64 = Infinity;
  for (let step = 0; step < MOST_STEPS; step++) {
    const psi = terms(left + 1, d, squares, pole, x, slope);
    const dPsi = load<f64>(slope);
    const phi = terms(k - right, d + bytes<f64>(right), squares + bytes<f64>(right), pole, x, slope);
    const dPhi = load<f64>(slope);
    const f = constant + psi + phi;
    if (!(abs<f64>(f) > 8 * EPSILON * (constant + abs<f64>(psi) + abs<f64>(phi)))) return x;
    if (f < 0) low = x;
    else high = x;
    const dl = get(d, left) - pole - x;
    const dr = get(d, right) - pole - x;
    let c = f - dl * dPsi - dr * dPhi;
    if (beyond) c = abs<f64>(c);
    let next = x + quadratic((dl + dr) * f - dl * dr * (dPsi + dPhi), dl * dr * f, c, beyond);
    // Slow progress, as a step out of the bracket, is answered by a bisection.
    if (!(next > low && next < high) || abs<f64>(f) > 0.5 * before) next = between(low, high);
    before = abs<f64>(f);
    if (!(abs<f64>(next - x) > EPSILON * abs<f64>(x))) return next;
    x = next;
  }
  return x;
}
