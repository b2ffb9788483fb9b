/** Cholesky factorisation, and solution of symmetric positive definite systems. */
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, checkFinite, dtypeOf, type NDArray, type TypedArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { asMatrix, asSquare, checkSizes, copyPromoted, type Matrix, solutionOf, withShape } from './operands';

/**
 * The lower triangular L with A = L·Lᵀ (LAPACK potrf), zeros above its diagonal.
 * @param a symmetric positive definite, [n, n]; only its lower triangle is read
 * @throws ERR_NOT_POSITIVE_DEFINITE with `{ index, pivot, suggestedJitter }`: the first row whose pivot is not positive, that
 * pivot, and the smallest power of ten that, added to the diagonal, makes A factor (finding it costs some five factorisations; undefined
 * where none in the range of the dtype does)
 * @throws ERR_NON_FINITE, ERR_SHAPE unless square
 */
export function cholesky(la: LinearAlgebra, a: ArrayLike2D): NDArray {
  const matrix = asSquare(a, 'a');
  checkFinite(matrix, 'a');
  const [factor] = copyPromoted(matrix);
  factorOrThrow(la, matrix, factor);
  const n = matrix.rows;
  for (let i = 0; i < n; i++) factor.fill(0, i * n + i + 1, (i + 1) * n);
  return withShape(factor, matrix);
}

/**
 * A⁻¹·B from the factor that `cholesky` returned (LAPACK potrs).
 * @param l [n, n], lower triangular; what is above its diagonal is not read
 * @param b [n] or [n, m]
 * @returns the shape of `b`
 * @throws ERR_NON_FINITE, also where the solution leaves the range of the dtype; ERR_SHAPE
 */
export function choleskySolve(la: LinearAlgebra, l: ArrayLike2D, b: ArrayLike2D): NDArray {
  const factor = asSquare(l, 'l');
  const right = asMatrix(b, 'b', true);
  checkSizes(factor.rows, factor, 'l', right.rows, right, 'b');
  checkFinite(factor, 'l');
  checkFinite(right, 'b');
  const [triangle, x] = copyPromoted(factor, right);
  la.potrs('lower', factor.rows, right.columns, triangle, Math.max(1, factor.rows), x, Math.max(1, right.columns));
  return solutionOf(x, right);
}

/**
 * A⁻¹·B for symmetric positive definite A (LAPACK posv).
 * @param a [n, n]; only its lower triangle is read
 * @param b [n] or [n, m]
 * @returns the shape of `b`
 * @throws ERR_NOT_POSITIVE_DEFINITE as `cholesky`; ERR_NON_FINITE, also where the solution leaves the range of the dtype; ERR_SHAPE
 */
export function solve(la: LinearAlgebra, a: ArrayLike2D, b: ArrayLike2D): NDArray {
  const matrix = asSquare(a, 'a');
  const right = asMatrix(b, 'b', true);
  checkSizes(matrix.rows, matrix, 'a', right.rows, right, 'b');
  checkFinite(matrix, 'a');
  checkFinite(right, 'b');
  const [factor, x] = copyPromoted(matrix, right);
  factorOrThrow(la, matrix, factor);
  la.potrs('lower', matrix.rows, right.columns, factor, Math.max(1, matrix.rows), x, Math.max(1, right.columns));
  return solutionOf(x, right);
}

function factorOrThrow(la: LinearAlgebra, matrix: Matrix, factor: TypedArray): void {
  const n = matrix.rows;
  const info = la.potrf('lower', n, factor, Math.max(1, n));
  if (info === 0) return;
  const index = info - 1;
  const pivot = factor[index * (n + 1)];
  const suggestedJitter = smallestJitter(la, matrix, factor);
  const remedy =
    suggestedJitter === undefined
      ? 'no jitter in the range of its dtype makes it so: divide it by its largest entry'
      : `adding ${suggestedJitter} to its diagonal makes it so`;
  throw new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `a is not positive definite: the pivot of row ${index} is ${pivot}; ${remedy}`,
    { index, pivot, suggestedJitter },
  );
}

/** Powers of ten that a dtype has. */
const DECADES = { float32: [-45, 38], float64: [-323, 308] } as const;

/** Bisects powers of ten between rounding error and the bound by Gershgorin's discs. `scratch` is overwritten. */
function smallestJitter(la: LinearAlgebra, matrix: Matrix, scratch: TypedArray): number | undefined {
  const dtype = dtypeOf(scratch);
  const [least, most] = DECADES[dtype];
  const norm = Math.log10(Math.min(symmetricNorm(matrix) || 1, Number.MAX_VALUE));
  let low = Math.max(least, Math.floor(norm + Math.log10(dtype === 'float32' ? 2 ** -24 : 2 ** -53)));
  let high = Math.min(most, Math.ceil(norm + Math.log10(2)));
  if (!factors(la, matrix, scratch, Number(`1e${high}`))) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (factors(la, matrix, scratch, Number(`1e${middle}`))) high = middle;
    else low = middle + 1;
  }
  return Number(`1e${high}`);
}

function factors(la: LinearAlgebra, { data, rows: n }: Matrix, scratch: TypedArray, jitter: number): boolean {
  scratch.set(data);
  for (let i = 0; i < n; i++) {
    scratch[i * (n + 1)] += jitter;
    if (scratch[i * (n + 1)] === Number.POSITIVE_INFINITY) return false;
  }
  return la.potrf('lower', n, scratch, n) === 0;
}

/** Largest row sum of magnitudes of the symmetric matrix whose lower triangle is given. */
function symmetricNorm({ data, rows: n }: Matrix): number {
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const magnitude = Math.abs(data[i * n + j]);
      sums[i] += magnitude;
      if (j < i) sums[j] += magnitude;
    }
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}
