/**
 * The samples of one side of a kernel: per node and sample what depends on that sample alone. Variances of the locations, masks, the
 * matrices of pooling and graphs, attention weights. Computed once per sample and kept while memory allows.
 */
import { type Dual, dualOf } from '../duals/dual';
import { type Graph, type GraphNode, locationsOf, type Sparse } from '../graph';
import type { TypedArray } from '../ndarray';
import { attentionWeights } from './attention';
import { maskedMean, patternMatrix } from './graphs';
import { commonSum, matrixOf, sandwichDiagonal, windowTaps } from './maps';
import { nodeMask } from './masks';
import type { Pairs } from './pairs';

/** One input: numbers of every sample, row-major. */
export interface SideInput {
  readonly data: TypedArray;
  readonly size: number;
  readonly count: number;
  /** 1 where a number is masked, like `data`; null: none is. */
  readonly mask: Uint8Array | null;
  /** Covariances of each sample with itself, [locations × locations] each, where the input is a kernel: then `data` is empty. */
  readonly covariances?: Float64Array;
}

/** Pattern of a graph: dense [n, X…, X…], or sparse edges [n, E, K, 2]. */
export interface Pattern {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

export interface SideData {
  readonly inputs: readonly SideInput[];
  readonly pattern: Pattern | null;
}

/** Bytes of rows kept from one pair of samples to the next. */
const KEEP_BYTES = 32 << 20;

/** The full state of sample a with itself at node n, without the NTK. */
export type SelfState = (side: Side, n: number, a: number) => Pairs;

interface Row {
  readonly q: Float64Array;
  /** Diagonal of P D Pᵀ for D of the sample with itself; null where the node does not mix locations. */
  readonly spread: Float64Array | null;
}

export class Side {
  readonly nodes: readonly GraphNode[];
  private readonly rows = new Map<string, Row>();
  private readonly weights = new Map<string, Float64Array>();
  private readonly masks = new Map<string, Uint8Array | null>();
  private readonly fixed = new Map<number, Sparse | null>();
  private readonly rowSums = new Map<number, number | null>();
  private readonly tapsOf = new Map<number, Int32Array[]>();
  private readonly duals = new Map<number, Dual>();
  private bytes = 0;

  constructor(
    readonly graph: Graph,
    readonly data: SideData,
    private readonly selfState: SelfState,
  ) {
    this.nodes = graph.nodes;
  }

  locations(n: number): number {
    return locationsOf(this.nodes[n].spatial);
  }

  dual(n: number): Dual {
    const node = this.nodes[n];
    return remember(this.duals, n, () => dualOf((node as Extract<GraphNode, { op: 'dual' }>).activation));
  }

  taps(n: number): Int32Array[] {
    const node = this.nodes[n] as Extract<GraphNode, { op: 'window' }>;
    return remember(this.tapsOf, n, () => windowTaps(node.axes, node.transposed));
  }

  /** Samples at a node. */
  count(n: number): number {
    const node = this.nodes[n];
    if (node.op === 'input') return this.data.inputs[node.index].count;
    if (node.op === 'samples') return node.samples.length;
    return node.op === 'concatBatch' ? node.of.reduce((sum, b) => sum + this.count(b), 0) : this.count(node.of[0]);
  }

  /** Which node and sample stand behind sample a of a node that only rearranges samples. */
  source(n: number, a: number): { node: number; sample: number } | null {
    const node = this.nodes[n];
    if (node.op === 'samples') return { node: node.of[0], sample: node.samples[a] };
    if (node.op !== 'concatBatch') return null;
    let sample = a;
    for (const branch of node.of) {
      if (sample < this.count(branch)) return { node: branch, sample };
      sample -= this.count(branch);
    }
    return null;
  }

  /** Masks on the way to n come first, from a list of what is asked: deep networks would exhaust the stack. */
  mask(n: number, a: number): Uint8Array | null {
    if (this.data.inputs.every(({ mask }) => mask === null)) return null;
    const asked: (readonly [node: number, sample: number])[] = [[n, a]];
    while (asked.length > 0) {
      const [m, s] = asked[asked.length - 1];
      const key = `${m} ${s}`;
      const missing = this.masks.has(key) ? [] : this.before(m, s).filter(([b, t]) => !this.masks.has(`${b} ${t}`));
      asked.push(...missing);
      if (missing.length > 0) continue;
      remember(this.masks, key, () => nodeMask(this, m, s));
      asked.pop();
    }
    return this.masks.get(`${n} ${a}`) ?? null;
  }

