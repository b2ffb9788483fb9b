/**
 * The steps of a segment in the order of computation, and the buffers that values lie in. All buffers of a segment have one geometry, so a step may
 * write where it reads, unless the value is read again later.
 */
import type { GraphNode } from '../graph';
import * as code from './plane-codes';
import { planeDual } from './plane-dual';
import type { End, Place, Planner, SegmentSpec, StepSpec, Table, ValueSpec } from './plane-plan';
import { rectifiedDual, rectifiedSlopes } from './plane-roles';

export function emitSteps(planner: Planner, places: ReadonlyMap<number, Place>, end: End): Pick<SegmentSpec, 'steps' | 'buffers'> {
  const emitter = new Emitter(planner, places, end);
  for (const index of [...places.keys()].sort((a, b) => a - b)) emitter.node(index);
  emitter.end();
  return { steps: emitter.steps, buffers: emitter.buffers };
}

type Dual = Extract<GraphNode, { op: 'dual' }>;
type Affine = Extract<GraphNode, { op: 'affine' }>;

class Emitter {
  readonly steps: StepSpec[] = [];
  buffers = 0;
  private readonly values = new Map<number, ValueSpec>();
  /** Reads of a node that are still to come. */
  private readonly readers = new Map<number, number>();
  private readonly free: number[] = [];
  /** Nodes that the step of a later node computes. */
  private readonly fused = new Set<number>();

  constructor(
    private readonly planner: Planner,
    private readonly places: ReadonlyMap<number, Place>,
    private readonly last: End,
  ) {
    for (const index of places.keys())
      if (!this.isSource(index)) for (const source of planner.node(index).of) this.readers.set(source, (this.readers.get(source) ?? 0) + 1);
    this.readers.set(last.source, (this.readers.get(last.source) ?? 0) + 1);
    for (const index of places.keys()) this.fuse(index);
  }

  /** The affine layer before an activation joins it, and the 3 × 3 window before that. */
  private fuse(index: number): void {
    const node = this.planner.node(index);
    if (node.op !== 'dual') return;
    const [affine] = node.of;
    if (this.planner.node(affine).op !== 'affine' || !this.isOnlyReader(affine)) return;
    this.fused.add(affine);
    const [window] = this.planner.node(affine).of;
    if (this.isBox(window) && this.isOnlyReader(window)) this.fused.add(window);
  }

  private isOnlyReader(index: number): boolean {
    return this.places.has(index) && this.readers.get(index) === 1;
  }

  private isBox(index: number): boolean {
    if (this.planner.node(index).op !== 'window') return false;
    const { size, stride, dilation, low, lowRight } = this.planner.window(index);
    return `${size} ${stride} ${dilation}` === '1,3,3 1,1,1 1,1,1' && `${low}` === `${lowRight}`;
  }

  node(index: number): void {
    const node = this.planner.node(index);
    if (this.fused.has(index)) return;
    switch (node.op) {
      case 'input': {
        const table = this.planner.table('input', index);
        this.steps.push({ code: code.PLANE_INPUT, dst: this.write(index, []), table, index: this.planner.network.channels[node.index] });
        break;
      }
      case 'pool': {
        this.planner.table('half', index);
        this.planner.table('mean', index);
        this.steps.push({ code: code.PLANE_POOLED, dst: this.write(index, []), pool: index });
        break;
      }
      case 'window':
        this.window(index, node.of[0], index);
        break;
      case 'affine':
        this.affine(index, node);
        break;
      case 'dual':
        this.dual(index, node);
        break;
      case 'sum':
        return this.sum(index, node.of, (branch) => this.planner.unit(node.of[branch]) / this.planner.unit(index));
      case 'concatChannels':
        return this.sum(index, node.of, (branch) => (node.weights[branch] * this.planner.unit(node.of[branch])) / this.planner.unit(index));
      default:
        break;
    }
  }

  /** Adds the last value to what the segment fills. */
  end(): void {
    const src = this.value(this.last.source);
    if ('pool' in this.last) {
      const { pool } = this.last;
      this.steps.push({ code: code.PLANE_POOL, src, pool, window: this.planner.window(pool) });
    } else this.steps.push({ code: code.PLANE_TOTAL, src, index: this.last.total });
  }

  private window(index: number, source: number, at: number): void {
    const src = this.value(source);
    const window = this.planner.window(index);
    this.steps.push({ code: code.PLANE_WINDOW, src, dst: this.write(at, [source]), window, ...this.halo(source) });
  }

  private affine(index: number, node: Affine): void {
    const src = this.value(node.of[0]);
    const dst = this.write(index, node.of);
    if (!this.planner.network.tangent) {
      if (dst.buffer !== src.buffer) this.steps.push({ code: code.PLANE_ADD, src, dst, alpha: 1, beta: 0 });
      return;
    }
    const table = this.planner.table('variance', index);
    this.steps.push({ code: code.PLANE_AFFINE, src, dst, table, ...this.weights(index, node) });
  }

