/** Sums of squares of rows, in one pass with their largest element. */
import type { TypedArray } from './ndarray';

/**
 * Between these no square that counts has lost digits and no sum overflows. Then all squares may be multiplied by a power of two with the bits
 * that the squares of multiplied elements have.
 */
const SAFE = { least: 2 ** -600, most: 2 ** 900 } as const;

export class Squares {
  /** The largest square; those of NaN are passed over. */
  largest = 0;
  /** NaN where an element is. */
  sum = 0;

  /** Whether largest and sum tell what they are of the row at any scale: not where they underflow or overflow, and not without a number in the row. */
  get areSafe(): boolean {
    return this.largest >= SAFE.least && this.largest <= SAFE.most && this.sum < Number.POSITIVE_INFINITY;
  }

  /** Reads a row times `scale`, summed in eight interleaved chains. */
  read(data: TypedArray, from: number, length: number, scale: number): void {
    let largest = 0;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    const end = from + length;
    let k = from;
    for (; k + 8 <= end; k += 8) {
      const x0 = data[k] * scale;
      const x1 = data[k + 1] * scale;
      const x2 = data[k + 2] * scale;
      const x3 = data[k + 3] * scale;
      const x4 = data[k + 4] * scale;
      const x5 = data[k + 5] * scale;
      const x6 = data[k + 6] * scale;
      const x7 = data[k + 7] * scale;
      const q0 = x0 * x0;
      const q1 = x1 * x1;
      const q2 = x2 * x2;
      const q3 = x3 * x3;
      const q4 = x4 * x4;
      const q5 = x5 * x5;
      const q6 = x6 * x6;
      const q7 = x7 * x7;
      s0 += q0;
      s1 += q1;
      s2 += q2;
      s3 += q3;
      s4 += q4;
      s5 += q5;
      s6 += q6;
      s7 += q7;
      if (q0 > largest) largest = q0;
      if (q1 > largest) largest = q1;
      if (q2 > largest) largest = q2;
      if (q3 > largest) largest = q3;
      if (q4 > largest) largest = q4;
      if (q5 > largest) largest = q5;
      if (q6 > largest) largest = q6;
      if (q7 > largest) largest = q7;
    }
    const sums = [s0, s1, s2, s3, s4, s5, s6, s7];
    for (let chain = 0; k < end; k++, chain++) {
      const x = data[k] * scale;
      sums[chain] += x * x;
      if (x * x > largest) largest = x * x;
    }
    this.largest = largest;
    this.sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
  }
}
