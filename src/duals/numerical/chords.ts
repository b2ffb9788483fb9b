/**
 * The axis of correlations. With m = 1 − |ρ| the chord c = √(2m) = 2 sin(θ/2) runs over [0, √2]. Cell 0 holds m ≥ ¾, cell 1 the rest of
 * m ≥ ½, cell j ≥ 2 then 2^{−j} ≤ m < 2^{1−j}; the last cell holds whatever is smaller.
 *
 * In each cell a function is interpolated at CHORDS Chebyshev nodes of x ∈ [−1, 1]. Duals are nearly singular at c = 0 and c = 2 (ρ = ±1),
 * so x is the fraction of c that keeps these two equally far from the cell; in the last cell, beyond whose end nothing is singular, x
 * is linear. Integrals from c = 0 to the nodes are fixed matrices.
 */
import { CHORDS } from '../../cells';
import { chebyshevNodes, chebyshevSum, chebyshevTransform, gaussLegendre } from './chebyshev';

const NODES = /* @__PURE__ */ chebyshevNodes(CHORDS);
const TRANSFORM = /* @__PURE__ */ chebyshevTransform(CHORDS);
const RULE = /* @__PURE__ */ gaussLegendre(20);
/** Number of cells of which the last begins at 0 and ends at m = 2^{−halvings}, halvings ≥ 1. */
export const cellCount = (halvings: number): number => halvings + 2;

/** The chord at the lower end of a cell that is not the last; the upper end of cell j is the lower one of cell j − 1. */
export function cellLow(cell: number): number {
  if (cell < 0) return Math.SQRT2;
  return cell === 0 ? Math.sqrt(1.5) : 2 ** (0.5 * (1 - cell));
}

/** x = (shift + scale c)/(1 + pole c). */
export interface CellMap {
  readonly shift: number;
  readonly scale: number;
  readonly pole: number;
}

/** Of the fractions that keep {0, 2} the one that takes the ends of the cell to ∓1; for the last cell the linear one. */
export function cellMap(cell: number, last: boolean): CellMap {
  const high = cellLow(cell - 1);
  if (last) return { shift: -1, scale: 2 / high, pole: 0 };
  const low = cellLow(cell);
  const place = (c: number): number => 0.5 * Math.log(c / (2 - c));
  const centre = Math.tanh(0.5 * (place(high) + place(low)));
  const edge = Math.tanh(0.5 * (place(high) - place(low))) * (1 + centre);
  return { shift: -(1 + centre) / edge, scale: 1 / edge, pole: -centre / (1 + centre) };
}

const chordAt = ({ shift, scale, pole }: CellMap, x: number): number => (x - shift) / (scale - x * pole);

/** dc/dx */
const chordSlope = ({ shift, scale, pole }: CellMap, x: number): number => (scale - shift * pole) / (scale - x * pole) ** 2;

/** The chords of all nodes, [cells, CHORDS]. */
export function chordNodes(cells: number): Float64Array {
  return Float64Array.from({ length: cells * CHORDS }, (_, at) => {
    const cell = Math.floor(at / CHORDS);
    return chordAt(cellMap(cell, cell === cells - 1), NODES[at % CHORDS]);
  });
}

/** Chebyshev coefficients [CHORDS, CHORDS] of the cardinal functions: row k is 1 at node k and 0 at the others. */
const CARDINAL = /* @__PURE__ */ Float64Array.from(
  { length: CHORDS * CHORDS },
  (_, at) => TRANSFORM[(at % CHORDS) * CHORDS + Math.floor(at / CHORDS)],
);
const cardinal = (k: number, x: number): number => chebyshevSum(CARDINAL, k * CHORDS, CHORDS, x);

function integrate(f: (tau: number) => number): number {
  let total = 0;
  for (let i = 0; i < RULE.nodes.length; i++) total += RULE.weights[i] * f(RULE.nodes[i]);
  return total;
}

/** Rows for the nodes and, last, for the upper end: what the values at the nodes weigh. */
function operator(row: (end: number, k: number) => number): Float64Array {
  const ends = [...NODES, 1];
  return Float64Array.from({ length: ends.length * CHORDS }, (_, at) => row(ends[Math.floor(at / CHORDS)], at % CHORDS));
}

// Made when they are first needed: these operators took a good tenth of the time in which the package is imported.
let meanOperator: Float64Array | undefined;
let lengthOperator: Float64Array | undefined;
const parts: (Float64Array | undefined)[] = [];

/** 2∫₀¹ τ f(cτ) dτ in the last cell. */
function mean(): Float64Array {
  meanOperator ??= operator((x, k) => 2 * integrate((tau) => tau * cardinal(k, (1 + x) * tau - 1)));
  return meanOperator;
}

/** ∫₀¹ f(cτ) dτ in the last cell. */
function length(): Float64Array {
  lengthOperator ??= operator((x, k) => integrate((tau) => cardinal(k, (1 + x) * tau - 1)));
  return lengthOperator;
}

/** ∫ f dc from the lower end of a cell that is not the last. */
function part(cell: number): Float64Array {
  const map = cellMap(cell, false);
  parts[cell] ??= operator(
    (end, k) =>
      (end + 1) *
      integrate((tau) => {
        const x = (end + 1) * tau - 1;
        return cardinal(k, x) * chordSlope(map, x);
      }),
  );
  return parts[cell]!;
}

function row(matrix: Float64Array, i: number, values: Float64Array, at: number): number {
  let total = 0;
  for (let k = 0; k < CHORDS; k++) total += matrix[i * CHORDS + k] * values[at + k];
  return total;
}

/** Integrals ∫₀ᶜ f at the nodes of every cell but the last, given that over the last one. */
function accumulate(values: Float64Array, start: number, out: Float64Array): void {
  let before = start;
  for (let cell = values.length / CHORDS - 2; cell >= 0; cell--) {
    const matrix = part(cell);
    for (let i = 0; i < CHORDS; i++) out[cell * CHORDS + i] = before + row(matrix, i, values, cell * CHORDS);
    before += row(matrix, CHORDS, values, cell * CHORDS);
  }
}

/** ∫₀ᶜ f at the nodes. */
export function chordIntegrals(values: Float64Array, chords: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  const last = values.length - CHORDS;
  const end = cellLow(last / CHORDS - 1);
  for (let i = 0; i < CHORDS; i++) out[last + i] = chords[last + i] * row(length(), i, values, last);
  accumulate(values, end * row(length(), CHORDS, values, last), out);
  return out;
}

/** (2/c²) ∫₀ᶜ c f dc at the nodes: the mean of f between ρ = ±1 and the ρ of c. */
export function chordMeans(values: Float64Array, chords: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  const last = values.length - CHORDS;
  const end = cellLow(last / CHORDS - 1);
  const weighted = values.map((f, at) => f * chords[at]);
  accumulate(weighted, 0.5 * end * end * row(mean(), CHORDS, values, last), out);
  for (let at = 0; at < last; at++) out[at] *= 2 / chords[at] ** 2;
  for (let i = 0; i < CHORDS; i++) out[last + i] = row(mean(), i, values, last);
  return out;
}
