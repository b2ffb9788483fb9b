/**
 * Tiles of convolutional networks by displacement planes (assembly/planes.ts, docs/design/0006-displacement-planes.md), on the calling thread, in an instance of
 * the core of their own.
 */
import type { SideData } from '../covariance/side';
import { InfiniteWidthError } from '../errors';
import { bytesPer, type TypedArray } from '../ndarray';
import type { GraphJob, GraphPanel, TileField, TileWorker } from './backend';
import { aligned, type Core, type CoreSource } from './core';
import type { HeadSample } from './plane-head';
import type { PlaneImage } from './plane-image';
import { expected, JOB_BYTES, PlaneMemory, type Plans, plansOf, VECTOR } from './plane-memory';
import { type Halves, RowPass, type Sample } from './plane-rows';

export { planeBytes, planeFlops, supportsPlanes } from './plane-memory';

/** @throws ERR_UNSUPPORTED where supportsPlanes gives a reason, ERR_OUT_OF_MEMORY */
export function createPlaneTileWorker(cores: CoreSource, job: GraphJob): PlaneTileWorker {
  const plans = expected(plansOf(job));
  const core = cores.take();
  try {
    return new PlaneTileWorker(cores, core, job, plans);
  } catch (error) {
    cores.give(core);
    throw error;
  }
}

/** Bytes of what is known of samples that a worker keeps from one panel to the next. */
const KEEP_BYTES = 32 << 20;

/** Everything about a sample that pairs read. */
interface Prepared {
  readonly table: TypedArray;
  readonly head: HeadSample;
  readonly needsDouble: boolean;
}

interface Side {
  readonly pass: RowPass;
  readonly data: SideData;
  /** What the core has computed of samples with themselves, by sample. */
  readonly own: Map<number, OwnSample>;
  readonly prepared: Map<number, Prepared>;
}

interface OwnSample {
  readonly halves: Halves;
  /** Σ D of every total. */
  readonly totals: Float64Array | null;
}

interface LoadedPanel {
  readonly from: number;
  readonly count: number;
  readonly heads: readonly HeadSample[];
  /** A sample of it leaves the range of float32 on the way. */
  readonly needsDouble: boolean;
}

export class PlaneTileWorker implements TileWorker<GraphPanel> {
  private readonly at: PlaneMemory;
  private readonly size: 4 | 8;
  private readonly lanes: number;
  private readonly sides: readonly [Side, Side];
  private readonly passes: readonly [RowPass, RowPass];
  private rows: LoadedPanel | null = null;
  private cols: LoadedPanel | null = null;
  private readonly tile: Record<TileField, Float64Array>;
  private lower = false;
  private keptBytes = 0;
  /** Computes what float32 does not carry. */
  private double: PlaneTileWorker | null = null;

  constructor(
    private readonly cores: CoreSource,
    private readonly core: Core,
    private readonly job: GraphJob,
    private readonly plans: Plans,
  ) {
    this.size = bytesPer(plans.dtype);
    this.lanes = VECTOR / this.size;
    const sizes = new PlaneMemory(job, plans, 0);
    this.at = new PlaneMemory(job, plans, core.reserve(sizes.end));
    const { network, pair, own } = plans;
    const left: Side = { pass: new RowPass(network.left, network.roles, pair), data: job.leftData, own: new Map(), prepared: new Map() };
    const right: Side = job.rightData
      ? { pass: new RowPass(network.right, network.roles, pair), data: job.rightData, own: new Map(), prepared: new Map() }
      : left;
    this.sides = [left, right];
    this.passes = [new RowPass(network.left, network.roles, own[0]), new RowPass(network.right, network.roles, own[1])];
    const length = job.rows * job.cols;
    this.tile = { nngp: new Float64Array(length), ntk: new Float64Array(job.tangent ? length : 0) };
    for (const image of new Set([this.at.pair, ...this.at.own])) this.writeImage(image);
  }

  private writeImage(image: PlaneImage): void {
    new Uint8Array(this.core.memory.buffer, image.constants, image.bytes.length).set(image.bytes);
  }

  setRows(panel: GraphPanel): void {
    const { left, leftStride, pair } = this.at;
    const samples = this.prepareAll(0, panel);
    for (const [k, { table }] of samples.entries()) this.view(left + k * leftStride, pair.left.length).set(table);
    this.rows = loaded(panel, samples);
  }

  /** A lane for each: the vectors of as many samples as have lanes are written together. */
  setCols(panel: GraphPanel): void {
    const { lanes } = this;
    const { right, rightStride, pair } = this.at;
    const samples = this.prepareAll(1, panel);
    for (let first = 0; first < samples.length; first += lanes) {
      const vectors = this.view(right + (first / lanes) * rightStride, pair.right.length * lanes);
      interleave(
        samples.slice(first, first + lanes).map(({ table }) => table),
        lanes,
        vectors,
      );
    }
    this.cols = loaded(panel, samples);
  }

