/**
 * syrk by a team: the rows of A are packed once, as left and as right operands, and a block of C is a product of two ranges of them. What the
 * tasks of a batch share stands in a header. An entry is summed as in syrk.ts, slab by slab, however C is divided.
 */
import { FULL, LOWER, MC, UPPER, blockUpdate, scaleMatrix } from './gemm';
import { KC, MR, NR, NR_BYTES, at, bytes } from './micro';
import { packSlab } from './pack';

/** Sizes and strides in elements; element (i, j) of A at a[i·rsa + j·csa]. */
@unmanaged
class Product {
  /** Columns of A in this batch. */
  k: i32;
  /** Rows of A, rounded up to whole panels. */
  order: i32;
  a: usize;
  rsa: i32;
  csa: i32;
  /** Packed rows, slab by slab; the same where panels of both operands are equally wide. */
  left: usize;
  right: usize;
  c: usize;
  ldc: i32;
  upper: i32;
  alpha: f64;
  beta: f64;
}

@unmanaged
class Block {
  kind: i32;
  row: i32;
  rows: i32;
  /** Of C; a task that packs has none. */
  col: i32;
  cols: i32;
  product: Product;
}

/** Where the slab of kc columns from kb on has the panels of row i. */
@inline
function packedAt<T>(packed: usize, product: Product, kb: i32, kc: i32, i: i32): usize {
  return packed + (<usize>kb * <usize>product.order + <usize>i * <usize>kc) * sizeof<T>();
}

/** Packs some rows of A. */
export function packTask<T>(record: usize): void {
  const block = changetype<Block>(record);
  const product = block.product;
  const from = product.a + bytes<T>(block.row) * product.rsa;
  for (let kb = 0; kb < product.k; kb += KC) {
    const kc = min(KC, product.k - kb);
    const slab = from + bytes<T>(kb) * product.csa;
    packSlab<T>(slab, product.rsa, product.csa, block.rows, kc, 0, packedAt<T>(product.left, product, kb, kc, block.row), MR);
    if (NR<T>() != MR)
      packSlab<T>(slab, product.rsa, product.csa, block.rows, kc, 0, packedAt<T>(product.right, product, kb, kc, block.row), NR<T>());
  }
}

/** One block of C *= beta, += alpha·A·Aᵀ; of a block on the diagonal one triangle. */
export function syrkTask<T>(record: usize, work: usize): void {
  const block = changetype<Block>(record);
  const product = block.product;
  const part = block.row != block.col ? FULL : product.upper ? UPPER : LOWER;
  const c = at<T>(product.c, product.ldc, block.row, block.col);
  scaleMatrix<T>(block.rows, block.cols, <T>product.beta, c, product.ldc, part);
  for (let kb = 0; kb < product.k; kb += KC) {
    const kc = min(KC, product.k - kb);
    const right = packedAt<T>(product.right, product, kb, kc, block.col);
    for (let i = 0; i < block.rows; i += MC) {
      const left = packedAt<T>(product.left, product, kb, kc, block.row + i);
      const to = at<T>(c, product.ldc, i, 0);
      const rows = min(MC, block.rows - i);
      blockUpdate<T>(rows, block.cols, kc, left, right, <usize>kc * NR_BYTES, to, product.ldc, <T>product.alpha, part, i, work);
    }
  }
}
