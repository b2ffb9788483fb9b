/**
 * A plan as the core reads it (assembly/plane-records.ts): records, lists and constants at their addresses, and how long samples' tables and the
 * workspace of a thread are.
 */
import { type GraphNode, locationsOf, type WindowAxis } from '../graph';
import type { DType } from '../ndarray';
import { RECORD_BYTES } from '../opcodes';
import { type PlaneOperation, planeDual } from './plane-dual';
import type { PlanePlan, SegmentSpec, StepSpec, Table, Triple, ValueSpec, WindowSpec } from './plane-plan';
import { windowSpec } from './plane-plan';

const VECTOR = 16;
const STEP_BYTES = 120;
/** Bytes of the plane's own record at the start of a workspace. */
const PLANE_BYTES = 64;
const MATCH_BYTES = 20;

/** Relative minimax polynomials on d ∈ [0, 1] for single precision, lowest degree first: R of degree 5 (error 1.2e-7), P of degree 6 (1.0e-7). */
const SEGMENT_SINGLE = [0.942808927, 0.0471481724, 0.00749224124, 0.00208072713, -6.29805189e-5, 0.000532791105];
const ANGLE_SINGLE = [1.41421371, 0.117837678, 0.0267180916, 0.00677499673, 0.00555203811, -0.00257979097, 0.00227944339];

export interface SampleLayout {
  /** Elements from the start of a sample's tables to each. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Elements of all. */
  readonly length: number;
}

export const tableKey = ({ kind, node }: Table): string => `${kind} ${node}`;

/** Tables of one side, one after the other. */
export function sampleLayout(plan: PlanePlan, side: 'left' | 'right', channels: readonly number[]): SampleLayout {
  const offsets = new Map<string, number>();
  let length = 0;
  for (const table of plan.tables) {
    offsets.set(tableKey(table), length);
    const node = plan[side].nodes[table.node];
    length += locationsOf(node.spatial) * tablesOf(table, node, channels);
  }
  return { offsets, length };
}

/** Numbers of a location. */
function tablesOf({ kind }: Table, node: GraphNode, channels: readonly number[]): number {
  if (kind === 'input' && node.op === 'input') return channels[node.index];
  return kind === 'dual' && node.op === 'dual' ? (planeDual(node.activation)?.tables ?? 0) : 1;
}

export interface PlaneImage {
  /** Contents from `base` on. */
  readonly bytes: Uint8Array;
  readonly constants: number;
  readonly segments: number;
  readonly left: SampleLayout;
  readonly right: SampleLayout;
  /** Bytes of a thread's workspace. */
  readonly workBytes: number;
  /** Of the pool node: bytes from the workspace to the plane δ = 0 of its value, and the weights of its locations. */
  readonly stores: ReadonlyMap<number, { readonly own: number; readonly weights: Float64Array }>;
}

/** @param base address where the image will stand */
export function makeImage(plan: PlanePlan, dtype: DType, tangent: boolean, channels: readonly number[], base: number): PlaneImage {
  return new ImageBuilder(plan, dtype, tangent, channels, base).build();
}

const aligned = (bytes: number, unit = 64): number => Math.ceil(bytes / unit) * unit;
const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);

class ImageBuilder {
  private buffer = new ArrayBuffer(1 << 16);
  private view = new DataView(this.buffer);
  private end = 0;
  private readonly cell: number;
  private readonly left: SampleLayout;
  private readonly right: SampleLayout;
  private readonly scratch: number;
  private workEnd: number;
  private readonly storeAt = new Map<number, number>();
  private readonly stores = new Map<number, { own: number; weights: Float64Array }>();

  constructor(
    private readonly plan: PlanePlan,
    private readonly dtype: DType,
    tangent: boolean,
    channels: readonly number[],
    private readonly base: number,
  ) {
    this.cell = tangent ? 2 * VECTOR : VECTOR;
    this.left = sampleLayout(plan, 'left', channels);
    this.right = sampleLayout(plan, 'right', channels);
    this.scratch = PLANE_BYTES + Math.max(0, ...plan.segments.map((segment) => segment.buffers * this.bufferBytes(segment)));
    this.workEnd =
      this.scratch + aligned(Math.max(0, ...plan.segments.flatMap((segment) => segment.steps.map((step) => this.scratchBytes(step)))));
  }

  build(): PlaneImage {
    const constants = this.take(0);
    if (this.dtype === 'float32') for (const value of [...SEGMENT_SINGLE, ...ANGLE_SINGLE]) this.vector(value);
    for (const pool of this.plan.kept.keys()) this.store(pool);
    const records = this.plan.segments.map((segment) => this.segment(segment));
    const segments = this.words(records.flat());
    const { left, right, stores } = this;
    return { bytes: new Uint8Array(this.buffer, 0, this.end), constants, segments, left, right, workBytes: aligned(this.workEnd), stores };
  }

