/** Duals from the tables of blocks.ts, which are made when a pair first needs them. What a pair gives does not depend on other pairs. */
import type { Dual } from '../dual';
import { CLOSE, LAST_OCTAVE, rowValue, VARIANCES } from './blocks';
import { chebyshevBasis } from './chebyshev';
import { CHORDS, cellMap } from './chords';
import { marginOf } from './margin';
import { type Contracted, contractCell, contractEnds, SLICE, type Tables } from './tables';

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);
const HIGH_WORD = new Uint8Array(Float64Array.of(1).buffer)[7] === 0 ? 0 : 1;

/** ⌊log₂ x⌋ of a normal x > 0; −1023 for smaller ones. */
function octaveOf(x: number): number {
  DOUBLE[0] = x;
  return (WORDS[HIGH_WORD] >>> 20) - 1023;
}

/** What one variance alone gives. */
class Side {
  q = Number.NaN;
  /** √q */
  r = 0;
  /** Of q, and of the tables that stand for it. */
  exponent = 0;
  octave = 0;
  /** Place in the octave, in [−1, 1], and the Chebyshev polynomials there. */
  readonly basis = new Float64Array(VARIANCES);
  /** What E[φ'(u) …] takes for √q beyond the last octave: its inverse in units of that octave for growth 0, 1 for growth 1. */
  weight = 1;
  /** E[ψ²] and E[ψ], ψ = φ − φ(0). */
  square = 0;
  mean = 0;

  set(q: number, tables: Tables): void {
    if (q === this.q) return;
    this.q = q;
    const exponent = octaveOf(q);
    const beyond = Math.max(0, exponent - LAST_OCTAVE);
    this.exponent = exponent;
    this.octave = Math.max(exponent - beyond - (beyond & 1), -LAST_OCTAVE);
    const x = exponent < -1022 ? -1 : 2 * Math.log2(q * 2 ** -exponent) - 1;
    chebyshevBasis(x, VARIANCES, this.basis);
    const shrink = exponent === this.octave ? 1 : 2 ** (0.5 * Math.min(0, this.octave - exponent));
    const row = tables.row(this.octave);
    this.r = Math.sqrt(q);
    this.weight = tables.shape.growth === 1 ? 1 : shrink;
    this.square = q * rowValue(row, 0, x) * this.weight * this.weight;
    this.mean = tables.shape.odd ? 0 : q * rowValue(row, 1, x) * shrink;
  }
}

/** Σ basis · table[at …]. */
function dot(basis: Float64Array, table: Float64Array, at: number): number {
  let total = table[at];
  for (let b = 1; b < VARIANCES; b++) total += basis[b] * table[at + b];
  return total;
}

/** Σ basis[b] · slices[at + b·CHORDS]; written out, since it is most of a pair's cost. */
function columnSum(t: Float64Array, s: Float64Array, at: number): number {
  const low = s[at] + t[1] * s[at + CHORDS] + t[2] * s[at + 2 * CHORDS] + t[3] * s[at + 3 * CHORDS] + t[4] * s[at + 4 * CHORDS];
  return low + t[5] * s[at + 5 * CHORDS] + t[6] * s[at + 6 * CHORDS] + t[7] * s[at + 7 * CHORDS] + t[8] * s[at + 8 * CHORDS];
}

const MOST_CELLS = 2 * LAST_OCTAVE;
/** shift, scale and pole of every cell, as one in the row and as the last one. */
const MAPS = Float64Array.from(
  Array.from({ length: 2 * MOST_CELLS }, (_, at) => cellMap(at >> 1, at % 2 === 1)).flatMap(({ shift, scale, pole }) => [
    shift,
    scale,
    pole,
  ]),
);

/** The dual of a shape. */
export class TableDual implements Dual {
  private readonly first = new Side();
  private readonly second = new Side();
  private k = Number.NaN;
  private d = Number.NaN;
  /** Results for the arguments last given; the NNGP entry of ψ = φ − φ(0). */
  private product = 0;
  private slope = 0;
  private gap = 0;
  /** G. */
  private mean = 0;

  constructor(private readonly tables: Tables) {}

  variance(q: number): number {
    this.k = Number.NaN;
    this.second.set(Math.max(q, 0), this.tables);
    return this.shifted(this.second.square, this.second, this.second);
  }

  nngp(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.shifted(this.product, this.first, this.second);
  }

  factor(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.slope;
  }

