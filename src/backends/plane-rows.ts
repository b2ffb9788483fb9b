/**
 * The pass over samples: everything about a pair that depends on one of its samples alone. The variance q of every location is followed through the nodes
 * on planes in double precision, by loops of the core (assembly/plane-samples.ts); a pooled variance needs the sample's own covariances, ½S = ½ diagonal of P D Pᵀ, which the core computes once (`own`).
 */
import { type Graph, type GraphNode, locationsOf, type WindowAxis } from '../graph';
import type { TypedArray } from '../ndarray';
import type { ActivationLayer } from '../spec';
import { aligned, type Core } from './core';
import { planeDual } from './plane-dual';
import { poolWeights, type SampleLayout, tableKey } from './plane-image';
import type { Table } from './plane-plan';
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

/** Doubles that a pass works on: the variances of every node on planes, then what windows leave after each axis but their last. */
function workspace(graph: Graph, { planes }: Roles): { readonly nodes: readonly number[]; readonly between: readonly number[] } {
  const between: number[] = [];
  for (const index of planes) {
    const node = graph.nodes[index];
    if (node.op !== 'window' && node.op !== 'pool') continue;
    node.axes.slice(0, -1).forEach((_, k) => {
      const length = node.axes.reduce((all, { from, to }, axis) => all * (axis <= k ? to : from), 1);
      between[k] = Math.max(between[k] ?? 0, length);
    });
  }
  return { nodes: planes.map((index) => locationsOf(graph.nodes[index].spatial)), between };
}

/** Bytes of the core's memory that a pass takes. */
export function rowPassBytes(graph: Graph, roles: Roles): number {
  const { nodes, between } = workspace(graph, roles);
  return [...nodes, ...between].reduce((bytes, length) => bytes + aligned(8 * length), 0);
}

/**
 * Variances whose squared distances float32 does not carry: those of locations that differ in the last bit are 2^−48 of them, and 2^−126 is
 * the least normal number.
 */
const TINY = 2 ** -78;

function hasTiny(variances: Float64Array): boolean {
  for (let i = 0; i < variances.length; i++) if (variances[i] > 0 && variances[i] < TINY) return true;
  return false;
}

export class RowPass {
  /** Variances by node, in the core's memory, used again for every sample. */
  private readonly arrays: readonly Float64Array[];
  private readonly between: readonly Float64Array[];
  private readonly weights: ReadonlyMap<number, ReturnType<typeof poolWeights>>;
  /** Tables of activations outside the rectified family, by node. */
  private readonly duals: ReadonlyMap<number, Float64Array>;
  /** The last sample has a number among them that float32 does not carry. */
  needsDouble = false;

  /** @param at address of rowPassBytes bytes; the memory must not grow any more */
  constructor(
    private readonly core: Core,
    at: number,
    readonly graph: Graph,
    private readonly roles: Roles,
    private readonly units: ReadonlyMap<number, number>,
  ) {
    let end = at;
    const take = (length: number) => {
      const array = new Float64Array(core.memory.buffer, end, length);
      end += aligned(8 * length);
      return array;
    };
    const { nodes, between } = workspace(graph, roles);
    const arrays: Float64Array[] = [];
    for (const [k, length] of nodes.entries()) arrays[roles.planes[k]] = take(length);
    this.arrays = arrays;
    this.between = between.map(take);
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
    const out = this.arrays[index];
    this.windowSums(before, node.axes, 1, out);
    const mean = Float64Array.from(out, (sum, i) => sum * weights[i]);
    means.set(index, mean);
    const unit = this.units.get(index) ?? 1;
    if (half) for (let i = 0; i < out.length; i++) out[i] = Math.max(0, sums[i] * mean[i] - unit * half[i]);
    return half && out;
  }

  private variance(index: number, node: GraphNode, variances: readonly (Float64Array | undefined)[], { inputs }: Sample): Float64Array {
    const out = this.arrays[index];
    const before = variances[node.of[0]] as Float64Array;
    switch (node.op) {
      case 'input':
        return meanSquares(inputs[node.index], out);
      case 'window':
        return this.windowSums(before, node.axes, 1 / node.axes.reduce((all, { size }) => all * size, 1), out);
      case 'affine':
        return this.scaled(before, node.w * node.w, node.b * node.b, out);
      case 'dual':
        if (rectifiedSlopes(node.activation)) {
          this.needsDouble ||= hasTiny(before);
          return this.scaled(before, rectifiedDual(node.activation).scale, 0, out);
        }
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

  /** out = factor · values + shift */
  private scaled(values: Float64Array, factor: number, shift: number, out: Float64Array): Float64Array {
    this.core.exports.scale_shift(values.byteOffset, out.byteOffset, out.length, factor, shift);
    return out;
  }

  /** Sums over the windows at every output location times `factor`, one axis after the other. */
  private windowSums(values: Float64Array, axes: readonly WindowAxis[], factor: number, out: Float64Array): Float64Array {
    const last = axes.length - 1;
    let outer = 1;
    let inner = values.length;
    let current = values;
    for (const [k, { from, to, size, stride, dilation, low }] of axes.entries()) {
      inner /= from;
      const next = k === last ? out : this.between[k];
      const [at, target] = [current.byteOffset, next.byteOffset];
      this.core.exports.window_sums(at, target, outer, inner, from, to, size, stride, dilation, low, k === last ? factor : 1);
      current = next;
      outer *= to;
    }
    return current;
  }

  /** The tables of a sample, one after the other as `layout` says, into the core's memory. */
  fill(tables: readonly Table[], layout: SampleLayout, rows: SampleRows, halves: Halves, sample: Sample, out: TypedArray): void {
    for (const table of tables) {
      const at = layout.offsets.get(tableKey(table)) ?? 0;
      const values = rows.variances[table.node];
      const unit = this.units.get(table.node) ?? 1;
      const node = this.graph.nodes[table.node];
      if (table.kind === 'input' && node.op === 'input') out.set(sample.inputs[node.index], at);
      else if (table.kind === 'half') put(out, at, halves.get(table.node), 1);
      else if (table.kind === 'mean') put(out, at, rows.means.get(table.node), 1 / unit);
      else if (table.kind === 'dual' && node.op === 'dual') this.fillDual(table.node, node.of[0], out, at);
      else if (table.kind === 'variance') put(out, at, values, 1 / unit);
      else if (values) {
        const roots = this.core.exports[out instanceof Float32Array ? 'roots_f32' : 'roots_f64'];
        roots(values.byteOffset, out.byteOffset + at * out.BYTES_PER_ELEMENT, values.length, 1 / unit);
      }
    }
  }

  /** R comes in the unit of the result, and σ takes T from one unit to the other. */
  private fillDual(index: number, source: number, out: TypedArray, at: number): void {
    const values = this.duals.get(index) as Float64Array;
    const locations = this.arrays[index].length;
    const [before, after] = [source, index].map((node) => this.units.get(node) ?? 1);
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

function meanSquares(x: TypedArray, out: Float64Array): Float64Array {
  const channels = x.length / out.length;
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, at++) sum += x[at] * x[at];
    out[i] = sum / channels;
  }
  return out;
}
