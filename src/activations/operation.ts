/** What the engines know of an activation: the operation that runs it on pairs, and the pass of one row through it. */

/** One row of variance r² under an activation. */
export interface ActivationRow {
  /** √E[φ(u)²] */
  readonly radius: number;
  /** What this row gives to the scale of the factor: E[φ'(u)φ'(v)] = slope₁ slope₂ × the operation's own number. */
  readonly slope: number;
  /** The row's own factor over slope², where the operation cannot be run on a row alone. */
  readonly factor?: number;
  /** Its entries in the operation's tables, the slope multiplied by `scale`. */
  tables(scale: number): readonly number[];
  /** An entry leaves the range, or needs more digits, than float32 has. */
  readonly needsDouble?: boolean;
}

export interface Operation {
  /** Of opcodes.ts. */
  readonly code: number;
  readonly params: readonly number[];
  /** Row tables it reads. */
  readonly tables: number;
  /** Which correlations it leaves: 'positive' none below 0, 'kept' none below 0 where there was none before. */
  readonly sign: 'positive' | 'kept' | 'any';
  /** Its margin goes with the square root of the one before, whose last digits then show. */
  readonly seesMargin?: boolean;
  /** A zero row comes out alive and with ρ of its own: it must come in with ρ = 0. */
  readonly raisesZero?: boolean;
  /** Radii other than 0 at which nothing overflows or underflows; any where left out. */
  readonly range?: readonly [least: number, most: number];
  /** @param r ≥ 0 @throws ERR_NON_FINITE where the expectation does not exist */
  row(r: number): ActivationRow;
  /** radius(r₁) − radius(r₂) where it can be had without rounding the two; change = r₁ − r₂. */
  difference?(r1: number, r2: number, change: number): number;
}
