/**
 * φ(√q z) in normalised Hermite polynomials, z ~ N(0, 1): φ = Σ aₙ hₙ, φ' = Σ bₙ hₙ. Then for correlation ρ (Mehler 1866)
 *   E[φ(u)φ(v)] = Σ aₙ(q1) aₙ(q2) ρⁿ,      E[φ'(u)φ'(v)] = Σ bₙ(q1) bₙ(q2) ρⁿ,
 * and what a sum of n < N leaves out is at most |ρ|ᴺ √(t₁t₂) with tᵢ = E[φ²] − Σ aₙ² (Parseval, Cauchy–Schwarz).
 */
import { gaussLegendre } from './chebyshev';
import { type Piece, type Piecewise, pieceSlope, pieceValue } from './piecewise';

const RULE = /* @__PURE__ */ gaussLegendre(16);
const DENSITY = 1 / Math.sqrt(2 * Math.PI);
/** The half-width of the first range of z, and the most, where the normal density underflows. */
const RANGE = 9.5;
const MOST_RANGE = 37.5;

export interface Samples {
  readonly z: readonly number[];
  /** Quadrature weights, density included. */
  readonly weight: readonly number[];
  readonly value: readonly number[];
  readonly slope: readonly number[];
  /** Σ weight · error of the interpolant. */
  readonly error: number;
}

/** One variance of an activation. */
export interface HermiteRow {
  readonly q: number;
  readonly r: number;
  /** z beyond which nothing contributes. */
  readonly range: number;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** E[φ²] and E[φ'²]. */
  readonly square: number;
  readonly slopeSquare: number;
  /** tₙ = E[φ²] − Σ_{j < n} aⱼ² after the last term, and the same of b. */
  readonly rest: number;
  readonly slopeRest: number;
  /** Error of √E[φ²] from the interpolation of φ. */
  readonly error: number;
}

/** φ and φ' at Gauss–Legendre nodes of panels of width ≤ `width` between the edges, |z| ≤ range. */
export function samplePieces(pieces: readonly Piece[], r: number, range: number, width: number): Samples {
  const z: number[] = [];
  const weight: number[] = [];
  const value: number[] = [];
  const slope: number[] = [];
  let error = 0;
  for (const piece of pieces) {
    const low = Math.max(-range, piece.low / r);
    const high = Math.min(range, piece.high / r);
    const panels = Math.ceil((high - low) / width);
    for (let p = 0; p < panels; p++) {
      for (let i = 0; i < RULE.nodes.length; i++) {
        const at = low + ((high - low) * (p + RULE.nodes[i])) / panels;
        const w = ((RULE.weights[i] * (high - low)) / panels) * DENSITY * Math.exp(-0.5 * at * at);
        z.push(at);
        weight.push(w);
        value.push(pieceValue(piece, r * at));
        slope.push(pieceSlope(piece, r * at));
        error += w * piece.error * piece.error;
      }
    }
  }
  return { z, weight, value, slope, error: Math.sqrt(error) };
}

/** Panels resolve hₙ up to n of about 500. */
const PANEL = 0.5;

/** The samples of one variance over a range of z that holds all but 1e-17 of E[φ²]. */
export function sampleRow(f: Piecewise, r: number, width: number): { range: number; samples: Samples } {
  for (let range = RANGE; ; range = Math.min(range + 4, MOST_RANGE)) {
    const samples = samplePieces(f.upTo(range * r), r, range, width);
    let total = 0;
    let outside = 0;
    samples.value.forEach((y, i) => {
      const part = samples.weight[i] * (y * y + samples.slope[i] ** 2 * r * r);
      total += part;
      if (Math.abs(samples.z[i]) > range - 1) outside += part;
    });
    if (outside <= 1e-17 * total || range === MOST_RANGE) return { range, samples };
  }
}

/** Σ weight · values · hₙ for n < terms, of two sets of values. */
function project({ z, weight, value, slope }: Samples, terms: number): [Float64Array, Float64Array] {
  const a = new Float64Array(terms);
  const b = new Float64Array(terms);
  for (let i = 0; i < z.length; i++) {
    const y = weight[i] * value[i];
    const dy = weight[i] * slope[i];
    let before = 0;
    let h = 1;
    for (let n = 0; n < terms; n++) {
      a[n] += y * h;
      b[n] += dy * h;
      const next = (z[i] * h - Math.sqrt(n) * before) / Math.sqrt(n + 1);
      before = h;
      h = next;
    }
  }
  return [a, b];
}

const squares = (values: readonly number[], weight: readonly number[]): number => values.reduce((sum, y, i) => sum + weight[i] * y * y, 0);
const rest = (square: number, coefs: Float64Array): number => Math.max(0, square - coefs.reduce((sum, c) => sum + c * c, 0));

/** φ at variance 0: constant, with the mean of the slopes on both sides. */
function constantRow(f: Piecewise, terms: number): HermiteRow {
  const pieces = f.upTo(8);
  const after = pieces.findIndex((piece) => piece.low === 0);
  const a = new Float64Array(terms);
  const b = new Float64Array(terms);
  a[0] = pieceValue(pieces[after], 0);
  b[0] = 0.5 * (pieceSlope(pieces[after], 0) + pieceSlope(pieces[after - 1], 0));
  return { q: 0, r: 0, range: RANGE, a, b, square: a[0] * a[0], slopeSquare: b[0] * b[0], rest: 0, slopeRest: 0, error: 0 };
}

/** `width`: of the panels, at most PANEL. */
export function hermiteRow(f: Piecewise, q: number, terms: number, width = PANEL): HermiteRow {
  if (q < Number.MIN_VALUE * 2 ** 60) return constantRow(f, terms);
  const r = Math.sqrt(q);
  const { range, samples } = sampleRow(f, r, width);
  const [a, b] = project(samples, terms);
  const square = squares(samples.value, samples.weight);
  const slopeSquare = squares(samples.slope, samples.weight);
  const { error } = samples;
  return { q, r, range, a, b, square, slopeSquare, rest: rest(square, a), slopeRest: rest(slopeSquare, b), error };
}