  private dual(index: number, node: Dual): void {
    const [before] = node.of;
    const affine = this.planner.node(before);
    const isFused = this.fused.has(before) && affine.op === 'affine';
    const box = isFused && this.fused.has(affine.of[0]) ? affine.of[0] : undefined;
    const source = box !== undefined ? this.planner.node(box).of[0] : isFused ? affine.of[0] : before;
    const src = this.value(source);
    const rest = {
      src,
      dst: this.write(index, [source]),
      table: this.planner.table('deviation', before),
      ...(isFused ? this.weights(before, affine) : { weight: 0, bias: 0 }),
      ...this.transform(index, node),
    };
    const [plain, boxed] = rest.operations ? [code.PLANE_DUAL, code.PLANE_BOX_DUAL] : [code.PLANE_RECTIFIED, code.PLANE_BOX_RECTIFIED];
    if (box === undefined) this.steps.push({ code: plain, ...rest });
    else this.steps.push({ code: boxed, window: this.planner.window(box), ...this.halo(source), ...rest });
    const excess = this.planner.excess(index);
    if (excess !== 1) this.steps.push({ code: code.PLANE_ADD, src: rest.dst, dst: rest.dst, alpha: excess, beta: 0 });
  }

  /** What the activation does to a pair. */
  private transform(index: number, { activation, of }: Dual): Pick<StepSpec, 'signed' | 'kappa' | 'lambda' | 'operations' | 'dual'> {
    if (!rectifiedSlopes(activation)) return { operations: planeDual(activation)?.operations, dual: this.planner.table('dual', index) };
    const { kappa, lambda } = rectifiedDual(activation);
    return { signed: !this.planner.isNonnegative(of[0]), kappa, lambda };
  }

  private sum(index: number, of: readonly number[], scale: (branch: number) => number): void {
    const sources = of.map((source) => this.value(source));
    const dst = this.write(index, of.slice(0, 1));
    this.steps.push({ code: code.PLANE_ADD, src: sources[0], dst, other: sources[1], alpha: scale(0), beta: sources[1] ? scale(1) : 0 });
    for (let k = 2; k < of.length; k++)
      this.steps.push({ code: code.PLANE_ADD, src: dst, dst, other: sources[k], alpha: 1, beta: scale(k) });
    for (const source of of.slice(1)) this.release(source);
  }

  /** c₁ and c₂ of T̃' = T̃ + c₁·2K̃ + c₂. */
  private weights(index: number, { w, b, fanIn, hasBias }: Affine): { readonly weight: number; readonly bias: number } {
    if (fanIn === null) return { weight: 1, bias: 0 };
    const bias = (hasBias ? 1 : 0) - (fanIn * b * b) / (w * w);
    return { weight: fanIn / (w * w), bias: (2 * bias) / this.planner.unit(index) };
  }

  /** Where the halo's variances stand: after a rectified activation its own deviations serve. */
  private halo(index: number): { readonly halo: NonNullable<StepSpec['halo']> } {
    const node = this.planner.node(index);
    const table: Table =
      node.op === 'dual' && rectifiedSlopes(node.activation) && this.places.has(node.of[0])
        ? this.planner.table('deviation', node.of[0])
        : this.planner.table('variance', index);
    const squared = table.kind === 'deviation';
    return { halo: { ...table, squared, scale: squared ? this.planner.excess(index) : 1 } };
  }

  private isSource(index: number): boolean {
    const { op } = this.planner.node(index);
    return op === 'input' || op === 'pool';
  }

  private value(index: number): ValueSpec {
    const value = this.values.get(index);
    if (!value) throw new Error(`node ${index} has no value`);
    return value;
  }

  /** A buffer for a node's value: that of one of `sources` if this is its last reader and planes correspond. */
  private write(index: number, sources: readonly number[]): ValueSpec {
    const place = this.places.get(index) as Place;
    const [first] = sources;
    const reusable = first !== undefined && this.readers.get(first) === 1 && samePlace(place, this.places.get(first) as Place);
    const buffer = reusable ? this.value(first).buffer : (this.free.pop() ?? this.buffers++);
    for (const source of sources) this.release(source, reusable);
    const value = { node: index, ...this.planner.grid(index), ...place, buffer };
    this.values.set(index, value);
    return value;
  }

  private release(index: number, isReused = false): void {
    const left = (this.readers.get(index) ?? 0) - 1;
    this.readers.set(index, left);
    if (left === 0 && !isReused) this.free.push(this.value(index).buffer);
  }
}

const samePlace = (a: Place, b: Place): boolean => `${a.scale};${a.shift}` === `${b.scale};${b.shift}`;