  /** Nodes and samples that sample a of node n is made of. */
  private before(n: number, a: number): (readonly [node: number, sample: number])[] {
    const moved = this.source(n, a);
    return moved ? [[moved.node, moved.sample]] : this.nodes[n].of.map((b) => [b, a] as const);
  }

  /** P of a node with K' = P₁ K P₂ᵀ. */
  matrix(n: number, a: number): Sparse {
    const node = this.nodes[n];
    if (node.op === 'aggregate') return patternMatrix(node, this.data.pattern, a);
    const from = this.locations(node.of[0]);
    if (node.op === 'globalPool' && node.average) {
      const mask = this.mask(node.of[0], a);
      if (mask) return maskedMean(mask);
    }
    return remember(this.fixed, n, () => matrixOf(node, from)) as Sparse;
  }

  /** The node's matrix is the same for every sample. */
  private isFixed(n: number): boolean {
    const { op, of } = this.nodes[n];
    return op !== 'aggregate' && (op !== 'globalPool' || this.mask(of[0], 0) === null);
  }

  /** What every row of a fixed node's matrix sums to; null where they differ, or the matrix does from sample to sample. */
  rowSum(n: number): number | null {
    return this.isFixed(n) ? remember(this.rowSums, n, () => commonSum(this.matrix(n, 0))) : null;
  }

  variances(n: number, a: number): Float64Array {
    return this.row(n, a).q;
  }

  spread(n: number, a: number): Float64Array {
    return this.row(n, a).spread as Float64Array;
  }

  /** Attention weights ζ(QK · K̃), locations × locations. */
  attention(n: number, a: number): Float64Array {
    const node = this.nodes[n] as Extract<GraphNode, { op: 'attention' }>;
    return remember(this.weights, `${n} ${a}`, () =>
      attentionWeights(node, this.selfState(this, node.of[0], a).k, this.mask(node.of[0], a)),
    );
  }

  /** Mean variance over the axes of a layerNorm, at every location. */
  normalisers(n: number, a: number): Float64Array {
    const node = this.nodes[n] as Extract<GraphNode, { op: 'layerNorm' }>;
    const from = node.of[0];
    const samples = node.batch ? Array.from({ length: this.count(from) }, (_, s) => s) : [a];
    const lengths = node.spatial;
    const groupOf = groups(lengths, node.axes);
    const count = groupOf.reduce((most, group) => Math.max(most, group + 1), 0);
    const [sums, counts] = [new Float64Array(count), new Float64Array(count)];
    for (const s of samples) {
      const [q, mask] = [this.variances(from, s), this.mask(from, s)];
      for (let i = 0; i < q.length; i++)
        if (!mask?.[i]) {
          sums[groupOf[i]] += q[i];
          counts[groupOf[i]]++;
        }
    }
    return Float64Array.from(groupOf, (group) => (counts[group] > 0 ? sums[group] / counts[group] : 0) + node.eps);
  }

  private row(n: number, a: number): Row {
    const key = `${n} ${a}`;
    const known = this.rows.get(key);
    if (known) return known;
    this.approach(n, a);
    const row = this.compute(n, a);
    const mask = this.mask(n, a);
    if (mask) for (let i = 0; i < row.q.length; i++) if (mask[i]) row.q[i] = 0;
    this.bytes += row.q.byteLength * 2;
    if (this.bytes > KEEP_BYTES) {
      this.rows.clear();
      this.weights.clear();
      this.bytes = 0;
    }
    this.rows.set(key, row);
    return row;
  }

  /** Rows on the way to n, the first one first: deep networks would exhaust the stack. */
  private approach(n: number, a: number): void {
    const missing: number[] = [];
    for (let m = n; this.nodes[m].of.length === 1 && !this.source(m, a) && !this.rows.has(`${this.nodes[m].of[0]} ${a}`); ) {
      m = this.nodes[m].of[0];
      missing.push(m);
    }
    for (let k = missing.length - 1; k >= 0; k--) this.row(missing[k], a);
  }

