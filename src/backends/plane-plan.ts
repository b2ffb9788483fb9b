/**
 * Graph → plan of displacement planes: segments (what lies between two poolings), the displacements each of them goes through, where values lie, and the
 * steps. Sizes in cells; plane-image.ts makes bytes of it.
 *
 * A window of stride S maps plane δ of its result to plane Sδ + low₁ − low₂ of its input, so a segment is planned backwards from its last value.
 * D and T carry a unit: D = u·D̃ and T = ½u·T̃, into which divisors, weights and activations are folded, so that they cost nothing.
 */
import type { Graph, GraphNode, WindowAxis } from '../graph';
import type { ActivationLayer } from '../spec';
import { type PlaneOperation, planeDual } from './plane-dual';
import { type Roles, rectifiedDual, rectifiedSlopes, type Total } from './plane-roles';
import { emitSteps } from './plane-steps';

export type Triple = readonly [number, number, number];

/** Numbers of every sample that steps read, one per location (input: one per location and channel). */
export interface Table {
  /**
   * input: the samples themselves; variance: q/u; deviation: √(q/u); half: ½ the diagonal of P D Pᵀ of the sample with itself, over u; mean: P q/u;
   * dual: all tables of an activation outside the rectified family, one after the other
   */
  readonly kind: 'input' | 'variance' | 'deviation' | 'half' | 'mean' | 'dual';
  readonly node: number;
}

export interface ValueSpec {
  readonly node: number;
  readonly left: Triple;
  readonly right: Triple;
  readonly scale: Triple;
  readonly shift: Triple;
  readonly buffer: number;
}

export interface WindowSpec {
  readonly size: Triple;
  readonly stride: Triple;
  readonly dilation: Triple;
  readonly low: Triple;
  readonly lowRight: Triple;
}

export interface StepSpec {
  readonly code: number;
  readonly src?: ValueSpec;
  readonly dst?: ValueSpec;
  readonly other?: ValueSpec;
  readonly window?: WindowSpec;
  /** The pooled node read or written. */
  readonly pool?: number;
  readonly halo?: Table & { readonly squared: boolean; readonly scale: number };
  readonly table?: Table;
  readonly signed?: boolean;
  /** Of an activation outside the rectified family; its tables are those of `dual`. */
  readonly operations?: readonly PlaneOperation[];
  readonly dual?: Table;
  /** Channels of an input, accumulator of a total. */
  readonly index?: number;
  readonly kappa?: number;
  readonly lambda?: number;
  readonly weight?: number;
  readonly bias?: number;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface SegmentSpec {
  readonly steps: readonly StepSpec[];
  /** Of its last value, along z, y, x. */
  readonly displacements: readonly [readonly number[], readonly number[], readonly number[]];
  readonly buffers: number;
  /** Largest plane, and cells around it for halos. */
  readonly extent: Triple;
  readonly before: Triple;
  readonly after: Triple;
  /** The pool node it fills, or the total. */
  readonly pool?: number;
}

export interface PlanePlan {
  readonly left: Graph;
  readonly right: Graph;
  readonly segments: readonly SegmentSpec[];
  /** Displacements kept of every pooled node, along z, y, x. */
  readonly kept: ReadonlyMap<number, readonly [readonly number[], readonly number[], readonly number[]]>;
  /** Unit of every node on planes. */
  readonly units: ReadonlyMap<number, number>;
  readonly tables: readonly Table[];
  readonly totals: readonly Total[];
}

/** What a segment ends in. */
export type End = { readonly source: number; readonly pool: number } | { readonly source: number; readonly total: number };

/** A network on planes: graphs of both sides, the channels of every input, and whether the NTK is wanted. */
export interface PlaneNetwork {
  readonly left: Graph;
  readonly right: Graph;
  readonly channels: readonly number[];
  readonly roles: Roles;
  readonly tangent: boolean;
}

/** The plan, or why there is none. */
export function planPlanes(network: PlaneNetwork): PlanePlan | string {
  return new Planner(network).plan(network.roles.totals, []);
}

/** The plan of a sample with itself: displacement 0 of every pooled value, which its variances follow from; and the totals, if they are wanted. */
export function planOwn(network: PlaneNetwork, totals: boolean): PlanePlan | string {
  return new Planner({ ...network, tangent: false }).plan(totals ? network.roles.totals : [], [0]);
}

const AXES = [0, 1, 2] as const;
/** Units further than this from 1 are brought back, by a power of 2. */
const LARGEST_UNIT_BITS = 48;

export const triple = (values: readonly number[], fill: number): Triple => {
  const padded = [fill, fill, fill, ...values].slice(-3);
  return [padded[0], padded[1], padded[2]];
};
const each = (f: (axis: 0 | 1 | 2) => number): Triple => [f(0), f(1), f(2)];
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const merged = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])].sort((x, y) => x - y);

