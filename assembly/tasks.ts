/**
 * Parts of linear algebra routines as tasks of a team: a record names operands and the rows or columns that are its own. However the
 * work is divided, an entry is summed in the same order.
 */
import { FULL, multiplyAdd, scaleMatrix } from './gemm';
import { solveTriangular } from './trsm';

/** Strides in elements; element (i, j) of A at a[i·rsa + j·csa]. */
@unmanaged
class Task {
  kind: i32;
  /** gemm: rows of C here; trsm: order of the triangle. */
  m: i32;
  /** gemm: columns of C; trsm: right-hand sides here. */
  n: i32;
  /** gemm: inner dimension. */
  k: i32;
  a: usize;
  rsa: i32;
  csa: i32;
  b: usize;
  rsb: i32;
  csb: i32;
  c: usize;
  ldc: i32;
  /** trsm: the upper triangle. */
  upper: i32;
  /** trsm: ones on the diagonal. */
  unit: i32;
  alpha: f64;
  beta: f64;
}

/** C = alpha·A·B + beta·C on m rows of C. */
export function gemmTask<T>(record: usize, work: usize): void {
  const g = changetype<Task>(record);
  scaleMatrix<T>(g.m, g.n, <T>g.beta, g.c, g.ldc, FULL);
  if (g.alpha != 0) multiplyAdd<T>(g.m, g.n, g.k, <T>g.alpha, g.a, g.rsa, g.csa, g.b, g.rsb, g.csb, g.c, g.ldc, FULL, work);
}

/** T·X = alpha·R in place for n of the right-hand sides: T (a) is m × m, R (b) m × n, one of whose strides is 1. */
export function trsmTask<T>(record: usize, work: usize): void {
  const g = changetype<Task>(record);
  if (g.csb == 1) scaleMatrix<T>(g.m, g.n, <T>g.alpha, g.b, g.rsb, FULL);
  else scaleMatrix<T>(g.n, g.m, <T>g.alpha, g.b, g.csb, FULL);
  if (g.alpha != 0) solveTriangular<T>(g.m, g.n, g.upper, g.unit, g.a, g.rsa, g.csa, g.b, g.rsb, g.csb, work);
}
