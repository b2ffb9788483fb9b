/** Maps between locations: taps of windows, matrices of pooling, and their action on states. */
import { InfiniteWidthError } from '../errors';
import { type GraphNode, locationsOf, type Sparse, type WindowAxis } from '../graph';
import { indicesOf, sparse } from '../inference/matrices';
import { showShape } from '../ndarray';

/** Input locations of all taps that are held, 4 bytes each; an array costs as much as some dozens. */
const MOST_TAPS = 2 ** 26;
const ARRAY = 32;

/**
 * For each tap of the filter the input location of every output location; −1 where the tap reads padding.
 * @throws ERR_OUT_OF_MEMORY before any is made, since a few bytes of a network can ask for any number
 */
export function windowTaps(axes: readonly WindowAxis[], transposed: boolean): Int32Array[] {
  const [size, to] = [axes.map((axis) => axis.size), axes.map((axis) => axis.to)];
  if (locationsOf(size) * (locationsOf(to) + ARRAY) > MOST_TAPS)
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `a window of ${showShape(size)} at ${showShape(to)} locations has more taps than are held; use a smaller window, or smaller images`,
      { size, to },
    );
  const outputs = [...indicesOf(to)];
  return Array.from(indicesOf(size), (tap) =>
    Int32Array.from(outputs, (output) => axes.reduce((at, axis, k) => step(at, axis, sourceOf(axis, output[k], tap[k], transposed)), 0)),
  );
}

const step = (at: number, { from }: WindowAxis, position: number): number => (at < 0 || position < 0 ? -1 : at * from + position);

/** The position that tap f of output o reads on one axis, or −1. */
function sourceOf({ from, stride, dilation, low, circular }: WindowAxis, o: number, f: number, transposed: boolean): number {
  const reach = transposed ? o + f - low : o * stride + f * dilation - low;
  if (transposed && reach % stride !== 0) return -1;
  const position = transposed ? reach / stride : reach;
  if (circular) return ((position % from) + from) % from;
  return position >= 0 && position < from ? position : -1;
}

/** The matrix of a node that maps both locations by one matrix. */
export function matrixOf(node: GraphNode, from: number): Sparse | null {
  switch (node.op) {
    case 'mix':
      return node.matrix;
    case 'globalPool': {
      const weight = node.average ? 1 / from : 1;
      return sparse(from, [Array.from({ length: from }, (_, i) => [i, weight] as const)]);
    }
    case 'pool':
      return poolMatrix(node.axes, node.divisor, node.normalizeEdges);
    default:
      return null;
  }
}

function poolMatrix(axes: readonly WindowAxis[], divisor: number, normalizeEdges: boolean): Sparse {
  const taps = windowTaps(axes, false);
  const rows = Array.from({ length: taps[0].length }, (_, o) => {
    const columns = taps.map((tap) => tap[o]).filter((i) => i >= 0);
    const weight = 1 / (normalizeEdges ? columns.length : divisor);
    return columns.map((i) => [i, weight] as const);
  });
  return sparse(locationsOf(axes.map(({ from }) => from)), rows);
}

/** out = P₁ a P₂ᵀ */
export function sandwich(p1: Sparse, p2: Sparse, a: Float64Array, half: Float64Array, out: Float64Array): void {
  const { rows, starts, columns, weights } = p2;
  for (let i = 0; i < p1.cols; i++)
    for (let p = 0; p < rows; p++) {
      let sum = 0;
      for (let e = starts[p]; e < starts[p + 1]; e++) sum += weights[e] * a[i * p2.cols + columns[e]];
      half[i * rows + p] = sum;
    }
  out.fill(0);
  for (let o = 0; o < p1.rows; o++)
    for (let e = p1.starts[o]; e < p1.starts[o + 1]; e++) {
      const [weight, source] = [p1.weights[e], p1.columns[e] * rows];
      for (let p = 0; p < rows; p++) out[o * rows + p] += weight * half[source + p];
    }
}

/** Diagonal of P a Pᵀ, in the order in which `sandwich` adds. */
export function sandwichDiagonal(matrix: Sparse, a: Float64Array): Float64Array {
  const { rows, cols, starts, columns, weights } = matrix;
  return Float64Array.from({ length: rows }, (_, o) => {
    let total = 0;
    for (let e = starts[o]; e < starts[o + 1]; e++) {
      let sum = 0;
      for (let f = starts[o]; f < starts[o + 1]; f++) sum += weights[f] * a[columns[e] * cols + columns[f]];
      total += weights[e] * sum;
    }
    return total;
  });
}

/** P v */
function times({ rows, starts, columns, weights }: Sparse, v: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows }, (_, o) => {
    let sum = 0;
    for (let e = starts[o]; e < starts[o + 1]; e++) sum += weights[e] * v[columns[e]];
    return sum;
  });
}

/** The weight that every row sums to, or null if they differ. */
export function commonSum(matrix: Sparse): number | null {
  const sums = times(matrix, new Float64Array(matrix.cols).fill(1));
  return sums.every((sum) => isSame(sum, sums[0])) ? sums[0] : null;
}

/** Equal but for the rounding of a sum. */
export const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-14 * Math.abs(b);