/** The window along z, y, x; axes that are missing have length 1. */
export function windowSpec(left: readonly WindowAxis[], right: readonly WindowAxis[]): WindowSpec {
  const pick = (axes: readonly WindowAxis[], field: 'size' | 'stride' | 'dilation' | 'low', fill: number) =>
    triple(
      axes.map((axis) => axis[field]),
      fill,
    );
  return {
    size: pick(left, 'size', 1),
    stride: pick(left, 'stride', 1),
    dilation: pick(left, 'dilation', 1),
    low: pick(left, 'low', 0),
    lowRight: pick(right, 'low', 0),
  };
}

/** Cells that windows reach beyond the end of an axis. */
const overhang = ({ from, to, size, stride, dilation, low }: WindowAxis): number =>
  Math.max(0, (to - 1) * stride + (size - 1) * dilation - low - (from - 1));

/** Displacement along each axis = scale · (displacement of the segment's last value) + shift. */
export interface Place {
  readonly scale: Triple;
  readonly shift: Triple;
}

/** What a plan knows of nodes. */
export class Planner {
  readonly tables: Table[] = [];
  private readonly units = new Map<number, number>();
  private readonly rawUnits = new Map<number, number>();
  private readonly kept = new Map<number, [number[], number[], number[]]>();
  private readonly nonnegative = new Set<number>();

  constructor(readonly network: PlaneNetwork) {}

  plan(totals: readonly Total[], keep: number[]): PlanePlan | string {
    const { left, right, roles } = this.network;
    for (const pool of roles.pools) this.kept.set(pool, [keep, keep, keep]);
    this.setUnits();
    const ends: End[] = [
      ...roles.pools.map((pool): End => ({ source: left.nodes[pool].of[0], pool })),
      ...totals.map(({ source }, total): End => ({ source, total })),
    ];
    const segments: SegmentSpec[] = [];
    // Backwards, since a pooled value keeps the planes that later segments ask for.
    for (const end of ends.reverse()) {
      const segment = this.segment(end);
      if (typeof segment === 'string') return segment;
      segments.unshift(segment);
    }
    return { left, right, segments, kept: this.kept, units: this.units, tables: this.tables, totals };
  }

  node(index: number): GraphNode {
    return this.network.left.nodes[index];
  }

  grid(index: number): { readonly left: Triple; readonly right: Triple } {
    const { left, right } = this.network;
    return { left: triple(left.nodes[index].spatial, 1), right: triple(right.nodes[index].spatial, 1) };
  }

  private setUnits(): void {
    for (const index of this.network.roles.planes) {
      const node = this.node(index);
      const inherits = node.of.length > 0 && node.of.every((source) => this.nonnegative.has(source));
      if (node.op === 'dual' ? leavesNone(node.activation, inherits) : inherits) this.nonnegative.add(index);
      const raw = this.unitAfter(node);
      this.rawUnits.set(index, raw);
      this.units.set(index, node.op === 'dual' || node.op === 'sum' ? balanced(raw) : raw);
    }
  }

  /** Divisors, weights and activations are folded into units. */
  private unitAfter(node: GraphNode): number {
    const before = this.unit(node.of[0]);
    switch (node.op) {
      case 'input':
        return 1 / this.network.channels[node.index];
      case 'window':
        return before / node.axes.reduce((product, { size }) => product * size, 1);
      case 'affine':
        return before * node.w * node.w;
      case 'dual':
        return rectifiedSlopes(node.activation) ? before * rectifiedDual(node.activation).scale : 1;
      default:
        return before;
    }
  }

  /** Displacements of the end's value that are wanted. */
  private wanted(end: End): [number[], number[], number[]] {
    const { left, right } = this.grid(end.source);
    const all = (axis: 0 | 1 | 2) => range(1 - left[axis], right[axis]);
    if ('total' in end) return this.network.roles.totals[end.total].kind === 'all' ? [all(0), all(1), all(2)] : [[0], [0], [0]];
    const { size, stride, low, lowRight } = this.window(end.pool);
    const kept = this.kept.get(end.pool) ?? [[], [], []];
    const reached = (axis: 0 | 1 | 2) => {
      const deltas = new Set(
        kept[axis].flatMap((delta) =>
          range(1 - size[axis], size[axis]).map((taps) => stride[axis] * delta + taps + low[axis] - lowRight[axis]),
        ),
      );
      return all(axis).filter((delta) => deltas.has(delta));
    };
    return [reached(0), reached(1), reached(2)];
  }

