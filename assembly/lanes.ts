/** Lane algebra over v128 in linear memory (see src/duals/lanes.ts, pair.ts). Instances are never allocated: `changetype<F32x4>(0)` carries the type. */

/**
 * Coefficient tables, one 16-byte broadcast per entry, filled by the loader through `coefficients_f32` and `_f64`. They lie below
 * `memoryBase` (asconfig.json): in static data every further instance on a shared memory would clear them.
 */
const TABLE_F32: usize = 1024;
const TABLE_F64: usize = 4096;

/** Bytes from the start of a table to ½, 1 and 2, which the loader writes after the polynomials. */
const HALF: usize = 90 * 16;
const ONE: usize = 91 * 16;
const TWO: usize = 92 * 16;

export function coefficients_f32(): usize {
  return TABLE_F32;
}
export function coefficients_f64(): usize {
  return TABLE_F64;
}

export class F32x4 {
  @inline load(at: usize): v128 { return v128.load(at); }
  @inline store(at: usize, value: v128): void { v128.store(at, value); }
  @inline narrow(): boolean { return true; }
  @inline lit(x: f64): v128 { return f32x4.splat(<f32>x); }
  @inline table(i: f64): v128 { return v128.load(TABLE_F32 + (<usize>i << 4)); }
  @inline zero(): v128 { return f32x4.splat(0); }
  @inline half(): v128 { return v128.load(TABLE_F32 + HALF); }
  @inline one(): v128 { return v128.load(TABLE_F32 + ONE); }
  @inline two(): v128 { return v128.load(TABLE_F32 + TWO); }
  @inline add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
  @inline sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
  @inline mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
  @inline div(a: v128, b: v128): v128 { return f32x4.div(a, b); }
  @inline fma(a: v128, b: v128, c: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
    else return f32x4.add(f32x4.mul(a, b), c);
  }
  @inline sqrt(a: v128): v128 { return f32x4.sqrt(a); }
  @inline nearest(a: v128): v128 { return f32x4.nearest(a); }
  @inline power(a: v128): v128 { return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(a), i32x4.splat(127)), 23); }
  @inline abs(a: v128): v128 { return f32x4.abs(a); }
  @inline max(a: v128, b: v128): v128 { return f32x4.pmax(a, b); }
  @inline min(a: v128, b: v128): v128 { return f32x4.pmin(a, b); }
  @inline ifLess(a: v128, b: v128, x: v128, y: v128): v128 { return v128.bitselect(x, y, f32x4.lt(a, b)); }
}

export class F64x2 {
  @inline load(at: usize): v128 { return v128.load(at); }
  @inline store(at: usize, value: v128): void { v128.store(at, value); }
  @inline narrow(): boolean { return false; }
  @inline lit(x: f64): v128 { return f64x2.splat(x); }
  @inline table(i: f64): v128 { return v128.load(TABLE_F64 + (<usize>i << 4)); }
  @inline zero(): v128 { return f64x2.splat(0); }
  @inline half(): v128 { return v128.load(TABLE_F64 + HALF); }
  @inline one(): v128 { return v128.load(TABLE_F64 + ONE); }
  @inline two(): v128 { return v128.load(TABLE_F64 + TWO); }
  @inline add(a: v128, b: v128): v128 { return f64x2.add(a, b); }
  @inline sub(a: v128, b: v128): v128 { return f64x2.sub(a, b); }
  @inline mul(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
  @inline div(a: v128, b: v128): v128 { return f64x2.div(a, b); }
  @inline fma(a: v128, b: v128, c: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
    else return f64x2.add(f64x2.mul(a, b), c);
  }
  @inline sqrt(a: v128): v128 { return f64x2.sqrt(a); }
  @inline nearest(a: v128): v128 { return f64x2.nearest(a); }
  /** The sum with 2⁵² + 1023 has the biased exponent in its lowest bits. */
  @inline power(a: v128): v128 { return i64x2.shl(f64x2.add(a, f64x2.splat(4503599627371519)), 52); }
  @inline abs(a: v128): v128 { return f64x2.abs(a); }
  @inline max(a: v128, b: v128): v128 { return f64x2.pmax(a, b); }
  @inline min(a: v128, b: v128): v128 { return f64x2.pmin(a, b); }
  @inline ifLess(a: v128, b: v128, x: v128, y: v128): v128 { return v128.bitselect(x, y, f64x2.lt(a, b)); }
}
