/** The lane algebra of normal.ts over one JavaScript number, in single and in double precision. */
import { Scalar } from '../../duals/scalar';
import type { NormalLanes } from './lanes';
import { keepConstants } from './normal';

const view = new DataView(new ArrayBuffer(8));
const { fround } = Math;

/** What does not depend on the precision: doubles' arithmetic, the bits of words, and constants, which are kept as they come. */
abstract class Words extends Scalar {
  private readonly constants = new Float64Array(32);
  keep(i: number, x: number): void {
    this.constants[i] = x;
  }
  kept(i: number): number {
    return this.constants[i];
  }
  shift(word: number, n: number): number {
    return word << n;
  }
  negative(word: number): number {
    return word >> 31;
  }
  unless(mask: number, x: number): number {
    return mask ? 0 : x;
  }
  signedBy(word: number, x: number): number {
    return word < 0 ? -x : x;
  }
}

/** Every result rounded to single precision. Sums, products, quotients and roots of singles lose nothing by rounding twice. */
class Single extends Words implements NormalLanes<number> {
  override narrow(): boolean {
    return true;
  }
  override keep(i: number, x: number): void {
    super.keep(i, fround(x));
  }
  override add(a: number, b: number): number {
    return fround(a + b);
  }
  override sub(a: number, b: number): number {
    return fround(a - b);
  }
  override mul(a: number, b: number): number {
    return fround(a * b);
  }
  override div(a: number, b: number): number {
    return fround(a / b);
  }
  override sqrt(a: number): number {
    return fround(Math.sqrt(a));
  }
  signed(word: number): number {
    return fround(word | 0);
  }
  unsigned(word: number): number {
    return fround(word >>> 0);
  }
  mantissa(x: number): number {
    view.setFloat32(0, x);
    view.setInt32(0, (view.getInt32(0) & 0x007fffff) | 0x3f000000);
    return view.getFloat32(0);
  }
  halvings(x: number): number {
    view.setFloat32(0, x);
    return 158 - (view.getInt32(0) >>> 23);
  }
}

class Double extends Words implements NormalLanes<number> {
  signed(word: number): number {
    return word | 0;
  }
  unsigned(word: number): number {
    return word >>> 0;
  }
  mantissa(x: number): number {
    view.setFloat64(0, x);
    view.setInt32(0, (view.getInt32(0) & 0x000fffff) | 0x3fe00000);
    return view.getFloat64(0);
  }
  halvings(x: number): number {
    view.setFloat64(0, x);
    return 1054 - (view.getInt32(0) >>> 20);
  }
}

export const single: NormalLanes<number> = new Single();
export const double: NormalLanes<number> = new Double();
for (const lanes of [single, double]) keepConstants(lanes);
