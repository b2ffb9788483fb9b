/** Activations of finite networks and their slopes on runs of numbers. The arithmetic is src/duals/pointwise.ts. */
import { POLYNOMIAL, RECTIFIED_POLYNOMIAL, pointwiseSlope, pointwiseValue } from '../src/pointwise';
import { F32x4, F64x2 } from './lanes';

/** Σ pₖ xᵏ over the vectors of [x, end). */
function polynomial<L>(rectified: bool, x: usize, end: usize, y: usize, params: usize): void {
  const l = changetype<L>(0);
  const last = params + (<usize>load<f64>(params) << 3);
  for (; x < end; x += 16, y += 16) {
    const v = v128.load(x);
    let sum = l.zero();
    for (let at = last; at > params; at -= 8) sum = l.add(l.mul(sum, v), l.lit(load<f64>(at)));
    v128.store(y, rectified ? l.ifLess(v, l.zero(), l.zero(), sum) : sum);
  }
}

@inline
function pointwise<L>(code: i32, slope: i32, x: usize, y: usize, bytes: usize, params: usize): void {
  const end = x + bytes;
  if (code == POLYNOMIAL || code == RECTIFIED_POLYNOMIAL) {
    polynomial<L>(code == RECTIFIED_POLYNOMIAL, x, end, y, params);
    return;
  }
  const l = changetype<L>(0);
  const a = l.lit(load<f64>(params)), b = l.lit(load<f64>(params, 8)), c = l.lit(load<f64>(params, 16));
  if (slope) for (; x < end; x += 16, y += 16) v128.store(y, pointwiseSlope<L, v128>(l, code, v128.load(x), a, b, c));
  else for (; x < end; x += 16, y += 16) v128.store(y, pointwiseValue<L, v128>(l, code, v128.load(x), a, b, c));
}

/**
 * y = φ(x), or φ'(x) if `slope`, of whole vectors: `bytes` is a multiple of 16. Codes and the parameters (f64) as in src/pointwise.ts;
 * those of the slope of a polynomial are the derivative's.
 */
export function pointwise_f32(code: i32, slope: i32, x: usize, y: usize, bytes: usize, params: usize): void {
  pointwise<F32x4>(code, slope, x, y, bytes, params);
}

/** As pointwise_f32. */
export function pointwise_f64(code: i32, slope: i32, x: usize, y: usize, bytes: usize, params: usize): void {
  pointwise<F64x2>(code, slope, x, y, bytes, params);
}
