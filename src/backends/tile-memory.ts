/**
 * Panels, tiles and job records in the core's memory (assembly/tile.ts): where they lie and how they are filled. The calling thread
 * and a team's threads use the same.
 */
import { tablesOf } from '../activations/registry';
import { bytesPer, type TypedArray } from '../ndarray';
import { RECORD_BYTES, RECTIFIED_RUN, TABULATED } from '../opcodes';
import type { ActivationLayer } from '../spec';
import { AtlasMemory, atlasBytes, workBytes } from './atlas';
import type { ChainJob, ChainPanel, TileField } from './backend';
import { aligned, type Core } from './core';

/** Register tile of the core: rows, and bytes of columns. */
const MR = 4;
const NR_BYTES = 32;
/** Bytes of a job record, and of its last word, which a team sets when the tile is done. */
export const JOB_BYTES = 128;

/** Strips that RECTIFIED_RUN works in: y, 2Z, and of F and of T the two sums before (assembly/run.ts). */
const RUN_STRIPS = 6;

/** Of a parameter in every lane. */
const VECTOR_BYTES = 16;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/** Word positions in the job record. */
enum Word {
  kind,
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
  nngpTransposed,
  ntkTransposed,
  work,
}

/** One panel: rows as given, packed for the Gram product, and their tables. */
export interface Side {
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

/** One tile's results: nngp and ntk as rows × paddedCols, their transposes, and a strip of scratch. */
export interface Slot {
  readonly nngp: number;
  readonly ntk: number;
  readonly nngpTransposed: number;
  readonly ntkTransposed: number;
  /** A strip, and behind it those of RECTIFIED_RUN. */
  readonly margin: number;
  /** Workspace of TABULATED; 0 where the program has none. */
  readonly work: number;
}

/** Hands out a workspace from its start. */
export class Layout {
  private readonly size: 4 | 8;
  constructor(
    private readonly job: ChainJob,
    public end: number,
  ) {
    this.size = bytesPer(job.dtype);
  }

  take(bytes: number): number {
    const pointer = this.end;
    this.end += aligned(bytes);
    return pointer;
  }

  program(): number {
    return this.take(this.job.program.ops.reduce((sum, { params }) => sum + RECORD_BYTES + VECTOR_BYTES * params.length, 0));
  }

  /** Where each atlas goes. */
  atlases(): number[] {
    return this.job.atlases.map((plan) => this.take(atlasBytes(plan, this.job.dtype)));
  }

  left(): Side {
    return this.side(this.job.rows, MR);
  }

  right(): Side {
    return this.side(this.job.cols, NR_BYTES / this.size);
  }

  slot(): Slot {
    const cols = roundUp(this.job.cols, NR_BYTES / this.size);
    const cells = roundUp(this.job.rows, MR) * cols * this.size;
    const bytes = workBytes(this.job.atlases, cols, this.job.dtype);
    return {
      nngp: this.take(cells),
      ntk: this.take(cells),
      nngpTransposed: this.take(cells),
      ntkTransposed: this.take(cells),
      margin: this.take((this.job.program.ops.some(({ code }) => code === RECTIFIED_RUN) ? 1 + RUN_STRIPS : 1) * cols * this.size),
      work: bytes > 0 ? this.take(bytes) : 0,
    };
  }

  private side(rows: number, width: number): Side {
    const { features, program } = this.job;
    const capacity = roundUp(rows, NR_BYTES / this.size);
    return {
      data: this.take(capacity * features * this.size),
      packed: this.take(roundUp(rows, width) * features * this.size),
      units: this.take(capacity * 16),
      tables: this.take(capacity * Math.max(1, program.tables) * this.size),
      scales: this.take(capacity * this.size),
      capacity,
      width,
      count: 0,
    };
  }
}

/** Fills and reads a workspace laid out by Layout. */
export class TileMemory {
  private readonly size: 4 | 8;
  readonly suffix: '_f32' | '_f64';
  private readonly atlases: readonly AtlasMemory[];
  /** By address of the first. */
  private readonly rows = new Map<number, readonly TypedArray[]>();

  /** @param atlases where they go */
  constructor(
    private readonly core: Core,
    private readonly job: ChainJob,
    atlases: readonly number[],
  ) {
    this.atlases = job.atlases.map((plan, i) => new AtlasMemory(core, atlases[i], plan, job.dtype));
    this.size = bytesPer(job.dtype);
    this.suffix = this.size === 4 ? '_f32' : '_f64';
  }

