/** The tables of an activation that exist by now, and their contractions with the row at hand. */
import { type Block, LAST_OCTAVE, makeBlock, makeRow, transposed, VARIANCES } from './blocks';
import { CHORDS } from './chords';
import type { Shape } from './shape';

const OCTAVES = 2 * LAST_OCTAVE + 1;
const CELL = VARIANCES * VARIANCES * CHORDS;
/** Numbers of one cell after the contraction with a row. */
export const SLICE = VARIANCES * CHORDS;
/** Blocks that are kept, about 0.1 MB each. */
const MOST_BLOCKS = 512;

/** A block and its contractions with one row's q1, which the pairs of a row share. */
export interface Contracted extends Block {
  /** [cells, VARIANCES of q2, CHORDS] */
  readonly slices: Float64Array;
  /** [2, VARIANCES of q2] */
  readonly ends1: Float64Array;
  /** The q1 that each slice and, last, `ends1` belong to. */
  readonly of: Float64Array;
}

const contractable = (block: Block): Contracted => ({
  ...block,
  slices: new Float64Array(block.cells * SLICE),
  ends1: new Float64Array(2 * VARIANCES),
  of: new Float64Array(block.cells + 1).fill(-1),
});

export class Tables {
  private readonly rows: (Float64Array | undefined)[] = [];
  private readonly blocks = new Map<number, Contracted>();

  constructor(readonly shape: Shape) {}

  row(octave: number): Float64Array {
    this.rows[octave + LAST_OCTAVE] ??= makeRow(this.shape, octave);
    return this.rows[octave + LAST_OCTAVE]!;
  }

  block(e1: number, e2: number, sign: 1 | -1): Contracted {
    const at = ((e1 + LAST_OCTAVE) * OCTAVES + e2 + LAST_OCTAVE) * 2 + (sign > 0 ? 0 : 1);
    const found = this.blocks.get(at);
    if (found) return found;
    if (this.blocks.size >= MOST_BLOCKS) this.blocks.clear();
    const made = contractable(e1 < e2 ? transposed(this.block(e2, e1, sign)) : makeBlock(this.shape, e1, e2, sign));
    this.blocks.set(at, made);
    return made;
  }
}

/** Σ basis · table along the first axis, for one cell: [VARIANCES, VARIANCES, CHORDS] → [VARIANCES, CHORDS]. */
export function contractCell({ means, slices }: Contracted, cell: number, basis: Float64Array): void {
  for (let at = 0; at < SLICE; at++) {
    let from = cell * CELL + at;
    let total = means[from];
    for (let a = 1; a < VARIANCES; a++) {
      from += SLICE;
      total += basis[a] * means[from];
    }
    slices[cell * SLICE + at] = total;
  }
}

export function contractEnds({ ends, ends1 }: Contracted, basis: Float64Array): void {
  for (let at = 0; at < 2 * VARIANCES; at++) {
    const from = at < VARIANCES ? at : at - VARIANCES + VARIANCES * VARIANCES;
    let total = ends[from];
    for (let a = 1; a < VARIANCES; a++) total += basis[a] * ends[from + a * VARIANCES];
    ends1[at] = total;
  }
}
