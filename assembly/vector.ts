/** Operations on adjacent elements. */
import { bytes, madd } from './micro';

/** The sum of a vector's lanes. */
@inline
export function sumOf<T>(s: v128): T {
  if (sizeof<T>() == 4) s = v128.add<T>(s, v128.shuffle<i64>(s, s, 1, 0));
  return v128.extract_lane<T>(s, 0) + v128.extract_lane<T>(s, 1);
}

/** Σ x[i]·y[i]. */
export function dot<T>(n: i32, x: usize, y: usize): T {
  let s0 = v128.splat<T>(<T>0);
  let s1 = s0;
  const end = x + bytes<T>(n);
  const whole = x + (bytes<T>(n) & ~31);
  for (; x < whole; x += 32, y += 32) {
    s0 = madd<T>(v128.load(x), v128.load(y), s0);
    s1 = madd<T>(v128.load(x, 16), v128.load(y, 16), s1);
  }
  let sum = sumOf<T>(v128.add<T>(s0, s1));
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) sum += load<T>(x) * load<T>(y);
  return sum;
}

/** y += alpha·x. */
export function addScaled<T>(n: i32, alpha: T, x: usize, y: usize): void {
  const factor = v128.splat<T>(alpha);
  const end = x + bytes<T>(n);
  const whole = x + (bytes<T>(n) & ~15);
  for (; x < whole; x += 16, y += 16) v128.store(y, madd<T>(factor, v128.load(x), v128.load(y)));
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + alpha * load<T>(x));
}

/** x *= alpha. */
export function scale<T>(n: i32, alpha: T, x: usize): void {
  const factor = v128.splat<T>(alpha);
  const end = x + bytes<T>(n);
  const whole = x + (bytes<T>(n) & ~15);
  for (; x < whole; x += 16) v128.store(x, v128.mul<T>(factor, v128.load(x)));
  for (; x < end; x += sizeof<T>()) store<T>(x, alpha * load<T>(x));
}

/** A rotation of two rows: x = c·x + s·y, y = c·y − s·x. */
export function rotate<T>(n: i32, c: T, s: T, x: usize, y: usize): void {
  const cosine = v128.splat<T>(c);
  const sine = v128.splat<T>(s);
  const end = x + bytes<T>(n);
  const whole = x + (bytes<T>(n) & ~15);
  for (; x < whole; x += 16, y += 16) {
    const xv = v128.load(x);
    const yv = v128.load(y);
    v128.store(x, v128.add<T>(v128.mul<T>(cosine, xv), v128.mul<T>(sine, yv)));
    v128.store(y, v128.sub<T>(v128.mul<T>(cosine, yv), v128.mul<T>(sine, xv)));
  }
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) {
    const xs = load<T>(x);
    const ys = load<T>(y);
    store<T>(x, c * xs + s * ys);
    store<T>(y, c * ys - s * xs);
  }
}
