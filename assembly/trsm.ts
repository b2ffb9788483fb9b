/**
 * Triangular systems with many right-hand sides. Every side, triangle and transposition is one problem, T·X = R for strided T and
 * R: halves are eliminated by products, and a diagonal block of at most BLOCK rows is solved panel by panel in the order in which
 * its rows are eliminated (an upper T is walked backwards), with true divisions and no inverse.
 */
import { FULL, multiplyAdd, scaleMatrix } from './gemm';
import { MR, NR, NR_BYTES, bytes, madd } from './micro';
import { packSlab, unpackPanel } from './pack';

/** Rows of T solved without a further split. A multiple of MR. */
const BLOCK: i32 = 64;

/** Address of element (i, j) of a strided matrix. */
@inline
function strided<T>(base: usize, rs: i32, cs: i32, i: i32, j: i32): usize {
  return base + (<usize>i * <usize>rs + <usize>j * <usize>cs) * sizeof<T>();
}

/**
 * Solves T·X = R in place. T is n × n, lower or upper triangular with element (i, j) at t[i·rst + j·cst]; R is n × columns with
 * element (i, j) at r[i·rsr + j·csr], where one of rsr, csr is 1.
 * @param work WORK_BYTES bytes
 */
export function solveTriangular<T>(
  n: i32, columns: i32, upper: i32, unit: i32, t: usize, rst: i32, cst: i32, r: usize, rsr: i32, csr: i32, work: usize,
): void {
  if (n <= BLOCK) return solveBlock<T>(n, columns, upper, unit, t, rst, cst, r, rsr, csr, work);
  const n1 = (n / 2 + BLOCK - 1) & -BLOCK;
  const n2 = n - n1;
  const t22 = strided<T>(t, rst, cst, n1, n1);
  const r2 = strided<T>(r, rsr, csr, n1, 0);
  if (upper) {
    solveTriangular<T>(n2, columns, upper, unit, t22, rst, cst, r2, rsr, csr, work);
    eliminate<T>(n1, columns, n2, strided<T>(t, rst, cst, 0, n1), rst, cst, r2, r, rsr, csr, work);
    solveTriangular<T>(n1, columns, upper, unit, t, rst, cst, r, rsr, csr, work);
  } else {
    solveTriangular<T>(n1, columns, upper, unit, t, rst, cst, r, rsr, csr, work);
    eliminate<T>(n2, columns, n1, strided<T>(t, rst, cst, n1, 0), rst, cst, r, r2, rsr, csr, work);
    solveTriangular<T>(n2, columns, upper, unit, t22, rst, cst, r2, rsr, csr, work);
  }
}

/** R (m × columns) -= T·X with T m × k, in whichever orientation has the rows of R adjacent in memory. */
function eliminate<T>(
  m: i32, columns: i32, k: i32, t: usize, rst: i32, cst: i32, x: usize, r: usize, rsr: i32, csr: i32, work: usize,
): void {
  if (csr == 1) multiplyAdd<T>(m, columns, k, <T>-1, t, rst, cst, x, rsr, csr, r, rsr, FULL, work);
  else multiplyAdd<T>(columns, m, k, <T>-1, x, csr, rsr, t, cst, rst, r, csr, FULL, work);
}

function solveBlock<T>(
  n: i32, columns: i32, upper: i32, unit: i32, t: usize, rst: i32, cst: i32, r: usize, rsr: i32, csr: i32, work: usize,
): void {
  if (upper) {
    t = strided<T>(t, rst, cst, n - 1, n - 1);
    r = strided<T>(r, rsr, csr, n - 1, 0);
    rst = -rst;
    cst = -cst;
    rsr = -rsr;
  }
  const panel = work + bytes<T>(BLOCK * BLOCK);
  packTriangle<T>(n, unit, t, rst, cst, work);
  memory.fill(panel + <usize>n * NR_BYTES, 0, <usize>(MR - 1) * NR_BYTES);
  for (let j = 0; j < columns; j += NR<T>()) {
    const width = min(NR<T>(), columns - j);
    const from = strided<T>(r, rsr, csr, 0, j);
    packSlab<T>(from, csr, rsr, width, n, 0, panel, NR<T>());
    let rows = work;
    for (let i = 0; i < n; i += MR) {
      solveRows<T>(i, rows, panel, panel + <usize>i * NR_BYTES);
      rows += bytes<T>((i + MR) * MR);
    }
    unpackPanel<T>(panel, NR<T>(), n, width, from, rsr, csr);
  }
}

/** Panels of MR rows of a lower triangle, each up to and including its diagonal square; rows past n are those of the identity. */
function packTriangle<T>(n: i32, unit: i32, t: usize, rst: i32, cst: i32, dst: usize): void {
  for (let i = 0; i < n; i += MR) {
    packSlab<T>(strided<T>(t, rst, cst, i, 0), rst, cst, min(MR, n - i), i, 0, dst, MR);
    dst += bytes<T>(i * MR);
    for (let jj = 0; jj < MR; jj++) {
      for (let ii = 0; ii < MR; ii++, dst += sizeof<T>()) {
        let value: T = ii == jj ? <T>1 : <T>0;
        if (i + ii < n && (ii > jj || (ii == jj && !unit))) value = load<T>(strided<T>(t, rst, cst, i + ii, i + jj));
        store<T>(dst, value);
      }
    }
  }
}

