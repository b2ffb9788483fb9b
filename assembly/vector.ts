/** Operations on adjacent elements. */
import { bytes, madd } from './micro';

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
  s0 = v128.add<T>(s0, s1);
  if (sizeof<T>() == 4) s0 = v128.add<T>(s0, v128.shuffle<i64>(s0, s0, 1, 0));
  let sum = v128.extract_lane<T>(s0, 0) + v128.extract_lane<T>(s0, 1);
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
