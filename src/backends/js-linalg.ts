/**
 * Linear algebra in plain TypeScript: the reference of the contract, and the fallback where WebAssembly is forbidden. Everything is
 * computed in double precision and rounded once, when the result is stored.
 */
import { notBrought } from '../errors';
import { withChecks } from '../linalg/checks';
import type { LinearAlgebra, Triangle } from '../linalg/contract';
import { columnsOf, type Part, unitScale } from '../linalg/layout';
import type { TypedArray } from '../ndarray';
import { SLAB } from '../slab';
import type { JsEigensystem } from './js-eigen';

/** Copies the rows × columns matrix whose element (i, j) is src[i·rs + j·cs] into a compact row-major one. */
function gather(src: TypedArray, start: number, rs: number, cs: number, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = src[start + i * rs + j * cs];
  return out;
}

/** op(A) as a compact rows × columns matrix. */
function operand(a: TypedArray, lda: number, trans: 'n' | 't', rows: number, columns: number): Float64Array {
  return trans === 'n' ? gather(a, 0, lda, 1, rows, columns) : gather(a, 0, 1, lda, rows, columns);
}

/** `part` of C = alpha·A·B + beta·C with compact A (m × k) and B (k × n). */
function product(
  part: Part,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: Float64Array,
  b: Float64Array,
  beta: number,
  c: TypedArray,
  ldc: number,
): void {
  const row = new Float64Array(n);
  const sum = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    const [first, end] = columnsOf(part, i, n);
    for (let j = first; j < end; j++) row[j] = beta === 0 ? 0 : beta * c[i * ldc + j];
    for (let slab = 0; alpha !== 0 && slab < k; slab += SLAB) {
      sum.fill(0, first, end);
      for (let kk = slab; kk < Math.min(k, slab + SLAB); kk++) {
        const factor = a[i * k + kk];
        for (let j = first; j < end; j++) sum[j] += factor * b[kk * n + j];
      }
      for (let j = first; j < end; j++) row[j] += alpha * sum[j];
    }
    for (let j = first; j < end; j++) c[i * ldc + j] = row[j];
  }
}

/** x = T⁻¹·x by substitution, T compact and triangular. */
function substitute(n: number, uplo: Triangle, unit: boolean, t: Float64Array, x: Float64Array): void {
  for (let step = 0; step < n; step++) {
    const i = uplo === 'lower' ? step : n - 1 - step;
    const [first, end] = uplo === 'lower' ? [0, i] : [i + 1, n];
    let sum = 0;
    for (let j = first; j < end; j++) sum += t[i * n + j] * x[j];
    x[i] = unit ? x[i] - sum : (x[i] - sum) / t[i * n + i];
  }
}

const other = (uplo: Triangle): Triangle => (uplo === 'lower' ? 'upper' : 'lower');

/** R = alpha·T⁻¹·R, one right-hand side at a time: element (i, j) of R is r[i·rs + j·cs]. */
function solveTriangular(
  n: number,
  columns: number,
  uplo: Triangle,
  unit: boolean,
  alpha: number,
  t: Float64Array,
  r: TypedArray,
  rs: number,
  cs: number,
): void {
  for (let j = 0; j < columns; j++) {
    const x = gather(r, j * cs, rs, 1, n, 1);
    for (let i = 0; i < n; i++) x[i] = alpha === 0 ? 0 : alpha * x[i];
    if (alpha !== 0) substitute(n, uplo, unit, t, x);
    for (let i = 0; i < n; i++) r[i * rs + j * cs] = x[i];
  }
}

/** Cholesky–Banachiewicz: row by row, every entry from a dot product of two finished rows. Returns LAPACK's info. */
function factorLower(n: number, a: Float64Array): number {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < j; k++) sum += a[i * n + k] * a[j * n + k];
      const value = a[i * n + j] - sum;
      if (j < i) a[i * n + j] = value / a[j * n + j];
      else if (value > 0) a[i * n + i] = Math.sqrt(value);
      else {
        a[i * n + i] = value;
        return i + 1;
      }
    }
  }
  return 0;
}

/** syevd is in bundles whose functions bring it (parts.ts). */
type Eigensystem = (n: number, a: Float64Array, withVectors: boolean) => Generator<number, JsEigensystem>;
let eigensystemSteps: Eigensystem | null = null;
export function useEigensystem(steps: Eigensystem): void {
  eigensystemSteps = steps;
}

/** The reference backend. f64 `gemm` and `syrk` agree with the plain SIMD build to the bit. */
export function createJsLinearAlgebra(): LinearAlgebra {
  return withChecks({
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      product('full', m, n, k, alpha, operand(a, lda, transA, m, k), operand(b, ldb, transB, k, n), beta, c, ldc);
    },
    syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc) {
      const flipped = trans === 'n' ? 't' : 'n';
      product(uplo, n, n, k, alpha, operand(a, lda, trans, n, k), operand(a, lda, flipped, k, n), beta, c, ldc);
    },
    trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) {
      const unit = diag === 'unit';
      // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
      const transpose = (trans === 't') !== (side === 'right') ? 't' : 'n';
      const triangle = transpose === 't' ? other(uplo) : uplo;
      const order = side === 'left' ? m : n;
      const t = operand(a, lda, transpose, order, order);
      if (side === 'left') solveTriangular(m, n, triangle, unit, alpha, t, b, ldb, 1);
      else solveTriangular(n, m, triangle, unit, alpha, t, b, 1, ldb);
    },
    potrf(uplo, n, a, lda) {
      const [rs, cs] = uplo === 'lower' ? [lda, 1] : [1, lda];
      const factor = gather(a, 0, rs, cs, n, n);
      const info = factorLower(n, factor);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * rs + j * cs] = factor[i * n + j];
      return info;
    },
    potrs(uplo, n, nrhs, a, lda, b, ldb) {
      const trans = uplo === 'lower' ? 'n' : 't';
      const lower = operand(a, lda, trans, n, n);
      solveTriangular(n, nrhs, 'lower', false, 1, lower, b, ldb, 1);
      solveTriangular(n, nrhs, 'upper', false, 1, gather(lower, 0, 1, n, n, n), b, ldb, 1);
    },
    *syevdSteps(jobz, uplo, n, a, lda, w) {
      const solver = eigensystemSteps;
      if (!solver) throw notBrought('syevd');
      const [rs, cs] = uplo === 'lower' ? [lda, 1] : [1, lda];
      const { info, values, vectors } = yield* solver(n, gather(a, 0, rs, cs, n, n), jobz === 'v');
      w.set(values);
      if (vectors) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * lda + j] = vectors[j * n + i];
      return info;
    },
    symv(uplo, n, alpha, a, lda, x, beta, y) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; alpha !== 0 && j < n; j++) {
          const stored = uplo === 'lower' ? j <= i : j >= i;
          sum += (stored ? a[i * lda + j] : a[j * lda + i]) * x[j];
        }
        y[i] = (beta === 0 ? 0 : beta * y[i]) + (alpha === 0 ? 0 : alpha * sum);
      }
    },
    rowNorms(m, k, a, lda) {
      const norms = new Float64Array(m);
      for (let i = 0; i < m; i++) {
        let largest = 0;
        for (let j = 0; j < k; j++) largest = Math.max(largest, Math.abs(a[i * lda + j]));
        const scale = unitScale(largest);
        let sum = 0;
        for (let j = 0; j < k; j++) sum += (scale * a[i * lda + j]) ** 2;
        norms[i] = Math.sqrt(sum) / scale;
      }
      return norms;
    },
  });
}
