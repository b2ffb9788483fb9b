/** The lane algebra of normal.ts over one JavaScript number, in single and in double precision. */
// biome-ignore-all lint/complexity/useMathMinMax: it differs on zeros from the vectors' pmax.
import type { NormalLanes } from './lanes';
import { keepConstants } from './normal';

const view = new DataView(new ArrayBuffer(8));
const { fround } = Math;

/** Every result rounded to single precision. Sums, products, quotients and roots of singles lose nothing by rounding twice. */
class Single implements NormalLanes<number> {
  private readonly table = new Float32Array(32);
  narrow(): boolean {
    return true;
  }
  keep(i: number, x: number): void {
    this.table[i] = x;
  }
  kept(i: number): number {
    return this.table[i];
  }
  add(a: number, b: number): number {
    return fround(a + b);
  }
  sub(a: number, b: number): number {
    return fround(a - b);
  }
  mul(a: number, b: number): number {
    return fround(a * b);
  }
  div(a: number, b: number): number {
    return fround(a / b);
  }
  sqrt(a: number): number {
    return fround(Math.sqrt(a));
  }
  max(a: number, b: number): number {
    return a < b ? b : a;
  }
  signed(word: number): number {
    return fround(word | 0);
  }
  unsigned(word: number): number {
    return fround(word >>> 0);
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

class Double implements NormalLanes<number> {
  private readonly table = new Float64Array(32);
  narrow(): boolean {
    return false;
  }
  keep(i: number, x: number): void {
    this.table[i] = x;
  }
  kept(i: number): number {
    return this.table[i];
  }
  add(a: number, b: number): number {
    return a + b;
  }
  sub(a: number, b: number): number {
    return a - b;
  }
  mul(a: number, b: number): number {
    return a * b;
  }
  div(a: number, b: number): number {
    return a / b;
  }
  sqrt(a: number): number {
    return Math.sqrt(a);
  }
  max(a: number, b: number): number {
    return a < b ? b : a;
  }
  signed(word: number): number {
    return word | 0;
  }
  unsigned(word: number): number {
    return word >>> 0;
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
