/**
 * Kernels of finite fully connected networks, drawn exactly in law and without any weight: a layer's weights meet the data only through
 * their action on the n activation vectors A on the way up and on the n·O cotangents Δ on the way down. With W ~ N(0, s) entrywise,
 *   up:    H = A W has i.i.d. columns N(0, s AAᵀ): H = L G;
 *   down:  given H, W in the span of A is fixed and the rest is fresh: ΔWᵀ = (ΔHᵀ)(AAᵀ)⁻¹A + Z(I − Aᵀ(AAᵀ)⁻¹A), Z with columns N(0, s ΔΔᵀ).
 * Where rows of A depend on each other a pivoted factor picks independent ones. O(n² width) a layer instead of O(n width²).
 */
import type { FiniteBackend } from '../backends/finite';
import { InfiniteWidthError } from '../errors';
import { inferGraph } from '../inference/walk';
import type { LinearAlgebra } from '../linalg/contract';
import type { NDArray } from '../ndarray';
import type { DenseLayer, Network } from '../spec';
import { type Activation, activationOf } from './activations';
import { rescaling } from './params';
import { normals } from './random';
import type { Sampler, SamplesJob } from './sampler';

/** A dense layer and the activation before it. */
interface Level {
  readonly layer: DenseLayer;
  readonly before: Activation | null;
  readonly inputs: number;
  readonly outputs: number;
}

/** The dense layers of a network that is nothing else but them, activations and flatten; null otherwise. */
export function levelsOf(net: Network, inputShape: readonly number[]): readonly Level[] | null {
  const { graph, layers } = inferGraph(net, inputShape);
  const levels: Level[] = [];
  let before: Activation | null = null;
  let isFlat = inputShape.length === 2;
  for (const { layer, before: from, shape, nodes } of layers) {
    const [node] = graph.nodes.slice(...nodes);
    if (layer.kind === 'identity') continue;
    if (layer.kind === 'flatten') isFlat = true;
    else if (layer.kind === 'dense' && isFlat) {
      levels.push({ layer, before, inputs: from[1], outputs: shape[1] });
      before = null;
    } else if (isFlat && levels.length > 0 && node?.op === 'dual') before = activationOf(node.activation);
    else return null;
  }
  return levels.length > 0 && before === null ? levels : null;
}

export interface Draw {
  /** [n, n], averaged over the outputs. */
  readonly nngp: Float64Array;
  readonly ntk: Float64Array | null;
}

/** Draws kernels of the n rows of `data` (n × features) with each other. */
export class ConditionedSampler {
  constructor(
    private readonly la: LinearAlgebra,
    private readonly levels: readonly Level[],
    private readonly data: Float64Array,
    private readonly n: number,
    private readonly seed: number | bigint,
    private readonly tangent: boolean,
  ) {}

  draw(sample: number): Draw {
    const ups: Up[] = [];
    let h = this.data;
    this.levels.forEach((level, l) => {
      const a = level.before ? h.map(level.before.value) : h;
      const up = this.up(level, a, h, new Source(this.seed, sample, l));
      ups.push(up);
      h = up.h;
    });
    const { outputs } = this.levels[this.levels.length - 1];
    const nngp = this.gram(h, h, this.n, this.n, outputs, 1 / outputs);
    return { nngp, ntk: this.tangent ? this.tangentOf(ups, outputs) : null };
  }

  private up(level: Level, a: Float64Array, below: Float64Array, source: Source): Up {
    const { n } = this;
    const { layer, inputs, outputs } = level;
    const gram = this.gram(a, a, n, n, inputs, 1);
    const factor = pivotedCholesky(gram, n);
    const s = layer.wStd ** 2 / inputs;
    const g = source.next(factor.rank * outputs);
    const fluctuation = new Float64Array(n * outputs);
    if (factor.rank > 0) this.la.gemm('n', 'n', n, outputs, factor.rank, Math.sqrt(s), factor.l, n, g, outputs, 0, fluctuation, outputs);
    const h = fluctuation.slice();
    if (layer.bStd) {
      const bias = source.next(outputs);
      for (let at = 0; at < h.length; at++) h[at] += layer.bStd * bias[at % outputs];
    }
    return { level, a, below, gram, factor, fluctuation, h, source };
  }

