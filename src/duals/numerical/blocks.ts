/**
 * Tables of one activation. A block belongs to the octaves 2^e1 ≤ q1 < 2^(e1 + 1), 2^e2 ≤ q2 < 2^(e2 + 1) of the variances and a sign of
 * ρ; in it the mean G of F = E[φ'φ'] between ρ = ±1 and ρ,
 *   G = (2/c²) ∫₀ᶜ c F dc,      F = G + ½ c dG/dc,      K(±1) − K(ρ) = ±√q1 √q2 m G      (c² = 2m, chords.ts)
 * is a polynomial of TERMS × TERMS × CHORDS terms (cells.ts) in each cell of c, in log q1, log q2 and c. G has no zero, so K, F and
 * E[(φ(u) − φ(v))²] all come from it without cancellation. The ends ρ = ±1 have a polynomial of their own. Polynomials are interpolants at
 * Chebyshev nodes; their series fall so fast that powers of variables in [−1, 1] lose nothing, and cost a pair less than Chebyshev's recurrence.
 */

import * as cell from '../../cells';
import { CHORDS, TERMS } from '../../cells';
import type { TypedArray } from '../../ndarray';
import { chebyshevNodes, chebyshevSum, chebyshevTransform, monomialTransform } from './chebyshev';
import { cellCount, cellMap, chordMeans, chordNodes } from './chords';
import { normalExpectation } from './normal';
import type { Shape } from './shape';

/** Up to this difference of octaves K is taken from the distance, beyond it the distance from K. */
export const CLOSE = 2;

const ROW_TERMS = 12;
/** Series of a row: see makeRow. */
const ROW_PARTS = 3;
const SQUARE = TERMS * TERMS;

export interface Block {
  /** Cells of chords.ts. */
  readonly cells: number;
  /**
   * `cells` cells of cells.ts: coefficients of G, and at ρ = sign, with ψ = φ − φ(0), r = √q, those of E[(φ(u) − φ(v))²]/(r1 − r2)² for close
   * octaves and sign 1, of E[ψ(u)ψ(v)]/(r1 r2) elsewhere.
   */
  readonly double: Float64Array;
  /** The same, of the first terms of the Chebyshev series. */
  readonly single: Float32Array;
}

const TRANSFORM = /* @__PURE__ */ chebyshevTransform(TERMS);
const CHORD_TRANSFORM = /* @__PURE__ */ chebyshevTransform(CHORDS);
const ROW_TRANSFORM = /* @__PURE__ */ chebyshevTransform(ROW_TERMS);

const varianceAt = (octave: number, x: number): number => 2 ** (octave + 0.5 * (1 + x));

/** matrix · values along one axis of `values`, whose entries are `stride` apart, in place. */
function transformAxis(matrix: Float64Array, n: number, values: Float64Array, stride: number): void {
  const line = new Float64Array(n);
  for (let start = 0; start < values.length; start++) {
    if (Math.floor(start / stride) % n !== 0) continue;
    for (let i = 0; i < n; i++) line[i] = values[start + i * stride];
    for (let k = 0; k < n; k++) {
      let total = 0;
      for (let i = 0; i < n; i++) total += matrix[k * n + i] * line[i];
      values[start + k * stride] = total;
    }
  }
}

/** What a block holds at ρ = ±1, for one pair of variances. */
function endOf(shape: Shape, q1: number, q2: number, sign: 1 | -1, close: boolean): number {
  const r1 = Math.sqrt(q1);
  const r2 = Math.sqrt(q2);
  const end = close
    ? (z: number) => (z * shape.quotient(r1 * z, r2 * z)) ** 2
    : (z: number) => (shape.value(r1 * z) / r1) * (shape.value(sign * r2 * z) / r2);
  return normalExpectation(end, Math.max(r1, r2));
}

/** Octaves of which K comes from the distance. */
export const isClose = (e1: number, e2: number, sign: 1 | -1): boolean => sign > 0 && Math.abs(e1 - e2) <= CLOSE;

/** Cells of the block of two octaves. */
export const cellsOf = ({ reach, kinked }: Shape, e1: number, e2: number): number =>
  cellCount(Math.max(1, reach + (kinked ? Math.max(e1, e2) : Math.min(e1, e2))));

