/** Routines of linear algebra divided into tasks of a team; assembly/tasks.ts runs one of them. */
import type { DType } from '../ndarray';
import { aligned } from './core';
import type { Team } from './team';

/** Element (i, j) of a matrix stands at `at` + (i·rs + j·cs) elements. */
export interface Strided {
  readonly at: number;
  readonly rs: number;
  readonly cs: number;
}

/** Kinds of task as in assembly/team.ts, in float32; float64 is one more. */
enum Kind {
  gemm = 2,
  trsm = 6,
}

/** Word positions in a record: class Task of assembly/tasks.ts. The last word of RECORD_BYTES is the team's. */
enum Word {
  kind,
  m,
  n,
  k,
  a,
  rsa,
  csa,
  b,
  rsb,
  csb,
  c,
  ldc,
  upper,
  unit,
}
type Field = keyof typeof Word;
const RECORD_BYTES = 128;
const ALPHA_BYTE = 56;
const BETA_BYTE = 64;

/** Tasks of a batch, per thread that has a core: more even out the threads, fewer pack less twice. Every task of trsm packs the whole triangle. */
const TASKS_PER_THREAD = 8;
const TRSM_TASKS_PER_THREAD = 4;
/** Operations that are worth a task of their own, and those that are too many for one: a caller waits for it when its worker has died. */
const LEAST_FLOPS = 2e6;
const MOST_FLOPS = 2e9;
const MOST_TASKS = 1024;
/** Bytes that records take from team.base on. */
export const RECORDS_BYTES = aligned(MOST_TASKS * RECORD_BYTES);
/** Parts of rows and columns begin at multiples of it: register tiles stay whole, and no two threads write one cache line. */
const GRAIN = 16;

interface Task extends Partial<Record<Field, number>> {
  alpha: number;
  beta?: number;
}

export class TeamRoutines {
  /** Bytes of an element. */
  readonly size: number;

  constructor(
    private readonly team: Team,
    private readonly dtype: DType,
  ) {
    this.size = dtype === 'float32' ? 4 : 8;
  }

  /** C = alpha·A·B + beta·C. */
  gemm(m: number, n: number, k: number, alpha: number, a: Strided, b: Strided, beta: number, c: Strided): void {
    const [down, across] = gridOf(m, n, this.tasksFor(2 * m * n * k));
    const columns = evenly(n, across);
    const tasks = evenly(m, down).flatMap(([i, end]) =>
      columns.map(([j, jEnd]) => ({
        m: end - i,
        n: jEnd - j,
        k,
        ...this.left(this.part(a, i, 0)),
        ...this.right(this.part(b, 0, j)),
        c: this.part(c, i, j).at,
        ldc: c.rs,
        alpha,
        beta,
      })),
    );
    this.run(Kind.gemm, tasks);
  }

  /** T·X = alpha·R in place, T of order m, R m × n. */
  trsm(m: number, n: number, upper: boolean, unit: boolean, alpha: number, t: Strided, r: Strided): void {
    const tasks = evenly(n, this.tasksFor(m * m * n, TRSM_TASKS_PER_THREAD)).map(([j, end]) => ({
      m,
      n: end - j,
      ...this.left(t),
      ...this.right(this.part(r, 0, j)),
      upper: Number(upper),
      unit: Number(unit),
      alpha,
    }));
    this.run(Kind.trsm, tasks);
  }

  private tasksFor(flops: number, perThread = TASKS_PER_THREAD): number {
    let tasks = perThread * this.team.parallel;
    while (flops / tasks > MOST_FLOPS) tasks *= 2;
    return Math.max(1, Math.min(tasks, MOST_TASKS, Math.floor(flops / LEAST_FLOPS)));
  }

  private part({ at, rs, cs }: Strided, i: number, j: number): Strided {
    return { at: at + this.size * (i * rs + j * cs), rs, cs };
  }

  private left({ at, rs, cs }: Strided) {
    return { a: at, rsa: rs, csa: cs };
  }

  private right({ at, rs, cs }: Strided) {
    return { b: at, rsb: rs, csb: cs };
  }

  private run(kind: Kind, tasks: readonly Task[]): void {
    const { team } = this;
    const view = new DataView(team.core.memory.buffer, team.base, RECORDS_BYTES);
    const double = this.dtype === 'float64';
    tasks.forEach(({ alpha, beta = 1, ...words }, i) => {
      const record = i * RECORD_BYTES;
      for (let byte = 0; byte < RECORD_BYTES; byte += 4) view.setInt32(record + byte, 0, true);
      view.setInt32(record, kind + Number(double), true);
      for (const [field, value] of Object.entries(words)) view.setUint32(record + 4 * Word[field as Field], value, true);
      // A scalar that vanishes in float32 is zero before it is compared with zero.
      view.setFloat64(record + ALPHA_BYTE, double ? alpha : Math.fround(alpha), true);
      view.setFloat64(record + BETA_BYTE, double ? beta : Math.fround(beta), true);
    });
    team.run(team.base, RECORD_BYTES, tasks.length);
  }
}

export type Range = readonly [first: number, end: number];

/** [0, n) in at most `parts` ranges whose boundaries are multiples of GRAIN. */
export function evenly(n: number, parts: number): Range[] {
  const ranges: Range[] = [];
  let first = 0;
  for (let i = 1; i <= parts; i++) {
    const end = i === parts ? n : Math.min(n, GRAIN * Math.round((i * n) / parts / GRAIN));
    if (end > first) ranges.push([first, end]);
    first = Math.max(first, end);
  }
  return ranges;
}

/** Parts down and across: of the divisions of `tasks`, the one that packs least. Every part down packs B, every part across A. */
function gridOf(m: number, n: number, tasks: number): readonly [number, number] {
  let best: readonly [number, number] = [tasks, 1];
  for (let across = 1; across <= tasks; across++) {
    const down = tasks / across;
    if (Number.isInteger(down) && down * n + across * m < best[0] * n + best[1] * m) best = [down, across];
  }
  return best;
}