  private tangentOf(ups: readonly Up[], outputs: number): Float64Array {
    const { n } = this;
    const ntk = new Float64Array(n * n);
    const rows = n * outputs;
    let delta: Float64Array = new Float64Array(rows * outputs);
    for (let o = 0; o < outputs; o++) for (let a = 0; a < n; a++) delta[(o * n + a) * outputs + o] = 1;
    for (let l = ups.length - 1; l >= 0; l--) {
      const { level, gram, a } = ups[l];
      const products = this.gram(delta, delta, rows, rows, level.outputs, 1);
      const [scale, biasScale] = rescaling(level.layer, level.inputs);
      const bias = level.layer.bStd === null ? 0 : biasScale ** 2;
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++)
            ntk[i * n + j] += (products[(o * n + i) * rows + o * n + j] * (scale ** 2 * gram[i * n + j] + bias)) / outputs;
      if (l > 0) delta = this.down(ups[l], a, delta, products, rows);
    }
    return ntk;
  }

  /** Cotangents of the layer below, its activation included. */
  private down(
    { level, factor, fluctuation, below, source }: Up,
    a: Float64Array,
    delta: Float64Array,
    products: Float64Array,
    rows: number,
  ): Float64Array {
    const { la } = this;
    const { inputs, layer, before } = level;
    const outer = pivotedCholesky(products, rows);
    const fresh = new Float64Array(rows * inputs);
    const g = source.next(outer.rank * inputs);
    if (outer.rank > 0)
      la.gemm('n', 'n', rows, inputs, outer.rank, layer.wStd / Math.sqrt(inputs), outer.l, rows, g, inputs, 0, fresh, inputs);
    if (factor.rank > 0) this.condition(fresh, factor, a, fluctuation, delta, rows, level);
    if (before) for (let at = 0; at < fresh.length; at++) fresh[at] *= before.slope(below[at % below.length]);
    return fresh;
  }

  /** What H says of W on the span of A takes the place of what is fresh there: adds C (AAᵀ)⁻¹A, C = ΔHᵀ − ZAᵀ, on the independent rows of A. */
  private condition(
    fresh: Float64Array,
    factor: Factor,
    a: Float64Array,
    fluctuation: Float64Array,
    delta: Float64Array,
    rows: number,
    { inputs, outputs }: Level,
  ): void {
    const { la, n } = this;
    const { rank, pivots } = factor;
    const [rowsOfA, rowsOfH] = [pick(a, pivots, rank, inputs), pick(fluctuation, pivots, rank, outputs)];
    const c = new Float64Array(rows * rank);
    la.gemm('n', 't', rows, rank, outputs, 1, delta, outputs, rowsOfH, outputs, 0, c, rank);
    la.gemm('n', 't', rows, rank, inputs, -1, fresh, inputs, rowsOfA, inputs, 1, c, rank);
    solveFactor(factor, n, c, rows);
    la.gemm('n', 'n', rows, inputs, rank, 1, c, rank, rowsOfA, inputs, 1, fresh, inputs);
  }

  /** weight · a·bᵀ */
  private gram(a: Float64Array, b: Float64Array, m: number, n: number, k: number, weight: number): Float64Array {
    const c = new Float64Array(m * n);
    this.la.gemm('n', 't', m, n, k, weight, a, k, b, k, 0, c, n);
    return c;
  }
}

interface Up {
  readonly level: Level;
  readonly a: Float64Array;
  /** Pre-activations below. */
  readonly below: Float64Array;
  readonly gram: Float64Array;
  readonly factor: Factor;
  /** A W without the bias. */
  readonly fluctuation: Float64Array;
  readonly h: Float64Array;
  readonly source: Source;
}

/** Normals of one layer of one sample, in order. */
class Source {
  private from = 0;
  constructor(
    private readonly seed: number | bigint,
    private readonly sample: number,
    private readonly layer: number,
  ) {}

  next(count: number): Float64Array {
    const { seed, sample, layer } = this;
    const values = normals({ seed, sample, layer }, this.from, count, 'float64') as Float64Array;
    this.from += count;
    return values;
  }
}

/** L (n × rank, row-major with n columns) with A = L Lᵀ; rows `pivots` are independent, and there L is lower triangular. */
interface Factor {
  readonly l: Float64Array;
  readonly rank: number;
  readonly pivots: Int32Array;
}

