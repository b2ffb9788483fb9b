/**
 * d · Wᵀ for rows d with many zeros in common: the cotangents of one input for all outputs vanish where a rectifier is off. Four rows make a
 * tile, packed without the columns in which all four are zero; beside them stands where the others are in a panel. So half of the
 * operations of a ReLU network are left out, and the sums are the same to the bit.
 */
import { FULL, scaleMatrix } from './gemm';
import { MR, NR, NR_BYTES, at, bytes, madd } from './micro';

/** Columns at a time: a panel's stay in the first cache. */
const SLAB_BYTES: i32 = 2048;
/** Rows at a time. */
const TOGETHER: i32 = 256;

/** Bytes of a packed tile, from its start to the places of its columns, and from one to the next. */
const PLACES: usize = MR * SLAB_BYTES;
const TILE: usize = PLACES + SLAB_BYTES + 64;

/**
 * c (m × rows) = alpha · d · Wᵀ, d m × columns. Rows of d that are `period` apart, a divisor of m, are expected to have zeros in the same places.
 * `panels` and `stride` as in panels.ts.
 */
export function multiplyTransposed<T>(
  m: i32, columns: i32, rows: i32, alpha: T, d: usize, ldd: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize, period: i32,
): void {
  const slab = SLAB_BYTES / <i32>sizeof<T>();
  const scratch = work + <usize>(TOGETHER / MR) * TILE;
  scaleMatrix<T>(m, rows, <T>0, c, ldc, FULL);
  for (let r = 0; r < m; r += TOGETHER) {
    const end = min(m, r + TOGETHER);
    for (let j = 0; j < columns; j += slab) {
      for (let i = r, tile = work; i < end; i += MR, tile += TILE) packTile<T>(at<T>(d, ldd, 0, j), bytes<T>(ldd), i, m, period, min(slab, columns - j), tile);
      for (let k = 0, panel = panels + <usize>j * NR_BYTES; k < rows; k += NR<T>(), panel += stride)
        for (let i = r, tile = work; i < end; i += MR, tile += TILE)
          updateTile<T>(i, m, period, tile, panel, at<T>(c, ldc, 0, k), bytes<T>(ldc), min(NR<T>(), rows - k), alpha, scratch);
    }
  }
}

/** Bytes from the first row to the t-th in the order of tiles: all that are `period` apart, one period after the other. */
@inline
function offset(t: i32, m: i32, period: i32, ld: usize): usize {
  const repeats = m / period;
  return <usize>((t % repeats) * period + t / repeats) * ld;
}

/** Rows t to t + 3 of d, k of their columns. The number of columns that are not zero stands behind the places. Where rows are missing, the first stands for them. */
function packTile<T>(d: usize, ld: usize, t: i32, m: i32, period: i32, k: i32, tile: usize): void {
  const r0 = d + offset(t, m, period, ld);
  const r1 = t + 1 < m ? d + offset(t + 1, m, period, ld) : r0;
  const r2 = t + 2 < m ? d + offset(t + 2, m, period, ld) : r0;
  const r3 = t + 3 < m ? d + offset(t + 3, m, period, ld) : r0;
  const whole = bytes<T>(k) & ~15;
  let to = tile, place = tile + PLACES;
  let o: usize = 0, column: usize = 0;
  if (sizeof<T>() == 4) {
    for (; o < whole; o += 16, column += 4 * NR_BYTES) {
      const v0 = v128.load(r0 + o), v1 = v128.load(r1 + o), v2 = v128.load(r2 + o), v3 = v128.load(r3 + o);
      const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
      let next = packColumn(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), to, place, column);
      to += next << 4, place += next << 2;
      next = packColumn(v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), to, place, column + NR_BYTES);
      to += next << 4, place += next << 2;
      next = packColumn(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), to, place, column + 2 * NR_BYTES);
      to += next << 4, place += next << 2;
      next = packColumn(v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), to, place, column + 3 * NR_BYTES);
      to += next << 4, place += next << 2;
    }
  }
  for (const end = bytes<T>(k); o < end; o += sizeof<T>(), column += NR_BYTES) {
    const x0 = load<T>(r0 + o), x1 = load<T>(r1 + o), x2 = load<T>(r2 + o), x3 = load<T>(r3 + o);
    store<T>(to, x0), store<T>(to, x1, sizeof<T>()), store<T>(to, x2, 2 * sizeof<T>()), store<T>(to, x3, 3 * sizeof<T>());
    store<usize>(place, column);
    const isKept = <usize>(i32(x0 != <T>0) | i32(x1 != <T>0) | i32(x2 != <T>0) | i32(x3 != <T>0));
    to += isKept * (MR * sizeof<T>()), place += isKept << 2;
  }
  store<usize>(tile + TILE - 16, place);
}

