/** Lane algebra over one JavaScript double: the reference backend and the pass over rows. */
import { DOUBLE } from './coefficients';
import { Lanes } from './lanes';

/** 1.5 · 2⁵²: adding it drops the fraction of a number below 2⁵¹. */
const INTEGERS = 6755399441055744;

/** A double and its upper half, in the byte order of the machine. */
const BITS = new Float64Array(1);
const HALVES = new Int32Array(BITS.buffer);
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0];

export class Scalar implements Lanes<number> {
  narrow(): boolean {
    return false;
  }
  lit(x: number): number {
    return x;
  }
  zero(): number {
    return 0;
  }
  half(): number {
    return 0.5;
  }
  one(): number {
    return 1;
  }
  two(): number {
    return 2;
  }
  table(i: number): number {
    return DOUBLE[i];
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
  fma(a: number, b: number, c: number): number {
    return a * b + c;
  }
  sqrt(a: number): number {
    return Math.sqrt(a);
  }
  nearest(a: number): number {
    return a + INTEGERS - INTEGERS;
  }
  power(a: number): number {
    HALVES[UPPER] = (a + 1023) << 20;
    return BITS[0];
  }
  abs(a: number): number {
    return Math.abs(a);
  }
  max(a: number, b: number): number {
    return a < b ? b : a;
  }
  min(a: number, b: number): number {
    return b < a ? b : a;
  }
  ifLess(a: number, b: number, x: number, y: number): number {
    return a < b ? x : y;
  }
}

export const scalar = new Scalar();
