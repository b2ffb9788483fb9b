/**
 * TABULATED on a strip, arguments as in steps.ts. Pair by pair: the cell of 1 − |ρ| in the block of the two octaves, at the row's variance
 * once a row (a slice), is a polynomial in the column's place and in the chord, vectors along the powers of the chord; the state follows
 * in lanes (src/duals/tabulated.ts). Sums in the order of src/duals/numerical/slices.ts. Tables: src/cells.ts.
 */
import {
  ATLAS_HEAD,
  CELL,
  ENTRY_BYTES,
  HEAD,
  OCTAVE_TABLE,
  PLACE_TABLE,
  SINGLE_CELL,
  SINGLE_SLICE,
  SINGLE_TERMS,
  SINGLE_WIDTH,
  SLICE,
  TERMS,
  WIDTH,
  WORK_HEAD,
} from '../src/cells';
import { tabulatedStep } from '../src/duals/tabulated';
import { F32x4, F64x2 } from './lanes';
import { entry, product } from './steps';

@inline
function sliceBytes<T>(): usize {
  return sizeof<T>() == 4 ? SINGLE_SLICE * 4 : SLICE * 8;
}

@inline
function cellBytes<T>(): usize {
  return sizeof<T>() == 4 ? SINGLE_CELL * 4 : CELL * 8;
}

/** Bytes of [TERMS, WIDTH]. */
const PLANE: usize = TERMS * WIDTH * 8;
const SINGLE_PLANE: usize = SINGLE_TERMS * SINGLE_WIDTH * 4;

/** The cell of 1 − |ρ|: 0 from ¾ on, then one for each binary exponent. */
@inline
function cellOf(margin: f64, cells: i32): i32 {
  return select<i32>(0, min<i32>(cells - 1, 1023 - (<i32>(reinterpret<i64>(margin) >> 52) & 0x7ff)), margin >= 0.75);
}

/** The octave of a row, which stands in the bits of its table's entry. */
@inline
function octaveAt<T>(at: usize): usize {
  return sizeof<T>() == 4 ? load<i32>(at) & 0xff : <usize>(load<i64>(at) >> 29) & 0xff;
}

/** A cell at the row's place. Written out: with unlike rows it is most of the work. */
function contract<L, T>(cell: usize, place: T, slice: usize): void {
  const l = changetype<L>(0);
  const x = v128.splat<T>(place);
  for (let o: usize = 0; o < <usize>HEAD * sizeof<T>(); o += 16) v128.store(slice + o, v128.load(cell + o));
  cell += <usize>HEAD * sizeof<T>();
  slice += <usize>HEAD * sizeof<T>();
  const end = cell + (sizeof<T>() == 4 ? SINGLE_PLANE : PLANE);
  do {
    let total: v128;
    if (sizeof<T>() == 4) {
      total = l.fma(v128.load(cell, 5 * SINGLE_PLANE), x, v128.load(cell, 4 * SINGLE_PLANE));
      total = l.fma(total, x, v128.load(cell, 3 * SINGLE_PLANE));
      total = l.fma(total, x, v128.load(cell, 2 * SINGLE_PLANE));
      total = l.fma(total, x, v128.load(cell, SINGLE_PLANE));
    } else {
      total = l.fma(v128.load(cell, 8 * PLANE), x, v128.load(cell, 7 * PLANE));
      total = l.fma(total, x, v128.load(cell, 6 * PLANE));
      total = l.fma(total, x, v128.load(cell, 5 * PLANE));
      total = l.fma(total, x, v128.load(cell, 4 * PLANE));
      total = l.fma(total, x, v128.load(cell, 3 * PLANE));
      total = l.fma(total, x, v128.load(cell, 2 * PLANE));
      total = l.fma(total, x, v128.load(cell, PLANE));
    }
    v128.store(slice, l.fma(total, x, v128.load(cell)));
    cell += 16;
    slice += 16;
  } while (cell < end);
}

