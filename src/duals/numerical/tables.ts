/** The tables of an activation that exist by now. */
import { LAST_OCTAVE, OCTAVES } from '../../cells';
import { type Block, cellsOf, makeBlock, makeRow, transposed } from './blocks';
import type { Shape } from './shape';

/** Blocks that are kept, about 0.1 MB each. */
const MOST_BLOCKS = 512;

export class Tables {
  private readonly rows: (Float64Array | undefined)[] = [];
  private readonly blocks = new Map<number, Block>();

  constructor(readonly shape: Shape) {}

  row(octave: number): Float64Array {
    this.rows[octave + LAST_OCTAVE] ??= makeRow(this.shape, octave);
    return this.rows[octave + LAST_OCTAVE]!;
  }

  /** Cells of the block of two octaves. */
  cells(e1: number, e2: number): number {
    return cellsOf(this.shape, e1, e2);
  }

  block(e1: number, e2: number, sign: 1 | -1): Block {
    const at = ((e1 + LAST_OCTAVE) * OCTAVES + e2 + LAST_OCTAVE) * 2 + (sign > 0 ? 0 : 1);
    const found = this.blocks.get(at);
    if (found) return found;
    if (this.blocks.size >= MOST_BLOCKS) this.blocks.clear();
    const made = e1 < e2 ? transposed(this.block(e2, e1, sign)) : makeBlock(this.shape, e1, e2, sign);
    this.blocks.set(at, made);
    return made;
  }
}
