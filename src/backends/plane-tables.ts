/** Where tables of samples stay from one panel to the next. */
import { allocate, bytesPer, type DType, type TypedArray } from '../ndarray';

/** Tables, and what else is known of their sample. */
export interface Kept<Facts> {
  readonly table: TypedArray;
  readonly facts: Facts;
}

/** Tables of samples in one piece of memory: those that come first are kept, the others pass through a few places. */
export class TableStore<Facts> {
  private readonly memory: TypedArray;
  private readonly places: number;
  private readonly passing: number;
  private readonly kept = new Map<number, Kept<Facts>>();
  private passed = 0;

  /**
   * @param length elements of a sample's tables
   * @param bytes of the tables that are kept, at most
   * @param passing how many others are there at a time
   * @throws ERR_OUT_OF_MEMORY
   */
  constructor(
    dtype: DType,
    private readonly length: number,
    samples: number,
    bytes: number,
    passing: number,
  ) {
    this.places = Math.min(samples, Math.floor(bytes / (length * bytesPer(dtype))));
    this.passing = Math.min(passing, samples - this.places);
    this.memory = allocate(dtype, (this.places + this.passing) * length, 'tables of samples');
  }

  /**
   * The tables of a sample: `fill` makes them where they are not there, in memory that may hold those of another. They are valid until `passing` others
   * have been asked for.
   */
  of(sample: number, fill: (table: TypedArray) => Facts): Kept<Facts> {
    const known = this.kept.get(sample);
    if (known) return known;
    const isKept = this.kept.size < this.places;
    const place = isKept ? this.kept.size : this.places + (this.passed++ % this.passing);
    const table = this.memory.subarray(place * this.length, (place + 1) * this.length);
    const made = { table, facts: fill(table) };
    if (isKept) this.kept.set(sample, made);
    return made;
  }
}
