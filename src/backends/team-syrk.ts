/**
 * One triangle of A·Aᵀ by a team: a batch packs the rows of A, a second one multiplies what is packed block by block (assembly/syrk-tasks.ts).
 * Where A has so many columns that packing it whole would take much memory, some columns after the others.
 */
import type { Triangle } from '../linalg/contract';
import { aligned } from './core';
import type { Team } from './team';
import { evenly, type Range, type Strided } from './team-routines';

/** Kinds of task as in assembly/team.ts, in float32; float64 is one more. */
enum Kind {
  syrk = 4,
  pack = 8,
}
/** Word positions in the header: class Product of assembly/syrk-tasks.ts. */
enum Word {
  k,
  order,
  a,
  rsa,
  csa,
  left,
  right,
  c,
  ldc,
  upper,
}
const ALPHA_BYTE = 40;
const BETA_BYTE = 48;
const HEADER_BYTES = 64;
/** Class Block; the last word is the team's. */
const RECORD_BYTES = 32;
const RECORD_WORDS = RECORD_BYTES / 4;

/** Bytes of packed rows. Columns of a slab: KC of assembly/micro.ts. */
const PACKED_BYTES = 64 << 20;
const SLAB = 256;
/** Panels of right operands are so wide at most. */
const PANEL = 8;
/**
 * Rows of a block: so many that both its operands stay in the second-level cache, unless the blocks would be more than MOST_BLOCKS a side, and
 * fewer where threads would get less than TASKS_PER_THREAD of them to even out.
 */
const MOST_ROWS = 192;
const MOST_BLOCKS = 64;
const TASKS_PER_THREAD = 8;
/** Operations that are worth a task. */
const LEAST_FLOPS = 2e6;

/** C += alpha·A·Aᵀ of order n, A n × k, and C *= beta before. */
export interface SymmetricProduct {
  readonly uplo: Triangle;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Where everything stands from team.base on, and its end. */
function layout(team: Team, double: boolean, n: number, k: number) {
  const order = Math.ceil(n / PANEL) * PANEL;
  // As left and right operand: they are the same in float64.
  const columns = Math.min(k, Math.max(SLAB, Math.floor(PACKED_BYTES / (8 * order) / SLAB) * SLAB));
  const records = team.base + HEADER_BYTES;
  const left = records + aligned(((MOST_BLOCKS * (MOST_BLOCKS + 1)) / 2) * RECORD_BYTES);
  const right = double ? left : left + aligned(4 * order * columns);
  return { order, columns, records, left, right, end: right + aligned((double ? 8 : 4) * order * columns) };
}

/** Bytes from team.base on that `syrkOnTeam` needs beside the matrices. */
export const syrkBytes = (team: Team, double: boolean, n: number, k: number): number => layout(team, double, n, k).end - team.base;

/** As syrk_f32 of assembly/syrk.ts, with the same bits. */
export function syrkOnTeam(team: Team, double: boolean, { uplo, n, k, alpha, beta }: SymmetricProduct, a: Strided, c: Strided): void {
  const { order, columns, records, left, right } = layout(team, double, n, k);
  const view = new DataView(team.core.memory.buffer);
  const describe = (fields: Partial<Record<keyof typeof Word, number>>) => {
    for (const [field, value] of Object.entries(fields)) view.setUint32(team.base + 4 * Word[field as keyof typeof Word], value, true);
  };
  const run = (kind: Kind, blocks: readonly (readonly [Range, Range])[]) => {
    const words = new Int32Array(team.core.memory.buffer, records, blocks.length * RECORD_WORDS);
    words.fill(0);
    blocks.forEach(([[row, rowEnd], [col, colEnd]], i) => {
      words.set([kind + Number(double), row, rowEnd - row, col, colEnd - col, team.base], i * RECORD_WORDS);
    });
    team.run(records, RECORD_BYTES, blocks.length);
  };
  // A scalar that vanishes in float32 is zero before it is compared with zero.
  const scalar = (x: number) => (double ? x : Math.fround(x));
  const parts = evenly(n, TASKS_PER_THREAD * team.parallel).map((rows) => [rows, [0, 0]] as const);
  const blocks = blocksOf(uplo, n, k, team.parallel);
  const depth = scalar(alpha) === 0 ? 0 : k;
  describe({ order, rsa: a.rs, csa: a.cs, left, right, c: c.at, ldc: c.rs, upper: Number(uplo === 'upper') });
  view.setFloat64(team.base + ALPHA_BYTE, scalar(alpha), true);
  let from = 0;
  do {
    describe({ k: Math.min(columns, depth - from), a: a.at + (double ? 8 : 4) * from * a.cs });
    view.setFloat64(team.base + BETA_BYTE, from === 0 ? scalar(beta) : 1, true);
    if (depth > 0) run(Kind.pack, parts);
    run(Kind.syrk, blocks);
    from += columns;
  } while (from < depth);
}

/** Rows and columns of the blocks of C, column by column; those on the diagonal are less work and come last. */
function blocksOf(uplo: Triangle, n: number, k: number, threads: number): (readonly [Range, Range])[] {
  const aside = Math.max(n / MOST_ROWS, Math.sqrt(2 * TASKS_PER_THREAD * threads));
  const worthwhile = Math.sqrt((n * n * k) / LEAST_FLOPS);
  const ranges = evenly(n, Math.ceil(Math.min(MOST_BLOCKS, aside, Math.max(1, worthwhile))));
  const beside = ranges.flatMap((col, j) =>
    ranges.slice(j + 1).map((row) => (uplo === 'lower' ? ([row, col] as const) : ([col, row] as const))),
  );
  return [...beside, ...ranges.map((range) => [range, range] as const)];
}
