/** A block of blocks.ts at one row's variance, and its value for a pair: the order of sums is that of assembly/tabulated.ts. */
import { CELL, CHORDS, HEAD, SLICE, TERMS, WIDTH } from '../../cells';
import type { Block } from './blocks';

const BITS = new DataView(new ArrayBuffer(8));

/** ⌊log₂ x⌋ of a normal x > 0; −1023 for smaller ones. */
export function octaveOf(x: number): number {
  BITS.setFloat64(0, x);
  return (BITS.getInt32(0) >>> 20) - 1023;
}

/** The cell of m = 1 − |ρ|. */
const cellOf = (m: number, cells: number): number => (m >= 0.75 ? 0 : Math.min(cells - 1, -octaveOf(m)));

export class Slices {
  private readonly values: Float64Array;
  /** The row that each slice belongs to. */
  private readonly of: Float64Array;
  /** G, F and what holds at ρ = ±1, of the pair last asked for. */
  mean = 0;
  factor = 0;
  end = 0;

  constructor(private readonly block: Block) {
    this.values = new Float64Array(block.cells * SLICE);
    this.of = new Float64Array(block.cells).fill(Number.NaN);
  }

  /** @param row what tells one row from another; x, y: the places of q1 and q2 in their octaves; m = 1 − |ρ| */
  evaluate(row: number, x: number, y: number, m: number): void {
    const { values, of, block } = this;
    const cell = cellOf(m, block.cells);
    if (of[cell] !== row) {
      contract(block.double, cell, x, values);
      of[cell] = row;
    }
    this.sum(cell * SLICE, y, Math.sqrt(m + m));
  }

  private sum(at: number, y: number, c: number): void {
    const { values } = this;
    const shift = values[at];
    const scale = values[at + 1];
    const inverse = 1 / (1 + values[at + 2] * c);
    const x = (shift + scale * c) * inverse;
    const stretch = values[at + 3] * inverse * inverse;
    const xx = x * x;
    const first = at + HEAD;
    // Even and odd powers apart.
    let even = 0;
    let odd = 0;
    let evenSlope = 0;
    let oddSlope = 0;
    for (let n = CHORDS - 2; n >= 0; n -= 2) {
      const p = column(values, first + n, y);
      const q = column(values, first + n + 1, y);
      even = even * xx + p;
      odd = odd * xx + q;
      if (n > 0) evenSlope = evenSlope * xx + n * p;
      oddSlope = oddSlope * xx + (n + 1) * q;
    }
    this.mean = even + x * odd;
    this.factor = this.mean + 0.5 * c * stretch * (x * evenSlope + oddSlope);
    this.end = column(values, first + CHORDS, y);
  }
}

/** Σ values[at + b·WIDTH] yᵇ; written out, since it is most of a pair's cost. */
function column(v: Float64Array, at: number, y: number): number {
  const high = ((v[at + 8 * WIDTH] * y + v[at + 7 * WIDTH]) * y + v[at + 6 * WIDTH]) * y + v[at + 5 * WIDTH];
  const low = ((high * y + v[at + 4 * WIDTH]) * y + v[at + 3 * WIDTH]) * y + v[at + 2 * WIDTH];
  return (low * y + v[at + WIDTH]) * y + v[at];
}

/** A cell at x: [TERMS, TERMS, WIDTH] → [TERMS, WIDTH]. */
function contract(data: Float64Array, cell: number, x: number, slices: Float64Array): void {
  const from = cell * CELL;
  const to = cell * SLICE;
  for (let at = 0; at < HEAD; at++) slices[to + at] = data[from + at];
  const stride = TERMS * WIDTH;
  for (let at = HEAD; at < SLICE; at++) {
    let total = data[from + at + (TERMS - 1) * stride];
    for (let a = TERMS - 2; a >= 0; a--) total = total * x + data[from + at + a * stride];
    slices[to + at] = total;
  }
}