  private compute(n: number, a: number): Row {
    const node = this.nodes[n];
    const moved = this.source(n, a);
    if (moved) return this.row(moved.node, moved.sample);
    const of = (b = 0) => this.variances(node.of[b], a);
    const plain = (q: Float64Array): Row => ({ q, spread: null });
    switch (node.op) {
      case 'input':
        return plain(inputVariances(this.data.inputs[node.index], this.locations(n), a));
      case 'affine':
        return plain(of().map((q) => node.w * node.w * q + node.b * node.b));
      case 'window':
        return plain(tapsMean(this.taps(n), of()));
      case 'local':
        return plain(of().slice());
      case 'dual': {
        const dual = this.dual(n);
        return plain(of().map((q) => dual.variance(q)));
      }
      case 'sum':
      case 'product':
      case 'concatChannels': {
        const parts = node.of.map((_, b) => of(b));
        return plain(parts[0].map((_, i) => combine(node, (b) => parts[b][i])));
      }
      case 'concatSpatial': {
        const parts = node.of.map((_, b) => of(b));
        return plain(Float64Array.from(node.branch, (b, o) => parts[b][node.source[o]]));
      }
      case 'trace': {
        const q = of();
        return plain(Float64Array.of(q.reduce((x, y) => x + y, 0) / q.length));
      }
      case 'layerNorm': {
        const m = this.normalisers(n, a);
        return plain(of().map((q, i) => q / m[i]));
      }
      case 'dropout':
        return plain(of().map((q) => q / node.rate));
      case 'attention':
        return plain(diagonalOf(this.selfState(this, n, a)));
      default:
        return this.mixed(n, a);
    }
  }

  private mixed(n: number, a: number): Row {
    const self = this.selfState(this, this.nodes[n].of[0], a);
    const matrix = this.matrix(n, a);
    return { q: sandwichDiagonal(matrix, self.k), spread: sandwichDiagonal(matrix, self.d) };
  }
}

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  if (!map.has(key)) map.set(key, make());
  return map.get(key) as V;
}

/** Branches added, multiplied, or averaged with weights. */
export function combine(node: Extract<GraphNode, { op: 'sum' | 'product' | 'concatChannels' }>, part: (b: number) => number): number {
  if (node.op === 'product') return node.of.reduce((value, _, b) => value * part(b), 1);
  return node.of.reduce((value, _, b) => value + node.weights[b] * part(b), 0);
}

const diagonalOf = ({ k, rows, cols }: Pairs): Float64Array => Float64Array.from({ length: rows }, (_, i) => k[i * cols + i]);

function inputVariances({ data, size, covariances }: SideInput, locations: number, a: number): Float64Array {
  if (covariances) {
    const at = a * locations * locations;
    return Float64Array.from({ length: locations }, (_, i) => covariances[at + i * locations + i]);
  }
  const channels = size / locations;
  return Float64Array.from({ length: locations }, (_, i) => {
    let sum = 0;
    for (let c = 0, at = a * size + i * channels; c < channels; c++) sum += data[at + c] * data[at + c];
    return sum / channels;
  });
}

/** Mean over the filter of the variances that each location's taps read. */
function tapsMean(taps: readonly Int32Array[], q: Float64Array): Float64Array {
  return Float64Array.from({ length: taps[0].length }, (_, o) => {
    let sum = 0;
    for (const tap of taps) if (tap[o] >= 0) sum += q[tap[o]];
    return sum / taps.length;
  });
}

/** For each location the number of the group of locations that share its coordinates outside `axes`. */
function groups(lengths: readonly number[], axes: readonly number[]): Int32Array {
  const strides: number[] = [];
  let size = 1;
  for (let k = lengths.length - 1; k >= 0; k--) {
    strides[k] = axes.includes(k) ? 0 : size;
    if (strides[k] > 0) size *= lengths[k];
  }
  return Int32Array.from({ length: locationsOf(lengths) }, (_, i) => {
    let [rest, group] = [i, 0];
    for (let k = lengths.length - 1; k >= 0; k--) {
      group += (rest % lengths[k]) * strides[k];
      rest = Math.floor(rest / lengths[k]);
    }
    return group;
  });
}
