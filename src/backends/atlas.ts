/**
 * Tables of TABULATED in the core's memory (cells.ts). A job says which octaves can meet; the blocks of a pair of octaves are made when a
 * tile asks for them, and then serve every tile of the job.
 */
import { tablesOf } from '../activations/registry';
import { ATLAS_BYTES, ATLAS_HEAD, CELL, ENTRY_BYTES, LAST_OCTAVE, OCTAVES, SINGLE_CELL, SINGLE_SLICE, SLICE, WORK_HEAD } from '../cells';
import type { Block } from '../duals/numerical/blocks';
import type { Tabulated } from '../duals/numerical/index';
import { InfiniteWidthError } from '../errors';
import { bytesPer, type DType } from '../ndarray';
import type { ActivationLayer } from '../spec';
import { aligned, type Core } from './core';

/** The octaves, counted from 0, of q1 and of q2 that meet in the activations that share tables. */
export interface AtlasPlan {
  readonly name: string;
  /** One of them. */
  readonly activation: ActivationLayer;
  readonly pairs: readonly (readonly [first: number, second: number])[];
}

/** Word positions in an entry. */
enum Word {
  positive,
  negative,
  cells,
  slice,
  asked,
}

/** What a plan comes to in one precision. */
interface Extent {
  readonly tables: Tabulated;
  readonly firsts: readonly number[];
  readonly seconds: readonly number[];
  readonly mostCells: number;
  readonly slices: number;
  /** Of the blocks together. */
  readonly cells: number;
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)];
const octaveOf = (index: number): number => index - LAST_OCTAVE;

function extentOf({ activation, pairs }: AtlasPlan): Extent {
  const tables = tablesOf(activation);
  if (!tables) throw new InfiniteWidthError('ERR_UNSUPPORTED', `${activation.kind} has no tables`, { kind: activation.kind });
  const { shape } = tables.tables;
  const signs = shape.odd ? 1 : 2;
  const cells = pairs.map(([first, second]) => tables.tables.cells(octaveOf(first), octaveOf(second)));
  const [firsts, seconds] = [distinct(pairs.map(([first]) => first)), distinct(pairs.map(([, second]) => second))];
  const mostCells = Math.max(0, ...cells);
  return {
    tables,
    firsts,
    seconds,
    mostCells,
    slices: seconds.length * signs * mostCells,
    cells: signs * cells.reduce((a, b) => a + b, 0),
  };
}

const directoryBytes = OCTAVES * ENTRY_BYTES;
const headBytes = ({ firsts }: Extent): number => aligned(ATLAS_BYTES + firsts.length * directoryBytes);
const cellBytes = (dtype: DType): number => (dtype === 'float32' ? SINGLE_CELL : CELL) * bytesPer(dtype);

/** Bytes of an atlas with all its blocks. */
export function atlasBytes(plan: AtlasPlan, dtype: DType): number {
  const extent = extentOf(plan);
  return headBytes(extent) + extent.cells * cellBytes(dtype);
}

/** Bytes of what a tile of `cols` padded columns needs beside it. */
export function workBytes(plans: readonly AtlasPlan[], cols: number, dtype: DType): number {
  if (plans.length === 0) return 0;
  const slice = (dtype === 'float32' ? SINGLE_SLICE : SLICE) * bytesPer(dtype);
  const most = Math.max(...plans.map((plan) => extentOf(plan).slices));
  return WORK_HEAD + 3 * cols * bytesPer(dtype) + aligned(4 * most) + most * slice;
}

/** One atlas at `at`. */
export class AtlasMemory {
  private readonly extent: Extent;
  /** Where the next block goes, from `at` on. */
  private end: number;

  constructor(
    private readonly core: Core,
    readonly at: number,
    private readonly plan: AtlasPlan,
    private readonly dtype: DType,
  ) {
    this.extent = extentOf(plan);
    this.end = headBytes(this.extent);
    this.writeHead();
  }

  /** Makes the blocks that tiles have asked for since. */
  serve(): void {
    for (const [first, second] of this.plan.pairs) {
      const entry = this.entry(first, second);
      for (const word of [Word.positive, Word.negative])
        if ((Atomics.load(entry, Word.asked) >> word) & 1 && entry[word] === 0) {
          const sign = word === Word.positive ? 1 : -1;
          Atomics.store(entry, word, this.write(this.extent.tables.tables.block(octaveOf(first), octaveOf(second), sign)));
        }
    }
  }

  private writeHead(): void {
    const { firsts, seconds, mostCells, slices, tables } = this.extent;
    const words = new Int32Array(this.core.memory.buffer, this.at, this.end / 4);
    words.fill(0);
    words.set([mostCells, slices]);
    firsts.forEach((first, i) => {
      words[ATLAS_HEAD / 4 + first] = ATLAS_BYTES + i * directoryBytes;
    });
    for (const [first, second] of this.plan.pairs) {
      const entry = this.entry(first, second);
      entry[Word.cells] = tables.tables.cells(octaveOf(first), octaveOf(second));
      entry[Word.slice] = (seconds.indexOf(second) * slices) / seconds.length;
    }
  }

  private entry(first: number, second: number): Int32Array {
    const directory = ATLAS_BYTES + this.extent.firsts.indexOf(first) * directoryBytes;
    return new Int32Array(this.core.memory.buffer, this.at + directory + second * ENTRY_BYTES, ENTRY_BYTES / 4);
  }

  /** @returns where the block begins, from `at` on */
  private write({ cells, double, single }: Block): number {
    const begin = this.end;
    const { buffer } = this.core.memory;
    if (this.dtype === 'float32') new Float32Array(buffer, this.at + begin, single.length).set(single);
    else new Float64Array(buffer, this.at + begin, double.length).set(double);
    this.end += cells * cellBytes(this.dtype);
    return begin;
  }
}
