/**
 * Weights that are drawn into the panels that products read. W is rows × columns, cut into slabs of KC rows; in a slab a panel holds NR of
 * the columns, row after row, so its rows are NR_BYTES apart; `stride` bytes lie from one panel to the next, and slabs follow one another.
 * That is the packed right operand of a · W, read from end to end, with the sums of gemm; and d · Wᵀ is products of rows of d with rows of
 * panels, vector by vector. Nothing is copied for either. Three rows after a panel's last are read and never enter a result.
 */
import { MC, NC, FULL, blockUpdate, scaleMatrix } from './gemm';
import { KC, MR, NR, NR_BYTES, at, bytes, madd } from './micro';
import { packSlab } from './pack';
import { moreNormals, openNormals, wide } from './random';

/** Bytes of a row, and rows, that are drawn before they go to their panels, which fits the first cache. KC is a multiple of the rows. */
const RUN_BYTES: i32 = 1024;
const ROWS: i32 = 16;

/** Bytes of a slab of so many columns. */
@inline
function slabBytes<T>(columns: i32, stride: usize): usize {
  return <usize>((columns + NR<T>() - 1) / NR<T>()) * stride;
}

/** Rows of W from the stream that is open: row i is its normals from index + i·step on. */
function drawRows<T>(panels: usize, stride: usize, rows: i32, columns: i32, work: usize, index: u64, step: i32): void {
  const run = RUN_BYTES / <i32>sizeof<T>();
  const inOne = step == columns && columns <= run;
  for (let i = 0; i < rows; i += ROWS) {
    const count = min(ROWS, rows - i);
    const slab = panels + <usize>(i / KC) * slabBytes<T>(columns, stride) + <usize>(i % KC) * NR_BYTES;
    for (let j = 0; j < columns; j += run) {
      const width = min(run, columns - j);
      const first = index + <u64>i * <u64>step + <u64>j;
      // Rows that do not all start in the same sets of the cache.
      const ld = inOne ? width : run + 64 / <i32>sizeof<T>();
      if (inOne) moreNormals<T>(work, count * width, first);
      else for (let r = 0; r < count; r++) moreNormals<T>(at<T>(work, ld, r, 0), width, first + <u64>r * <u64>step);
      spread<T>(work, ld, count, width, slab + <usize>(j / NR<T>()) * stride, stride);
    }
  }
}

/** Some rows of `width` numbers go to their panels, panel by panel; the last is filled up with zeros. */
function spread<T>(from: usize, ld: i32, rows: i32, width: i32, to: usize, stride: usize): void {
  const step = bytes<T>(ld), end = <usize>rows * NR_BYTES;
  for (; width >= NR<T>(); width -= NR<T>(), from += NR_BYTES, to += stride) {
    for (let o: usize = 0, source = from; o < end; o += NR_BYTES, source += step) {
      v128.store(to + o, v128.load(source));
      v128.store(to + o, v128.load(source, 16), 16);
    }
  }
  if (width == 0) return;
  memory.fill(to, 0, end);
  for (let o: usize = 0; o < end; o += NR_BYTES, from += step) memory.copy(to + o, from, bytes<T>(width));
}

/** c (m × columns) = alpha · a · W, a m × rows; where `step` is not 0, of a W that is drawn slab by slab, from `index` on, into one slab's place. */
function multiply<T>(
  m: i32, columns: i32, rows: i32, alpha: T, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize,
  index: u64, step: i32,
): void {
  scaleMatrix<T>(m, columns, <T>0, c, ldc, FULL);
  const scratch = work + bytes<T>((MC + NC) * KC);
  for (let kb = 0; kb < rows; kb += KC) {
    const kc = min(KC, rows - kb);
    if (step) drawRows<T>(panels, stride, kc, columns, work, index + <u64>kb * <u64>step, step);
    for (let i = 0; i < m; i += MC) {
      const mc = min(MC, m - i);
      packSlab<T>(at<T>(a, lda, i, kb), lda, 1, mc, kc, 0, work, MR);
      blockUpdate<T>(mc, columns, kc, work, panels, stride, at<T>(c, ldc, i, 0), ldc, alpha, FULL, 0, scratch);
    }
    if (!step) panels += slabBytes<T>(columns, stride);
  }
}