  writeProgram(pointer: number): void {
    const view = new DataView(this.core.memory.buffer, pointer);
    const { ops } = this.job.program;
    const lanes = VECTOR_BYTES / this.size;
    let end = ops.length * RECORD_BYTES;
    ops.forEach(({ code, table, params, activation }, i) => {
      const record = i * RECORD_BYTES;
      view.setInt32(record, code, true);
      view.setInt32(record + 4, table, true);
      for (let k = 0; k < 4; k++) view.setFloat64(record + 8 + 8 * k, params[k] ?? 0, true);
      if (code === TABULATED && activation) view.setFloat64(record + 8, this.atlasOf(activation), true);
      view.setInt32(record + 40, end, true);
      const vectors = this.view(pointer + end, params.length * lanes);
      params.forEach((x, k) => void vectors.fill(x, k * lanes, (k + 1) * lanes));
      end += params.length * VECTOR_BYTES;
    });
  }

  load(side: Side, panel: ChainPanel): void {
    const { features, program } = this.job;
    const { count } = panel;
    side.count = count;
    this.view(side.data, count * features).set(panel.data.subarray(panel.from * features, (panel.from + count) * features));
    const units = new Float64Array(this.core.memory.buffer, side.units, 2 * count);
    for (let i = 0; i < count; i++) units.set([panel.scale[i], panel.inverse[i]], 2 * i);
    this.view(side.scales, count).set(panel.scale);
    const tables = this.view(side.tables, side.capacity * program.tables);
    for (let table = 0; table < program.tables; table++) {
      tables.set(panel.tables.subarray(table * count, (table + 1) * count), table * side.capacity);
      tables.fill(0, table * side.capacity + count, (table + 1) * side.capacity);
    }
    this.core.exports[`pack_rows${this.suffix}`](side.data, features, count, features, side.scales, side.packed, side.width);
  }

  writeRecord(record: number, program: number, left: Side, right: Side, slot: Slot, lower: boolean, transposed: boolean): void {
    const words = new Int32Array(this.core.memory.buffer, record, JOB_BYTES / 4);
    words.fill(0);
    words[Word.kind] = this.size === 4 ? 0 : 1;
    words[Word.rows] = left.count;
    words[Word.cols] = right.count;
    words[Word.paddedRows] = roundUp(left.count, MR);
    words[Word.paddedCols] = roundUp(right.count, right.width);
    words[Word.features] = this.job.features;
    words[Word.lower] = lower ? 1 : 0;
    words[Word.tangent] = this.job.tangent ? 1 : 0;
    words[Word.records] = this.job.program.ops.length;
    words[Word.program] = program;
    words.set([left.data, left.packed, left.units, left.tables, left.capacity * this.size], Word.left);
    words.set([right.data, right.packed, right.units, right.tables, right.capacity * this.size], Word.right);
    words.set([slot.nngp, slot.ntk, slot.margin], Word.nngp);
    words[Word.work] = slot.work;
    if (transposed) words.set([slot.nngpTransposed, this.job.tangent ? slot.ntkTransposed : 0], Word.nngpTransposed);
  }

  /** Whether every pair of a tile was computed; makes what was missing where it was not. */
  complete({ work }: Slot): boolean {
    if (work === 0 || new Int32Array(this.core.memory.buffer, work, 1)[0] === 0) return true;
    for (const atlas of this.atlases) atlas.serve();
    return false;
  }

  /** Copies a finished tile, or its transpose, out. */
  read(slot: Slot, rows: number, cols: number, field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    if (transposed) return this.copyRows(slot[`${field}Transposed`], cols, rows, rows, out, offset, ld);
    this.copyRows(slot[field], rows, cols, roundUp(cols, NR_BYTES / this.size), out, offset, ld);
  }

  private atlasOf(activation: ActivationLayer): number {
    const name = tablesOf(activation)?.name;
    return this.atlases[this.job.atlases.findIndex((plan) => plan.name === name)].at;
  }

  private view(pointer: number, length: number): TypedArray {
    const { buffer } = this.core.memory;
    return this.size === 4 ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
  }

  private copyRows(pointer: number, rows: number, cols: number, stride: number, out: TypedArray, offset: number, ld: number): void {
    if (stride === cols && ld === cols) return out.set(this.view(pointer, rows * cols), offset);
    this.rowsAt(pointer, rows, cols, stride).forEach((row, i) => void out.set(row, offset + i * ld));
  }

  /** Rows as views, which are kept for the next tile there: to make them takes as long as to copy them. */
  private rowsAt(pointer: number, rows: number, cols: number, stride: number): readonly TypedArray[] {
    const kept = this.rows.get(pointer);
    if (kept?.length === rows && kept[0].length === cols && kept[0].buffer === this.core.memory.buffer) return kept;
    const source = this.view(pointer, rows * stride);
    const views = Array.from({ length: rows }, (_, i) => source.subarray(i * stride, i * stride + cols));
    this.rows.set(pointer, views);
    return views;
  }
}
