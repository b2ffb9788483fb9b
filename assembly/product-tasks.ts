/**
 * Products by a team, of gemm and syrk: the rows of A and the columns of B are packed once, and a block of C is a product of two ranges of them.
 * What the tasks of a batch share stands in a header. An entry is summed as on one thread, slab by slab, however C is divided.
 */
import { FULL, MC, blockUpdate, scaleMatrix } from './gemm';
import { KC, MR, NR, NR_BYTES, at, bytes } from './micro';
import { packSlab } from './pack';

/** Sizes and strides in elements; element (i, j) of A at a[i·rsa + j·csa]. */
@unmanaged
class Product {
  /** Columns of A and rows of B in this batch. */
  k: i32;
  a: usize;
  rsa: i32;
  csa: i32;
  b: usize;
  rsb: i32;
  csb: i32;
  /** Packed rows of A and columns of B, slab by slab, and how many there are of each, rounded up to whole panels. */
  left: usize;
  rows: i32;
  right: usize;
  columns: i32;
  c: usize;
  ldc: i32;
  /** Of blocks on the diagonal; FULL for all of them where C is not symmetric. */
  part: i32;
  alpha: f64;
  beta: f64;
}

/** Of C; to pack, a range of rows or of columns, the other one being empty. */
@unmanaged
class Block {
  kind: i32;
  row: i32;
  rows: i32;
  col: i32;
  cols: i32;
  product: Product;
}

/** Where the slab of kc columns from kb on has the panels from the i-th row of `rows`. */
@inline
function packedAt<T>(packed: usize, rows: i32, kb: i32, kc: i32, i: i32): usize {
  return packed + (<usize>kb * <usize>rows + <usize>i * <usize>kc) * sizeof<T>();
}

/** Packs some rows of A, and some columns of B. */
export function packTask<T>(record: usize): void {
  const block = changetype<Block>(record);
  const product = block.product;
  const a = product.a + bytes<T>(block.row) * product.rsa;
  const b = product.b + bytes<T>(block.col) * product.csb;
  for (let kb = 0; kb < product.k; kb += KC) {
    const kc = min(KC, product.k - kb);
    const left = packedAt<T>(product.left, product.rows, kb, kc, block.row);
    const right = packedAt<T>(product.right, product.columns, kb, kc, block.col);
    packSlab<T>(a + bytes<T>(kb) * product.csa, product.rsa, product.csa, block.rows, kc, 0, left, MR);
    packSlab<T>(b + bytes<T>(kb) * product.rsb, product.csb, product.rsb, block.cols, kc, 0, right, NR<T>());
  }
}

/** One block of C *= beta, += alpha·A·B. */
export function productTask<T>(record: usize, work: usize): void {
  const block = changetype<Block>(record);
  const product = block.product;
  const part = block.row == block.col ? product.part : FULL;
  const c = at<T>(product.c, product.ldc, block.row, block.col);
  scaleMatrix<T>(block.rows, block.cols, <T>product.beta, c, product.ldc, part);
  for (let kb = 0; kb < product.k; kb += KC) {
    const kc = min(KC, product.k - kb);
    const right = packedAt<T>(product.right, product.columns, kb, kc, block.col);
    for (let i = 0; i < block.rows; i += MC) {
      const left = packedAt<T>(product.left, product.rows, kb, kc, block.row + i);
      const to = at<T>(c, product.ldc, i, 0);
      const rows = min(MC, block.rows - i);
      blockUpdate<T>(rows, block.cols, kc, left, right, <usize>kc * NR_BYTES, to, product.ldc, <T>product.alpha, part, i, work);
    }
  }
}
