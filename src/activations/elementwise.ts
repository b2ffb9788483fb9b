/** The user's own dual as a Dual, differentiated where its derivative is not given. */
import type { Dual } from '../duals/dual';
import type { Lanes } from '../duals/lanes';
import { scalar } from '../duals/scalar';
import type { ElementwiseLayer } from '../spec';

type OfPair = (k: number, q1: number, q2: number) => number;

/** Chebyshev nodes, and the width of the window of angles they lie in. */
const NODES = 12;
const WINDOW = 0.4;
/** Stands in for the radius of a zero row when its factor is differentiated. */
const LEAST_RADIUS = 1e-4;

export function elementwiseDual({ nngpFn, dNngpFn }: ElementwiseLayer): Dual {
  const slope: OfPair = dNngpFn ?? ((k, q1, q2) => differentiate(nngpFn, k, q1, q2));
  const variance = (q: number) => nngpFn(q, q, q);
  return {
    variance,
    nngp: (k, q1, q2, d) => (d === 0 ? variance(q1) : nngpFn(k, q1, q2)),
    factor: (k, q1, q2, d) => slope(d === 0 ? q1 : k, q1, q2),
    distance: (k, q1, q2, d) => (d === 0 ? 0 : Math.max(0, variance(q1) + variance(q2) - 2 * nngpFn(k, q1, q2))),
  };
}

/**
 * ∂f/∂k. As a function of the angle θ, k = √(q₁q₂) cos θ, a dual is analytic on [0, π], and even about both ends up to its
 * singularity there: it is interpolated in a window of angles around θ, whose slope at an end is 0.
 */
function differentiate(f: OfPair, k: number, q1: number, q2: number): number {
  const [r1, r2] = [q1, q2].map((q) => Math.max(Math.sqrt(q), LEAST_RADIUS));
  const rho = Math.min(1, Math.max(-1, q1 > 0 && q2 > 0 ? k / r1 / r2 : 0));
  const product = r1 * r2;
  const at = (theta: number) => f(product * Math.cos(theta), r1 * r1, r2 * r2);
  const theta = Math.acos(rho);
  if (theta < WINDOW / 2) return -overSine(at, theta) / product;
  if (theta > Math.PI - WINDOW / 2) return overSine((x) => at(Math.PI - x), Math.PI - theta) / product;
  const nodes = chebyshev(theta - WINDOW / 2, theta + WINDOW / 2);
  return -slopeOf(nodes, nodes.map(at), theta).slope / (product * Math.sin(theta));
}

/** g'(x)/sin x of a g with g'(0) = 0: g = g(0) + x² h. */
function overSine(g: (x: number) => number, x: number): number {
  const start = g(0);
  const nodes = chebyshev(0, WINDOW);
  const { value, slope } = slopeOf(
    nodes,
    nodes.map((y) => (g(y) - start) / (y * y)),
    x,
  );
  return (2 * value + x * slope) * (x === 0 ? 1 : x / Math.sin(x));
}

/** Nodes inside (low, high). */
const chebyshev = (low: number, high: number): number[] =>
  Array.from({ length: NODES }, (_, i) => (low + high) / 2 + ((high - low) / 2) * Math.cos((Math.PI * (2 * i + 1)) / (2 * NODES)));

/** Value and slope at x of the polynomial through the points, by Newton's divided differences. */
function slopeOf(nodes: readonly number[], values: readonly number[], x: number): { value: number; slope: number } {
  const differences = [...values];
  for (let order = 1; order < nodes.length; order++)
    for (let i = nodes.length - 1; i >= order; i--) differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
  let [value, slope] = [0, 0];
  for (let i = nodes.length - 1; i >= 0; i--) {
    slope = slope * (x - nodes[i]) + value;
    value = value * (x - nodes[i]) + differences[i];
  }
  return { value, slope };
}

/**
 * A function of (K, q1, q2) written in lane algebra, for nngpFn and dNngpFn: `inLanes((l, k, q1, q2) => l.mul(k, k))`. It names its operations
 * instead of using JavaScript's; here it runs on doubles.
 */
export const inLanes =
  (fn: (l: Lanes<number>, k: number, q1: number, q2: number) => number): ((k: number, q1: number, q2: number) => number) =>
  (k, q1, q2) =>
    fn(scalar, k, q1, q2);
