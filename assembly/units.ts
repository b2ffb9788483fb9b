/**
 * Chunks of a layer's units, for networks drawn without their weights (src/backends/units.ts is the contract, and the same sums in
 * JavaScript): rows of doubles, `ld` apart, a multiple of 4 whose end is never read. Nothing is fused, and an entry is summed in one
 * order wherever it stands, so that all builds and JavaScript have the same bits.
 */
import { at } from './micro';

/** Units summed before a sum is added to an entry. */
const SLAB: i32 = 256;
/** Rows of c at a time: theirs of x stay in the first cache. */
const BLOCK: i32 = 16;

/**
 * c = x·y (or c += x·y): c m × count, x m × k with rows ldx apart, y k × count. An entry is summed in the order of k. Where `order` (m doubles)
 * is not 0, x is lower triangular, and its row i makes row order[i] of c.
 */
export function combine_f64(
  c: usize, order: usize, x: usize, ldx: i32, y: usize, m: i32, k: i32, ld: i32, count: i32, add: i32,
): void {
  const row = <usize>ld << 3, step = <usize>ldx << 3;
  const fours = m & ~3;
  for (let first = 0; first < fours; first += BLOCK) {
    const end = min(fours, first + BLOCK);
    for (let j = 0; j < count; j += 4) {
      const from = at<f64>(y, ld, 0, j), to = at<f64>(c, ld, 0, j);
      for (let i = first; i < end; i += 4) {
        const terms = order ? min(k, i + 4) : k;
        const c0 = to + target(order, i, row), c1 = to + target(order, i + 1, row);
        combine4(c0, c1, to + target(order, i + 2, row), to + target(order, i + 3, row), at<f64>(x, ldx, i, 0), step, from, terms, row, add);
      }
    }
  }
  for (let i = fours; i < m; i++) combine1(c + target(order, i, row), at<f64>(x, ldx, i, 0), y, order ? min(k, i + 1) : k, row, count, add);
}

@inline
function target(order: usize, i: i32, row: usize): usize {
  return (order ? <usize>load<f64>(order + (<usize>i << 3)) : <usize>i) * row;
}

