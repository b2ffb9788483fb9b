/** What one variance alone gives of an activation with tables. */
import { LAST_OCTAVE } from '../../cells';
import { rowValue } from './blocks';
import { octaveOf } from './slices';
import type { Tables } from './tables';

export class Side {
  q = Number.NaN;
  /** √q */
  r = 0;
  /** Of the tables that stand for it. */
  octave = 0;
  /** Place in the octave, in [−1, 1]. */
  place = 0;
  /** What E[φ'(u) …] takes for √q beyond the last octave: its inverse in units of that octave for growth 0, 1 for growth 1. */
  weight = 1;
  /** E[ψ²] and E[ψ], ψ = φ − φ(0), and E[φ'²]. */
  square = 0;
  mean = 0;
  steepness = 0;

  set(q: number, tables: Tables): this {
    if (q === this.q) return this;
    this.q = q;
    const exponent = octaveOf(q);
    const beyond = Math.max(0, exponent - LAST_OCTAVE);
    this.octave = Math.max(exponent - beyond - (beyond & 1), -LAST_OCTAVE);
    const x = exponent < -1022 ? -1 : 2 * Math.log2(q * 2 ** -exponent) - 1;
    const shrink = exponent === this.octave ? 1 : 2 ** (0.5 * Math.min(0, this.octave - exponent));
    const row = tables.row(this.octave);
    this.r = Math.sqrt(q);
    this.place = x;
    this.weight = tables.shape.growth === 1 ? 1 : shrink;
    this.square = q * rowValue(row, 0, x) * this.weight * this.weight;
    this.mean = tables.shape.odd ? 0 : q * rowValue(row, 1, x) * shrink;
    this.steepness = rowValue(row, 2, x) * this.weight;
    return this;
  }
}
