/**
 * Cholesky factorisation and substitution in blocks (left-looking, as in LAPACK's dpotrf), so that large problems give the thread
 * back often and never put a whole n × n matrix into WebAssembly memory. Right-hand sides are rows: B is m × n, solved from the
 * right. Every generator yields the floating-point operations just done.
 */
import type { LinearAlgebra, Transpose } from '../linalg/contract';
import { allocate, dtypeOf, type TypedArray } from '../ndarray';

/** Rows and columns of a block, and the most terms summed in one product: about a gigaflop between two yields. */
const BLOCK = 512;
const DEPTH = 2048;

/** Start and length of each block of n. */
function blocksOf(n: number): { start: number; length: number; end: number }[] {
  const blocks: { start: number; length: number; end: number }[] = [];
  for (let start = 0; start < n; start += BLOCK)
    blocks.push({ start, length: Math.min(BLOCK, n - start), end: Math.min(n, start + BLOCK) });
  return blocks;
}

/** C = C + alpha·A·op(B), with A m × k, C m × n. */
function* addProduct(
  la: LinearAlgebra,
  transB: Transpose,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: TypedArray,
  lda: number,
  b: TypedArray,
  ldb: number,
  c: TypedArray,
  ldc: number,
): Generator<number, void> {
  for (let p = 0; p < k; p += DEPTH) {
    const depth = Math.min(DEPTH, k - p);
    la.gemm('n', transB, m, n, depth, alpha, a.subarray(p), lda, b.subarray(transB === 't' ? p : p * ldb), ldb, 1, c, ldc);
    yield 2 * m * n * depth;
  }
}

/**
 * A = L·Lᵀ in place; only the lower triangle is read and written. n³/3 operations.
 * @returns as potrf: 0, or i > 0 with the pivot that is not positive at a[(i − 1)(n + 1)]
 */
export function* factorLower(la: LinearAlgebra, n: number, a: TypedArray): Generator<number, number> {
  const at = (i: number, j: number) => a.subarray(i * n + j);
  const blocks = blocksOf(n);
  for (const { start: j, length: nb, end } of blocks) {
    for (let p = 0; p < j; p += DEPTH) {
      const depth = Math.min(DEPTH, j - p);
      la.syrk('lower', 'n', nb, depth, -1, at(j, p), n, 1, at(j, j), n);
      yield nb * nb * depth;
    }
    const info = la.potrf('lower', nb, at(j, j), n);
    if (info > 0) return j + info;
    yield nb ** 3 / 3;
    for (const { start: i, length: mb } of blocks) {
      if (i < end) continue;
      yield* addProduct(la, 't', mb, nb, j, -1, at(i, 0), n, at(j, 0), n, at(i, j), n);
      la.trsm('right', 'lower', 't', 'nonunit', mb, nb, 1, at(j, j), n, at(i, j), n);
      yield mb * nb * nb;
    }
  }
  return 0;
}

/** B = B·L⁻ᵀ in place, for m rows: then B·Bᵀ is the product with A⁻¹ in the middle. m·n² operations. @param ldl length of a row of L */
export function* solveHalf(la: LinearAlgebra, n: number, l: TypedArray, m: number, b: TypedArray, ldl = n): Generator<number, void> {
  for (const { start: j, length: nb } of blocksOf(n)) {
    yield* addProduct(la, 't', m, nb, j, -1, b, n, l.subarray(j * ldl), ldl, b.subarray(j), n);
    la.trsm('right', 'lower', 't', 'nonunit', m, nb, 1, l.subarray(j * ldl + j), ldl, b.subarray(j), n);
    yield m * nb * nb;
  }
}

/** The diagonal of A⁻¹ = L⁻ᵀ·L⁻¹: squared lengths of the columns of L⁻¹, each of which starts at the diagonal. About n³/3 operations. */
export function* inverseDiagonal(la: LinearAlgebra, n: number, l: TypedArray): Generator<number, Float64Array> {
  const diagonal = new Float64Array(n);
  const rows = allocate(dtypeOf(l), Math.min(BLOCK, n) * n, 'a block of the inverse factor');
  for (const { start, length } of blocksOf(n)) {
    const size = n - start;
    const block = rows.subarray(0, length * size).fill(0);
    for (let i = 0; i < length; i++) block[i * (size + 1)] = 1;
    yield* solveHalf(la, size, l.subarray(start * (n + 1)), length, block, n);
    for (let i = 0; i < length; i++) for (let j = i; j < size; j++) diagonal[start + i] += block[i * size + j] ** 2;
  }
  return diagonal;
}

/** B = B·L⁻¹ in place, for m rows: after solveHalf, B·A⁻¹. m·n² operations. */
export function* solveOtherHalf(la: LinearAlgebra, n: number, l: TypedArray, m: number, b: TypedArray): Generator<number, void> {
  for (const { start: j, length: nb, end } of blocksOf(n).reverse()) {
    if (end < n) yield* addProduct(la, 'n', m, nb, n - end, -1, b.subarray(end), n, l.subarray(end * n + j), n, b.subarray(j), n);
    la.trsm('right', 'lower', 'n', 'nonunit', m, nb, 1, l.subarray(j * n + j), n, b.subarray(j), n);
    yield m * nb * nb;
  }
}

/** C = C + alpha·A·op(B), all of it, in blocks of C. 2mnk operations. */
export function* multiplyAdd(
  la: LinearAlgebra,
  transB: Transpose,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: TypedArray,
  b: TypedArray,
  c: TypedArray,
): Generator<number, void> {
  const ldb = transB === 't' ? k : n;
  for (const { start: i, length: mb } of blocksOf(m))
    for (const { start: j, length: nb } of blocksOf(n))
      yield* addProduct(
        la,
        transB,
        mb,
        nb,
        k,
        alpha,
        a.subarray(i * k),
        k,
        b.subarray(transB === 't' ? j * k : j),
        ldb,
        c.subarray(i * n + j),
        n,
      );
}

/** C = C − A·Bᵀ − B·Aᵀ for symmetric C of order m, A and B m × k; symmetric to the bit. 2m²k operations, more by the diagonal blocks. */
export function* subtractSymmetric(
  la: LinearAlgebra,
  m: number,
  k: number,
  a: TypedArray,
  b: TypedArray,
  c: TypedArray,
): Generator<number, void> {
  for (const { start: i, length: mb } of blocksOf(m))
    for (const { start: j, length: nb } of blocksOf(i + mb)) {
      const at = c.subarray(i * m + j);
      yield* addProduct(la, 't', mb, nb, k, -1, a.subarray(i * k), k, b.subarray(j * k), k, at, m);
      yield* addProduct(la, 't', mb, nb, k, -1, b.subarray(i * k), k, a.subarray(j * k), k, at, m);
    }
  mirror(m, c);
}

/** C = C − A·Aᵀ for symmetric C of order m, A m × k; symmetric to the bit. m²k operations. */
export function* subtractGram(la: LinearAlgebra, m: number, k: number, a: TypedArray, c: TypedArray): Generator<number, void> {
  for (const { start: i, length: mb } of blocksOf(m)) {
    if (i > 0) yield* addProduct(la, 't', mb, i, k, -1, a.subarray(i * k), k, a, k, c.subarray(i * m), m);
    la.syrk('lower', 'n', mb, k, -1, a.subarray(i * k), k, 1, c.subarray(i * m + i), m);
    yield mb * mb * k;
  }
  mirror(m, c);
}

/** Copies the lower triangle to the upper one. */
function mirror(m: number, c: TypedArray): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) c[j * m + i] = c[i * m + j];
}