/** G, F and the end of a pair at `out`, `strip` bytes from one to the next; y: the column's place. */
function sumF64(slice: usize, y: f64, margin: f64, out: usize, strip: usize): void {
  const l = changetype<F64x2>(0);
  const c = Math.sqrt(margin + margin);
  const inverse = 1 / (1 + load<f64>(slice, 16) * c);
  const x = (load<f64>(slice) + load<f64>(slice, 8) * c) * inverse;
  const stretch = load<f64>(slice, 24) * inverse * inverse;
  const yy = f64x2.splat(y);
  const first = slice + HEAD * 8;
  let from = first + (TERMS - 1) * WIDTH * 8;
  let p0 = v128.load(from);
  let p1 = v128.load(from, 16);
  let p2 = v128.load(from, 32);
  let p3 = v128.load(from, 48);
  let p4 = v128.load(from, 64);
  let p5 = v128.load(from, 80);
  let end = v128.load(from, 96);
  do {
    from -= WIDTH * 8;
    p0 = l.fma(p0, yy, v128.load(from));
    p1 = l.fma(p1, yy, v128.load(from, 16));
    p2 = l.fma(p2, yy, v128.load(from, 32));
    p3 = l.fma(p3, yy, v128.load(from, 48));
    p4 = l.fma(p4, yy, v128.load(from, 64));
    p5 = l.fma(p5, yy, v128.load(from, 80));
    end = l.fma(end, yy, v128.load(from, 96));
  } while (from > first);
  const xx = f64x2.splat(x * x);
  const value = l.fma(l.fma(l.fma(l.fma(l.fma(p5, xx, p4), xx, p3), xx, p2), xx, p1), xx, p0);
  let slope = l.mul(f64x2(10, 11), p5);
  slope = l.fma(slope, xx, l.mul(f64x2(8, 9), p4));
  slope = l.fma(slope, xx, l.mul(f64x2(6, 7), p3));
  slope = l.fma(slope, xx, l.mul(f64x2(4, 5), p2));
  slope = l.fma(slope, xx, l.mul(f64x2(2, 3), p1));
  const odd = f64x2.extract_lane(slope, 1) * (x * x) + f64x2.extract_lane(p0, 1);
  const mean = f64x2.extract_lane(value, 0) + x * f64x2.extract_lane(value, 1);
  store<f64>(out, mean);
  store<f64>(out + strip, mean + 0.5 * c * stretch * (x * f64x2.extract_lane(slope, 0) + odd));
  store<f64>(out + 2 * strip, f64x2.extract_lane(end, 0));
}

/** The sum of the lanes. */
@inline
function total(a: v128): f32 {
  const halves = f32x4.add(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

function sumF32(slice: usize, y: f32, margin: f32, out: usize, strip: usize): void {
  const l = changetype<F32x4>(0);
  const c = Mathf.sqrt(margin + margin);
  const inverse = <f32>1 / (<f32>1 + load<f32>(slice, 8) * c);
  const x = (load<f32>(slice) + load<f32>(slice, 4) * c) * inverse;
  const stretch = load<f32>(slice, 12) * inverse * inverse;
  const yy = f32x4.splat(y);
  const first = slice + HEAD * 4;
  let from = first + (SINGLE_TERMS - 1) * SINGLE_WIDTH * 4;
  let low = v128.load(from);
  let high = v128.load(from, 16);
  do {
    from -= SINGLE_WIDTH * 4;
    low = l.fma(low, yy, v128.load(from));
    high = l.fma(high, yy, v128.load(from, 16));
  } while (from > first);
  store<f32>(out + 2 * strip, f32x4.extract_lane(high, 3));
  high = f32x4.replace_lane(high, 3, 0);
  const xx = x * x;
  const powers = f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(1), 1, x), 2, xx), 3, x * xx);
  const before = v128.shuffle<i32>(powers, f32x4.splat(0), 4, 0, 1, 2);
  const mean = total(f32x4.mul(l.fma(f32x4.splat(xx * xx), high, low), powers));
  const upper = f32x4.mul(f32x4.mul(f32x4(4, 5, 6, 0), high), f32x4.mul(f32x4.splat(x * xx), powers));
  const slope = total(l.fma(f32x4.mul(f32x4(0, 1, 2, 3), low), before, upper));
  store<f32>(out, mean);
  store<f32>(out + strip, mean + <f32>0.5 * c * stretch * slope);
}

