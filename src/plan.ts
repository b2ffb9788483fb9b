/**
 * Program + sizes → Plan: the tile grid, the bytes and the floating-point operations of a kernel, known before anything runs.
 * Here, and only here, sizes are chosen and impossible ones refused.
 */

import type { AtlasPlan } from './backends/atlas';
import type { ChainJob, TileJob } from './backends/backend';
import { tileBytes } from './backends/wasm-tile';
import { InfiniteWidthError } from './errors';
import { bytesPer, type DType } from './ndarray';
import * as op from './opcodes';
import type { Op, Program } from './program';

export interface Plan {
  readonly job: TileJob;
  readonly n1: number;
  readonly n2: number;
  /** x2 is x1: tiles on and below the diagonal only. */
  readonly symmetric: boolean;
  readonly tiles: readonly Tile[];
  /** Bytes of the results and of the workspace beside them. */
  readonly resultBytes: number;
  readonly workspaceBytes: number;
  readonly flops: number;
  readonly engine: EngineChoice;
}

/** Which engine of the WebAssembly backend computes the tiles, and why. */
export interface EngineChoice {
  /** 'tiles': Gram product and program; 'planes': displacement planes; 'javascript': pair by pair in plain JavaScript. */
  readonly name: 'tiles' | 'planes' | 'javascript';
  readonly reason: string;
}

export interface Tile {
  readonly row: number;
  readonly rows: number;
  readonly col: number;
  readonly cols: number;
}

/** Rows and columns of a tile while its panels stay below PANEL_BYTES. */
const TILE_ROWS = 256;
const TILE_COLS = 256;
const PANEL_BYTES = 32 << 20;
/** Panels of rows that are kept: each more saves less, and takes bytes of samples. */
const ROW_PANELS = 4;
const ROW_PANELS_BYTES = 8 << 20;
/** The most WebAssembly memory an instance can have. */
const WASM_BYTES = 2 ** 32 - 65536;

export interface Sizes {
  readonly n1: number;
  readonly n2: number;
  readonly features: number;
  /** Of the results, and of the arithmetic. */
  readonly dtype: DType;
  readonly arithmetic: DType;
  readonly symmetric: boolean;
  readonly nngp: boolean;
  readonly ntk: boolean;
  /** Results the caller has already allocated. */
  readonly preallocated: number;
}

/** @param atlases of the rows at hand (jobs/octaves.ts) @throws ERR_OUT_OF_MEMORY if results and workspace exceed what the machine has free */
export function makePlan(program: Program, sizes: Sizes, atlases: readonly AtlasPlan[] = []): Plan {
  const { n1, n2, features, dtype, arithmetic, symmetric } = sizes;
  const fitting = Math.max(8, Math.floor(PANEL_BYTES / (features * bytesPer(arithmetic)) / 8) * 8);
  const side = (n: number, most: number) => Math.min(most, fitting, Math.ceil(n / 8) * 8);
  const rows = side(n1, TILE_ROWS);
  const job: ChainJob = {
    kind: 'chain',
    program,
    dtype: arithmetic,
    features,
    rows,
    cols: symmetric ? rows : side(n2, TILE_COLS),
    rowPanels: Math.max(
      1,
      Math.min(ROW_PANELS, Math.ceil(n1 / rows), Math.floor(ROW_PANELS_BYTES / (rows * features * bytesPer(arithmetic)))),
    ),
    tangent: sizes.ntk,
    atlases,
  };
  const workspaceBytes = tileBytes(job);
  const resultBytes = n1 * n2 * bytesPer(dtype) * ((sizes.nngp ? 1 : 0) + (sizes.ntk ? 1 : 0));
  refuse(resultBytes - sizes.preallocated, workspaceBytes, n1, n2);
  const pairs = symmetric ? (n1 * (n1 + 1)) / 2 : n1 * n2;
  const flops = pairs * flopsPerPair(job);
  const tiles = tileGrid(n1, n2, job, symmetric, job.rowPanels);
  return { job, n1, n2, symmetric, tiles, resultBytes, workspaceBytes, flops, engine: engineOf(program) };
}

function engineOf({ ops }: Program): EngineChoice {
  const hosted = ops.find(({ code }) => code === op.DUAL)?.activation;
  if (hosted) return { name: 'javascript', reason: `the core has no operation for activation ${hosted.kind}` };
  return { name: 'tiles', reason: 'a chain of layers on feature vectors' };
}

/**
 * Tiles of at most job.rows × job.cols; with symmetry those on and below the diagonal, of which no row goes beyond it but in square tiles.
 * In bands of `band` rows of tiles, column after column.
 */