/** Four rows and four columns. */
function combine4(
  c: usize, c1: usize, c2: usize, c3: usize, x0: usize, step: usize, y: usize, k: i32, row: usize, add: i32,
): void {
  let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  if (add) {
    s00 = v128.load(c), s01 = v128.load(c, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
    s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
  }
  let x1 = x0 + step, x2 = x1 + step, x3 = x2 + step;
  for (const end = x0 + (<usize>k << 3); x0 < end; x0 += 8, x1 += 8, x2 += 8, x3 += 8, y += row) {
    const y0 = v128.load(y), y1 = v128.load(y, 16);
    const a0 = v128.load64_splat(x0);
    s00 = f64x2.add(s00, f64x2.mul(a0, y0)), s01 = f64x2.add(s01, f64x2.mul(a0, y1));
    const a1 = v128.load64_splat(x1);
    s10 = f64x2.add(s10, f64x2.mul(a1, y0)), s11 = f64x2.add(s11, f64x2.mul(a1, y1));
    const a2 = v128.load64_splat(x2);
    s20 = f64x2.add(s20, f64x2.mul(a2, y0)), s21 = f64x2.add(s21, f64x2.mul(a2, y1));
    const a3 = v128.load64_splat(x3);
    s30 = f64x2.add(s30, f64x2.mul(a3, y0)), s31 = f64x2.add(s31, f64x2.mul(a3, y1));
  }
  v128.store(c, s00), v128.store(c, s01, 16), v128.store(c1, s10), v128.store(c1, s11, 16);
  v128.store(c2, s20), v128.store(c2, s21, 16), v128.store(c3, s30), v128.store(c3, s31, 16);
}

/** One row and all columns. */
function combine1(c: usize, x: usize, y: usize, k: i32, row: usize, count: i32, add: i32): void {
  const end = x + (<usize>k << 3);
  for (const stop = c + (<usize>count << 3); c < stop; c += 32, y += 32) {
    let s0 = f64x2.splat(0), s1 = s0;
    if (add) s0 = v128.load(c), s1 = v128.load(c, 16);
    for (let p = x, from = y; p < end; p += 8, from += row) {
      const a = v128.load64_splat(p);
      s0 = f64x2.add(s0, f64x2.mul(a, v128.load(from))), s1 = f64x2.add(s1, f64x2.mul(a, v128.load(from, 16)));
    }
    v128.store(c, s0), v128.store(c, s1, 16);
  }
}

/**
 * s += x·yᵀ over `count` units: s m × n with rows lds apart, x m × count, y n × count. Slab by slab, an entry gets the sum over even units plus that
 * over odd ones. `lower`: entries above the diagonal are left unspecified.
 */
export function products_f64(s: usize, lds: i32, x: usize, m: i32, y: usize, n: i32, ld: i32, count: i32, lower: i32): void {
  const row = <usize>ld << 3;
  for (; count > 0; count -= SLAB, x += SLAB << 3, y += SLAB << 3) {
    const units = min(count, SLAB);
    for (let i = 0; i < m; i += 4) {
      const end = lower ? min(n, i + 4) : n;
      let j = 0;
      if (i + 4 <= m)
        for (; j + 2 <= end; j += 2) products42(at<f64>(s, lds, i, j), <usize>lds << 3, at<f64>(x, ld, i, 0), at<f64>(y, ld, j, 0), row, units);
      for (; j < end; j++)
        for (let r = i; r < min(m, i + 4); r++) product(at<f64>(s, lds, r, j), at<f64>(x, ld, r, 0), at<f64>(y, ld, j, 0), units);
    }
  }
}

@inline
function addSum(to: usize, lanes: v128): void {
  store<f64>(to, load<f64>(to) + (f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1)));
}

/** Four rows of x with two of y. */
function products42(s: usize, lds: usize, x: usize, y: usize, row: usize, units: i32): void {
  let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  let x1 = x + row, x2 = x1 + row, x3 = x2 + row, y1 = y + row;
  const pairs = <usize>(units >> 1) << 4, end = x + pairs, last = end - 16;
  for (; x < end; x += 32, x1 += 32, x2 += 32, x3 += 32, y += 32, y1 += 32) {
    const b0 = v128.load(y), b1 = v128.load(y1);
    const a0 = v128.load(x);
    s00 = f64x2.add(s00, f64x2.mul(a0, b0)), s01 = f64x2.add(s01, f64x2.mul(a0, b1));
    const a1 = v128.load(x1);
    s10 = f64x2.add(s10, f64x2.mul(a1, b0)), s11 = f64x2.add(s11, f64x2.mul(a1, b1));
    const a2 = v128.load(x2);
    s20 = f64x2.add(s20, f64x2.mul(a2, b0)), s21 = f64x2.add(s21, f64x2.mul(a2, b1));
    const a3 = v128.load(x3);
    s30 = f64x2.add(s30, f64x2.mul(a3, b0)), s31 = f64x2.add(s31, f64x2.mul(a3, b1));
    if (x == last) {
      x += 16, x1 += 16, x2 += 16, x3 += 16, y += 16, y1 += 16;
      break;
    }
    const d0 = v128.load(y, 16), d1 = v128.load(y1, 16);
    const c0 = v128.load(x, 16);
    s00 = f64x2.add(s00, f64x2.mul(c0, d0)), s01 = f64x2.add(s01, f64x2.mul(c0, d1));
    const c1 = v128.load(x1, 16);
    s10 = f64x2.add(s10, f64x2.mul(c1, d0)), s11 = f64x2.add(s11, f64x2.mul(c1, d1));
    const c2 = v128.load(x2, 16);
    s20 = f64x2.add(s20, f64x2.mul(c2, d0)), s21 = f64x2.add(s21, f64x2.mul(c2, d1));
    const c3 = v128.load(x3, 16);
    s30 = f64x2.add(s30, f64x2.mul(c3, d0)), s31 = f64x2.add(s31, f64x2.mul(c3, d1));
  }
  if (units & 1) {
    const b0 = v128.load64_zero(y), b1 = v128.load64_zero(y1);
    const a0 = v128.load64_zero(x), a1 = v128.load64_zero(x1), a2 = v128.load64_zero(x2), a3 = v128.load64_zero(x3);
    s00 = f64x2.add(s00, f64x2.mul(a0, b0)), s01 = f64x2.add(s01, f64x2.mul(a0, b1));
    s10 = f64x2.add(s10, f64x2.mul(a1, b0)), s11 = f64x2.add(s11, f64x2.mul(a1, b1));
    s20 = f64x2.add(s20, f64x2.mul(a2, b0)), s21 = f64x2.add(s21, f64x2.mul(a2, b1));
    s30 = f64x2.add(s30, f64x2.mul(a3, b0)), s31 = f64x2.add(s31, f64x2.mul(a3, b1));
  }
  addSum(s, s00), addSum(s + 8, s01);
  addSum(s + lds, s10), addSum(s + lds + 8, s11);
  addSum(s + 2 * lds, s20), addSum(s + 2 * lds + 8, s21);
  addSum(s + 3 * lds, s30), addSum(s + 3 * lds + 8, s31);
}