/** The block of two octaves. Where they are equal the table is symmetric and half of it is computed. */
export function makeBlock(shape: Shape, e1: number, e2: number, sign: 1 | -1): Block {
  const cells = cellsOf(shape, e1, e2);
  const chords = chordNodes(cells);
  const nodes = chebyshevNodes(TERMS);
  const close = isClose(e1, e2, sign);
  const means = new Float64Array(cells * SQUARE * CHORDS);
  const ends = new Float64Array(SQUARE);
  for (let i = 0; i < TERMS; i++) {
    for (let j = 0; j < (e1 === e2 ? i + 1 : TERMS); j++) {
      const q1 = varianceAt(e1, nodes[i]);
      const q2 = varianceAt(e2, nodes[j]);
      const mean = chordMeans(shape.factors(q1, q2, sign, chords), chords);
      const end = endOf(shape, q1, q2, sign, close);
      for (const place of e1 === e2 ? [i * TERMS + j, j * TERMS + i] : [i * TERMS + j]) {
        ends[place] = end;
        for (let c = 0; c < cells; c++) means.set(mean.subarray(c * CHORDS, (c + 1) * CHORDS), (c * SQUARE + place) * CHORDS);
      }
    }
  }
  transformAxis(TRANSFORM, TERMS, ends, 1);
  transformAxis(TRANSFORM, TERMS, ends, TERMS);
  transformAxis(CHORD_TRANSFORM, CHORDS, means, 1);
  transformAxis(TRANSFORM, TERMS, means, CHORDS);
  transformAxis(TRANSFORM, TERMS, means, CHORDS * TERMS);
  return { cells, double: packed(DOUBLE, cells, means, ends), single: Float32Array.from(packed(SINGLE, cells, means, ends)) };
}

/** Sizes of a cell in one precision, and the matrices from Chebyshev coefficients to those of powers. */
interface Packing {
  readonly terms: number;
  readonly chords: number;
  readonly width: number;
  readonly size: number;
  readonly ofTerms: Float64Array;
  readonly ofChords: Float64Array;
}
const packing = (terms: number, chords: number, width: number, size: number): Packing => ({
  terms,
  chords,
  width,
  size,
  ofTerms: monomialTransform(terms),
  ofChords: monomialTransform(chords),
});
const DOUBLE = /* @__PURE__ */ packing(TERMS, CHORDS, cell.WIDTH, cell.CELL);
const SINGLE = /* @__PURE__ */ packing(cell.SINGLE_TERMS, cell.SINGLE_CHORDS, cell.SINGLE_WIDTH, cell.SINGLE_CELL);

/** Chebyshev coefficients [cells, SQUARE, CHORDS] and [SQUARE] of the ends as cells. */
function packed(
  { terms, chords, width, size, ofTerms, ofChords }: Packing,
  cells: number,
  means: Float64Array,
  ends: Float64Array,
): Float64Array {
  const data = new Float64Array(cells * size);
  for (let c = 0; c < cells; c++) {
    const { shift, scale, pole } = cellMap(c, c === cells - 1);
    data.set([shift, scale, pole, scale - shift * pole], c * size);
    const own = data.subarray(c * size + cell.HEAD, (c + 1) * size);
    for (let a = 0; a < terms; a++)
      for (let b = 0; b < terms; b++) {
        const place = a * TERMS + b;
        const from = (c * SQUARE + place) * CHORDS;
        const to = (a * terms + b) * width;
        own.set(means.subarray(from, from + chords), to);
        transformAxis(ofChords, chords, own.subarray(to, to + chords), 1);
        own[to + chords] = ends[place];
      }
    transformAxis(ofTerms, terms, own, width);
    transformAxis(ofTerms, terms, own, width * terms);
  }
  return data;
}

/** The same table with q1 and q2 exchanged. */
export function transposed({ cells, double, single }: Block): Block {
  return { cells, double: exchanged(DOUBLE, double), single: exchanged(SINGLE, single) };
}

function exchanged<T extends TypedArray>({ terms, width, size }: Packing, data: T): T {
  const other = data.slice() as T;
  for (let start = cell.HEAD; start < data.length; start += size)
    for (let a = 0; a < terms; a++)
      for (let b = 0; b < terms; b++) {
        const from = start + (a * terms + b) * width;
        other.set(data.subarray(from, from + width), start + (b * terms + a) * width);
      }
  return other;
}

/** Of one octave: E[ψ²]/q, E[ψ]/q and E[φ'²] as series in log q, [ROW_PARTS, ROW_TERMS]. */
export function makeRow(shape: Shape, octave: number): Float64Array {
  const rows = new Float64Array(ROW_PARTS * ROW_TERMS);
  chebyshevNodes(ROW_TERMS).forEach((x, i) => {
    const q = varianceAt(octave, x);
    const r = Math.sqrt(q);
    rows[i] = normalExpectation((z) => (shape.value(r * z) / r) ** 2, r);
    rows[ROW_TERMS + i] = shape.odd ? 0 : normalExpectation((z) => shape.value(r * z) / r / r, r);
    rows[2 * ROW_TERMS + i] = normalExpectation((z) => shape.quotient(r * z, r * z) ** 2, r);
  });
  transformAxis(ROW_TRANSFORM, ROW_TERMS, rows, 1);
  return rows;
}

/** E[ψ²]/q (part 0), E[ψ]/q (part 1) or E[φ'²] (part 2) at x ∈ [−1, 1] of the octave. */
export const rowValue = (row: Float64Array, part: 0 | 1 | 2, x: number): number => chebyshevSum(row, part * ROW_TERMS, ROW_TERMS, x);
