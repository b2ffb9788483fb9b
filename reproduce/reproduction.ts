/** What a reproduction is: parts that measure, each ending in claims, figures and tables. */
import type { Split } from '../examples/digits/data';
import type { Progress } from '../src/kernel';
import type { Claim } from './claims';

export interface RunContext {
  /** Small sizes: seconds. */
  readonly quick: boolean;
  readonly seed: number;
  /** Any first n of them are stratified. */
  readonly digits: Split;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

/** A table; numbers are written by `figure`. */
export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Figure {
  /** Without folder, ending in .svg. */
  readonly file: string;
  readonly svg: string;
  readonly caption: string;
}

export interface Outcome {
  /** Sizes, what was drawn and how, in sentences. */
  readonly text: readonly string[];
  readonly claims: readonly Claim[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
}

export interface Part {
  readonly title: string;
  run(context: RunContext): Promise<Outcome>;
}

export interface Reproduction {
  /** Name of the command and of the folder. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Authors, year, title, where. */
  readonly paper: string;
  readonly parts: readonly Part[];
}