function product(s: usize, x: usize, y: usize, units: i32): void {
  let sum = f64x2.splat(0);
  for (const end = x + (<usize>(units & ~1) << 3); x < end; x += 16, y += 16)
    sum = f64x2.add(sum, f64x2.mul(v128.load(x), v128.load(y)));
  if (units & 1) sum = f64x2.add(sum, f64x2.mul(v128.load64_zero(x), v128.load64_zero(y)));
  addSum(s, sum);
}

/**
 * z = f + std·bias (f alone where bias is 0), values = φ(z) and, unless that is 0, slopes = φ'(z): φ is z ↦ b z for z > 0, a z otherwise.
 * f, values and slopes have `rows` rows, bias one.
 */
export function rectify_f64(
  values: usize, slopes: usize, f: usize, bias: usize, std: f64, rows: i32, ld: i32, count: i32, a: f64, b: f64,
): void {
  const below = f64x2.splat(a), above = f64x2.splat(b), zero = f64x2.splat(0), scale = f64x2.splat(std);
  const bytes = <usize>((count + 1) & ~1) << 3;
  for (let i = 0; i < rows; i++) {
    const from = at<f64>(f, ld, i, 0), to = at<f64>(values, ld, i, 0), slope = at<f64>(slopes, ld, i, 0);
    for (let o: usize = 0; o < bytes; o += 16) {
      let z = v128.load(from + o);
      if (bias) z = f64x2.add(z, f64x2.mul(scale, v128.load(bias + o)));
      const factor = v128.bitselect(above, below, f64x2.gt(z, zero));
      v128.store(to + o, f64x2.mul(factor, z));
      if (slopes) v128.store(slope + o, factor);
    }
  }
}

/** Row r of x times row r mod n of s, element by element. */
export function scale_rows_f64(x: usize, rows: i32, s: usize, n: i32, ld: i32, count: i32): void {
  const bytes = <usize>((count + 1) & ~1) << 3;
  for (let r = 0, i = 0; r < rows; r++) {
    const to = at<f64>(x, ld, r, 0), from = at<f64>(s, ld, i, 0);
    for (let o: usize = 0; o < bytes; o += 16) v128.store(to + o, f64x2.mul(v128.load(to + o), v128.load(from + o)));
    if (++i == n) i = 0;
  }
}
