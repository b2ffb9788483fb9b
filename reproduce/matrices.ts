/** Kernels as vectors: Frobenius products and norms, and largest differences. */
import type { NDArray } from '../src/ndarray';

export function dot({ data: a }: NDArray, { data: b }: NDArray): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

export const norm = (a: NDArray): number => Math.sqrt(dot(a, a));

/** ‖a − b‖² */
export function squaredDistance({ data: a }: NDArray, { data: b }: NDArray): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] - b[at]) ** 2;
  return sum;
}

/** Sine of the angle between two kernels, which no scale changes. */
export const sineOfAngle = (a: NDArray, b: NDArray): number => Math.sqrt(Math.max(0, 1 - (dot(a, b) / (norm(a) * norm(b))) ** 2));

/** Largest difference of two entries over the largest entry of a. */
export function largestDifference({ data: a }: NDArray, { data: b }: NDArray): number {
  let [most, largest] = [0, 0];
  for (let at = 0; at < a.length; at++) {
    most = Math.max(most, Math.abs(a[at] - b[at]));
    largest = Math.max(largest, Math.abs(a[at]));
  }
  return most / largest;
}