  private prepareAll(side: 0 | 1, { from, count }: GraphPanel): readonly Prepared[] {
    return Array.from({ length: count }, (_, k) => this.prepare(side, from + k));
  }

  private prepare(side: 0 | 1, index: number): Prepared {
    const { pass, prepared } = this.sides[side];
    const known = prepared.get(index);
    if (known) return known;
    const layout = side === 0 ? this.at.pair.left : this.at.pair.right;
    const sample = this.sample(side, index);
    const own = this.own(side, index, sample);
    const rows = pass.follow(sample, own.halves);
    const table = this.size === 4 ? new Float32Array(layout.length) : new Float64Array(layout.length);
    pass.fill(layout, rows, own.halves, sample, table);
    const { needsDouble } = pass;
    const made = { table, head: this.plans.head.sample(side === 0 ? 'left' : 'right', rows, own.totals), needsDouble };
    if (this.keeps(table.byteLength)) prepared.set(index, made);
    return made;
  }

  private sample(side: 0 | 1, index: number): Sample {
    return { inputs: this.sides[side].data.inputs.map(({ data, size }) => data.subarray(index * size, (index + 1) * size)) };
  }

  /** Covariances of a sample with itself, as far as its variances after pooling need them: segment after segment, each once. */
  private own(side: 0 | 1, index: number, sample: Sample): OwnSample {
    const known = this.sides[side].own.get(index);
    if (known) return known;
    const plan = this.plans.own[side];
    const halves = new Map<number, Float64Array>();
    plan.segments.forEach((segment, k) => {
      this.runOwn(side, sample, halves, k);
      if (segment.pool !== undefined) halves.set(segment.pool, this.half(side, segment.pool));
    });
    const totals = plan.totals.length > 0 ? Float64Array.from(plan.totals, (_, k) => this.sums(0, 0, k, plan.totals.length)[0]) : null;
    const own = { halves, totals };
    if (this.keeps(8 * [...halves.values()].reduce((sum, half) => sum + half.length, 1))) this.sides[side].own.set(index, own);
    return own;
  }

  private keeps(bytes: number): boolean {
    if (this.keptBytes + bytes > KEEP_BYTES) return false;
    this.keptBytes += bytes;
    return true;
  }

  private runOwn(side: 0 | 1, sample: Sample, halves: Halves, segment: number): void {
    const image = this.at.own[side];
    const pass = this.passes[side];
    const rows = pass.follow(sample, halves);
    const right = this.at.single + aligned(image.left.length * this.size);
    const table = this.view(this.at.single, image.left.length);
    pass.fill(image.left, rows, halves, sample, table);
    const lanes = this.view(right, image.right.length * this.lanes);
    for (let k = 0; k < table.length; k++) lanes[k * this.lanes] = table[k];
    this.run(image, { tangent: false, lower: false, first: segment, last: segment + 1, totals: this.plans.own[side].totals.length }, [
      [1, this.at.single, 0],
      [1, right, 0],
    ]);
  }

  /** ½S of a pooled node: half of what the core makes of plane 0, in the same roundings. */
  private half(side: 0 | 1, pool: number): Float64Array {
    const { own, weights } = this.at.own[side].stores.get(pool) as { own: number; weights: Float64Array };
    const sums = this.view(this.at.work + own, weights.length * this.lanes);
    const round = this.size === 4 ? Math.fround : (x: number) => x;
    return weights.map((weight, i) => 0.5 * round(sums[i * this.lanes] * round(round(weight) * round(weight))));
  }

  compute(lower: boolean): void {
    const { rows, cols, at, job } = this;
    if (!rows || !cols) return;
    this.lower = lower;
    if (this.plans.dtype === 'float32' && (rows.needsDouble || cols.needsDouble)) return this.computeInDouble(rows, cols);
    const vectors = Math.ceil(cols.count / this.lanes);
    this.run(
      at.pair,
      { tangent: job.tangent, lower, first: 0, last: this.plans.pair.segments.length, totals: this.plans.pair.totals.length },
      [
        [rows.count, at.left, at.leftStride],
        [vectors, at.right, at.rightStride],
      ],
    );
    const result = { nngp: 0, ntk: 0 };
    for (let i = 0; i < rows.count; i++)
      for (let j = 0; j < (lower ? i + 1 : cols.count); j++) {
        this.plans.head.pair(rows.heads[i], cols.heads[j], this.pairSums(i, j, vectors), job.tangent, result);
        this.check(result, rows.from + i, cols.from + j);
        this.tile.nngp[i * job.cols + j] = result.nngp;
        if (job.tangent) this.tile.ntk[i * job.cols + j] = result.ntk;
      }
  }

