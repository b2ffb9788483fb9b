/** Which tables of samples stay from one panel to the next, and where. */
import type { Places } from './plane-memory';

/** The address of a sample's tables, and what else is known of it. */
export interface Kept<Facts> {
  readonly at: number;
  readonly facts: Facts;
}

/** Tables of the samples that come first are kept, those of the others made in places that the asker has for them. */
export class TableStore<Facts> {
  private readonly kept = new Map<number, Kept<Facts>>();

  constructor(private readonly places: Places) {}

  /** The tables of a sample. Where they are not kept `make` writes them, at a place that is kept if one is free, at `spare` otherwise. */
  of(sample: number, spare: number, make: (at: number) => Facts): Kept<Facts> {
    const known = this.kept.get(sample);
    if (known) return known;
    const { at: first, stride, count } = this.places;
    const isKept = this.kept.size < count;
    const at = isKept ? first + this.kept.size * stride : spare;
    const made = { at, facts: make(at) };
    if (isKept) this.kept.set(sample, made);
    return made;
  }
}
