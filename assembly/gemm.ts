/** Products of packed operands, and BLAS gemm on top of them. All matrices are row-major. */
import { KC, MR, NR, NR_BYTES, at, bytes, micro } from './micro';
import { packSlab } from './pack';

/** Rows of the left operand packed at a time: MC × KC stays in the second-level cache. A multiple of MR. */
export const MC: i32 = 96;
/** Columns of the right operand packed at a time. A multiple of NR. */
export const NC: i32 = 2048;

/** Which part of C a product may touch. */
export const FULL: i32 = 0;
export const LOWER: i32 = 1;
export const UPPER: i32 = 2;

/** The workspace every routine of linear algebra needs, whatever the problem's size. */
export const WORK_BYTES: usize = (<usize>(MC + NC) * KC + 64) * 8;

export function linalg_work_bytes(): usize {
  return WORK_BYTES;
}

/**
 * C = A·Bᵀ from operands packed whole by `packRows` (`ap` in panels of MR rows, `bp` of NR), m and n multiples of these. An entry
 * is the sum over slabs of the sums inside them, both in order, wherever it stands. `lower` skips the register tiles strictly
 * above C's diagonal and leaves them as they are.
 */
export function blockProduct<T>(m: i32, n: i32, k: i32, ap: usize, bp: usize, c: usize, ldc: i32, lower: i32): void {
  if (k == 0) scaleMatrix<T>(m, n, <T>0, c, ldc, FULL);
  for (let kb = 0; kb < k; kb += KC) {
    const kc = min(KC, k - kb);
    for (let j = 0; j < n; j += NR<T>()) {
      const b = bp + bytes<T>(j * kc);
      const first = lower ? (j / MR) * MR : 0;
      for (let i = first; i < m; i += MR)
        micro<T>(kc, ap + bytes<T>(i * kc), b, at<T>(c, ldc, i, j), bytes<T>(ldc), <T>1, kb == 0);
    }
    ap += bytes<T>(m * kc);
    bp += bytes<T>(n * kc);
  }
}

/**
 * The m × n block at `c` += alpha · (one packed slab), of which only `part` of the matrix: `diagonal` is the block's first row
 * index minus its first column index. Panels of the right operand are `stride` bytes apart. Ragged tiles and those on the diagonal go
 * through `scratch`.
 */
export function blockUpdate<T>(
  m: i32, n: i32, k: i32, ap: usize, bp: usize, stride: usize, c: usize, ldc: i32, alpha: T, part: i32, diagonal: i32, scratch: usize,
): void {
  for (let j = 0, b = bp; j < n; j += NR<T>(), b += stride) {
    for (let i = 0; i < m; i += MR) {
      const below = diagonal + i + MR - 1 - j;
      const above = j + NR<T>() - 1 - diagonal - i;
      if ((part == LOWER && below < 0) || (part == UPPER && above < 0)) continue;
      const whole = i + MR <= m && j + NR<T>() <= n && (part == FULL || (part == LOWER ? above <= 0 : below <= 0));
      const a = ap + bytes<T>(i * k);
      const tile = at<T>(c, ldc, i, j);
      if (whole) {
        micro<T>(k, a, b, tile, bytes<T>(ldc), alpha, 0);
      } else {
        micro<T>(k, a, b, scratch, NR_BYTES, alpha, 1);
        addTile<T>(min(MR, m - i), min(NR<T>(), n - j), scratch, tile, ldc, part, diagonal + i - j);
      }
    }
  }
}

function addTile<T>(m: i32, n: i32, tile: usize, c: usize, ldc: i32, part: i32, diagonal: i32): void {
  for (let i = 0; i < m; i++) {
    const first = part == UPPER ? max(0, diagonal + i) : 0;
    const end = part == LOWER ? min(n, diagonal + i + 1) : n;
    for (let j = first; j < end; j++) {
      const to = at<T>(c, ldc, i, j);
      store<T>(to, load<T>(to) + load<T>(at<T>(tile, NR<T>(), i, j)));
    }
  }
}

/**
 * `part` of C += alpha·A·B for any strides of A (m × k) and B (k × n): element (i, j) of A is a[i·rsa + j·csa].
 * @param work WORK_BYTES bytes
 */
export function multiplyAdd<T>(
  m: i32, n: i32, k: i32, alpha: T, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, csb: i32, c: usize, ldc: i32,
  part: i32, work: usize,
): void {
  const ap = work;
  const bp = work + bytes<T>(MC * KC);
  const scratch = bp + bytes<T>(NC * KC);
  for (let j = 0; j < n; j += NC) {
    const nc = min(NC, n - j);
    const first = part == LOWER ? j : 0;
    const end = part == UPPER ? min(m, j + nc) : m;
    for (let kb = 0; kb < k; kb += KC) {
      const kc = min(KC, k - kb);
      packSlab<T>(b + bytes<T>(kb) * rsb + bytes<T>(j) * csb, csb, rsb, nc, kc, 0, bp, NR<T>());
      for (let i = first; i < end; i += MC) {
        const mc = min(MC, end - i);
        packSlab<T>(a + bytes<T>(i) * rsa + bytes<T>(kb) * csa, rsa, csa, mc, kc, 0, ap, MR);
        blockUpdate<T>(mc, nc, kc, ap, bp, <usize>kc * NR_BYTES, at<T>(c, ldc, i, j), ldc, alpha, part, i - j, scratch);
      }
    }
  }
}

/** `part` of the m × n matrix C *= beta; beta = 0 writes zeros without reading. */
export function scaleMatrix<T>(m: i32, n: i32, beta: T, c: usize, ldc: i32, part: i32): void {
  if (beta == <T>1) return;
  for (let i = 0; i < m; i++) {
    const first = part == UPPER ? i : 0;
    const end = part == LOWER ? min(n, i + 1) : n;
    let to = at<T>(c, ldc, i, first);
    if (beta == <T>0) memory.fill(to, 0, bytes<T>(end - first));
    else for (let j = first; j < end; j++, to += sizeof<T>()) store<T>(to, beta * load<T>(to));
  }
}

@inline
function gemm<T>(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, alpha: T, a: usize, lda: i32, b: usize, ldb: i32, beta: T, c: usize,
  ldc: i32, work: usize,
): void {
  scaleMatrix<T>(m, n, beta, c, ldc, FULL);
  if (alpha == <T>0) return;
  const rsa = transA ? 1 : lda;
  const csa = transA ? lda : 1;
  const rsb = transB ? 1 : ldb;
  const csb = transB ? ldb : 1;
  multiplyAdd<T>(m, n, k, alpha, a, rsa, csa, b, rsb, csb, c, ldc, FULL, work);
}

/** C = alpha·op(A)·op(B) + beta·C (BLAS gemm, row-major). `work`: linalg_work_bytes() bytes. */
export function gemm_f32(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, alpha: f32, a: usize, lda: i32, b: usize, ldb: i32, beta: f32, c: usize,
  ldc: i32, work: usize,
): void {
  gemm<f32>(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work);
}

/** As gemm_f32. */
export function gemm_f64(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, alpha: f64, a: usize, lda: i32, b: usize, ldb: i32, beta: f64, c: usize,
  ldc: i32, work: usize,
): void {
  gemm<f64>(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, work);
}
