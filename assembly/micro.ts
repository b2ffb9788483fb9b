/** The register tile of every product: MR rows by two vectors, one slab of at most KC columns at a time. */
import { SLAB } from '../src/slab';

/** Rows of a register tile; panels of the left operand have this width. */
export const MR: i32 = 4;
/** Columns of one slab: a panel of either operand stays in the first-level cache. */
export const KC: i32 = SLAB;
/** Bytes of a register tile's row: panels of the right operand have this width. */
export const NR_BYTES: usize = 32;

/** Columns of a register tile: 8 in f32, 4 in f64. */
@inline
export function NR<T>(): i32 {
  return <i32>(NR_BYTES / sizeof<T>());
}

/** Bytes of `count` elements. */
@inline
export function bytes<T>(count: i32): usize {
  return (<usize>count) * sizeof<T>();
}

/** Address of element (i, j) of a row-major matrix. */
@inline
export function at<T>(base: usize, ld: i32, i: i32, j: i32): usize {
  return base + ((<usize>i) * (<usize>ld) + (<usize>j)) * sizeof<T>();
}

/** a·b + c, fused where the build has relaxed SIMD. */
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  else return v128.add<T>(v128.mul<T>(a, b), c);
}

/**
 * C = alpha·S (`overwrite`) or C + alpha·S, with S = sum over kk < k of a[kk][0..MR) ⊗ b[kk][0..NR) from packed panels.
 * A step holds 15 live vectors: more would spill. Eight steps share a loop's overhead (a check of the stack, copies of both addresses);
 * the branch after each keeps the engine from moving the loads of the next ahead of it, which would spill too.
 * @param k at least 1
 * @param ldc bytes from one row of C to the next
 */
export function micro<T>(k: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: T, overwrite: i32): void {
  let s00 = v128.splat<T>(<T>0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let b0 = s00;
  let b1 = s00;
  let x = s00;
  const end = b + (<usize>k) * NR_BYTES;
  for (;;) {
    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;

    b0 = v128.load(b); b1 = v128.load(b, 16);
    x = v128.load_splat<T>(a); s00 = madd<T>(x, b0, s00); s01 = madd<T>(x, b1, s01);
    x = v128.load_splat<T>(a, sizeof<T>()); s10 = madd<T>(x, b0, s10); s11 = madd<T>(x, b1, s11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>()); s20 = madd<T>(x, b0, s20); s21 = madd<T>(x, b1, s21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>()); s30 = madd<T>(x, b0, s30); s31 = madd<T>(x, b1, s31);
    a += 4 * sizeof<T>(); b += NR_BYTES;
    if (b == end) break;
  }
  const factor = v128.splat<T>(alpha);
  storeRow<T>(c, s00, s01, factor, overwrite);
  storeRow<T>(c + ldc, s10, s11, factor, overwrite);
  storeRow<T>(c + 2 * ldc, s20, s21, factor, overwrite);
  storeRow<T>(c + 3 * ldc, s30, s31, factor, overwrite);
}

@inline
function storeRow<T>(c: usize, s0: v128, s1: v128, factor: v128, overwrite: i32): void {
  // Not fused in any build: a tile that goes through the scratch tile must get the same bits.
  let r0 = v128.mul<T>(factor, s0);
  let r1 = v128.mul<T>(factor, s1);
  if (!overwrite) {
    r0 = v128.add<T>(v128.load(c), r0);
    r1 = v128.add<T>(v128.load(c, 16), r1);
  }
  v128.store(c, r0);
  v128.store(c, r1, 16);
}
