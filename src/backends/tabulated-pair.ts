/** TABULATED on a pair in doubles, for the JavaScript tiles; assembly/tabulated.ts is the same on a strip. */
import { LAST_OCTAVE, OCTAVE_BASE, OCTAVE_TABLE, OCTAVES, PLACE_TABLE } from '../cells';
import { tabulated } from '../duals/numerical/index';
import { Slices } from '../duals/numerical/slices';
import type { Tables } from '../duals/numerical/tables';
import { tabulatedStep } from '../duals/tabulated';
import type { ActivationLayer } from '../spec';
import type { Entry } from './pair-step';
import type { Place, ScalarPair } from './scalar-pair';

export class TabulatedPair {
  private readonly tables: Tables;
  private readonly slices = new Map<number, Slices>();

  constructor(
    activation: ActivationLayer,
    private readonly odd: number,
  ) {
    const found = tabulated(activation);
    if (!found) throw new Error(`${activation.kind} has no tables`);
    this.tables = found.tables;
  }

  /** @param index tells the rows of a tile from one another, and from those of tiles before */
  step(pair: ScalarPair, index: number, row: Entry<number>, col: Entry<number>): void {
    const product = (k: number) => row(k) * col(k);
    const slices = this.slicesOf(row(OCTAVE_TABLE) - OCTAVE_BASE, col(OCTAVE_TABLE) - OCTAVE_BASE, pair.c < 0 && this.odd === 0 ? -1 : 1);
    slices.evaluate(index, row(PLACE_TABLE), col(PLACE_TABLE), Math.max(pair.m, 0));
    tabulatedStep<ScalarPair, number, Place>(
      pair,
      'c',
      'm',
      't',
      row(0),
      col(0),
      row(1),
      col(1),
      product(2),
      row(3),
      col(3),
      row(4),
      col(4),
      row(5),
      col(5),
      row(6),
      col(6),
      row(7),
      col(7),
      product(8),
      row(OCTAVE_TABLE),
      col(OCTAVE_TABLE),
      this.odd,
      slices.mean,
      slices.factor,
      slices.end,
    );
  }

  private slicesOf(first: number, second: number, sign: 1 | -1): Slices {
    const key = sign * (1 + first * OCTAVES + second);
    const known = this.slices.get(key) ?? new Slices(this.tables.block(first - LAST_OCTAVE, second - LAST_OCTAVE, sign));
    this.slices.set(key, known);
    return known;
  }
}
