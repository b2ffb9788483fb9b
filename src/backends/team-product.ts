/**
 * Products by a team: a batch packs the rows of A and the columns of B, a second one multiplies what is packed block by block
 * (assembly/product-tasks.ts). Where packing them whole would take much memory, some columns of A and rows of B after the others.
 */
import type { Triangle } from '../linalg/contract';
import { SLAB } from '../slab';
import { aligned } from './core';
import type { Team } from './team';
import { evenly, type Range, type Strided } from './team-routines';

/** Kinds of task as in assembly/team.ts, in float32; float64 is one more. */
enum Kind {
  product = 4,
  pack = 8,
}
/** Word positions in the header: class Product of assembly/product-tasks.ts. */
enum Word {
  k,
  a,
  rsa,
  csa,
  b,
  rsb,
  csb,
  left,
  rows,
  right,
  columns,
  c,
  ldc,
  part,
}
const ALPHA_BYTE = 56;
const BETA_BYTE = 64;
const HEADER_BYTES = 128;
/** Class Block; the last word is the team's. */
const RECORD_BYTES = 32;
const RECORD_WORDS = RECORD_BYTES / 4;
/** Parts of C, as in assembly/gemm.ts. */
const PARTS = { full: 0, lower: 1, upper: 2 } as const;

/** Bytes of what is packed. */
const PACKED_BYTES = 64 << 20;
/** Panels are so wide at most. */
const PANEL = 8;
/**
 * Rows and columns of a block: so many that both its operands stay in the second-level cache, unless the blocks would be more than MOST_BLOCKS a
 * side, and fewer where threads would get less than TASKS_PER_THREAD of them to even out.
 */
const MOST_ROWS = 192;
const MOST_BLOCKS = 64;
const TASKS_PER_THREAD = 8;
/** Operations that are worth a task. */
const LEAST_FLOPS = 2e6;

/** C += alpha·A·B, and C *= beta before: A is m × k, B k × n; `triangle` of C where B is Aᵀ. */
export interface TeamProduct {
  readonly triangle: Triangle | null;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
}

const padded = (count: number): number => Math.ceil(count / PANEL) * PANEL;

/** Where everything stands from team.base on, and its end. */
function layout(team: Team, double: boolean, { triangle, m, n, k }: TeamProduct) {
  const size = double ? 8 : 4;
  const [rows, columns] = [padded(m), padded(n)];
  // Panels of both operands are equally wide in float64.
  const both = triangle !== null && double;
  const perColumn = size * (both ? rows : rows + columns);
  const depth = Math.min(k, Math.max(SLAB, Math.floor(PACKED_BYTES / perColumn / SLAB) * SLAB));
  const records = team.base + HEADER_BYTES;
  const left = records + aligned(MOST_BLOCKS * MOST_BLOCKS * RECORD_BYTES);
  const right = both ? left : left + aligned(size * rows * depth);
  return { rows, columns, both, depth, records, left, right, end: right + aligned(size * columns * depth) };
}

/** Bytes from team.base on that `multiplyOnTeam` needs beside the matrices. */
export const productBytes = (team: Team, double: boolean, product: TeamProduct): number => layout(team, double, product).end - team.base;

/** As gemm_f32 and syrk_f32 of the core, with the same bits. */
export function multiplyOnTeam(team: Team, double: boolean, product: TeamProduct, a: Strided, b: Strided, c: Strided): void {
  const { triangle, m, n, k } = product;
  const { records, both, depth, ...places } = layout(team, double, product);
  const size = double ? 8 : 4;
  const view = new DataView(team.core.memory.buffer);
  const describe = (fields: Partial<Record<keyof typeof Word, number>>) => {
    for (const [field, value] of Object.entries(fields)) view.setUint32(team.base + 4 * Word[field as keyof typeof Word], value, true);
  };
  const run = (kind: Kind, blocks: readonly Block[]) => {
    const words = new Int32Array(team.core.memory.buffer, records, blocks.length * RECORD_WORDS);
    words.fill(0);
    blocks.forEach(([[row, rowEnd], [col, colEnd]], i) => {
      words.set([kind + Number(double), row, rowEnd - row, col, colEnd - col, team.base], i * RECORD_WORDS);
    });
    team.run(records, RECORD_BYTES, blocks.length);
  };
  // A scalar that vanishes in float32 is zero before it is compared with zero.
  const [alpha, beta] = [product.alpha, product.beta].map((x) => (double ? x : Math.fround(x)));
  const parts = TASKS_PER_THREAD * team.parallel;
  const packs: Block[] = evenly(m, parts).map((rows) => [rows, NONE]);
  if (!both) packs.push(...evenly(n, parts).map((columns): Block => [NONE, columns]));
  const blocks = blocksOf(product, team.parallel);
  const inner = alpha === 0 ? 0 : k;
  describe({ ...places, rsa: a.rs, csa: a.cs, rsb: b.rs, csb: b.cs, c: c.at, ldc: c.rs, part: PARTS[triangle ?? 'full'] });
  view.setFloat64(team.base + ALPHA_BYTE, alpha, true);
  let from = 0;
  do {
    describe({ k: Math.min(depth, inner - from), a: a.at + size * from * a.cs, b: b.at + size * from * b.rs });
    view.setFloat64(team.base + BETA_BYTE, from === 0 ? beta : 1, true);
    if (inner > 0) run(Kind.pack, packs);
    run(Kind.product, blocks);
    from += depth;
  } while (from < inner);
}

type Block = readonly [rows: Range, columns: Range];
const NONE: Range = [0, 0];

/** Rows and columns of the blocks of C, column by column; those on a diagonal that are less work come last. */
function blocksOf({ triangle, m, n, k }: TeamProduct, threads: number): Block[] {
  const share = triangle === null ? 1 : 0.5;
  const tasks = Math.max(1, Math.min(TASKS_PER_THREAD * threads, (2 * share * m * n * k) / LEAST_FLOPS));
  const cells = (share * m * n) / tasks;
  const height = Math.min(MOST_ROWS, m, Math.max(Math.sqrt(cells), cells / n));
  const width = triangle === null ? Math.min(MOST_ROWS, n, cells / height) : height;
  const rows = evenly(m, Math.ceil(Math.min(MOST_BLOCKS, m / height)));
  if (triangle === null) {
    const columns = evenly(n, Math.ceil(Math.min(MOST_BLOCKS, n / width)));
    return columns.flatMap((column) => rows.map((row): Block => [row, column]));
  }
  const beside = rows.flatMap((column, j) => rows.slice(j + 1).map((row): Block => (triangle === 'lower' ? [row, column] : [column, row])));
  return [...beside, ...rows.map((range): Block => [range, range])];
}
