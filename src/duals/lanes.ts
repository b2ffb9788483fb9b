/**
 * Lane algebra: the arithmetic in which every dual activation is written once. `V` is one SIMD vector (assembly/lanes.ts), one
 * double (scalar.ts) or one WGSL expression (wgsl.ts). Files written in it are read as they are by asc and by tsc, so they hold
 * nothing but `number`, `boolean`, `V`, conditionals on `narrow()`, and calls.
 */
export interface Lanes<V> {
  /** True where V holds single precision: selects the shorter polynomials. Constant for a class. */
  narrow(): boolean;
  lit(x: number): V;
  /** 0, ½, 1 and 2: the core keeps them in memory, since V8 rebuilds a vector literal at every use. */
  zero(): V;
  half(): V;
  one(): V;
  two(): V;
  /** The i-th entry of the coefficient table of this precision (coefficients.ts). */
  table(i: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  /** a b + c, fused where the build fuses. */
  fma(a: V, b: V, c: V): V;
  sqrt(a: V): V;
  /** The nearest integer, ties to even, of |a| < 2²². */
  nearest(a: V): V;
  /** 2^a of an integer −126 ≤ a ≤ 127 (−1022 ≤ a ≤ 1023 in double precision), exactly. */
  power(a: V): V;
  abs(a: V): V;
  max(a: V, b: V): V;
  min(a: V, b: V): V;
  /** a < b ? x : y, lane by lane. */
  ifLess(a: V, b: V, x: V, y: V): V;
}
