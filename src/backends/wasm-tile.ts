/** Tiles in the WebAssembly core: lays out one workspace, fills the job record of assembly/tile.ts, copies results out. */
import { bytesPer, type TypedArray } from '../ndarray';
import { RECORD_BYTES } from '../opcodes';
import type { Panel, TileField, TileJob, TileWorker } from './backend';
import { aligned, type Core, type CorePool } from './core';

/** Register tile of the core: rows, and bytes of columns. */
const MR = 4;
const NR_BYTES = 32;
const JOB_BYTES = 128;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/** Word positions in the job record. */
enum Word {
  rows,
  cols,
  paddedRows,
  paddedCols,
  features,
  lower,
  tangent,
  records,
  program,
  left,
  leftPacked,
  leftUnits,
  leftTables,
  leftStride,
  right,
  rightPacked,
  rightUnits,
  rightTables,
  rightStride,
  nngp,
  ntk,
  margin,
}

interface Side {
  readonly data: number;
  readonly packed: number;
  readonly units: number;
  readonly tables: number;
  readonly scales: number;
  /** Rows a panel may have, rounded up. */
  readonly capacity: number;
  /** Rows of a packed panel. */
  readonly width: number;
  count: number;
}

/** Bytes of WebAssembly memory that tiles of a job occupy: what plan.ts counts. */
export function tileBytes(job: TileJob): number {
  return layout(job, 0).end;
}

function layout(job: TileJob, base: number) {
  const size = bytesPer(job.dtype);
  const lanes = NR_BYTES / size;
  let end = base;
  const take = (bytes: number): number => {
    const pointer = end;
    end += aligned(bytes);
    return pointer;
  };
  const side = (rows: number, width: number): Side => {
    const capacity = roundUp(rows, lanes);
    return {
      data: take(capacity * job.features * size),
      packed: take(roundUp(rows, width) * job.features * size),
      units: take(capacity * 16),
      tables: take(capacity * Math.max(1, job.program.tables) * size),
      scales: take(capacity * size),
      capacity,
      width,
      count: 0,
    };
  };
  const record = take(JOB_BYTES);
  const program = take(job.program.ops.length * RECORD_BYTES);
  const left = side(job.rows, MR);
  const right = side(job.cols, lanes);
  const cells = roundUp(job.rows, MR) * right.capacity * size;
  const fields = { nngp: take(cells), ntk: take(cells) };
  const margin = take(right.capacity * size);
  const transposed = take(cells);
  return { record, program, left, right, fields, margin, transposed, end };
}

export function createWasmTileWorker(pool: CorePool, job: TileJob): TileWorker {
  const core = pool.take();
  try {
    return new WasmTileWorker(pool, core, job);
  } catch (error) {
    pool.give(core);
    throw error;
  }
}

class WasmTileWorker implements TileWorker {
  private readonly at: ReturnType<typeof layout>;
  private readonly size: 4 | 8;
  private readonly suffix: '_f32' | '_f64';

  constructor(
    private readonly pool: CorePool,
    private readonly core: Core,
    private readonly job: TileJob,
  ) {
    this.size = bytesPer(job.dtype);
    this.suffix = this.size === 4 ? '_f32' : '_f64';
    this.at = layout(job, core.reserve(tileBytes(job)));
    this.writeProgram();
  }

  setRows(panel: Panel): void {
    this.load(this.at.left, panel);
  }

  setCols(panel: Panel): void {
    this.load(this.at.right, panel);
  }

  compute(lower: boolean): void {
    const { left, right, fields } = this.at;
    const words = new Int32Array(this.core.memory.buffer, this.at.record, JOB_BYTES / 4);
    words[Word.rows] = left.count;
    words[Word.cols] = right.count;
    words[Word.paddedRows] = roundUp(left.count, MR);
    words[Word.paddedCols] = this.paddedCols;
    words[Word.features] = this.job.features;
    words[Word.lower] = lower ? 1 : 0;
    words[Word.tangent] = this.job.tangent ? 1 : 0;
    words[Word.records] = this.job.program.ops.length;
    words[Word.program] = this.at.program;
    words.set([left.data, left.packed, left.units, left.tables, left.capacity * this.size], Word.left);
    words.set([right.data, right.packed, right.units, right.tables, right.capacity * this.size], Word.right);
    words.set([fields.nngp, fields.ntk, this.at.margin], Word.nngp);
    this.core.exports[`tile${this.suffix}`](this.at.record);
  }

  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    const { left, right, fields, transposed: scratch } = this.at;
    if (!transposed) return this.copyRows(fields[field], left.count, right.count, this.paddedCols, out, offset, ld);
    this.core.exports[`transpose${this.suffix}`](fields[field], left.count, right.count, this.paddedCols, scratch);
    this.copyRows(scratch, right.count, left.count, left.count, out, offset, ld);
  }

  close(): void {
    this.pool.give(this.core);
  }

  private get paddedCols(): number {
    return roundUp(this.at.right.count, this.at.right.width);
  }

  private view(pointer: number, length: number): TypedArray {
    const { buffer } = this.core.memory;
    return this.size === 4 ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
  }

  private copyRows(pointer: number, rows: number, cols: number, stride: number, out: TypedArray, offset: number, ld: number): void {
    const source = this.view(pointer, rows * stride);
    for (let i = 0; i < rows; i++) out.set(source.subarray(i * stride, i * stride + cols), offset + i * ld);
  }

  private load(side: Side, panel: Panel): void {
    const { features, program } = this.job;
    const { count } = panel;
    side.count = count;
    this.view(side.data, count * features).set(panel.data.subarray(panel.from * features, (panel.from + count) * features));
    const units = new Float64Array(this.core.memory.buffer, side.units, 2 * count);
    for (let i = 0; i < count; i++) units.set([panel.scale[i], panel.inverse[i]], 2 * i);
    this.view(side.scales, count).set(panel.scale);
    const tables = this.view(side.tables, side.capacity * program.tables);
    for (let table = 0; table < program.tables; table++)
      tables.set(panel.tables.subarray(table * count, (table + 1) * count), table * side.capacity);
    for (let table = 0; table < program.tables; table++) tables.fill(0, table * side.capacity + count, (table + 1) * side.capacity);
    this.core.exports[`pack_rows${this.suffix}`](side.data, features, count, features, side.scales, side.packed, side.width);
  }

  private writeProgram(): void {
    const view = new DataView(this.core.memory.buffer, this.at.program);
    this.job.program.ops.forEach(({ code, table, params }, i) => {
      const record = i * RECORD_BYTES;
      view.setInt32(record, code, true);
      view.setInt32(record + 4, table, true);
      for (let k = 0; k < 4; k++) view.setFloat64(record + 8 + 8 * k, params[k] ?? 0, true);
    });
  }
}