  distance(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.gap;
  }

  private shifted(product: number, first: Side, second: Side): number {
    const { origin } = this.tables.shape;
    return product + origin * (first.mean + second.mean) + origin * origin;
  }

  private evaluate(k: number, q1: number, q2: number, d: number): void {
    if (k === this.k && d === this.d && q1 === this.first.q && q2 === this.second.q) return;
    this.k = k;
    this.d = d;
    this.first.set(Math.max(q1, 0), this.tables);
    this.second.set(Math.max(q2, 0), this.tables);
    this.pair(k, d);
  }

  /** Fills `product`, `slope` and `gap`. A variance of 0 is uncorrelated with everything. */
  private pair(k: number, d: number): void {
    const { first, second } = this;
    const { odd } = this.tables.shape;
    const radii = first.r * second.r;
    const unequal = radii === 0 ? first.r + second.r : (first.q - second.q) / (first.r + second.r);
    const margin = marginOf(k, k < 0 ? 2 * (first.q + second.q) - d : d, radii, unequal * unequal);
    const block = this.tables.block(first.octave, second.octave, k < 0 && !odd ? -1 : 1);
    const weight = first.weight * second.weight;
    this.chord(block, margin, weight);
    const drop = radii * margin * this.mean;
    const sum = first.square + second.square;
    const close = (k >= 0 || odd) && Math.abs(first.exponent - second.exponent) <= CLOSE;
    const distance = unequal * unequal * weight * dot(second.basis, block.ends1, VARIANCES) + 2 * drop;
    const size = close ? 0.5 * (sum - distance) : radii * weight * dot(second.basis, block.ends1, 0) + (k < 0 && !odd ? drop : -drop);
    this.product = k < 0 && odd ? -size : radii === 0 || (k === 0 && odd) ? 0 : size;
    this.gap = d === 0 ? 0 : close && k >= 0 ? distance : Math.max(0, sum - 2 * this.product);
  }

  /** `mean` and `slope` at 1 − |ρ| = margin, after the contractions with the first variance where another's stand. */
  private chord(block: Contracted, margin: number, weight: number): void {
    const { cells, slices, of } = block;
    const { q, basis } = this.first;
    const last = cells - 1;
    const cell = margin >= 0.75 ? 0 : Math.min(last, -octaveOf(margin));
    if (of[cell] !== q) {
      contractCell(block, cell, basis);
      of[cell] = q;
    }
    if (of[cells] !== q) {
      contractEnds(block, basis);
      of[cells] = q;
    }
    const c = Math.sqrt(2 * margin);
    const map = 3 * (2 * cell + (cell === last ? 1 : 0));
    const inverse = 1 / (1 + MAPS[map + 2] * c);
    const x = (MAPS[map] + MAPS[map + 1] * c) * inverse;
    const slope = (MAPS[map + 1] - MAPS[map] * MAPS[map + 2]) * inverse * inverse;
    // Even and odd terms apart, and sums over b in order.
    const twice = 2 * (2 * x * x - 1);
    let evenT = 1;
    let oddT = x;
    let evenT0 = 0.5 * twice;
    let oddT0 = x;
    let evenU = 0;
    let oddU = 1;
    let evenU0 = -2 * x;
    let oddU0 = -1;
    let evenValue = 0;
    let oddValue = 0;
    let evenSlope = 0;
    let oddSlope = 0;
    const columns = this.second.basis;
    for (let n = 0, at = cell * SLICE; n < CHORDS; n += 2, at += 2) {
      const even = columnSum(columns, slices, at);
      const odd = columnSum(columns, slices, at + 1);
      evenValue += even * evenT;
      oddValue += odd * oddT;
      evenSlope += even * (n * evenU);
      oddSlope += odd * ((n + 1) * oddU);
      const evenT1 = twice * evenT - evenT0;
      const oddT1 = twice * oddT - oddT0;
      const evenU1 = twice * evenU - evenU0;
      const oddU1 = twice * oddU - oddU0;
      evenT0 = evenT;
      oddT0 = oddT;
      evenU0 = evenU;
      oddU0 = oddU;
      evenT = evenT1;
      oddT = oddT1;
      evenU = evenU1;
      oddU = oddU1;
    }
    const value = evenValue + oddValue;
    const derivative = evenSlope + oddSlope;
    this.mean = value * weight;
    this.slope = weight * (value + 0.5 * c * slope * derivative);
  }
}
