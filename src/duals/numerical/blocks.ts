/**
 * Tables of one activation. A block belongs to the octaves 2^e1 ≤ q1 < 2^(e1 + 1), 2^e2 ≤ q2 < 2^(e2 + 1) of the variances and a sign of
 * ρ; in it the mean G of F = E[φ'φ'] between ρ = ±1 and ρ,
 *   G = (2/c²) ∫₀ᶜ c F dc,      F = G + ½ c dG/dc,      K(±1) − K(ρ) = ±√q1 √q2 m G      (c² = 2m, chords.ts)
 * is a Chebyshev series of VARIANCES × VARIANCES × CHORDS terms in each cell of c, in log q1, log q2 and c. G has no zero, so K, F
 * and E[(φ(u) − φ(v))²] all come from it without cancellation. The ends ρ = ±1 have a table of their own.
 */

import { chebyshevNodes, chebyshevSum, chebyshevTransform } from './chebyshev';
import { CHORDS, cellCount, chordMeans, chordNodes } from './chords';
import { normalExpectation } from './normal';
import type { Shape } from './shape';

/** Terms in log q1 and in log q2. */
export const VARIANCES = 9;
/** Octaves that have tables; beyond them φ is homogeneous to 1e-10 of itself, and the nearest octave is scaled. */
export const LAST_OCTAVE = 66;
/** Up to this difference of octaves K is taken from the distance, beyond it the distance from K. */
export const CLOSE = 2;

const ROW_TERMS = 12;
const SQUARE = VARIANCES * VARIANCES;

export interface Block {
  /** Cells of chords.ts. */
  readonly cells: number;
  /** [cells, VARIANCES of q1, VARIANCES of q2, CHORDS]: coefficients of G. */
  readonly means: Float64Array;
  /**
   * [2, VARIANCES of q1, VARIANCES of q2] at ρ = sign, with ψ = φ − φ(0), r = √q: E[ψ(u)ψ(v)]/(r1 r2), and for close octaves and
   * sign 1 E[(φ(u) − φ(v))²]/(r1 − r2)².
   */
  readonly ends: Float64Array;
}

const TRANSFORM = chebyshevTransform(VARIANCES);
const CHORD_TRANSFORM = chebyshevTransform(CHORDS);
const ROW_TRANSFORM = chebyshevTransform(ROW_TERMS);

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

/** The two entries of `ends` for one pair of variances. */
function endsOf(shape: Shape, q1: number, q2: number, sign: 1 | -1, close: boolean): [number, number] {
  const r1 = Math.sqrt(q1);
  const r2 = Math.sqrt(q2);
  const stretch = Math.max(r1, r2);
  const product = normalExpectation((z) => (shape.value(r1 * z) / r1) * (shape.value(sign * r2 * z) / r2), stretch);
  return [product, close ? normalExpectation((z) => (z * shape.quotient(r1 * z, r2 * z)) ** 2, stretch) : 0];
}

/** The block of two octaves. Where they are equal the table is symmetric and half of it is computed. */
export function makeBlock(shape: Shape, e1: number, e2: number, sign: 1 | -1): Block {
  const cells = cellCount(Math.max(1, shape.reach + (shape.kinked ? Math.max(e1, e2) : Math.min(e1, e2))));
  const chords = chordNodes(cells);
  const nodes = chebyshevNodes(VARIANCES);
  const close = sign > 0 && Math.abs(e1 - e2) <= CLOSE;
  const means = new Float64Array(cells * SQUARE * CHORDS);
  const ends = new Float64Array(2 * SQUARE);
  for (let i = 0; i < VARIANCES; i++) {
    for (let j = 0; j < (e1 === e2 ? i + 1 : VARIANCES); j++) {
      const q1 = varianceAt(e1, nodes[i]);
      const q2 = varianceAt(e2, nodes[j]);
      const mean = chordMeans(shape.factors(q1, q2, sign, chords), chords);
      const [product, distance] = endsOf(shape, q1, q2, sign, close);
      for (const place of e1 === e2 ? [i * VARIANCES + j, j * VARIANCES + i] : [i * VARIANCES + j]) {
        ends[place] = product;
        ends[SQUARE + place] = distance;
        for (let cell = 0; cell < cells; cell++)
          means.set(mean.subarray(cell * CHORDS, (cell + 1) * CHORDS), (cell * SQUARE + place) * CHORDS);
      }
    }
  }
  transformAxis(TRANSFORM, VARIANCES, ends, 1);
  transformAxis(TRANSFORM, VARIANCES, ends, VARIANCES);
  transformAxis(CHORD_TRANSFORM, CHORDS, means, 1);
  transformAxis(TRANSFORM, VARIANCES, means, CHORDS);
  transformAxis(TRANSFORM, VARIANCES, means, CHORDS * VARIANCES);
  return { cells, means, ends };
}

/** The same table with q1 and q2 exchanged. */
export function transposed({ cells, means, ends }: Block): Block {
  const swap = (at: number, width: number): number => {
    const place = Math.floor(at / width);
    const pair = place % SQUARE;
    return (place - pair + (pair % VARIANCES) * VARIANCES + Math.floor(pair / VARIANCES)) * width + (at % width);
  };
  return { cells, means: means.map((_, at) => means[swap(at, CHORDS)]), ends: ends.map((_, at) => ends[swap(at, 1)]) };
}

/** Of one octave: E[ψ²]/q and E[ψ]/q as series in log q, [2, ROW_TERMS]. */
export function makeRow(shape: Shape, octave: number): Float64Array {
  const rows = new Float64Array(2 * ROW_TERMS);
  chebyshevNodes(ROW_TERMS).forEach((x, i) => {
    const r = Math.sqrt(varianceAt(octave, x));
    rows[i] = normalExpectation((z) => (shape.value(r * z) / r) ** 2, r);
    rows[ROW_TERMS + i] = shape.odd ? 0 : normalExpectation((z) => shape.value(r * z) / r / r, r);
  });
  transformAxis(ROW_TRANSFORM, ROW_TERMS, rows, 1);
  return rows;
}

/** E[ψ²]/q (part 0) or E[ψ]/q (part 1) at x ∈ [−1, 1] of the octave. */
export const rowValue = (row: Float64Array, part: 0 | 1, x: number): number => chebyshevSum(row, part * ROW_TERMS, ROW_TERMS, x);
