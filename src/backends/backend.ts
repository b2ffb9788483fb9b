/**
 * What a backend is: dense linear algebra on host arrays, and tiles of a kernel. It decides nothing: sizes come from plan.ts,
 * policy from the engine; arguments have been checked. One suite (test/conformance) judges every backend.
 */
import type { LinearAlgebra } from '../linalg/contract';
import type { DType, TypedArray } from '../ndarray';
import type { Program } from '../program';

export type BackendName = 'wasm' | 'js';

export interface Backend {
  readonly name: BackendName;
  /** Which build of the core runs: 'simd', 'relaxed-simd', or 'js'. */
  readonly build: string;
  readonly linalg: LinearAlgebra;
  /** Opens a workspace for tiles. @throws ERR_OUT_OF_MEMORY */
  openTiles(job: TileJob): TileWorker;
}

export interface TileJob {
  readonly program: Program;
  readonly dtype: DType;
  readonly features: number;
  /** Largest tile. */
  readonly rows: number;
  readonly cols: number;
  /** Compute the NTK as well as the NNGP. */
  readonly tangent: boolean;
}

/** Some rows of an input with what the pass over rows says of them. */
export interface Panel {
  /** The whole input, row-major; the panel is rows [from, from + count). */
  readonly data: TypedArray;
  readonly from: number;
  readonly count: number;
  /** Per row of the panel: the power of two that brings its largest element to [½, 1), and 1/|scale·row| (0 for a zero row). */
  readonly scale: Float64Array;
  readonly inverse: Float64Array;
  /** Tables of the program's operations, `program.tables × count`. */
  readonly tables: Float64Array;
}

export type TileField = 'nngp' | 'ntk';

/** Computes one tile at a time: set both panels, compute, read. */
export interface TileWorker {
  setRows(panel: Panel): void;
  setCols(panel: Panel): void;
  /**
   * @param lower both panels are the same rows: only column ≤ row is computed, the rest mirrored
   * @param transposed the transpose will be read too
   */
  compute(lower: boolean, transposed: boolean): void;
  /** Writes the tile (or its transpose) at `out[offset + i·ld + j]`. */
  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void;
  close(): void;
}
