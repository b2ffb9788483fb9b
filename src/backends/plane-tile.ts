/**
 * Tiles of convolutional networks by displacement planes (assembly/planes.ts, docs/design/0006-displacement-planes.md), on the calling thread, in an instance of
 * the core of their own.
 */
import type { SideData } from '../covariance/side';
import { InfiniteWidthError } from '../errors';
import { bytesPer, type TypedArray } from '../ndarray';
import type { GraphJob, GraphPanel, TileField, TileWorker } from './backend';
import { aligned, type Core, type CoreSource } from './core';
import type { HeadSample, PairResult } from './plane-head';
import type { PlaneImage } from './plane-image';
import { farApart, isHomogeneous, leastBias, levelOf } from './plane-level';
import { expected, JOB_BYTES, type Places, PlaneMemory, type Plans, plansOf, VECTOR } from './plane-memory';
import { type Halves, RowPass, type Sample } from './plane-rows';
import { TableStore } from './plane-tables';

export { planeBytes, planeFlops, supportsPlanes } from './plane-memory';

/** @throws ERR_UNSUPPORTED where supportsPlanes gives a reason, ERR_OUT_OF_MEMORY */
export function createPlaneTileWorker(cores: CoreSource, job: GraphJob): PlaneTileWorker {
  const plans = expected(plansOf(job));
  const own = cores.part('planes');
  const core = own.take();
  try {
    return new PlaneTileWorker(own, core, job, plans);
  } catch (error) {
    own.give(core);
    throw error;
  }
}

/** Bytes of samples with themselves that a worker keeps from one panel to the next. */
const OWN_BYTES = 8 << 20;

/** What pairs read of a sample beside its tables. */
interface Facts {
  readonly head: HeadSample;
  readonly level: number;
  readonly needsDouble: boolean;
}

interface Side {
  readonly pass: RowPass;
  readonly data: SideData;
  readonly tables: TableStore<Facts>;
  /** What the core has computed of samples with themselves, by sample. */
  readonly own: Map<number, OwnSample>;
}

interface OwnSample {
  readonly halves: Halves;
  /** Σ D of every total. */
  readonly totals: Float64Array | null;
}

interface LoadedPanel {
  readonly from: number;
  readonly count: number;
  readonly heads: HeadSample[];
  readonly levels: number[];
  /** A sample of it leaves the range of float32 on the way. */
  needsDouble: boolean;
}