/** c (m × rows) = alpha · d · Wᵀ, d m × columns. */
function multiplyTransposed<T>(
  m: i32, columns: i32, rows: i32, alpha: T, d: usize, ldd: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize,
): void {
  scaleMatrix<T>(m, rows, <T>0, c, ldc, FULL);
  const scratch = work + bytes<T>(NC * KC);
  for (let r = 0; r < m; r += NC) {
    const count = min(NC, m - r);
    for (let kb = 0; kb < columns; kb += KC) {
      const kc = min(KC, columns - kb);
      packPairs<T>(at<T>(d, ldd, r, kb), ldd, count, kc, work);
      for (let i = 0; i < rows; i += MR) {
        const from = panels + <usize>(i / KC) * slabBytes<T>(columns, stride) + <usize>(kb / NR<T>()) * stride + <usize>(i % KC) * NR_BYTES;
        transposedUpdate<T>(count, min(MR, rows - i), kc, from, stride, work, at<T>(c, ldc, r, i), ldc, alpha, scratch);
      }
    }
  }
}

/** Elements of a vector. */
@inline
function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** Bytes of two rows of k numbers after packPairs. */
@inline
function pairBytes<T>(k: i32): usize {
  return <usize>((k + lanes<T>() - 1) / lanes<T>()) * 32;
}

/** Rows two by two, a vector of the one and a vector of the other in turn; zeros where there is nothing. */
function packPairs<T>(src: usize, ld: i32, rows: i32, k: i32, dst: usize): void {
  const whole = <usize>(k / lanes<T>()), rest = bytes<T>(k % lanes<T>());
  for (let r = 0; r < rows; r += 2, dst += pairBytes<T>(k)) {
    if (rest || r + 1 == rows) memory.fill(dst, 0, pairBytes<T>(k));
    for (let p = 0; p < min(2, rows - r); p++) {
      let from = at<T>(src, ld, r + p, 0), to = dst + (<usize>p << 4);
      for (const end = from + (whole << 4); from < end; from += 16, to += 32) v128.store(to, v128.load(from));
      memory.copy(to, from, rest);
    }
  }
}

/** The m × rows block at `c` += alpha · (packed pairs of rows of d) · (at most MR rows of W)ᵀ, k of their columns. */
function transposedUpdate<T>(
  m: i32, rows: i32, k: i32, w: usize, stride: usize, pairs: usize, c: usize, ldc: i32, alpha: T, scratch: usize,
): void {
  for (let r = 0; r < m; r += 2, pairs += pairBytes<T>(k)) {
    const tile = at<T>(c, ldc, r, 0);
    if (r + 2 <= m && rows == MR) {
      dots<T>(k, w, stride, pairs, tile, bytes<T>(ldc), alpha, 0);
      continue;
    }
    dots<T>(k, w, stride, pairs, scratch, bytes<T>(MR), alpha, 1);
    for (let p = 0; p < min(2, m - r); p++)
      for (let q = 0; q < rows; q++) {
        const to = at<T>(tile, ldc, p, q);
        store<T>(to, load<T>(to) + load<T>(at<T>(scratch, MR, p, q)));
      }
  }
}

/**
 * A register tile of products of rows: two rows of d, packed by packPairs, with MR rows of W at `w`, k columns. The lanes of a sum are columns;
 * they meet at the end. Steps and branches as in micro.ts.
 */
function dots<T>(k: i32, w: usize, stride: usize, pairs: usize, c: usize, ldc: usize, alpha: T, overwrite: i32): void {
  let s00 = v128.splat<T>(<T>0);
  let s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  const end = pairs + pairBytes<T>(k);
  for (;;) {
    const a0 = v128.load(pairs), a1 = v128.load(pairs, 16);
    const w0 = v128.load(w);
    s00 = madd<T>(w0, a0, s00), s01 = madd<T>(w0, a1, s01);
    const w1 = v128.load(w, NR_BYTES);
    s10 = madd<T>(w1, a0, s10), s11 = madd<T>(w1, a1, s11);
    const w2 = v128.load(w, 2 * NR_BYTES);
    s20 = madd<T>(w2, a0, s20), s21 = madd<T>(w2, a1, s21);
    const w3 = v128.load(w, 3 * NR_BYTES);
    s30 = madd<T>(w3, a0, s30), s31 = madd<T>(w3, a1, s31);
    pairs += 32;
    if (pairs == end) break;
    const b0 = v128.load(pairs), b1 = v128.load(pairs, 16);
    const v0 = v128.load(w, 16);
    s00 = madd<T>(v0, b0, s00), s01 = madd<T>(v0, b1, s01);
    const v1 = v128.load(w, 16 + NR_BYTES);
    s10 = madd<T>(v1, b0, s10), s11 = madd<T>(v1, b1, s11);
    const v2 = v128.load(w, 16 + 2 * NR_BYTES);
    s20 = madd<T>(v2, b0, s20), s21 = madd<T>(v2, b1, s21);
    const v3 = v128.load(w, 16 + 3 * NR_BYTES);
    s30 = madd<T>(v3, b0, s30), s31 = madd<T>(v3, b1, s31);
    w += stride;
    pairs += 32;
    if (pairs == end) break;
  }
  storeSums<T>(c, s00, s10, s20, s30, alpha, overwrite);
  storeSums<T>(c + ldc, s01, s11, s21, s31, alpha, overwrite);
}