  window(index: number): WindowSpec {
    const [left, right] = [this.network.left.nodes[index], this.network.right.nodes[index]];
    if ((left.op !== 'window' && left.op !== 'pool') || (right.op !== 'window' && right.op !== 'pool')) return windowSpec([], []);
    return windowSpec(left.axes, right.axes);
  }

  private segment(end: End): SegmentSpec | string {
    const places = this.place(end.source);
    if (typeof places === 'string') return places;
    const displacements = this.wanted(end);
    for (const [index, { scale, shift }] of places) {
      const kept = this.kept.get(index);
      if (kept)
        for (const axis of AXES)
          kept[axis] = merged(
            kept[axis],
            displacements[axis].map((delta) => scale[axis] * delta + shift[axis]),
          );
    }
    return { ...emitSteps(this, places, end), displacements, ...this.margins(places), ...('pool' in end ? { pool: end.pool } : {}) };
  }

  /** Nodes of the segment with their displacements as functions of the last one's. */
  private place(source: number): Map<number, Place> | string {
    const places = new Map<number, Place>([[source, { scale: [1, 1, 1], shift: [0, 0, 0] }]]);
    for (let index = source; index >= 0; index--) {
      const place = places.get(index);
      const node = this.node(index);
      if (!place || node.op === 'input' || node.op === 'pool') continue;
      const { stride, low, lowRight } = node.op === 'window' ? this.window(index) : windowSpec([], []);
      const before = {
        scale: each((axis) => stride[axis] * place.scale[axis]),
        shift: each((axis) => stride[axis] * place.shift[axis] + low[axis] - lowRight[axis]),
      };
      for (const input of node.of) {
        const known = places.get(input);
        if (known && `${known.scale};${known.shift}` !== `${before.scale};${before.shift}`)
          return `${node.layer}: branches read different displacements of ${this.node(input).layer}`;
        places.set(input, before);
      }
    }
    return places;
  }

  private margins(places: ReadonlyMap<number, Place>) {
    const extent: [number, number, number] = [1, 1, 1];
    const before: [number, number, number] = [0, 0, 0];
    const after: [number, number, number] = [0, 0, 0];
    for (const index of places.keys()) {
      const { left, right } = this.grid(index);
      const isWindow = this.node(index).op === 'window';
      const { low, lowRight } = this.window(index);
      const beyond = [this.network.left, this.network.right].map(({ nodes }) => {
        const node = nodes[index];
        return triple(node.op === 'window' ? node.axes.map(overhang) : [], 0);
      });
      for (const axis of AXES) {
        extent[axis] = Math.max(extent[axis], Math.min(left[axis], right[axis]));
        if (!isWindow) continue;
        before[axis] = Math.max(before[axis], low[axis], lowRight[axis]);
        after[axis] = Math.max(after[axis], beyond[0][axis], beyond[1][axis]);
      }
    }
    return { extent, before, after };
  }

  table(kind: Table['kind'], node: number): Table {
    const known = this.tables.find((table) => table.kind === kind && table.node === node);
    const table = known ?? { kind, node };
    if (!known) this.tables.push(table);
    return table;
  }

  unit(index: number): number {
    return this.units.get(index) ?? 1;
  }

  /** Unit of a node before it is brought back near 1, over its unit. */
  excess(index: number): number {
    return (this.rawUnits.get(index) ?? 1) / this.unit(index);
  }

  /** Every pair has ρ ≥ 0. */
  isNonnegative(index: number): boolean {
    return this.nonnegative.has(index);
  }
}

/** The activation leaves no pair with ρ < 0; `hadNone`: nor was there one before. */
function leavesNone(activation: ActivationLayer, hadNone: boolean): boolean {
  if (rectifiedSlopes(activation)) return rectifiedDual(activation).lambda <= 0;
  const sign = planeDual(activation)?.sign;
  return sign === 'positive' || (sign === 'kept' && hadNone);
}

/** A unit far from 1 is divided by a power of 2. */
function balanced(unit: number): number {
  const bits = Math.round(Math.log2(unit));
  return Math.abs(bits) > LARGEST_UNIT_BITS ? unit * 2 ** -bits : unit;
}
