/**
 * Cholesky factorisation by a team, as one batch: what each column of blocks does to each block right of it is a task
 * (assembly/potrf-steps.ts), taken in the order that is fixed here and not before what it waits for is done. The next block on the
 * diagonal is factored while other threads still subtract, so that nobody waits for it.
 */
import type { Triangle } from '../linalg/contract';
import { aligned } from './core';
import type { Team } from './team';

/** Kind of task as in assembly/team.ts, in float32; float64 is one more. */
const KIND = 10;
/** Words of a step's record (class Step; the last one is the team's), and of class Matrix. */
const RECORD_WORDS = 8;
enum Word {
  a,
  lda,
  n,
  block,
  blocks,
  upper,
  info,
  steps,
  products,
  packed,
}
const MATRIX_BYTES = 64;

/** Where everything stands from team.base on, and its end. */
function layout(team: Team, double: boolean, n: number) {
  const block = team.core.exports.potrf_block(n);
  const blocks = Math.ceil(n / block);
  const total = (blocks * (blocks + 1) * (blocks + 2)) / 6;
  const steps = team.base + MATRIX_BYTES;
  const products = steps + aligned(2 * blocks * (blocks + 1));
  const records = products + aligned(4 * blocks);
  const packed = records + aligned(4 * RECORD_WORDS * total);
  const end = packed + aligned(4 * blocks * block * block * (double ? 8 : 4));
  return { block, blocks, total, steps, products, records, packed, end };
}

/** Bytes from team.base on that `factorOnTeam` needs beside the matrix. */
export const factorBytes = (team: Team, double: boolean, n: number): number => layout(team, double, n).end - team.base;

/** As potrf_f32 of assembly/potrf.ts, with the same bits. */
export function factorOnTeam(team: Team, double: boolean, uplo: Triangle, n: number, a: number, lda: number): number {
  const { total, records, end: _, ...places } = layout(team, double, n);
  const words = new Int32Array(team.core.memory.buffer);
  const matrix = team.base / 4;
  words.fill(0, matrix, records / 4 + total * RECORD_WORDS);
  const header = { ...places, a, lda, n, upper: Number(uplo === 'upper') };
  for (const [field, value] of Object.entries(header)) words[matrix + Word[field as keyof typeof header]] = value;
  let at = records / 4;
  inOrder(places.blocks, team.parallel, (row, col, column) => {
    words[at] = KIND + Number(double);
    words[at + 1] = row;
    words[at + 2] = col;
    words[at + 3] = column;
    words[at + 4] = team.base;
    at += RECORD_WORDS;
  });
  team.run(records, 4 * RECORD_WORDS, total, 1);
  return words[matrix + Word.info];
}

/**
 * Steps in an order in which each comes after those that it waits for; where other steps are left, `threads` of them stand between, so that
 * it seldom waits.
 */
function inOrder(blocks: number, threads: number, visit: (row: number, col: number, column: number) => void): void {
  const finish = (column: number) => {
    for (let row = column + 1; row < blocks; row++) visit(row, column, column);
  };
  visit(0, 0, 0);
  finish(0);
  for (let column = 0; column + 1 < blocks; column++) {
    const next = column + 1;
    const below = blocks - next;
    const products = (below * (below + 1)) / 2;
    const factorAfter = Math.min(threads, products);
    const finishAfter = Math.min(Math.max(factorAfter + threads - 1, below), products);
    let done = 0;
    for (let col = next; col < blocks; col++)
      for (let row = col; row < blocks; row++) {
        visit(row, col, column);
        done++;
        if (done === factorAfter) visit(next, next, next);
        if (done === finishAfter) finish(next);
      }
  }
}
