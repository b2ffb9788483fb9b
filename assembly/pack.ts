/** Copies operands into the panels that the register tile reads. */
import { KC, bytes } from './micro';

/** Elements of a vector: 4 in f32, 2 in f64. */
@inline
function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** Bytes that `packRows` writes. */
export function packedBytes<T>(rows: i32, k: i32, width: i32): usize {
  return bytes<T>(((rows + width - 1) / width) * width * k);
}

/**
 * Packs rows × k row-major `src` slab by slab (KC columns, the last slab shorter), inside a slab panel by panel (`width` rows,
 * missing rows zero), inside a panel column by column. Row i is multiplied by scale[i] unless `scale` is 0.
 */
export function packRows<T>(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  for (let kb = 0; kb < k; kb += KC) {
    const kc = min(KC, k - kb);
    packSlab<T>(src + bytes<T>(kb), ld, 1, rows, kc, scale, dst, width);
    dst += packedBytes<T>(rows, kc, width);
  }
}

/**
 * Packs one slab of the rows × k matrix whose element (i, kk) is src[i·rs + kk·cs]. Negative strides are allowed.
 * `width` is a multiple of the vector's lanes.
 */
export function packSlab<T>(src: usize, rs: i32, cs: i32, rows: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  const panel = bytes<T>(width * k);
  for (let i = 0; i < rows; i += width) {
    const height = min(width, rows - i);
    const from = src + (<isize>i) * (<isize>rs) * sizeof<T>();
    const factors = scale ? scale + bytes<T>(i) : 0;
    if (height == width && cs == 1) packTransposed<T>(from, rs, k, factors, dst, width);
    else if (height == width && rs == 1 && !scale) packCopied<T>(from, cs, k, dst, width);
    else packStrided<T>(from, rs, cs, height, k, factors, dst, width);
    dst += panel;
  }
}

function packStrided<T>(src: usize, rs: i32, cs: i32, rows: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  for (let i = 0; i < width; i++) {
    let from = src + (<isize>i) * (<isize>rs) * sizeof<T>();
    let to = dst + bytes<T>(i);
    if (i >= rows) {
      for (let kk = 0; kk < k; kk++, to += bytes<T>(width)) store<T>(to, <T>0);
      continue;
    }
    const factor = scale ? load<T>(scale + bytes<T>(i)) : <T>1;
    for (let kk = 0; kk < k; kk++) {
      store<T>(to, factor * load<T>(from));
      from += (<isize>cs) * sizeof<T>();
      to += bytes<T>(width);
    }
  }
}

/** Whole panels whose rows are adjacent in memory. */
function packCopied<T>(src: usize, cs: i32, k: i32, dst: usize, width: i32): void {
  const vectors = bytes<T>(width);
  for (let kk = 0; kk < k; kk++) {
    for (let offset: usize = 0; offset < vectors; offset += 16) v128.store(dst + offset, v128.load(src + offset));
    src += (<isize>cs) * sizeof<T>();
    dst += vectors;
  }
}

/** Whole panels whose columns are adjacent in memory: squares of one vector's width are transposed in registers. */
function packTransposed<T>(src: usize, rs: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  const step = bytes<T>(rs);
  const whole = k - (k % lanes<T>());
  for (let i = 0; i < width; i += lanes<T>()) {
    const from = src + (<usize>i) * step;
    const to = dst + bytes<T>(i);
    const factors = scale ? scale + bytes<T>(i) : 0;
    if (sizeof<T>() == 4) transpose4(from, step, whole, factors, to, bytes<T>(width));
    else transpose2(from, step, whole, factors, to, bytes<T>(width));
  }
  if (whole < k) {
    const tail = dst + bytes<T>(whole * width);
    packStrided<T>(src + bytes<T>(whole), rs, 1, width, k - whole, scale, tail, width);
  }
}

/** dst[kk·ds + i] = scale[i] · src[i·rs + kk], i < 4, kk < k, a multiple of 4; strides in bytes, `scale` 0 for none. */
export function transpose4(src: usize, rs: usize, k: i32, scale: usize, dst: usize, ds: usize): void {
  let f0 = f32x4.splat(1);
  let f1 = f0;
  let f2 = f0;
  let f3 = f0;
  if (scale) {
    f0 = v128.load32_splat(scale);
    f1 = v128.load32_splat(scale, 4);
    f2 = v128.load32_splat(scale, 8);
    f3 = v128.load32_splat(scale, 12);
  }
  for (let kk = 0; kk < k; kk += 4) {
    const r0 = f32x4.mul(f0, v128.load(src));
    const r1 = f32x4.mul(f1, v128.load(src + rs));
    const r2 = f32x4.mul(f2, v128.load(src + 2 * rs));
    const r3 = f32x4.mul(f3, v128.load(src + 3 * rs));
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(dst, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(dst + ds, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(dst + 2 * ds, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(dst + 3 * ds, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    src += 16;
    dst += 4 * ds;
  }
}

/** As transpose4, in double precision: i < 2, k a multiple of 2. */
export function transpose2(src: usize, rs: usize, k: i32, scale: usize, dst: usize, ds: usize): void {
  let f0 = f64x2.splat(1);
  let f1 = f0;
  if (scale) {
    f0 = v128.load64_splat(scale);
    f1 = v128.load64_splat(scale, 8);
  }
  for (let kk = 0; kk < k; kk += 2) {
    const r0 = f64x2.mul(f0, v128.load(src));
    const r1 = f64x2.mul(f1, v128.load(src + rs));
    v128.store(dst, v128.shuffle<f64>(r0, r1, 0, 2));
    v128.store(dst + ds, v128.shuffle<f64>(r0, r1, 1, 3));
    src += 16;
    dst += 2 * ds;
  }
}

/** Inverse of packing one panel: its k × columns entries (`width` apart) go to dst[kk·rs + j·cs]; one of rs, cs is 1 or -1. */
export function unpackPanel<T>(panel: usize, width: i32, k: i32, columns: i32, dst: usize, rs: i32, cs: i32): void {
  const step = bytes<T>(width);
  let kk = 0;
  if (columns == width && cs == 1) {
    for (; kk < k; kk++, panel += step, dst += (<isize>rs) * sizeof<T>())
      for (let offset: usize = 0; offset < step; offset += 16) v128.store(dst + offset, v128.load(panel + offset));
  } else if (columns == width && rs == 1) {
    for (const whole = k - (k % lanes<T>()); kk < whole; kk += lanes<T>(), panel += 16 * width, dst += 16) {
      if (sizeof<T>() == 4) transpose4(panel, step, width, 0, dst, bytes<T>(cs));
      else transpose2(panel, step, width, 0, dst, bytes<T>(cs));
    }
  }
  for (; kk < k; kk++, panel += step, dst += (<isize>rs) * sizeof<T>())
    for (let j = 0; j < columns; j++) store<T>(dst + (<isize>j) * (<isize>cs) * sizeof<T>(), load<T>(panel + bytes<T>(j)));
}
