/**
 * Weights that are drawn into the panels that products read. W is rows × columns; a panel holds NR of its rows, column after column, so its
 * columns are NR_BYTES apart, and `stride` bytes lie from one panel to the next. That is the packed right operand of d · Wᵀ. For a · W
 * squares of panels are transposed into those of W's columns, a block at a time in the second cache: there they are drawn in the first place.
 */
import { FULL, MC, blockUpdate, scaleMatrix } from './gemm';
import { KC, MR, NR, NR_BYTES, at, bytes } from './micro';
import { packSlab } from './pack';
import { moreNormals, openNormals, panelNormals, wholeUnits, wide } from './random';
import { multiplyTransposed } from './sparse';

/** Bytes of a block's rows, of which it has KC, and from one of its panels to the next: they do not all start in the same sets of the cache. */
const RUN_BYTES: i32 = 1024;
const STRIDE: usize = <usize>KC * NR_BYTES + 64;
const BLOCK_BYTES: usize = (<usize>RUN_BYTES / NR_BYTES) * STRIDE;

/** Rows that are drawn before they go to their panels, where rows are no whole units, and bytes from one to the next. */
const ROWS: i32 = 16;
const ROW_BYTES: i32 = RUN_BYTES + 64;

/** A block from the stream that is open: row i is the normals from index + i·step on. */
function drawBlock<T>(block: usize, rows: i32, columns: i32, work: usize, index: u64, step: i32): void {
  if (wholeUnits<T>(index, step, columns)) {
    panelNormals<T>(block, STRIDE, rows, columns, work, index, step);
    return;
  }
  const ld = step == columns ? columns : ROW_BYTES / <i32>sizeof<T>();
  for (let i = 0; i < rows; i += ROWS) {
    const count = min(ROWS, rows - i);
    const first = index + <u64>i * <u64>step;
    if (step == columns) moreNormals<T>(work, count * columns, first);
    else for (let r = 0; r < count; r++) moreNormals<T>(at<T>(work, ld, r, 0), columns, first + <u64>r * <u64>step);
    spread<T>(work, ld, count, columns, block + <usize>i * NR_BYTES);
  }
}

/** Some rows of `width` numbers go to a block's panels, panel by panel; the last is filled up with zeros. */
function spread<T>(from: usize, ld: i32, rows: i32, width: i32, to: usize): void {
  const step = bytes<T>(ld), end = <usize>rows * NR_BYTES;
  for (; width >= NR<T>(); width -= NR<T>(), from += NR_BYTES, to += STRIDE) {
    for (let o: usize = 0, source = from; o < end; o += NR_BYTES, source += step) {
      v128.store(to + o, v128.load(source));
      v128.store(to + o, v128.load(source, 16), 16);
    }
  }
  if (width == 0) return;
  memory.fill(to, 0, end);
  for (let o: usize = 0; o < end; o += NR_BYTES, from += step) memory.copy(to + o, from, bytes<T>(width));
}

/** A square of NR rows: its transpose. */
@inline
function transposeSquare<T>(from: usize, to: usize): void {
  if (sizeof<T>() == 4) {
    transpose4(from, to), transpose4(from + 16, to + 128);
    transpose4(from + 128, to + 16), transpose4(from + 144, to + 144);
  } else {
    transpose2(from, to), transpose2(from + 16, to + 64);
    transpose2(from + 64, to + 16), transpose2(from + 80, to + 80);
  }
}

@inline
function transpose4(from: usize, to: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from, 32), r2 = v128.load(from, 64), r3 = v128.load(from, 96);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
}

@inline
function transpose2(from: usize, to: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from, 32);
  v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
  v128.store(to, v128.shuffle<f64>(r0, r1, 1, 3), 32);
}

/** Panels of a block's columns become panels of rows. What lies beyond the last row is whatever was there, and never enters a result. */
function keepBlock<T>(block: usize, rows: i32, columns: i32, panels: usize, stride: usize): void {
  const square = NR_BYTES * NR<T>();
  const end = <usize>columns * NR_BYTES;
  for (let i = 0; i < rows; i += NR<T>(), block += square, panels += stride)
    for (let o: usize = 0, from = block; o < end; o += square, from += STRIDE) transposeSquare<T>(from, panels + o);
}

/** And back. */
function readBlock<T>(block: usize, rows: i32, columns: i32, panels: usize, stride: usize): void {
  const square = NR_BYTES * NR<T>();
  const end = <usize>columns * NR_BYTES;
  for (let i = 0; i < rows; i += NR<T>(), block += square, panels += stride)
    for (let o: usize = 0, to = block; o < end; o += square, to += STRIDE) transposeSquare<T>(panels + o, to);
}

/**
 * c (m × columns) = alpha · a · W, a m × rows. Where `step` is not 0, W is drawn, from `index` on, and goes to the panels, if these are
 * not 0; m may be 0.
 */
function multiply<T>(
  m: i32, columns: i32, rows: i32, alpha: T, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32, work: usize,
  index: u64, step: i32,
): void {
  const block = work + bytes<T>(MC * KC);
  const room = block + BLOCK_BYTES;
  const run = RUN_BYTES / <i32>sizeof<T>();
  scaleMatrix<T>(m, columns, <T>0, c, ldc, FULL);
  for (let kb = 0; kb < rows; kb += KC) {
    const kc = min(KC, rows - kb);
    for (let j = 0; j < columns; j += run) {
      const width = min(run, columns - j);
      const kept = panels + <usize>(kb / NR<T>()) * stride + <usize>j * NR_BYTES;
      if (step) drawBlock<T>(block, kc, width, room, index + <u64>kb * <u64>step + <u64>j, step);
      else readBlock<T>(block, kc, width, kept, stride);
      if (step && panels) keepBlock<T>(block, kc, width, kept, stride);
      for (let i = 0; i < m; i += MC) {
        const mc = min(MC, m - i);
        if (j == 0 || m > MC) packSlab<T>(at<T>(a, lda, i, kb), lda, 1, mc, kc, 0, work, MR);
        blockUpdate<T>(mc, width, kc, work, block, STRIDE, at<T>(c, ldc, i, j), ldc, alpha, FULL, 0, room);
      }
    }
  }
}

/**
 * c (m × columns) = alpha · a · W (a m × rows), where W are normals of the stream (seed, sample, layer), row i those from index + i·step on.
 * They go to `panels` as well, unless these are 0; with m = 0 that is all.
 * @param stride a multiple of 32 of at least `columns` columns rounded up to whole squares @param work linalg_work_bytes() bytes
 */
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

/**
 * c = alpha · a · W (c m × columns, a m × rows), or of Wᵀ the other way round; there rows of a that are `period` apart are expected
 * to have zeros in the same places. `work`: linalg_work_bytes() bytes.
 */
export function multiply_panels_f32(
  trans: i32, m: i32, rows: i32, columns: i32, alpha: f32, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32,
  work: usize, period: i32,
): void {
  if (trans) multiplyTransposed<f32>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, period);
  else multiply<f32>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, 0, 0);
}

/** As multiply_panels_f32. */
export function multiply_panels_f64(
  trans: i32, m: i32, rows: i32, columns: i32, alpha: f64, a: usize, lda: i32, panels: usize, stride: usize, c: usize, ldc: i32,
  work: usize, period: i32,
): void {
  if (trans) multiplyTransposed<f64>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, period);
  else multiply<f64>(m, columns, rows, alpha, a, lda, panels, stride, c, ldc, work, 0, 0);
}