  /** The tile by an engine of doubles: what it gives is checked and read here. */
  private computeInDouble(rows: LoadedPanel, cols: LoadedPanel): void {
    const { job, lower, tile } = this;
    this.double ??= createPlaneTileWorker(this.cores, { ...job, dtype: 'float64' });
    this.double.setRows({ kind: 'graph', from: rows.from, count: rows.count });
    this.double.setCols({ kind: 'graph', from: cols.from, count: cols.count });
    this.double.compute(lower);
    for (const field of ['nngp', 'ntk'] as const) if (tile[field].length > 0) tile[field].set(this.double.tile[field]);
    for (let i = 0; i < rows.count; i++)
      for (let j = 0; j < (lower ? i + 1 : cols.count); j++) {
        const at = i * job.cols + j;
        this.check({ nngp: tile.nngp[at], ntk: job.tangent ? tile.ntk[at] : 0 }, rows.from + i, cols.from + j);
      }
  }

  /** Σ D and Σ T of every total of a pair. */
  private pairSums(i: number, j: number, vectors: number): Float64Array {
    const { length } = this.plans.pair.totals;
    const sums = new Float64Array(2 * length);
    const place = i * vectors + Math.floor(j / this.lanes);
    for (let k = 0; k < length; k++) {
      const [d, t] = this.sums(place, j % this.lanes, k, length);
      sums[2 * k] = d;
      sums[2 * k + 1] = t;
    }
    return sums;
  }

  private sums(place: number, lane: number, total: number, totals: number): [number, number] {
    const out = new Float64Array(this.core.memory.buffer, this.at.out + (place * totals + total) * 2 * this.lanes * 8, 2 * this.lanes);
    return [out[lane], out[this.lanes + lane]];
  }

  private run(
    image: PlaneImage,
    task: { readonly tangent: boolean; readonly lower: boolean; readonly first: number; readonly last: number; readonly totals: number },
    [[rows, left, leftStride], [vectors, right, rightStride]]: readonly [
      readonly [number, number, number],
      readonly [number, number, number],
    ],
  ): void {
    const { at, core } = this;
    const words = new Int32Array(core.memory.buffer, at.record, JOB_BYTES / 4);
    words.fill(0);
    words.set([0, rows, vectors, task.lower ? 1 : 0, task.tangent ? 1 : 0, image.segments, task.first, task.last, task.totals]);
    words.set([left, leftStride, right, rightStride, at.work, at.out, image.constants], 9);
    core.exports[this.size === 4 ? 'planes_f32' : 'planes_f64'](at.record);
  }

  private check({ nngp, ntk }: { readonly nngp: number; readonly ntk: number }, row: number, col: number): void {
    const { dtype } = this.job;
    const [k, t] = dtype === 'float32' ? [Math.fround(nngp), Math.fround(ntk)] : [nngp, ntk];
    if (Number.isFinite(k) && Number.isFinite(t)) return;
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `the kernel of samples ${row} and ${col} is beyond ${dtype}; ${dtype === 'float32' ? "use dtype 'float64', " : ''}scale the data down or use a smaller wStd`,
      { row, col, nngp, ntk },
    );
  }

  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    const [rows, cols] = [this.rows?.count ?? 0, this.cols?.count ?? 0];
    const source = this.tile[field];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        const value = source[this.lower && j > i ? j * this.job.cols + i : i * this.job.cols + j];
        out[offset + (transposed ? j * ld + i : i * ld + j)] = value;
      }
  }

  close(): void {
    this.double?.close();
    this.cores.give(this.core);
  }

  private view(pointer: number, length: number): TypedArray {
    const { buffer } = this.core.memory;
    return this.size === 4 ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
  }
}

const loaded = ({ from, count }: GraphPanel, samples: readonly Prepared[]): LoadedPanel => ({
  from,
  count,
  heads: samples.map(({ head }) => head),
  needsDouble: samples.some(({ needsDouble }) => needsDouble),
});

/** Element i of table k at out[i·lanes + k]; lanes without a table keep what they hold. */
function interleave(tables: readonly TypedArray[], lanes: number, out: TypedArray): void {
  const [a, b, c, d] = tables;
  if (tables.length === 4)
    for (let i = 0, to = 0; i < a.length; i++, to += 4) {
      out[to] = a[i];
      out[to + 1] = b[i];
      out[to + 2] = c[i];
      out[to + 3] = d[i];
    }
  else
    tables.forEach((table, k) => {
      for (let i = 0, to = k; i < table.length; i++, to += lanes) out[to] = table[i];
    });
}