/** The sums of four vectors' lanes. */
@inline
function storeSums<T>(c: usize, s0: v128, s1: v128, s2: v128, s3: v128, alpha: T, overwrite: i32): void {
  if (sizeof<T>() == 4) {
    const s01 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
    const s23 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
    storeRow<T>(c, f32x4.add(v128.shuffle<f32>(s01, s23, 0, 1, 4, 5), v128.shuffle<f32>(s01, s23, 2, 3, 6, 7)), alpha, overwrite);
  } else {
    storeRow<T>(c, f64x2.add(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3)), alpha, overwrite);
    storeRow<T>(c + 16, f64x2.add(v128.shuffle<f64>(s2, s3, 0, 2), v128.shuffle<f64>(s2, s3, 1, 3)), alpha, overwrite);
  }
}

/** Not fused in any build, as in micro.ts. */
@inline
function storeRow<T>(c: usize, s: v128, alpha: T, overwrite: i32): void {
  const r = v128.mul<T>(v128.splat<T>(alpha), s);
  v128.store(c, overwrite ? r : v128.add<T>(v128.load(c), r));
}

/** Rows of a slab. */
export function panel_rows(): i32 {
  return KC;
}

/**
 * Normals of the stream (seed, sample, layer) as W: row i is those from index + i·step on.
 * @param work linalg_work_bytes() bytes
 */
export function draw_panels_f32(
  panels: usize, stride: usize, rows: i32, columns: i32, work: usize,
  seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32, step: i32,
): void {
  openNormals<f32>(seedLo, seedHi, sample, layer);
  drawRows<f32>(panels, stride, rows, columns, work, wide(indexLo, indexHi), step);
}

/** As draw_panels_f32. */
export function draw_panels_f64(
  panels: usize, stride: usize, rows: i32, columns: i32, work: usize,
  seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32, step: i32,
): void {
  openNormals<f64>(seedLo, seedHi, sample, layer);
  drawRows<f64>(panels, stride, rows, columns, work, wide(indexLo, indexHi), step);
}

/** c = alpha · a · W (c m × columns, a m × rows), or of Wᵀ the other way round. `work`: linalg_work_bytes() bytes. */
export function multiply_panels_f32(
  trans: i32, m: i32, rows: i32, columns: i32, alpha: f32, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32,
  work: usize,
): void {
  if (trans) multiplyTransposed<f32>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work);
  else multiply<f32>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, 0, 0);
}

/** As multiply_panels_f32. */
export function multiply_panels_f64(
  trans: i32, m: i32, rows: i32, columns: i32, alpha: f64, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32,
  work: usize,
): void {
  if (trans) multiplyTransposed<f64>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work);
  else multiply<f64>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, 0, 0);
}

/** draw_panels_f32 and alpha · a · W in one, for a W that is read once: `panels` has room for one slab. */
export function draw_multiply_f32(
  m: i32, rows: i32, columns: i32, alpha: f32, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize,
  seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32, step: i32,
): void {
  openNormals<f32>(seedLo, seedHi, sample, layer);
  multiply<f32>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, wide(indexLo, indexHi), step);
}

/** As draw_multiply_f32. */
export function draw_multiply_f64(
  m: i32, rows: i32, columns: i32, alpha: f64, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize,
  seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32, step: i32,
): void {
  openNormals<f64>(seedLo, seedHi, sample, layer);
  multiply<f64>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, wide(indexLo, indexHi), step);
}
