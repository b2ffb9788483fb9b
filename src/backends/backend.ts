/**
 * What a backend is: dense linear algebra on host arrays, and tiles of a kernel. It decides nothing: sizes come from plan.ts,
 * policy from the engine; arguments have been checked. One suite (test/conformance) judges every backend.
 */
import type { GivenKernel } from '../covariance/evaluate';
import type { SideData } from '../covariance/side';
import type { Graph } from '../graph';
import type { LinearAlgebra } from '../linalg/contract';
import type { DType, TypedArray } from '../ndarray';
import type { Program } from '../program';
import type { AtlasPlan } from './atlas';
import type { CoreSource } from './core';

export type BackendName = 'wasm' | 'js';

export interface Backend {
  readonly name: BackendName;
  /** Which build of the core runs: 'simd', 'relaxed-simd', or 'js'. */
  readonly build: string;
  /** Instances of the core; null where there are none. */
  readonly cores: CoreSource | null;
  readonly linalg: LinearAlgebra;
  /** Opens a workspace for tiles. @throws ERR_OUT_OF_MEMORY */
  openTiles(job: TileJob): TileWorker;
}

/** Tiles of a chain of layers on feature vectors: a Gram product and a program of operations. */
export interface ChainJob {
  readonly kind: 'chain';
  readonly program: Program;
  readonly dtype: DType;
  readonly features: number;
  /** Largest tile. */
  readonly rows: number;
  readonly cols: number;
  /** Panels of rows that a workspace keeps, so that those of columns are loaded once for all of them. */
  readonly rowPanels: number;
  /** Compute the NTK as well as the NNGP. */
  readonly tangent: boolean;
  /** Where the program has TABULATED. */
  readonly atlases: readonly AtlasPlan[];
}

/** Tiles of any network: a graph of operations on the locations of two samples. Plain data, except for functions of the user's own. */
export interface GraphJob {
  readonly kind: 'graph';
  /** Of x1's shape and of x2's; nodes correspond by index. */
  readonly left: Graph;
  readonly right: Graph;
  readonly leftData: SideData;
  /** null: both sides are the same samples. */
  readonly rightData: SideData | null;
  /** The output that is computed. */
  readonly output: number;
  /** Only pairs (i, i) of the output's locations are computed. */
  readonly diagonal: boolean;
  readonly dtype: DType;
  readonly rows: number;
  readonly cols: number;
  readonly tangent: boolean;
  /** Numbers per pair of samples. */
  readonly entry: number;
  /** Both sides hold the same samples in the same order. */
  readonly x1IsX2: boolean;
  /** The covariances of all pairs that the graph starts from, where it does not start from numbers. */
  readonly given: GivenKernel | null;
}
export type TileJob = ChainJob | GraphJob;

/** Numbers per pair of samples. */
export const entryOf = (job: TileJob): number => (job.kind === 'graph' ? job.entry : 1);

/** Some rows of an input with what the pass over rows says of them. */
export interface ChainPanel {
  readonly kind: 'chain';
  /** The whole input, row-major; the panel is rows [from, from + count). */
  readonly data: TypedArray;
  /** Rows of the input. */
  readonly total: number;
  readonly from: number;
  readonly count: number;
  /** Per row of the panel: the power of two that brings its largest element to [½, 1), and 1/|scale·row| (0 for a zero row). */
  readonly scale: Float64Array;
  readonly inverse: Float64Array;
  /** Tables of the program's operations, `program.tables × count`. */
  readonly tables: Float64Array;
}

/** Some samples of a side of a graph, whose numbers the job holds. */
export interface GraphPanel {
  readonly kind: 'graph';
  readonly from: number;
  readonly count: number;
}
export type Panel = ChainPanel | GraphPanel;

export type TileField = 'nngp' | 'ntk';

/** Computes one tile at a time: set both panels, of the job's kind, compute, read. */
export interface TileWorker<P extends Panel = Panel> {
  setRows(panel: P): void;
  setCols(panel: P): void;
  /**
   * @param lower both panels are the same rows: only column ≤ row is computed, the rest mirrored
   * @param transposed the transpose will be read too
   */
  compute(lower: boolean, transposed: boolean): void;
  /** Writes the tile (or its transpose) at `out[offset + i·ld + j]`, counted in entries of `job.entry` numbers. */
  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void;
  close(): void;
}