  /** Address of `bytes` bytes, 16-byte aligned. */
  private take(bytes: number): number {
    const start = aligned(this.end, VECTOR);
    this.end = start + bytes;
    if (this.end > this.buffer.byteLength) {
      const larger = new ArrayBuffer(2 * this.end);
      new Uint8Array(larger).set(new Uint8Array(this.buffer));
      this.buffer = larger;
      this.view = new DataView(larger);
    }
    return this.base + start;
  }

  private vector(value: number): number {
    const at = this.take(VECTOR);
    for (let k = 0; k < VECTOR; k += this.dtype === 'float32' ? 4 : 8)
      if (this.dtype === 'float32') this.view.setFloat32(at - this.base + k, value, true);
      else this.view.setFloat64(at - this.base + k, value, true);
    return at;
  }

  private vectors(values: Iterable<number>): number {
    const at = this.take(0);
    for (const value of values) this.vector(value);
    return at;
  }

  private words(values: readonly number[]): number {
    const at = this.take(4 * values.length);
    for (const [k, value] of values.entries()) this.view.setInt32(at - this.base + 4 * k, value, true);
    return at;
  }

  private geometry({ extent, before, after }: SegmentSpec): { readonly row: number; readonly slice: number; readonly slices: number } {
    const [slices, rows, cells] = extent.map((length, axis) => before[axis] + length + after[axis]);
    return { row: cells * this.cell, slice: rows * cells * this.cell, slices };
  }

  private bufferBytes(segment: SegmentSpec): number {
    const { slice, slices } = this.geometry(segment);
    return aligned(slice * slices);
  }

  private scratchBytes({ dst, window, pool, operations }: StepSpec): number {
    const spare = (operations ? 3 : 2) * VECTOR;
    if (!window) return dst ? spare * Math.min(dst.left[2], dst.right[2]) : 0;
    if (pool !== undefined) return MATCH_BYTES * window.size.reduce((sum, size) => sum + size * size, 0);
    const [depth, height, width] = (dst as ValueSpec).left.map((length, axis) => {
      const count = Math.min(length, (dst as ValueSpec).right[axis]);
      return axis === 2 ? count : (count - 1) * window.stride[axis] + (window.size[axis] - 1) * window.dilation[axis] + 1;
    });
    return depth * Math.max(height, 3) * width * this.cell + spare * width;
  }

  /** A pooled value: where its planes lie, and the weights of its locations. */
  private store(pool: number): void {
    const kept = this.plan.kept.get(pool) as readonly [readonly number[], readonly number[], readonly number[]];
    const sides = (['left', 'right'] as const).map((side) => {
      const node = this.plan[side].nodes[pool];
      const axes = node.op === 'pool' ? node.axes : [];
      const weights =
        node.op === 'pool'
          ? poolWeights(axes, node.divisor, node.normalizeEdges)
          : { weights: new Float64Array(1), sums: new Float64Array(1) };
      return { grid: spatialTriple(node.spatial), ...weights };
    });
    const [left, right] = sides;
    const start = aligned(this.workEnd);
    this.workEnd = start;
    const offsets: number[] = [];
    let own = -1;
    const extent = (delta: number, axis: number) => Math.min(left.grid[axis], right.grid[axis] - delta) - Math.max(0, -delta);
    for (const z of kept[0])
      for (const y of kept[1])
        for (const x of kept[2]) {
          if (z === 0 && y === 0 && x === 0) own = this.workEnd;
          offsets.push(this.workEnd);
          this.workEnd += product([extent(z, 0), extent(y, 1), extent(x, 2)]) * this.cell;
        }
    const places = kept.map((deltas, axis) =>
      this.words(Array.from({ length: left.grid[axis] + right.grid[axis] - 1 }, (_, k) => deltas.indexOf(k + 1 - left.grid[axis]))),
    );
    const table = (kind: Table['kind'], { offsets: at }: SampleLayout) => at.get(tableKey({ kind, node: pool })) ?? 0;
    const list = this.words(offsets);
    const vectors = [left.weights, right.weights, left.sums, right.sums].map((values) => this.vectors(values));
    const words = [
      ...[...left.grid, ...right.grid, ...places, kept[1].length, kept[2].length, list, start, this.workEnd - start, ...vectors],
      ...[table('half', this.left), table('half', this.right), table('mean', this.left), table('mean', this.right)],
    ];
    this.storeAt.set(pool, this.words(words));
    this.stores.set(pool, { own, weights: left.weights });
  }

