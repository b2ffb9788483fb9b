/** Row norms in double precision, whatever the matrix's type. */
import { at, bytes } from './micro';

/** Two elements as doubles. */
@inline
function pair<T>(from: usize, scale: v128): v128 {
  if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(f32x4.mul(scale, v128.load64_zero(from)));
  else return f64x2.mul(scale, v128.load(from));
}

@inline
function rowNorms<T>(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize): void {
  for (let i = 0; i < rows; i++) {
    const factor = scale ? load<T>(scale + bytes<T>(i)) : <T>1;
    const factors = v128.splat<T>(factor);
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let from = at<T>(src, ld, i, 0);
    const end = from + bytes<T>(k);
    for (const whole = from + bytes<T>(k & ~7); from < whole; from += bytes<T>(8)) {
      const x0 = pair<T>(from, factors);
      const x1 = pair<T>(from + bytes<T>(2), factors);
      const x2 = pair<T>(from + bytes<T>(4), factors);
      const x3 = pair<T>(from + bytes<T>(6), factors);
      s0 = f64x2.add(s0, f64x2.mul(x0, x0));
      s1 = f64x2.add(s1, f64x2.mul(x1, x1));
      s2 = f64x2.add(s2, f64x2.mul(x2, x2));
      s3 = f64x2.add(s3, f64x2.mul(x3, x3));
    }
    s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
    let tail: f64 = 0;
    for (; from < end; from += sizeof<T>()) {
      const x = <f64>(factor * load<T>(from));
      tail += x * x;
    }
    const sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1) + tail;
    store<f64>(dst + bytes<f64>(i), sqrt<f64>(sum));
  }
}

@inline
function rowMaxAbs<T>(src: usize, ld: i32, rows: i32, k: i32, dst: usize): void {
  for (let i = 0; i < rows; i++) {
    let from = at<T>(src, ld, i, 0);
    const end = from + bytes<T>(k);
    let most = v128.splat<T>(<T>0);
    for (const whole = from + (bytes<T>(k) & ~15); from < whole; from += 16) most = v128.max<T>(most, v128.abs<T>(v128.load(from)));
    if (sizeof<T>() == 4) most = v128.max<T>(most, v128.shuffle<i64>(most, most, 1, 0));
    let result = max<T>(v128.extract_lane<T>(most, 0), v128.extract_lane<T>(most, 1));
    for (; from < end; from += sizeof<T>()) result = max<T>(result, abs<T>(load<T>(from)));
    store<f64>(dst + bytes<f64>(i), <f64>result);
  }
}

/**
 * dst[i] (f64) = Euclidean norm of row i times scale[i] (of the matrix's type; none when `scale` is 0). Squares are summed in
 * double precision in eight chains, without rescaling: choose `scale` so that they neither overflow nor underflow.
 */
export function row_norms_f32(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize): void {
  rowNorms<f32>(src, ld, rows, k, scale, dst);
}

/** As row_norms_f32. */
export function row_norms_f64(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize): void {
  rowNorms<f64>(src, ld, rows, k, scale, dst);
}

/** dst[i] (f64) = largest magnitude in row i; NaN where the row has a NaN, 0 for an empty row. */
export function row_maxabs_f32(src: usize, ld: i32, rows: i32, k: i32, dst: usize): void {
  rowMaxAbs<f32>(src, ld, rows, k, dst);
}

/** As row_maxabs_f32. */
export function row_maxabs_f64(src: usize, ld: i32, rows: i32, k: i32, dst: usize): void {
  rowMaxAbs<f64>(src, ld, rows, k, dst);
}
