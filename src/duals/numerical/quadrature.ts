/** elementwiseNumerical: the dual of any scalar function, by Hermite series and, where they are too long, by conditional quadrature. */
import type { ElementwiseNumericalLayer } from '../../spec';
import type { Dual } from '../dual';
import { conditionalMoments, type PairMoments } from './conditional';
import { type HermiteRow, hermiteRow } from './hermite';
import { marginOf } from './margin';
import { Piecewise } from './piecewise';

/** Terms of a series: the layer's `deg` where it is more, and no more than the panels of hermite.ts resolve. */
const TERMS = 256;
const MOST_TERMS = 500;
/** Rows that are kept. */
const MOST_ROWS = 1024;
/** A series counts as complete where what it leaves out is below this share of the kernel's scale. */
const COMPLETE = 1e-13;
/** Width of the panels of a second integration, whose difference from the first is an error estimate. */
const AGAIN = 0.35;

export class QuadratureDual implements Dual {
  private readonly f: Piecewise;
  private readonly terms: number;
  private readonly rows = new Map<number, HermiteRow>();
  private last: readonly number[] = [];
  private moments: PairMoments = { nngp: 0, factor: 0, distance: 0 };

  constructor({ fn, df, deg }: ElementwiseNumericalLayer) {
    this.f = new Piecewise(fn, df);
    this.terms = Math.min(MOST_TERMS, Math.max(TERMS, deg));
  }

  variance(q: number): number {
    return this.row(q).square;
  }

  nngp(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).nngp;
  }

  factor(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).factor;
  }

  distance(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).distance;
  }

  /** See `estimateError`. */
  estimateError(q1: number, q2: number, rho: number): number {
    const first = this.row(q1);
    const second = this.row(q2);
    const scale = Math.sqrt(first.square * second.square);
    if (scale === 0) return 0;
    const sign = rho < 0 ? -1 : 1;
    const margin = Math.max(0, 1 - Math.abs(rho));
    const interpolation = first.error / Math.sqrt(first.square) + second.error / Math.sqrt(second.square);
    const { nngp } = this.pair(first, second, sign, margin);
    const other = this.complete(first, second, margin)
      ? series(this.again(q1), this.again(q2), sign, margin)
      : this.conditional(first, second, sign, margin, AGAIN);
    return interpolation + Math.abs(nngp - other.nngp) / scale + COMPLETE;
  }

  private again(q: number): HermiteRow {
    return hermiteRow(this.f, Math.max(q, 0), this.terms, AGAIN);
  }

  private row(q: number): HermiteRow {
    const variance = Math.max(q, 0);
    const known = this.rows.get(variance);
    if (known) return known;
    if (this.rows.size >= MOST_ROWS) this.rows.clear();
    const made = hermiteRow(this.f, variance, this.terms);
    this.rows.set(variance, made);
    return made;
  }

  private evaluate(k: number, q1: number, q2: number, d: number): PairMoments {
    const [k0, p1, p2, d0] = this.last;
    if (k === k0 && q1 === p1 && q2 === p2 && d === d0) return this.moments;
    const first = this.row(q1);
    const second = this.row(q2);
    const unequal = first.r + second.r === 0 ? 0 : (first.q - second.q) / (first.r + second.r);
    const sign = k < 0 ? -1 : 1;
    const margin = marginOf(k, k < 0 ? 2 * (first.q + second.q) - d : d, first.r * second.r, unequal * unequal);
    const moments = this.pair(first, second, sign, margin);
    this.moments = d === 0 ? { nngp: first.square, factor: first.slopeSquare, distance: 0 } : moments;
    this.last = [k, q1, q2, d];
    return this.moments;
  }

  private pair(first: HermiteRow, second: HermiteRow, sign: 1 | -1, margin: number): PairMoments {
    return this.complete(first, second, margin) ? series(first, second, sign, margin) : this.conditional(first, second, sign, margin, 0.5);
  }

  /** Whether the series leave out nothing that counts. */
  private complete(first: HermiteRow, second: HermiteRow, margin: number): boolean {
    const left = (1 - margin) ** this.terms;
    const values = left * Math.sqrt(first.rest * second.rest) <= COMPLETE * Math.sqrt(first.square * second.square);
    const slopes = left * Math.sqrt(first.slopeRest * second.slopeRest) <= COMPLETE * Math.sqrt(first.slopeSquare * second.slopeSquare);
    return values && slopes;
  }

  private conditional(first: HermiteRow, second: HermiteRow, sign: 1 | -1, margin: number, width: number): PairMoments {
    const range = Math.max(first.range, second.range);
    const pieces = this.f.upTo((range + 10) * Math.max(first.r, second.r, Number.MIN_VALUE * 2 ** 60));
    return conditionalMoments(pieces, first.r, second.r, sign, margin, range, width);
  }
}

/** Sums over n of the two rows; the distance as Σ (a₁ − a₂)² + 2 a₁a₂ (1 − ρⁿ), whose terms do not cancel. */
function series(first: HermiteRow, second: HermiteRow, sign: 1 | -1, margin: number): PairMoments {
  const rho = sign * (1 - margin);
  const decay = margin < 1 ? Math.log1p(-margin) : Number.NEGATIVE_INFINITY;
  let power = 1;
  let nngp = 0;
  let factor = 0;
  let distance = first.rest + second.rest;
  for (let n = 0; n < first.a.length; n++) {
    const product = first.a[n] * second.a[n];
    nngp += product * power;
    factor += first.b[n] * second.b[n] * power;
    const short = n === 0 ? 0 : sign > 0 ? -Math.expm1(n * decay) : 1 - power;
    distance += (first.a[n] - second.a[n]) ** 2 + 2 * product * short;
    power *= rho;
  }
  return { nngp, factor, distance };
}
