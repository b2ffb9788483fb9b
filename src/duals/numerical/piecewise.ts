/**
 * A scalar function as a piecewise polynomial on the line, made where it is first needed: dyadic intervals [2ⁿ, 2ⁿ⁺¹] on both sides
 * of 0 and one from 0 on, each halved until the interpolant of 16 Chebyshev nodes has coefficients that fall to the roundoff of its values
 * (Aurentz and Trefethen 2017 for the rule, Pachón, Platte and Trefethen 2010 for the splitting), or until the piece is so small that
 * its error does not matter: at kinks and jumps. Where halving does not lessen the error φ jumps, and φ' counts as 0.
 */

import { InfiniteWidthError } from '../../errors';
import { chebyshevNodes, chebyshevSum, chebyshevTransform } from './chebyshev';

const TERMS = 16;
const NODES = /* @__PURE__ */ chebyshevNodes(TERMS);
const TRANSFORM = /* @__PURE__ */ chebyshevTransform(TERMS);
/** A piece is done when the error is this share of its size, */
const CONVERGED = 2e-15;
/** or what φ changes when x changes by this share of itself, */
const ROUNDING = 4e-16;
/** or times its share of the interval this one of the size of what it was MEMORY halvings ago. */
const NEGLIGIBLE = 1e-16;
const MEMORY = 8;
const MOST_HALVINGS = 60;
/** Pieces of one dyadic interval: beyond this many the function has no short description and the rest is kept as it is. */
const MOST_PIECES = 256;

interface Part {
  readonly low: number;
  readonly high: number;
  readonly halvings: number;
  /** Size and tail of the intervals that were halved to get here, the last MEMORY of them. */
  readonly past: readonly { readonly size: number; readonly tail: number }[];
}

export interface Piece {
  readonly low: number;
  readonly high: number;
  /** Chebyshev coefficients of φ and of φ' on the piece. */
  readonly value: Float64Array;
  readonly slope: Float64Array;
  /** Largest error of the interpolant, estimated. */
  readonly error: number;
}

/** Coefficients of the derivative with respect to x of a series in t = (2x − low − high)/(high − low). */
function differentiate(value: Float64Array, width: number): Float64Array {
  const slope = new Float64Array(TERMS);
  for (let k = TERMS - 2; k >= 0; k--) slope[k] = (k + 2 < TERMS ? slope[k + 2] : 0) + 2 * (k + 1) * value[k + 1];
  slope[0] *= 0.5;
  return slope.map((c) => (2 * c) / width);
}

function interpolate(f: (x: number) => number, low: number, high: number): Float64Array {
  const samples = NODES.map((t) => f(low + 0.5 * (1 + t) * (high - low)));
  const coefs = new Float64Array(TERMS);
  for (let k = 0; k < TERMS; k++) for (let i = 0; i < TERMS; i++) coefs[k] += TRANSFORM[k * TERMS + i] * samples[i];
  return coefs;
}

/** The tail of a series: what its last three terms say about those left out. */
const tailOf = (coefs: Float64Array): number =>
  Math.max(Math.abs(coefs[TERMS - 1]), Math.abs(coefs[TERMS - 2]), Math.abs(coefs[TERMS - 3]));

/** About the largest |φ'|. */
const steepness = (coefs: Float64Array, width: number): number => (2 / width) * coefs.reduce((sum, c, k) => sum + k * Math.abs(c), 0);

export class Piecewise {
  private readonly intervals = new Map<string, readonly Piece[]>();

  /** df: the derivative where the user has it; otherwise that of the interpolant. */
  constructor(
    private readonly fn: (x: number) => number,
    private readonly df: ((x: number) => number) | null,
  ) {}

  /** The pieces of an interval around [−reach, reach], in order. */
  upTo(reach: number): Piece[] {
    const last = Math.ceil(Math.log2(reach));
    const inner = last - 6;
    const pieces = [...this.interval(inner, true, -1), ...this.interval(inner, true, 1)];
    for (let n = inner; n < last; n++) {
      pieces.unshift(...this.interval(n, false, -1));
      pieces.push(...this.interval(n, false, 1));
    }
    return pieces;
  }

  /** The pieces of sign·[2ⁿ, 2ⁿ⁺¹], or of sign·[0, 2ⁿ]. */
  private interval(n: number, inner: boolean, sign: 1 | -1): readonly Piece[] {
    const key = `${inner ? 'to' : 'from'} ${sign * n} ${sign}`;
    const known = this.intervals.get(key);
    if (known) return known;
    const low = inner ? 0 : 2 ** n;
    const high = 2 ** (inner ? n : n + 1);
    const made = sign > 0 ? this.split(low, high) : this.split(-high, -low);
    this.intervals.set(key, made);
    return made;
  }

  private split(from: number, to: number): Piece[] {
    const pieces: Piece[] = [];
    const waiting: Part[] = [{ low: from, high: to, halvings: 0, past: [] }];
    while (waiting.length > 0) {
      const { low, high, halvings, past } = waiting.pop()!;
      const value = interpolate(this.checked, low, high);
      const size = value.reduce((largest, c) => Math.max(largest, Math.abs(c)), 0);
      const tail = tailOf(value);
      const noise = CONVERGED * size + ROUNDING * Math.max(high, -low) * steepness(value, high - low);
      const ancestor = past.length < MEMORY ? null : past[0];
      const tiny = ancestor !== null && halvings >= 2 * MEMORY && tail * 2 ** -halvings <= NEGLIGIBLE * ancestor.size;
      if (tail > noise && !tiny && halvings < MOST_HALVINGS && pieces.length + waiting.length < MOST_PIECES) {
        const middle = 0.5 * (low + high);
        const memory = [...past.slice(-MEMORY + 1), { size, tail }];
        for (const [l, h] of [
          [middle, high],
          [low, middle],
        ])
          waiting.push({ low: l, high: h, halvings: halvings + 1, past: memory });
        continue;
      }
      const slope = this.df ? interpolate(this.df, low, high) : differentiate(value, high - low);
      const jump = tail > CONVERGED * size && ancestor !== null && tail > 0.1 * ancestor.tail;
      pieces.push({ low, high, value, slope: jump ? slope.fill(0) : slope, error: tail > noise ? tail : 0 });
    }
    return pieces;
  }

  private readonly checked = (x: number): number => {
    const y = this.fn(x);
    if (Number.isFinite(y)) return y;
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `elementwiseNumerical: fn(${x}) is ${y}; fn must be finite wherever a normal variable can be, clamp it or scale the layer before it`,
      { x, value: y },
    );
  };
}

export const pieceValue = (piece: Piece, x: number): number =>
  chebyshevSum(piece.value, 0, TERMS, (2 * x - piece.low - piece.high) / (piece.high - piece.low));
export const pieceSlope = (piece: Piece, x: number): number =>
  chebyshevSum(piece.slope, 0, TERMS, (2 * x - piece.low - piece.high) / (piece.high - piece.low));
