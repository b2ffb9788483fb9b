/** A pair in doubles, and any operation of a program on it: for the JavaScript tiles, the pass over rows and duals/dual.ts. */
import { hostDual, hostedStep } from '../activations/host';
import type { PairLanes } from '../duals/pair';
import { Scalar } from '../duals/scalar';
import * as op from '../opcodes';
import type { Op } from '../program';
import { type Entry, type PairPlaces, pairStep } from './pair-step';

export type Place = 'c' | 'm' | 't';
export const PLACES: PairPlaces<Place> = { c: 'c', m: 'm', t: 't' };

/** ρ, 1 − |ρ|, scaled NTK, and the arithmetic on them. */
export class ScalarPair extends Scalar implements PairLanes<number, Place> {
  c = 0;
  m = 0;
  t = 0;
  load(at: Place): number {
    return at === 'c' ? this.c : at === 'm' ? this.m : this.t;
  }
  store(at: Place, value: number): void {
    if (at === 'c') this.c = value;
    else if (at === 'm') this.m = value;
    else this.t = value;
  }
}

/** Runs one operation, START without its threshold. */
export function scalarStep(
  pair: ScalarPair,
  { code, params, activation }: Omit<Op, 'table'>,
  row: Entry<number>,
  col: Entry<number>,
): void {
  if (code === op.DUAL && activation) hostedStep(pair, hostDual(activation), row, col);
  else pairStep<ScalarPair, number, Place>(pair, code, PLACES, row, col, (k) => params[k], params[0]);
}
