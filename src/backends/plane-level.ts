/**
 * Levels of samples. Planes carry D = q₁ + q₂ − 2K, which holds K to the roundings of the larger q: relative to √(q₁q₂) they are as many times larger as
 * the norms of the samples differ. Where a network is homogeneous every sample is therefore brought to a norm of about 1, by a power of two, and the
 * pair multiplied by both in the end; elsewhere float32 leaves samples of very different norms to doubles.
 */
import type { Graph } from '../graph';
import { unitScale } from '../linalg/layout';
import { lengthOf } from '../linalg/operator';
import type { TypedArray } from '../ndarray';
import { rectifiedSlopes } from './plane-roles';

/** Whether K and T of samples c₁x₁ and c₂x₂ are c₁c₂ times those of x₁ and x₂, for positive numbers: no biases, and rectified activations. */
export function isHomogeneous({ nodes }: Graph): boolean {
  return nodes.every((node) => {
    if (node.op === 'affine') return node.b === 0 && (node.fanIn === null || !node.hasBias);
    return node.op !== 'dual' || rectifiedSlopes(node.activation) !== null;
  });
}

/** The power of two at or below the root of the mean square of a sample's numbers; 0 for zeros. */
export function levelOf(inputs: readonly TypedArray[]): number {
  const length = Math.hypot(...inputs.map((input) => lengthOf(input)));
  const count = inputs.reduce((sum, input) => sum + input.length, 0);
  return length > 0 ? 1 / unitScale(length / Math.sqrt(count)) : 0;
}

/** How far apart levels may be that meet in float32: K is then within 2e-6 of √(q₁q₂). */
const MOST = 32;

/** The least positive bias of a network, which is what becomes of a sample of zeros; Infinity where there is none, and zeros stay zeros. */
export function leastBias({ nodes }: Graph): number {
  return nodes.reduce((least, node) => (node.op === 'affine' && node.b > 0 ? Math.min(least, node.b) : least), Number.POSITIVE_INFINITY);
}

/** Levels of some samples are further apart than float32 carries; that of zeros is `bias`. */
export function farApart(levels: readonly number[], bias: number): boolean {
  return Math.max(...levels) > MOST * Math.min(...levels.map((level) => level || bias));
}