/**
 * The pairs' G, F and ends on the three strips after `work`; false where a block is not made: the directory then says which. `last`
 * ends the columns in use.
 */
function lookUp<L, T>(
  work: usize, strip: usize, c: usize, m: usize, last: usize, row: usize, rs: usize, col: usize, cs: usize, atlas: usize, odd: bool,
): bool {
  const out = work + WORK_HEAD;
  const flags = out + 3 * strip;
  const mostCells = load<i32>(atlas);
  const count = <usize>load<i32>(atlas, 4);
  const slices = flags + ((4 * count + 15) & ~15);
  memory.fill(flags, 0, 4 * count);
  const octave = octaveAt<T>(row + <usize>OCTAVE_TABLE * rs);
  const directory = atlas + <usize>load<i32>(atlas + 4 * octave, ATLAS_HEAD);
  const place = load<T>(row + <usize>PLACE_TABLE * rs);
  const even = <i32>!odd;
  let missing = 0;
  for (let o: usize = 0; o < last; o += sizeof<T>()) {
    const found = directory + <usize>ENTRY_BYTES * octaveAt<T>(col + <usize>OCTAVE_TABLE * cs + o);
    const below = even & <i32>(load<T>(c + o) < <T>0);
    const block = load<i32>(found + <usize>(below << 2));
    if (block == 0) {
      store<i32>(found, load<i32>(found, 16) | (1 << below), 16);
      missing++;
      continue;
    }
    const margin = max<T>(load<T>(m + o), 0);
    const cell = cellOf(margin, load<i32>(found, 8));
    const index = <usize>(load<i32>(found, 12) + below * mostCells + cell);
    const slice = slices + index * sliceBytes<T>();
    if (!load<i32>(flags + 4 * index)) {
      contract<L, T>(atlas + <usize>block + <usize>cell * cellBytes<T>(), place, slice);
      store<i32>(flags + 4 * index, 1);
    }
    const y = load<T>(col + <usize>PLACE_TABLE * cs + o);
    if (sizeof<T>() == 4) sumF32(slice, <f32>y, <f32>margin, out + o, strip);
    else sumF64(slice, <f64>y, <f64>margin, out + o, strip);
  }
  store<i32>(work, load<i32>(work) + missing);
  return missing == 0;
}

/** False where the strip is left as it was, for want of a block. */
export function tabulated<L, T>(
  work: usize, strip: usize, last: usize, c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize,
  params: usize,
): bool {
  const l = changetype<L>(0);
  const odd = load<f64>(params, 8);
  if (!lookUp<L, T>(work, strip, c, m, min(last, end), row, rs, col, cs, <usize>load<f64>(params), odd != 0)) return false;
  const means = work + WORK_HEAD;
  for (let o: usize = 0; o < end; o += 16)
    tabulatedStep<L, v128, usize>(
      l, c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), entry<T>(row, rs, 1), v128.load(col + cs + o),
      product<L, T>(row, rs, col, cs, 2, o), entry<T>(row, rs, 3), v128.load(col + 3 * cs + o),
      entry<T>(row, rs, 4), v128.load(col + 4 * cs + o), entry<T>(row, rs, 5), v128.load(col + 5 * cs + o),
      entry<T>(row, rs, 6), v128.load(col + 6 * cs + o), entry<T>(row, rs, 7), v128.load(col + 7 * cs + o),
      product<L, T>(row, rs, col, cs, 8, o), entry<T>(row, rs, OCTAVE_TABLE), v128.load(col + <usize>OCTAVE_TABLE * cs + o), l.lit(odd),
      v128.load(means + o), v128.load(means + strip + o), v128.load(means + 2 * strip + o),
    );
  return true;
}
