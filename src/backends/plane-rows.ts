/**
 * The pass over samples: everything about a pair that depends on one of its samples alone. The variance q of every location is followed through the nodes
 * on planes in double precision; a pooled variance needs the sample's own covariances, ½S = ½ diagonal of P D Pᵀ, which the core computes once (`own`).
 */
import { type Graph, type GraphNode, locationsOf, type WindowAxis } from '../graph';
import type { TypedArray } from '../ndarray';
import type { ActivationLayer } from '../spec';
import { planeDual } from './plane-dual';
import { poolWeights, type SampleLayout, tableKey } from './plane-image';
import type { PlanePlan } from './plane-plan';
import { type Roles, rectifiedDual, rectifiedSlopes } from './plane-roles';

/** The numbers of one sample: of every input. */
export interface Sample {
  readonly inputs: readonly TypedArray[];
}

/** What is known of one sample with itself. */
export interface SampleRows {
  /** Variances of every node on planes, by node. */
  readonly variances: readonly (Float64Array | undefined)[];
  /** P q of every pooled node. */
  readonly means: ReadonlyMap<number, Float64Array>;
}

/** ½S of a pooled node of a sample, in the units of its tables. */
export type Halves = ReadonlyMap<number, Float64Array>;

export class RowPass {
  /** Buffers by node, used again for every sample. */
  private readonly arrays: readonly Float64Array[];
  private readonly weights: ReadonlyMap<number, ReturnType<typeof poolWeights>>;
  /** Tables of activations outside the rectified family, by node. */
  private readonly duals: ReadonlyMap<number, Float64Array>;
  private readonly between: Float64Array[] = [];
  /** The last sample has a number among them that float32 does not carry. */
  needsDouble = false;

  constructor(
    readonly graph: Graph,
    private readonly roles: Roles,
    /** Units and tables. */
    private readonly plan: PlanePlan,
  ) {
    this.arrays = graph.nodes.map(({ spatial }) => new Float64Array(locationsOf(spatial)));
    this.duals = new Map(
      roles.planes.flatMap((index) => {
        const node = graph.nodes[index];
        const dual = node.op === 'dual' && !rectifiedSlopes(node.activation) ? planeDual(node.activation) : null;
        return dual ? [[index, new Float64Array(dual.tables * locationsOf(node.spatial))]] : [];
      }),
    );
    this.weights = new Map(
      graph.nodes.flatMap((node, index) =>
        node.op === 'pool' ? [[index, poolWeights(node.axes, node.divisor, node.normalizeEdges)]] : [],
      ),
    );
  }

  /** Variances of every node up to the pooled nodes of which `halves` knows nothing. They are valid until the next call. */
  follow(sample: Sample, halves: Halves): SampleRows {
    this.needsDouble = false;
    const variances: (Float64Array | undefined)[] = [];
    const means = new Map<number, Float64Array>();
    for (const index of this.roles.planes) {
      const node = this.graph.nodes[index];
      if (node.of.some((source) => !variances[source])) continue;
      if (node.op === 'pool') variances[index] = this.pooled(index, node, variances[node.of[0]] as Float64Array, means, halves.get(index));
      else variances[index] = this.variance(index, node, variances, sample);
    }
    return { variances, means };
  }

  private pooled(
    index: number,
    node: Extract<GraphNode, { op: 'pool' }>,
    before: Float64Array,
    means: Map<number, Float64Array>,
    half: Float64Array | undefined,
  ): Float64Array | undefined {
    const { weights, sums } = this.weights.get(index) as ReturnType<typeof poolWeights>;
    const mean = windowSums(before, node.axes, new Float64Array(weights.length), this.between).map((sum, i) => sum * weights[i]);
    means.set(index, mean);
    const unit = this.plan.units.get(index) ?? 1;
    return half && mean.map((m, i) => Math.max(0, sums[i] * m - unit * half[i]));
  }

  private variance(index: number, node: GraphNode, variances: readonly (Float64Array | undefined)[], { inputs }: Sample): Float64Array {
    const out = this.arrays[index];
    const before = variances[node.of[0]] as Float64Array;
    switch (node.op) {
      case 'input':
        return meanSquares(inputs[node.index], out);
      case 'window':
        return scaled(windowSums(before, node.axes, out, this.between), 1 / node.axes.reduce((all, { size }) => all * size, 1), 0, out);
      case 'affine':
        return scaled(before, node.w * node.w, node.b * node.b, out);
      case 'dual':
        if (rectifiedSlopes(node.activation)) return scaled(before, rectifiedDual(node.activation).scale, 0, out);
        return this.transformed(index, node.activation, before, out);
      default: {
        out.fill(0);
        node.of.forEach((source, branch) => {
          const values = variances[source] as Float64Array;
          const weight = node.op === 'concatChannels' ? node.weights[branch] : 1;
          for (let i = 0; i < out.length; i++) out[i] += weight * values[i];
        });
        return out;
      }
    }
  }

