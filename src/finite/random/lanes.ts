/**
 * Lane algebra of the normals: what normal.ts is written in. `V` is one SIMD vector of the core (assembly/random.ts) or one JavaScript
 * number (scalar.ts), and holds a real number, a word of 32 bits (signed) or a mask. No operation is fused and every one is exact or
 * correctly rounded, so all builds and JavaScript have the same bits. asc and tsc read the same file, as in src/duals.
 */
export interface NormalLanes<V> {
  /** True where V holds single precision. Constant for a class. */
  narrow(): boolean;
  /** Sets place i of the table of constants, rounded to this precision. */
  keep(i: number, x: number): void;
  /** Place i of the table. */
  kept(i: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  sqrt(a: V): V;
  max(a: V, b: V): V;
  /** A word as a real: from −2³¹ to 2³¹ − 1; in double precision of the low lanes. */
  signed(word: V): V;
  /** A word as a real: from 0 to 2³² − 1. Double precision only. */
  unsigned(word: V): V;
  /** word · 2ⁿ mod 2³² */
  shift(word: V, n: number): V;
  /** The mask of word < 0. */
  negative(word: V): V;
  /** mask ? 0 : x */
  unless(mask: V, x: V): V;
  /** −x where word < 0. */
  signedBy(word: V, x: V): V;
  /** m of x = m 2^e, ½ ≤ m < 1, for a normal number x > 0; any finite number where x < 0. */
  mantissa(x: V): V;
  /** 32 − e */
  halvings(x: V): V;
}