/** Stores a column of four numbers and its place; 1 where it counts. NaN does. */
@inline
function packColumn(values: v128, to: usize, place: usize, column: usize): usize {
  v128.store(to, values);
  store<usize>(place, column);
  return <usize>v128.any_true(f32x4.ne(values, f32x4.splat(0)));
}

/** Rows t to t + 3 of the block of `width` columns at `c` += alpha · (packed tile) · (panel)ᵀ. */
@inline
function updateTile<T>(
  t: i32, m: i32, period: i32, tile: usize, panel: usize, c: usize, ldc: usize, width: i32, alpha: T, scratch: usize,
): void {
  const places = tile + PLACES, end = load<usize>(tile + TILE - 16);
  if (places == end) return;
  const c0 = c + offset(t, m, period, ldc);
  if (t + MR <= m && width == NR<T>()) {
    gathered<T>(places, end, tile, panel, c0, c + offset(t + 1, m, period, ldc), c + offset(t + 2, m, period, ldc), c + offset(t + 3, m, period, ldc), alpha);
    return;
  }
  memory.fill(scratch, 0, <usize>MR * NR_BYTES);
  gathered<T>(places, end, tile, panel, scratch, scratch + NR_BYTES, scratch + 2 * NR_BYTES, scratch + 3 * NR_BYTES, alpha);
  for (let i = 0; i < min(MR, m - t); i++)
    for (let j = 0; j < width; j++) {
      const to = at<T>(c + offset(t + i, m, period, ldc), 0, 0, j);
      store<T>(to, load<T>(to) + load<T>(at<T>(scratch, NR<T>(), i, j)));
    }
}

/** The register tile of micro.ts with rows of the panel that are found at places. Steps and branches as there. */
function gathered<T>(place: usize, end: usize, a: usize, panel: usize, c0: usize, c1: usize, c2: usize, c3: usize, alpha: T): void {
  let s00 = v128.splat<T>(<T>0);
  let s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (;;) {
    const b = panel + load<u32>(place);
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    s00 = madd<T>(a0, b0, s00), s01 = madd<T>(a0, b1, s01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    s10 = madd<T>(a1, b0, s10), s11 = madd<T>(a1, b1, s11);
    const a2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    s20 = madd<T>(a2, b0, s20), s21 = madd<T>(a2, b1, s21);
    const a3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    s30 = madd<T>(a3, b0, s30), s31 = madd<T>(a3, b1, s31);
    a += 4 * sizeof<T>();
    place += 4;
    if (place == end) break;
    const d = panel + load<u32>(place);
    const d0 = v128.load(d), d1 = v128.load(d, 16);
    const e0 = v128.load_splat<T>(a);
    s00 = madd<T>(e0, d0, s00), s01 = madd<T>(e0, d1, s01);
    const e1 = v128.load_splat<T>(a, sizeof<T>());
    s10 = madd<T>(e1, d0, s10), s11 = madd<T>(e1, d1, s11);
    const e2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    s20 = madd<T>(e2, d0, s20), s21 = madd<T>(e2, d1, s21);
    const e3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    s30 = madd<T>(e3, d0, s30), s31 = madd<T>(e3, d1, s31);
    a += 4 * sizeof<T>();
    place += 4;
    if (place == end) break;
  }
  const factor = v128.splat<T>(alpha);
  addRow<T>(c0, s00, s01, factor), addRow<T>(c1, s10, s11, factor);
  addRow<T>(c2, s20, s21, factor), addRow<T>(c3, s30, s31, factor);
}

/** Not fused in any build, as in micro.ts. */
@inline
function addRow<T>(c: usize, s0: v128, s1: v128, factor: v128): void {
  v128.store(c, v128.add<T>(v128.load(c), v128.mul<T>(factor, s0)));
  v128.store(c, v128.add<T>(v128.load(c, 16), v128.mul<T>(factor, s1)), 16);
}
