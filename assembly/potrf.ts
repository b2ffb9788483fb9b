/**
 * Cholesky factorisation by square blocks: a diagonal block is factored, the blocks below it are solved, and their products are subtracted from
 * the blocks to the right of them. One thread does a column of blocks at once, a team block by block (potrf-steps.ts): an entry sees the same
 * operations in the same order. Almost all of the work is products. The upper triangle is the lower one with rows and columns exchanged.
 */
import { LOWER, UPPER, multiplyAdd } from './gemm';
import { KC, at, bytes } from './micro';
import { solveTriangular } from './trsm';
import { addScaled, dot } from './vector';

/** Order factored row by row. */
const LEAF: i32 = 32;
/** Order of the smallest blocks; those of a large block on the diagonal. A multiple of LEAF. */
const BLOCK: i32 = 64;

/** Order of the blocks of an n × n matrix: ten to twenty of them for threads to share, until they are as long as a slab of products. */
export function potrf_block(n: i32): i32 {
  return min(KC, BLOCK + LEAF * (n / 512));
}

/** Address of entry (i, j), i ≥ j, of the lower triangle, or of (j, i) of the upper one. */
@inline
export function entry<T>(upper: i32, a: usize, lda: i32, i: i32, j: i32): usize {
  return upper ? at<T>(a, lda, j, i) : at<T>(a, lda, i, j);
}

/** Returns 0, or the order of the first leading minor that is not positive definite. */
function factor<T>(upper: i32, n: i32, block: i32, a: usize, lda: i32, work: usize): i32 {
  const rs = upper ? 1 : lda;
  const cs = upper ? lda : 1;
  for (let k = 0; k < n; k += block) {
    const order = min(block, n - k);
    const rest = n - k - order;
    const diagonal = entry<T>(upper, a, lda, k, k);
    const info = factorDiagonal<T>(upper, order, diagonal, lda, work);
    if (info) return k + info;
    if (rest == 0) break;
    const panel = entry<T>(upper, a, lda, k + order, k);
    solvePanel<T>(upper, order, rest, diagonal, panel, lda, work);
    const trailing = entry<T>(upper, a, lda, k + order, k + order);
    multiplyAdd<T>(rest, rest, order, <T>-1, panel, rs, cs, panel, cs, rs, trailing, lda, upper ? UPPER : LOWER, work);
  }
  return 0;
}

/** Factors a block on the diagonal. */
export function factorDiagonal<T>(upper: i32, n: i32, a: usize, lda: i32, work: usize): i32 {
  if (n > LEAF) return factor<T>(upper, n, n > BLOCK ? BLOCK : LEAF, a, lda, work);
  return upper ? factorUpperBlock<T>(n, a, lda) : factorLowerBlock<T>(n, a, lda);
}

/** Solves `rows` rows below a factored block of order n. */
export function solvePanel<T>(upper: i32, n: i32, rows: i32, triangle: usize, panel: usize, lda: i32, work: usize): void {
  if (upper) solveTriangular<T>(n, rows, 0, 0, triangle, 1, lda, panel, lda, 1, work);
  else solveTriangular<T>(n, rows, 0, 0, triangle, lda, 1, panel, 1, lda, work);
}

/** Row by row: every entry is a dot product of two finished rows. */
function factorLowerBlock<T>(n: i32, a: usize, lda: i32): i32 {
  for (let i = 0; i < n; i++) {
    const row = at<T>(a, lda, i, 0);
    for (let j = 0; j < i; j++) {
      const other = at<T>(a, lda, j, 0);
      const value = load<T>(row + bytes<T>(j)) - dot<T>(j, row, other);
      store<T>(row + bytes<T>(j), value / load<T>(other + bytes<T>(j)));
    }
    const pivot = load<T>(row + bytes<T>(i)) - dot<T>(i, row, row);
    const definite = pivot > <T>0;
    store<T>(row + bytes<T>(i), definite ? sqrt<T>(pivot) : pivot);
    if (!definite) return i + 1;
  }
  return 0;
}

/** Row by row: a finished row is subtracted from the rows below it. */
function factorUpperBlock<T>(n: i32, a: usize, lda: i32): i32 {
  for (let j = 0; j < n; j++) {
    const row = at<T>(a, lda, j, j);
    const pivot = load<T>(row);
    if (!(pivot > <T>0)) return j + 1;
    const root = sqrt<T>(pivot);
    store<T>(row, root);
    for (let i = 1; i < n - j; i++) store<T>(row + bytes<T>(i), load<T>(row + bytes<T>(i)) / root);
    for (let i = 1; i < n - j; i++) {
      const from = row + bytes<T>(i);
      addScaled<T>(n - j - i, -load<T>(from), from, at<T>(a, lda, j + i, j + i));
    }
  }
  return 0;
}

/**
 * Factors the named triangle of A in place, A = L·Lᵀ or Uᵀ·U (LAPACK potrf, row-major); the other triangle is neither read nor
 * written.
 * @returns 0, or i > 0 when the leading minor of order i is not positive definite (a NaN pivot counts as such): the pivot then
 * stands on the diagonal, in row i - 1, and what follows it is unspecified
 */
export function potrf_f32(upper: i32, n: i32, a: usize, lda: i32, work: usize): i32 {
  return factor<f32>(upper, n, potrf_block(n), a, lda, work);
}

/** As potrf_f32. */
export function potrf_f64(upper: i32, n: i32, a: usize, lda: i32, work: usize): i32 {
  return factor<f64>(upper, n, potrf_block(n), a, lda, work);
}
