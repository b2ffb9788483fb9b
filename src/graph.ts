/**
 * What a network does to the covariances of two samples: nodes in the order of computation, each a function of the nodes before it.
 * `infer` makes one graph per input shape; the nodes of two graphs of one network correspond by index, so samples of different
 * spatial sizes can meet.
 *
 * A node's value for a pair of samples is, over the pairs of their locations (i, j), the NNGP entry K and the NTK entry T. Locations
 * are the spatial axes in row-major order; a network without spatial axes has one.
 */
import type { ActivationLayer, AggregateLayer, AttentionLayer } from './spec';

/** One spatial axis under a sliding window: output o reads input o·stride + f·dilation − low for each tap f < size. */
export interface WindowAxis {
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly low: number;
  /** Positions outside wrap around instead of reading zeros. */
  readonly circular: boolean;
}

/** A sparse matrix in rows: row o holds `weights[k]` at column `columns[k]` for starts[o] ≤ k < starts[o + 1]. */
export interface Sparse {
  readonly rows: number;
  readonly cols: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float64Array;
}

export type Operation =
  /** Input number `index`: K = mean over channels of x₁x₂, T = 0. */
  | { readonly op: 'input'; readonly index: number }
  /** K' = w²K + b²; T' = w²T + K' where fanIn is null (NTK parameterization), otherwise fanIn·K + w²T + (1 if hasBias). */
  | { readonly op: 'affine'; readonly w: number; readonly b: number; readonly hasBias: boolean; readonly fanIn: number | null }
  /** Both locations move together: K'[o, p] = (1/F) Σ_f K[src_f(o), src_f(p)], F = ∏ size; zero where either is outside. */
  | { readonly op: 'window'; readonly axes: readonly WindowAxis[]; readonly transposed: boolean }
  /** Unshared weights: K and T of different locations are 0. */
  | { readonly op: 'local' }
  | { readonly op: 'dual'; readonly activation: ActivationLayer }
  /** Σ_b weights[b] K_b: m² where a branch stands m times. */
  | { readonly op: 'sum'; readonly weights: readonly number[] }
  | { readonly op: 'product' }
  /** Σ_b weights[b] K_b */
  | { readonly op: 'concatChannels'; readonly weights: readonly number[] }
  /** Branches stand side by side on a spatial axis: location o is location `source[o]` of branch `branch[o]`; K of two branches is 0. */
  | { readonly op: 'concatSpatial'; readonly branch: Int32Array; readonly source: Int32Array }
  /** Branches stand one after another on the sample axis. */
  | { readonly op: 'concatBatch' }
  /** K' = P₁ K P₂ᵀ with the window's P: pooling. `normalizeEdges` divides by the overlap, otherwise by `divisor`. */
  | { readonly op: 'pool'; readonly axes: readonly WindowAxis[]; readonly divisor: number; readonly normalizeEdges: boolean }
  /** Mean (or sum) over all pairs of locations. */
  | { readonly op: 'globalPool'; readonly average: boolean }
  /** K' = P₁ K P₂ᵀ for any P: resize, index, dotGeneral. */
  | { readonly op: 'mix'; readonly matrix: Sparse }
  /** Mean over the pairs (i, i): flatten. */
  | { readonly op: 'trace' }
  /** Samples are chosen or reordered: sample o is sample `samples[o]`. */
  | { readonly op: 'samples'; readonly samples: Int32Array }
  /** Division by √((m₁ + ε)(m₂ + ε)), m the mean of the variance over the axes named (spatial axes, and the samples if `batch`). */
  | { readonly op: 'layerNorm'; readonly axes: readonly number[]; readonly batch: boolean; readonly eps: number }
  /** Same sample and location: × 1/rate. */
  | { readonly op: 'dropout'; readonly rate: number }
  | { readonly op: 'attention'; readonly options: AttentionLayer; readonly channels: number }
  | { readonly op: 'aggregate'; readonly options: AggregateLayer; readonly axes: readonly number[] };

export type GraphNode = Operation & {
  /** Indices of the nodes it reads. */
  readonly of: readonly number[];
  /** Lengths of the spatial axes of its value; empty: one location. */
  readonly spatial: readonly number[];
  /** The layer it comes from, for messages: "conv at 3". */
  readonly layer: string;
};

/** One output of a network. */
export interface Output {
  readonly node: number;
  /** Shape of the finite network's output, sample axis included. */
  readonly shape: readonly number[];
  readonly isGaussian: boolean;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** One, or several for networks that end in parallel branches. */
  readonly outputs: readonly Output[];
  /** The network takes a list of inputs. */
  readonly inputs: number;
}

/** Operations whose value at (i, i) needs other pairs of locations of what they read. */
const MIXING: ReadonlySet<Operation['op']> = new Set(['pool', 'globalPool', 'mix', 'aggregate', 'attention'] as const);

/** Whether an operation combines different locations. */
export const mixesLocations = (op: Operation['op']): boolean => MIXING.has(op);

/** Whether an operation needs all pairs of locations of what it reads; `isFull`: all pairs of its own value are wanted. */
export const readsAllPairs = (op: Operation['op'], isFull: boolean): boolean => mixesLocations(op) || (isFull && op !== 'trace');

export const locationsOf = (spatial: readonly number[]): number => spatial.reduce((a, b) => a * b, 1);

/** For each place of [H₁, H₂, W₁, W₂, …] its place in [locations₁ × locations₂]. */
export function interleavedOrder(rows: readonly number[], cols: readonly number[]): Int32Array {
  const width = locationsOf(cols);
  return Int32Array.from({ length: locationsOf(rows) * width }, (_, place) => {
    let rest = place;
    let [i, j, unit1, unit2] = [0, 0, 1, 1];
    for (let k = rows.length - 1; k >= 0; k--) {
      j += (rest % cols[k]) * unit2;
      rest = Math.floor(rest / cols[k]);
      i += (rest % rows[k]) * unit1;
      rest = Math.floor(rest / rows[k]);
      unit1 *= rows[k];
      unit2 *= cols[k];
    }
    return i * width + j;
  });
}