/** Solves MR rows of a panel: x = D⁻¹·(r − A·(the k rows above)), with A and the lower square D packed one after the other. */
function solveRows<T>(k: i32, a: usize, b: usize, x: usize): void {
  let s00 = v128.splat<T>(<T>0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = b + <usize>k * NR_BYTES;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    s00 = madd<T>(a0, b0, s00);
    s01 = madd<T>(a0, b1, s01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    s10 = madd<T>(a1, b0, s10);
    s11 = madd<T>(a1, b1, s11);
    const a2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    s20 = madd<T>(a2, b0, s20);
    s21 = madd<T>(a2, b1, s21);
    const a3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    s30 = madd<T>(a3, b0, s30);
    s31 = madd<T>(a3, b1, s31);
    a += 4 * sizeof<T>();
    b += NR_BYTES;
  }
  const d00 = v128.load_splat<T>(a);
  const d10 = v128.load_splat<T>(a, sizeof<T>());
  const d20 = v128.load_splat<T>(a, 2 * sizeof<T>());
  const d30 = v128.load_splat<T>(a, 3 * sizeof<T>());
  const x00 = v128.div<T>(v128.sub<T>(v128.load(x), s00), d00);
  const x01 = v128.div<T>(v128.sub<T>(v128.load(x, 16), s01), d00);
  v128.store(x, x00);
  v128.store(x, x01, 16);
  s10 = madd<T>(d10, x00, s10);
  s11 = madd<T>(d10, x01, s11);
  s20 = madd<T>(d20, x00, s20);
  s21 = madd<T>(d20, x01, s21);
  s30 = madd<T>(d30, x00, s30);
  s31 = madd<T>(d30, x01, s31);
  const d11 = v128.load_splat<T>(a, 5 * sizeof<T>());
  const d21 = v128.load_splat<T>(a, 6 * sizeof<T>());
  const d31 = v128.load_splat<T>(a, 7 * sizeof<T>());
  const x10 = v128.div<T>(v128.sub<T>(v128.load(x, 32), s10), d11);
  const x11 = v128.div<T>(v128.sub<T>(v128.load(x, 48), s11), d11);
  v128.store(x, x10, 32);
  v128.store(x, x11, 48);
  s20 = madd<T>(d21, x10, s20);
  s21 = madd<T>(d21, x11, s21);
  s30 = madd<T>(d31, x10, s30);
  s31 = madd<T>(d31, x11, s31);
  const d22 = v128.load_splat<T>(a, 10 * sizeof<T>());
  const d32 = v128.load_splat<T>(a, 11 * sizeof<T>());
  const x20 = v128.div<T>(v128.sub<T>(v128.load(x, 64), s20), d22);
  const x21 = v128.div<T>(v128.sub<T>(v128.load(x, 80), s21), d22);
  v128.store(x, x20, 64);
  v128.store(x, x21, 80);
  s30 = madd<T>(d32, x20, s30);
  s31 = madd<T>(d32, x21, s31);
  const d33 = v128.load_splat<T>(a, 15 * sizeof<T>());
  v128.store(x, v128.div<T>(v128.sub<T>(v128.load(x, 96), s30), d33), 96);
  v128.store(x, v128.div<T>(v128.sub<T>(v128.load(x, 112), s31), d33), 112);
}

@inline
function trsm<T>(
  right: i32, upper: i32, trans: i32, unit: i32, m: i32, n: i32, alpha: T, a: usize, lda: i32, b: usize, ldb: i32, work: usize,
): void {
  scaleMatrix<T>(m, n, alpha, b, ldb, FULL);
  if (alpha == <T>0 || m == 0 || n == 0) return;
  // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
  const transposed = trans != right;
  const rst = transposed ? 1 : lda;
  const cst = transposed ? lda : 1;
  const backwards = upper != <i32>transposed;
  if (right) solveTriangular<T>(n, m, backwards, unit, a, rst, cst, b, 1, ldb, work);
  else solveTriangular<T>(m, n, backwards, unit, a, rst, cst, b, ldb, 1, work);
}

/**
 * B = alpha·op(A)⁻¹·B, or alpha·B·op(A)⁻¹ when `right`, for triangular A (BLAS trsm, row-major). Flags are 0 or 1; only the named
 * triangle is read, and not its diagonal when `unit`.
 */
export function trsm_f32(
  right: i32, upper: i32, trans: i32, unit: i32, m: i32, n: i32, alpha: f32, a: usize, lda: i32, b: usize, ldb: i32, work: usize,
): void {
  trsm<f32>(right, upper, trans, unit, m, n, alpha, a, lda, b, ldb, work);
}

/** As trsm_f32. */
export function trsm_f64(
  right: i32, upper: i32, trans: i32, unit: i32, m: i32, n: i32, alpha: f64, a: usize, lda: i32, b: usize, ldb: i32, work: usize,
): void {
  trsm<f64>(right, upper, trans, unit, m, n, alpha, a, lda, b, ldb, work);
}