/** Share of the largest diagonal entry below which a row depends on the others. */
const DEPENDENT = 1e-13;

/** LAPACK pstrf on a small matrix: the remaining row with the largest pivot is taken each time. */
function pivotedCholesky(a: Float64Array, n: number): Factor {
  const l = new Float64Array(n * n);
  const left = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const limit = DEPENDENT * left.reduce((most, x) => Math.max(most, x), 0);
  let rank = 0;
  for (; rank < n; rank++) {
    let best = rank;
    for (let k = rank + 1; k < n; k++) if (left[order[k]] > left[order[best]]) best = k;
    [order[rank], order[best]] = [order[best], order[rank]];
    const pivot = order[rank];
    if (!(left[pivot] > limit)) break;
    const root = Math.sqrt(left[pivot]);
    l[pivot * n + rank] = root;
    for (let k = rank + 1; k < n; k++) {
      const i = order[k];
      let sum = a[i * n + pivot];
      for (let p = 0; p < rank; p++) sum -= l[i * n + p] * l[pivot * n + p];
      l[i * n + rank] = sum / root;
      left[i] -= (sum / root) ** 2;
    }
  }
  return { l, rank, pivots: order.subarray(0, rank) };
}

function pick(a: Float64Array, rows: Int32Array, count: number, width: number): Float64Array {
  const picked = new Float64Array(count * width);
  for (let r = 0; r < count; r++) picked.set(a.subarray(rows[r] * width, (rows[r] + 1) * width), r * width);
  return picked;
}

/** Rows of c become rows of c (AAᵀ)⁻¹ on the pivots. */
function solveFactor({ l, rank, pivots }: Factor, n: number, c: Float64Array, rows: number): void {
  const at = (i: number, j: number) => l[pivots[i] * n + j];
  for (let r = 0; r < rows; r++) {
    const row = c.subarray(r * rank, (r + 1) * rank);
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < i; j++) row[i] -= at(i, j) * row[j];
      row[i] /= at(i, i);
    }
    for (let i = rank - 1; i >= 0; i--) {
      for (let j = i + 1; j < rank; j++) row[i] -= at(j, i) * row[j];
      row[i] /= at(i, i);
    }
  }
}

/** @throws ERR_UNSUPPORTED */
export function requireLevels(net: Network, inputShape: readonly number[]): readonly Level[] {
  const levels = levelsOf(net, inputShape);
  if (levels) return levels;
  throw new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    "method 'conditioned' draws fully connected networks that end in a dense layer; use method 'weights' for this one",
  );
}

/** @throws ERR_UNSUPPORTED */
export function openConditioned({ net, x1, x2, seed, fields }: SamplesJob, { linalg }: FiniteBackend): Sampler {
  const [data, n] = stacked(x1, x2);
  const n1 = x1.shape[0];
  const sampler = new ConditionedSampler(linalg, requireLevels(net, x1.shape), data, n, seed as number, fields.includes('ntk'));
  return {
    draw(from, count) {
      const draws = Array.from({ length: count }, (_, k) => sampler.draw(from + k));
      return fields.map((field) => {
        const blocks = draws.map((draw) => block(draw[field] as Float64Array, n1, n - n1));
        const all = new Float64Array(count * blocks[0].length);
        blocks.forEach((values, k) => {
          all.set(values, k * values.length);
        });
        return all;
      });
    },
    close() {},
  };
}

/** Rows of both inputs, one after the other. */
function stacked(x1: NDArray, x2: NDArray | null): [data: Float64Array, n: number] {
  const parts = x2 ? [x1, x2] : [x1];
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  data.set(x1.data);
  if (x2) data.set(x2.data, x1.data.length);
  return [data, parts.reduce((sum, { shape }) => sum + shape[0], 0)];
}

/** Rows of x1 against rows of x2 in a kernel of both; all of it where there is no x2. */
function block(kernel: Float64Array, n1: number, n2: number): Float64Array {
  if (n2 === 0) return kernel;
  const n = n1 + n2;
  return Float64Array.from({ length: n1 * n2 }, (_, at) => kernel[Math.floor(at / n2) * n + n1 + (at % n2)]);
}