  /** Variances after an activation outside the rectified family, and its tables. */
  private transformed(index: number, activation: ActivationLayer, before: Float64Array, out: Float64Array): Float64Array {
    const { row, tables } = planeDual(activation) as NonNullable<ReturnType<typeof planeDual>>;
    const values = this.duals.get(index) as Float64Array;
    for (let i = 0; i < before.length; i++) {
      const { entries, needsDouble } = row(before[i]);
      for (let k = 0; k < tables; k++) values[k * before.length + i] = entries[k];
      out[i] = entries[tables - 2] ** 2;
      this.needsDouble ||= needsDouble;
    }
    return out;
  }

  /** The tables of a sample, one after the other as `layout` says. */
  fill(layout: SampleLayout, rows: SampleRows, halves: Halves, sample: Sample, out: TypedArray): void {
    for (const table of this.plan.tables) {
      const at = layout.offsets.get(tableKey(table)) ?? 0;
      const values = rows.variances[table.node];
      const unit = this.plan.units.get(table.node) ?? 1;
      const node = this.graph.nodes[table.node];
      if (table.kind === 'input' && node.op === 'input') put(out, at, sample.inputs[node.index], 1);
      else if (table.kind === 'half') put(out, at, halves.get(table.node), 1);
      else if (table.kind === 'mean') put(out, at, rows.means.get(table.node), 1 / unit);
      else if (table.kind === 'dual' && node.op === 'dual') this.fillDual(table.node, node.of[0], out, at);
      else if (table.kind === 'variance') put(out, at, values, 1 / unit);
      else putRoots(out, at, values, 1 / unit);
    }
  }

  /** R comes in the unit of the result, and σ takes T from one unit to the other. */
  private fillDual(index: number, source: number, out: TypedArray, at: number): void {
    const values = this.duals.get(index) as Float64Array;
    const locations = this.arrays[index].length;
    const [before, after] = [source, index].map((node) => this.plan.units.get(node) ?? 1);
    const [radii, scales] = [values.length - 2 * locations, values.length - locations];
    put(out, at, values.subarray(0, radii), 1);
    put(out, at + radii, values.subarray(radii, scales), 1 / Math.sqrt(after));
    put(out, at + scales, values.subarray(scales), Math.sqrt(before / after));
  }
}

function put(out: TypedArray, at: number, values: TypedArray | undefined, factor: number): void {
  if (!values) return;
  for (let k = 0; k < values.length; k++) out[at + k] = values[k] * factor;
}

function putRoots(out: TypedArray, at: number, values: Float64Array | undefined, factor: number): void {
  if (!values) return;
  for (let k = 0; k < values.length; k++) out[at + k] = Math.sqrt(values[k] * factor);
}

function meanSquares(x: TypedArray, out: Float64Array): Float64Array {
  const channels = x.length / out.length;
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, at++) sum += x[at] * x[at];
    out[i] = sum / channels;
  }
  return out;
}

/** out = factor · values + shift */
function scaled(values: Float64Array, factor: number, shift: number, out: Float64Array): Float64Array {
  for (let i = 0; i < out.length; i++) out[i] = values[i] * factor + shift;
  return out;
}

/** Sums over the windows at every output location, one axis after the other. `between` is used again from call to call: a buffer for each axis but the last. */
function windowSums(values: Float64Array, axes: readonly WindowAxis[], out: Float64Array, between: Float64Array[]): Float64Array {
  let outer = 1;
  let current = values;
  for (let k = 0; k < axes.length; k++) {
    const axis = axes[k];
    const inner = axes.slice(k + 1).reduce((all, { from }) => all * from, 1);
    const length = outer * axis.to * inner;
    if (k < axes.length - 1 && !(between[k]?.length >= length)) between[k] = new Float64Array(length);
    const next = k === axes.length - 1 ? out : between[k];
    alongAxis(current, outer, inner, axis, next);
    current = next;
    outer *= axis.to;
  }
  return current;
}

/** Every output along the axis is the sum of those of its taps that are there, `inner` neighbours of each, in `outer` blocks: tap by tap over all outputs. */
function alongAxis(
  values: Float64Array,
  outer: number,
  inner: number,
  { from, to, size, stride, dilation, low }: WindowAxis,
  out: Float64Array,
): void {
  out.fill(0, 0, outer * to * inner);
  for (let f = 0; f < size; f++) {
    const shift = f * dilation - low;
    // As integers: of what Math.ceil gives V8 would make a loop over doubles.
    const first = Math.max(0, Math.ceil(-shift / stride)) | 0;
    const end = Math.min(to, Math.floor((from - 1 - shift) / stride) + 1) | 0;
    for (let block = 0; block < outer; block++) {
      const target = block * to * inner;
      const source = (block * from + shift) * inner;
      if (stride === 1) {
        const distance = source - target;
        for (let at = target + first * inner; at < target + end * inner; at++) out[at] += values[at + distance];
        continue;
      }
      for (let o = first; o < end; o++)
        for (let k = 0; k < inner; k++) out[target + o * inner + k] += values[source + o * stride * inner + k];
    }
  }
}