  private segment(segment: SegmentSpec): number[] {
    const values = new Map<ValueSpec, number>();
    const valueAt = (value: ValueSpec | undefined): number => {
      if (!value) return 0;
      const known = values.get(value);
      if (known !== undefined) return known;
      const at = this.value(segment, value);
      values.set(value, at);
      return at;
    };
    const operands = segment.steps.map((step) => ({
      src: valueAt(step.src),
      dst: step.dst ? valueAt(step.dst) : step.pool !== undefined ? (this.storeAt.get(step.pool) ?? 0) : 0,
      other: step.other
        ? valueAt(step.other)
        : step.window
          ? this.window(step.window)
          : step.pool !== undefined
            ? (this.storeAt.get(step.pool) ?? 0)
            : 0,
      program: step.operations ? this.program(step.operations, step.dual as Table) : 0,
    }));
    const steps = this.take(STEP_BYTES * segment.steps.length);
    for (const [k, step] of segment.steps.entries()) this.step(steps + k * STEP_BYTES - this.base, step, operands[k]);
    const [z, y, x] = segment.displacements;
    const list = this.words([...z, ...y, ...x]);
    const store = segment.pool === undefined ? 0 : (this.storeAt.get(segment.pool) ?? 0);
    return [steps, segment.steps.length, z.length, y.length, x.length, list, store];
  }

  /** Records of the operations, and one more, which says where the tables end that they read. */
  private program(operations: readonly PlaneOperation[], { node: index }: Table): number {
    const node = this.plan.left.nodes[index];
    const tables = node.op === 'dual' ? (planeDual(node.activation)?.tables ?? 0) : 0;
    const start = this.take(RECORD_BYTES * (operations.length + 1));
    for (const [k, { code, table, params }] of [...operations, { code: 0, table: tables - 2, params: [] }].entries()) {
      const at = start - this.base + k * RECORD_BYTES;
      this.view.setInt32(at, code, true);
      this.view.setInt32(at + 4, table, true);
      for (const [i, value] of params.slice(0, 4).entries()) this.view.setFloat64(at + 8 + 8 * i, value, true);
      const vectors = this.vectors(params);
      this.view.setInt32(at + 40, vectors - start, true);
    }
    return start;
  }

  private step(
    at: number,
    step: StepSpec,
    operands: { readonly src: number; readonly dst: number; readonly other: number; readonly program: number },
  ): void {
    const { view } = this;
    const offset = ({ offsets }: SampleLayout, table: Table | undefined) => (table ? (offsets.get(tableKey(table)) ?? 0) : 0);
    const words = [step.code, operands.src, operands.dst, operands.other, offset(this.left, step.halo), offset(this.right, step.halo)];
    words.push(
      offset(this.left, step.table),
      offset(this.right, step.table),
      step.halo?.squared ? 1 : 0,
      step.signed ? 1 : 0,
      step.index ?? 0,
      this.scratch,
    );
    for (const [k, word] of words.entries()) view.setInt32(at + 4 * k, word, true);
    const { kappa = 0, lambda = 0, weight = 0, bias = 0, alpha = 0, beta = 0 } = step;
    for (const [k, value] of [kappa, lambda, weight, bias, alpha, beta, step.halo?.scale ?? 1].entries())
      view.setFloat64(at + 48 + 8 * k, value, true);
    const dual = [operands.program, step.operations?.length ?? 0, offset(this.left, step.dual), offset(this.right, step.dual)];
    for (const [k, word] of dual.entries()) view.setInt32(at + 104 + 4 * k, word, true);
  }

  private value(segment: SegmentSpec, { left, right, scale, shift, buffer }: ValueSpec): number {
    const { row, slice } = this.geometry(segment);
    const [z, y, x] = segment.before;
    const origin = PLANE_BYTES + buffer * this.bufferBytes(segment) + z * slice + y * row + x * this.cell;
    return this.words([...left, ...right, ...scale, ...shift, origin, row, slice, 0]);
  }

  private window({ size, stride, dilation, low, lowRight }: WindowSpec): number {
    return this.words([...size, ...stride, ...dilation, ...low, ...lowRight]);
  }
}

const spatialTriple = (spatial: readonly number[]): Triple => {
  const [z, y, x] = [1, 1, 1, ...spatial].slice(-3);
  return [z, y, x];
};

/** Weight of every window of a pool, and the sums of the rows of P. */
export function poolWeights(axes: readonly WindowAxis[], divisor: number, normalizeEdges: boolean) {
  const { size, stride, low } = windowSpec(axes, axes);
  const to = spatialTriple(axes.map((axis) => axis.to));
  const from = spatialTriple(axes.map((axis) => axis.from));
  const overlap = (axis: number, o: number) => {
    const start = o * stride[axis] - low[axis];
    return Math.min(from[axis], start + size[axis]) - Math.max(0, start);
  };
  const weights = new Float64Array(product(to));
  const sums = new Float64Array(product(to));
  for (let z = 0, at = 0; z < to[0]; z++)
    for (let y = 0; y < to[1]; y++)
      for (let x = 0; x < to[2]; x++, at++) {
        const count = overlap(0, z) * overlap(1, y) * overlap(2, x);
        weights[at] = 1 / (normalizeEdges ? count : divisor);
        sums[at] = normalizeEdges ? 1 : count / divisor;
      }
  return { weights, sums };
}
