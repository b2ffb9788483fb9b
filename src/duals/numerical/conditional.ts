/**
 * Expectations of a pair of correlation near ±1, where the series of hermite.ts may be too long: u = r1 z, and given z
 * v ~ N(r2 ρ z, r2²(1 − ρ²)). Over z by Gauss–Legendre between all places where φ(u) or the mean of v passes from one piece of φ to
 * the next; over v by the trapezoidal rule where its whole range lies in one piece (a polynomial there: exact), otherwise piece by piece.
 */
import { gaussLegendre } from './chebyshev';
import { type Piece, pieceSlope, pieceValue } from './piecewise';

/** By the width of a panel: up to SHORT, and beyond. A piece is a polynomial of degree 15. */
const SHORT_RULE = /* @__PURE__ */ gaussLegendre(8);
const LONG_RULE = /* @__PURE__ */ gaussLegendre(14);
const SHORT = 0.12;
const DENSITY = 1 / Math.sqrt(2 * Math.PI);
/** Where the density is below 1e-18. */
const FAR = 9.2;
const STEP = 0.6;
const STEPS = Math.ceil(FAR / STEP);

/** With more pieces than this they are not followed one by one: panels are a FINEth of the range, and the error says so. */
const MANY = 150;
const FINE = 120;

/** E[φ(u)φ(v)], E[φ'(u)φ'(v)] and E[(φ(u) − φ(v))²]. */
export interface PairMoments {
  readonly nngp: number;
  readonly factor: number;
  readonly distance: number;
}

/** Index of the piece that holds x. */
function pieceAt(pieces: readonly Piece[], x: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle].low <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Calls `visit` with nodes and weights of the distribution N(mean, spread²). */
function overNormal(
  pieces: readonly Piece[],
  mean: number,
  spread: number,
  visit: (piece: Piece, x: number, weight: number) => void,
): void {
  const first = pieceAt(pieces, mean - FAR * spread);
  const last = pieceAt(pieces, mean + FAR * spread);
  if (spread === 0) return visit(pieces[first], mean, 1);
  if (first === last) {
    for (let i = -STEPS; i <= STEPS; i++) {
      const z = STEP * i;
      visit(pieces[first], mean + spread * z, STEP * DENSITY * Math.exp(-0.5 * z * z));
    }
    return;
  }
  if (last - first > MANY) {
    for (let n = 0; n < FINE * SHORT_RULE.nodes.length; n++) {
      const i = n % SHORT_RULE.nodes.length;
      const z = FAR * ((2 * (Math.floor(n / SHORT_RULE.nodes.length) + SHORT_RULE.nodes[i])) / FINE - 1);
      const x = mean + spread * z;
      visit(pieces[pieceAt(pieces, x)], x, ((SHORT_RULE.weights[i] * 2 * FAR) / FINE) * DENSITY * Math.exp(-0.5 * z * z));
    }
    return;
  }
  for (let at = first; at <= last; at++) {
    const low = Math.max(-FAR, (pieces[at].low - mean) / spread);
    const high = Math.min(FAR, (pieces[at].high - mean) / spread);
    const panels = Math.ceil((high - low) / 1.6);
    const rule = high - low < SHORT ? SHORT_RULE : LONG_RULE;
    for (let p = 0; p < panels; p++) {
      for (let i = 0; i < rule.nodes.length; i++) {
        const z = low + ((high - low) * (p + rule.nodes[i])) / panels;
        visit(pieces[at], mean + spread * z, ((rule.weights[i] * (high - low)) / panels) * DENSITY * Math.exp(-0.5 * z * z));
      }
    }
  }
}

/** Whether φ is not smooth between two pieces: whether the one, continued by a tenth of the shorter one, leaves the other. */
function broken(left: Piece, right: Piece): boolean {
  const step = 0.1 * Math.min(left.high - left.low, right.high - right.low);
  const at = right.low + step;
  const size = Math.max(Math.abs(left.value[0]), Math.abs(right.value[0]), Math.abs(pieceValue(right, at)));
  return Math.abs(pieceValue(left, at) - pieceValue(right, at)) > 1e-10 * size;
}

/** In units of the spread, places beside a kink between which the smoothed φ is resolved. */
const BESIDE = [0.7, 1.5, 3, 6, 10];

/**
 * The places of z, within [−range, range], where u = r1 z or the mean slope·z of v changes its piece, and beside those where v, of
 * standard deviation `spread`, comes to a kink.
 */
function edges(pieces: readonly Piece[], r1: number, slope: number, spread: number, range: number): number[] {
  const places = [-range, range];
  if (pieces.length > 4 * MANY) {
    for (let i = 1; i < 2 * FINE; i++) places.push(range * (i / FINE - 1));
    return places.sort((x, y) => x - y);
  }
  const add = (z: number): void => {
    if (Math.abs(z) < range) places.push(z);
  };
  pieces.forEach((piece, i) => {
    add(piece.low / r1);
    if (slope !== 0) add(piece.low / slope);
    if (i === 0 || slope === 0 || !broken(pieces[i - 1], piece)) return;
    for (const side of BESIDE) for (const sign of [-1, 1]) add((piece.low + sign * side * spread) / slope);
  });
  return places.sort((x, y) => x - y);
}

/** ρ = sign·(1 − margin); panels of z are at most `width` wide, and |z| ≤ range. The pieces cover what u and v can be. */
export function conditionalMoments(
  pieces: readonly Piece[],
  r1: number,
  r2: number,
  sign: 1 | -1,
  margin: number,
  range: number,
  width: number,
): PairMoments {
  const slope = sign * r2 * (1 - margin);
  const spread = r2 * Math.sqrt(margin * (2 - margin));
  const places = edges(pieces, r1, slope, spread, range);
  let nngp = 0;
  let factor = 0;
  let distance = 0;
  for (let e = 1; e < places.length; e++) {
    const low = places[e - 1];
    const panels = Math.ceil((places[e] - low) / width);
    const step = (places[e] - low) / panels;
    const rule = step < SHORT ? SHORT_RULE : LONG_RULE;
    for (let n = 0; n < panels * rule.nodes.length; n++) {
      const i = n % rule.nodes.length;
      const z = low + step * (Math.floor(n / rule.nodes.length) + rule.nodes[i]);
      const density = step * rule.weights[i] * DENSITY * Math.exp(-0.5 * z * z);
      const own = pieces[pieceAt(pieces, r1 * z)];
      const y = pieceValue(own, r1 * z);
      const dy = pieceSlope(own, r1 * z);
      overNormal(pieces, slope * z, spread, (piece, x, weight) => {
        const other = pieceValue(piece, x);
        nngp += density * weight * y * other;
        factor += density * weight * dy * pieceSlope(piece, x);
        distance += density * weight * (y - other) ** 2;
      });
    }
  }
  return { nngp, factor, distance };
}