export class PlaneTileWorker implements TileWorker<GraphPanel> {
  private readonly at: PlaneMemory;
  private readonly size: 4 | 8;
  private readonly lanes: number;
  private readonly sides: readonly [Side, Side];
  private rows: LoadedPanel | null = null;
  private cols: LoadedPanel | null = null;
  private readonly tile: Record<TileField, Float64Array>;
  /** Samples are divided by their levels. */
  private readonly isScaled: boolean;
  private readonly leastBias: number;
  private lower = false;
  private ownBytes = 0;
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
    this.at = new PlaneMemory(job, plans, core.reserve(0));
    core.reserve(this.at.keptEnd - this.at.base);
    const { left, right, roles } = plans.network;
    const leftPass = new RowPass(core, this.at.rows[0], left, roles, plans.pair.units);
    const rightPass = right === left ? leftPass : new RowPass(core, this.at.rows[1], right, roles, plans.pair.units);
    const [keptLeft, keptRight] = this.at.kept;
    const side = (pass: RowPass, data: SideData, kept: Places): Side => ({ pass, data, tables: new TableStore(kept), own: new Map() });
    const first = side(leftPass, job.leftData, keptLeft);
    this.sides = [first, job.rightData ? side(rightPass, job.rightData, keptRight) : first];
    this.isScaled = isHomogeneous(job.left);
    this.leastBias = leastBias(job.left);
    const length = job.rows * job.cols;
    this.tile = { nngp: new Float64Array(length), ntk: new Float64Array(job.tangent ? length : 0) };
    for (const image of new Set([this.at.pair, ...this.at.own])) this.writeImage(image);
  }

  private writeImage(image: PlaneImage): void {
    new Uint8Array(this.core.memory.buffer, image.constants, image.bytes.length).set(image.bytes);
  }

  setRows({ from, count }: GraphPanel): void {
    const { left, rowList } = this.at;
    const rows: LoadedPanel = { from, count, heads: [], levels: [], needsDouble: false };
    const list = Array.from({ length: count }, (_, k) => this.tables(0, from + k, left.at + k * left.stride, rows));
    this.words(rowList, count).set(list);
    this.rows = rows;
  }

  /** A lane for each; lanes without a sample have the last one again. */
  setCols({ from, count }: GraphPanel): void {
    const { lanes, core } = this;
    const { right, rightStride, lane, laneList, pair } = this.at;
    const cols: LoadedPanel = { from, count, heads: [], levels: [], needsDouble: false };
    const weave = core.exports[this.size === 4 ? 'weave_f32' : 'weave_f64'];
    for (let first = 0, to = right; first < count; first += lanes, to += rightStride) {
      const last = Math.min(lanes, count - first) - 1;
      const list = Array.from({ length: last + 1 }, (_, k) => this.tables(1, from + first + k, lane.at + k * lane.stride, cols));
      this.words(laneList, lanes).set(Array.from({ length: lanes }, (_, k) => list[Math.min(k, last)]));
      weave(laneList, to, pair.right.length);
    }
    this.cols = cols;
  }

  /** The address of a sample's tables, at `spare` if they are not kept, and the rest into its panel. */
  private tables(side: 0 | 1, index: number, spare: number, panel: LoadedPanel): number {
    const { at, facts } = this.sides[side].tables.of(index, spare, (to) => this.prepare(side, index, to));
    panel.heads.push(facts.head);
    panel.levels.push(facts.level);
    panel.needsDouble ||= facts.needsDouble;
    return at;
  }

  private prepare(side: 0 | 1, index: number, to: number): Facts {
    const { pass } = this.sides[side];
    const layout = side === 0 ? this.at.pair.left : this.at.pair.right;
    const inputs = this.sides[side].data.inputs.map(({ data, size }) => data.subarray(index * size, (index + 1) * size));
    const level = levelOf(inputs);
    const unit = this.isScaled && level > 0 ? level : 1;
    const sample = { inputs: unit === 1 ? inputs : inputs.map((input) => input.map((x) => x / unit)) };
    const own = this.own(side, index, sample);
    const rows = pass.follow(sample, own.halves);
    pass.fill(this.plans.pair.tables, layout, rows, own.halves, sample, this.view(to, layout.length));
    const { needsDouble } = pass;
    return { head: this.plans.head.sample(side === 0 ? 'left' : 'right', rows, own.totals), level, needsDouble };
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
    const totals = plan.totals.length > 0 ? this.sums(1, plan.totals.length)(0, 0).filter((_, k) => k % 2 === 0) : null;
    const own = { halves, totals };
    const bytes = 8 * [...halves.values()].reduce((sum, half) => sum + half.length, totals?.length ?? 0);
    if (this.ownBytes + bytes <= OWN_BYTES) {
      this.sides[side].own.set(index, own);
      this.ownBytes += bytes;
    }
    return own;
  }

  private runOwn(side: 0 | 1, sample: Sample, halves: Halves, segment: number): void {
    const image = this.at.own[side];
    const { pass } = this.sides[side];
    const rows = pass.follow(sample, halves);
    const right = this.at.single + aligned(image.left.length * this.size);
    const table = this.view(this.at.single, image.left.length);
    pass.fill(this.plans.own[side].tables, image.left, rows, halves, sample, table);
    const lanes = this.view(right, image.right.length * this.lanes);
    for (let k = 0; k < table.length; k++) lanes[k * this.lanes] = table[k];
    // Not in the list of rows, which those of a tile stand in.
    this.words(this.at.laneList, 1).set([this.at.single]);
    this.run(image, { tangent: false, lower: false, first: segment, last: segment + 1, totals: this.plans.own[side].totals.length }, [
      [1, this.at.laneList],
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
    if (this.plans.dtype === 'float32' && this.needsDouble(rows, cols)) return this.computeInDouble(rows, cols);
    const vectors = Math.ceil(cols.count / this.lanes);
    this.run(
      at.pair,
      { tangent: job.tangent, lower, first: 0, last: this.plans.pair.segments.length, totals: this.plans.pair.totals.length },
      [
        [rows.count, at.rowList],
        [vectors, at.right, at.rightStride],
      ],
    );
    const sums = this.sums(vectors, this.plans.pair.totals.length);
    const result = { nngp: 0, ntk: 0 };
    for (let i = 0; i < rows.count; i++)
      for (let j = 0; j < (lower ? i + 1 : cols.count); j++) {
        this.plans.head.pair(rows.heads[i], cols.heads[j], sums(i, j), job.tangent, result);
        if (this.isScaled) scale(result, rows.levels[i], cols.levels[j]);
        this.check(result, rows.from + i, cols.from + j);
        this.tile.nngp[i * job.cols + j] = result.nngp;
        if (job.tangent) this.tile.ntk[i * job.cols + j] = result.ntk;
      }
  }

  private needsDouble(rows: LoadedPanel, cols: LoadedPanel): boolean {
    return rows.needsDouble || cols.needsDouble || (!this.isScaled && farApart([...rows.levels, ...cols.levels], this.leastBias));
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

  /** What reads Σ D and Σ T of every total of a pair, of rows of so many vectors; valid until the next call. */
  private sums(vectors: number, totals: number): (i: number, j: number) => Float64Array {
    const { lanes } = this;
    const out = new Float64Array(this.core.memory.buffer, this.at.out);
    const sums = new Float64Array(2 * totals);
    return (i, j) => {
      const place = i * vectors + Math.floor(j / lanes);
      for (let k = 0; k < totals; k++) {
        const d = (place * totals + k) * 2 * lanes + (j % lanes);
        sums[2 * k] = out[d];
        sums[2 * k + 1] = out[d + lanes];
      }
      return sums;
    };
  }

  private run(
    image: PlaneImage,
    task: { readonly tangent: boolean; readonly lower: boolean; readonly first: number; readonly last: number; readonly totals: number },
    [[rows, lefts], [vectors, right, rightStride]]: readonly [readonly [number, number], readonly [number, number, number]],
  ): void {
    const { at, core } = this;
    const words = this.words(at.record, JOB_BYTES / 4);
    words.fill(0);
    words.set([0, rows, vectors, task.lower ? 1 : 0, task.tangent ? 1 : 0, image.segments, task.first, task.last, task.totals]);
    words.set([lefts, right, rightStride, at.work, at.out, image.constants], 9);
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

  private words(pointer: number, length: number): Int32Array {
    return new Int32Array(this.core.memory.buffer, pointer, length);
  }
}

/** A pair of samples that were divided by their levels; of zeros K and T are 0. */
function scale(pair: PairResult, level1: number, level2: number): void {
  pair.nngp = pair.nngp * level1 * level2;
  pair.ntk = pair.ntk * level1 * level2;
}
