/**
 * Cholesky factorisation by a team. A step is what a column of blocks does to one block (row, col): where col = column it finishes the
 * block, otherwise it subtracts a product. A table has the number of steps done on each block; a step is ready when its block has had
 * those of the columns before, and the blocks it reads are finished. After a pivot that is not positive, the steps of that column and of
 * later ones do nothing, so that the matrix is left as one thread leaves it.
 *
 * Whoever finishes a block packs it for the products of its column, for which there are two stores, of even and of odd columns.
 */
import { FULL, LOWER, UPPER, blockUpdate } from './gemm';
import { MR, NR, NR_BYTES, bytes } from './micro';
import { packSlab } from './pack';
import { entry, factorDiagonal, solvePanel } from './potrf';

@unmanaged
class Step {
  kind: i32;
  row: i32;
  col: i32;
  column: i32;
  matrix: Matrix;
}

/** What the steps of a factorisation share. */
@unmanaged
class Matrix {
  /** Address of entry (0, 0), entries from one row to the next, order, order of the blocks, and how many there are in a column. */
  a: usize;
  lda: i32;
  n: i32;
  block: i32;
  blocks: i32;
  upper: i32;
  /** 0, or the order of the leading minor that is not positive definite. */
  info: i32;
  /** Steps done on each block: row by row, row i having i + 1 of them. */
  steps: usize;
  /** Products subtracted of each column. */
  products: usize;
  /** The store of even columns; that of odd ones follows. Each has place for a column twice: as left operands, then as right ones. */
  packed: usize;
}

@inline
function stepsOf(matrix: Matrix, row: i32, col: i32): usize {
  return matrix.steps + ((<usize>row * (row + 1)) / 2 + col) * 4;
}

@inline
function hasDone(matrix: Matrix, row: i32, col: i32, steps: i32): bool {
  return atomic.load<i32>(stepsOf(matrix, row, col)) == steps;
}

/** Whether the products of a column have all been subtracted; of columns before the first, too. */
function isUsed(matrix: Matrix, column: i32): bool {
  const below = matrix.blocks - 1 - column;
  return column < 0 || atomic.load<i32>(matrix.products + 4 * column) == (below * (below + 1)) / 2;
}

/** Whether everything that the step of a record waits for is done. */
export function isReady(record: usize): bool {
  const step = changetype<Step>(record);
  const matrix = step.matrix;
  const column = step.column;
  if (!hasDone(matrix, step.row, step.col, column)) return false;
  if (step.col > column) return hasDone(matrix, step.row, column, column + 1) && hasDone(matrix, step.col, column, column + 1);
  return step.row == column || (hasDone(matrix, column, column, column + 1) && isUsed(matrix, column - 2));
}

export function potrfStep<T>(record: usize, work: usize): void {
  const step = changetype<Step>(record);
  const matrix = step.matrix;
  const column = step.column;
  const info = matrix.info;
  if (info == 0 || column < (info - 1) / matrix.block) perform<T>(matrix, step.row, step.col, column, work);
  if (step.col > column) atomic.add<i32>(matrix.products + 4 * column, 1);
  atomic.store<i32>(stepsOf(matrix, step.row, step.col), column + 1);
}

/** A packed block of a column, as a left operand; as a right one `right` = 1. */
@inline
function packedBlock<T>(matrix: Matrix, column: i32, right: i32, row: i32): usize {
  return matrix.packed + <usize>(((column & 1) * 2 + right) * matrix.blocks + row) * bytes<T>(matrix.block * matrix.block);
}

function perform<T>(matrix: Matrix, row: i32, col: i32, column: i32, work: usize): void {
  const upper = matrix.upper;
  const a = matrix.a;
  const lda = matrix.lda;
  const block = matrix.block;
  const k = column * block;
  const rows = min(block, matrix.n - row * block);
  const target = entry<T>(upper, a, lda, row * block, col * block);
  if (col > column) {
    const cols = min(block, matrix.n - col * block);
    const left = packedBlock<T>(matrix, column, 0, upper ? col : row);
    const right = packedBlock<T>(matrix, column, 1, upper ? row : col);
    const part = row > col ? FULL : upper ? UPPER : LOWER;
    const stride = <usize>block * NR_BYTES;
    blockUpdate<T>(upper ? cols : rows, upper ? rows : cols, block, left, right, stride, target, lda, <T>-1, part, 0, work);
  } else if (row > column) {
    solvePanel<T>(upper, block, rows, entry<T>(upper, a, lda, k, k), target, lda, work);
    const rs = upper ? 1 : lda;
    const cs = upper ? lda : 1;
    packSlab<T>(target, rs, cs, rows, block, 0, packedBlock<T>(matrix, column, 0, row), MR);
    packSlab<T>(target, rs, cs, rows, block, 0, packedBlock<T>(matrix, column, 1, row), NR<T>());
  } else {
    const info = factorDiagonal<T>(upper, rows, target, lda, work);
    if (info) matrix.info = k + info;
  }
}