export function tileGrid(n1: number, n2: number, job: Pick<TileJob, 'rows' | 'cols'>, symmetric: boolean, band = 1): Tile[] {
  const tiles: Tile[] = [];
  for (let first = 0; first < n1; first += band * job.rows) {
    const last = Math.min(n1, first + band * job.rows);
    for (let col = 0; col < (symmetric ? last : n2); col += job.cols) {
      for (let row = first; row < last; row += job.rows) {
        const rows = Math.min(job.rows, n1 - row);
        const end = symmetric ? row + rows : n2;
        if (col < end) tiles.push({ row, rows, col, cols: Math.min(job.cols, end - col) });
      }
    }
  }
  return tiles;
}

/** How many tiles `tileGrid` makes of n samples against themselves. */
export function countTiles(n: number, { rows, cols }: Pick<TileJob, 'rows' | 'cols'>): number {
  const strips = Math.floor(n / rows);
  // A strip `cols` further down has `rows` tiles more.
  const periods = Math.floor(strips / cols);
  let count = rows * cols * ((periods * (periods - 1)) / 2);
  for (let strip = 1; strip <= cols; strip++) {
    const below = periods + (strip <= strips % cols ? 1 : 0);
    count += below * Math.ceil((strip * rows) / cols);
    if (below > periods) count += periods * rows;
  }
  return count + (n > strips * rows ? Math.ceil(n / cols) : 0);
}

/** Additions, multiplications, divisions and roots of each operation on one pair, for the figures that explain() prints. */
const FLOPS: Readonly<Record<number, number>> = {
  [op.START]: 4,
  [op.TANGENT]: 2,
  [op.AFFINE]: 26,
  [op.RECTIFIED]: 57,
  [op.ERF]: 130,
  [op.ERF_PRECISE]: 230,
  [op.GUARD]: 5,
  [op.CORRELATION]: 1,
  [op.PLAIN_RECTIFIED]: 50,
  [op.AFFINE_RECTIFIED]: 57,
  [op.STANDARD_RECTIFIED]: 60,
  [op.RECTIFIED_RUN]: 44,
  [op.FINISH]: 4,
  [op.EXPONENTIAL]: 46,
  [op.SINE]: 110,
  [op.GAUSSIAN]: 22,
  [op.GABOR]: 128,
  [op.GELU]: 330,
  [op.SIGN]: 44,
  [op.POLYNOMIAL]: 30,
  [op.RECTIFIED_MONOMIAL]: 112,
  [op.DUAL]: 400,
  [op.TABULATED]: 330,
};

/** What each degree of a polynomial adds, and each block of the two series of RECTIFIED_RUN. */
const FLOPS_PER_DEGREE: Readonly<Record<number, number>> = { [op.POLYNOMIAL]: 18, [op.RECTIFIED_MONOMIAL]: 4, [op.RECTIFIED_RUN]: 18 };

export const flopsOf = ({ code, params }: Pick<Op, 'code' | 'params'>): number =>
  FLOPS[code] + (FLOPS_PER_DEGREE[code] ?? 0) * (params[0] ?? 0);

export function flopsPerPair({ program, features }: ChainJob): number {
  return 2 * features + program.ops.reduce((sum, operation) => sum + flopsOf(operation), 0);
}

/** Two arrays of the greatest length there is (8 GiB): as much as can be asked of a runtime that does not say what is free, as browsers. */
const UNKNOWN_MEMORY = 2 ** 34;

/** @throws ERR_OUT_OF_MEMORY */
export function refuse(resultBytes: number, workspaceBytes: number, n1: number, n2: number): void {
  const stated = availableMemory();
  const free = Number.isFinite(stated) ? stated : UNKNOWN_MEMORY;
  const bytes = resultBytes + workspaceBytes;
  if (bytes <= free && workspaceBytes <= WASM_BYTES) return;
  throw new InfiniteWidthError(
    'ERR_OUT_OF_MEMORY',
    `a ${n1} × ${n2} kernel needs ${gigabytes(bytes)} and ${gigabytes(free)} are free; ask for one kernel in get, use float32, or compute blocks of rows (x1 in parts, x2 whole)`,
    { bytes, available: free, n1, n2 },
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** Bytes this process may still take, where the runtime says so: Deno throws where it was not permitted, and workers of Cloudflare always say 0. */
export function availableMemory(): number {
  const runtime = (globalThis as { process?: { availableMemory?: () => number } }).process;
  try {
    return runtime?.availableMemory?.() || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
