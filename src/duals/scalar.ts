/** Lane algebra over one JavaScript double: the reference backend and the pass over rows. */
import { DOUBLE } from './coefficients';
import { Lanes } from './lanes';

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
