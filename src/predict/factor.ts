/** The Cholesky factor of a regularized kernel, and what it says when there is none. */
import { InfiniteWidthError } from '../errors';
import type { LinearAlgebra } from '../linalg/contract';
import { type DType, dtypeOf, type TypedArray } from '../ndarray';
import type { Regularizer } from './arguments';
import { factorLower, solveHalf, solveOtherHalf } from './blocks';
import { counted, type Steps } from './steps';

/** K + rI = L·Lᵀ. */
export interface Factor {
  readonly n: number;
  /** [n, n]: L on and below the diagonal; what is above it is K's. */
  readonly data: TypedArray;
}

/** The diagonal of K, [n, n]. */
export const diagonalOf = (n: number, data: TypedArray): Float64Array => Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]);

/** The r of K + rI. */
export const ridgeOf = (diagonal: Float64Array, { diagReg, diagRegAbsoluteScale }: Regularizer): number =>
  diagReg * (diagRegAbsoluteScale ? 1 : meanDiagonal(diagonal));

/** Mean of the diagonal: the unit of a relative regularizer. */
function meanDiagonal(diagonal: Float64Array): number {
  const sum = diagonal.reduce((total, value) => total + value, 0);
  if (Number.isFinite(sum)) return sum / diagonal.length;
  return diagonal.reduce((mean, value) => mean + value / diagonal.length, 0);
}

/**
 * Factorises K + rI in the memory of K.
 * @param data [n, n], finite and symmetric; overwritten
 * @throws ERR_NOT_POSITIVE_DEFINITE with `{ index, pivot, suggestedJitter, suggestedDiagReg }`: a power of ten as `diagReg`, and
 *   the r it stands for, seen to make K factor (finding it costs a second factorisation, seldom a third)
 */
export function* factorize(la: LinearAlgebra, n: number, data: TypedArray, regularizer: Regularizer, name: string): Steps<Factor> {
  const diagonal = diagonalOf(n, data);
  const ridge = ridgeOf(diagonal, regularizer);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = diagonal[i] + ridge;
  const info = yield* counted('cholesky', Math.round(n ** 3 / 3), factorLower(la, n, data));
  if (info === 0) return { n, data };
  const pivot = data[(info - 1) * (n + 1)];
  const jitter = yield* jitterThatDoes(la, n, data, diagonal, ridge, regularizer);
  throw notPositiveDefinite(name, info - 1, pivot, jitter, regularizer, data);
}

/** B = B·(K + rI)⁻¹ for the m rows of B, in place. */
export function* solveRows(la: LinearAlgebra, { n, data }: Factor, m: number, b: TypedArray): Steps<void> {
  yield* counted('solve', 2 * m * n * n, both());
  function* both(): Generator<number, void> {
    yield* solveHalf(la, n, data, m, b);
    yield* solveOtherHalf(la, n, data, m, b);
  }
}

/** log det(K + rI). */
export function logDeterminant({ n, data }: Factor): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(data[i * (n + 1)]);
  return 2 * sum;
}

interface Jitter {
  readonly diagReg: number;
  readonly ridge: number;
  /** Whether diagReg counts in units of K rather than of its mean diagonal. */
  readonly absolute: boolean;
}

/** Exponent of the first power of ten that is, times `unit`, above the rounding errors of K of that size. */
const roundingDecade = (n: number, largest: number, unit: number, dtype: DType): number =>
  Math.ceil(Math.log10((n * EPSILON[dtype] * largest) / unit));

/** Spacing of the numbers after 1. */
export const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/** Powers of ten tried before giving up: the first is above the rounding errors of K, the last above any norm. */
const DECADES = 40;

/** The first power of ten, from rounding error on, whose regularizer makes K factor. K is restored from its upper triangle. */
function* jitterThatDoes(
  la: LinearAlgebra,
  n: number,
  data: TypedArray,
  diagonal: Float64Array,
  ridge: number,
  { diagRegAbsoluteScale }: Regularizer,
): Steps<Jitter | null> {
  const mean = meanDiagonal(diagonal);
  const absolute = diagRegAbsoluteScale || !(mean > 0);
  const unit = absolute ? 1 : mean;
  const largest = diagonal.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const first = Math.max(roundingDecade(n, largest, unit, dtypeOf(data)), ridge > 0 ? Math.floor(Math.log10(ridge / unit)) + 1 : -Infinity);
  for (let exponent = first; exponent < first + DECADES; exponent++) {
    const diagReg = Number(`1e${exponent}`);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) data[i * n + j] = data[j * n + i];
      data[i * (n + 1)] = diagonal[i] + diagReg * unit;
    }
    if ((yield* counted('diagnosis', Math.round(n ** 3 / 3), factorLower(la, n, data))) === 0)
      return { diagReg, ridge: diagReg * unit, absolute };
  }
  return null;
}

function notPositiveDefinite(
  name: string,
  index: number,
  pivot: number,
  jitter: Jitter | null,
  { diagReg, diagRegAbsoluteScale }: Regularizer,
  data: TypedArray,
): InfiniteWidthError {
  const dtype = dtypeOf(data);
  const scale = jitter?.absolute && !diagRegAbsoluteScale ? ', diagRegAbsoluteScale: true' : '';
  const remedy = jitter ? `pass { diagReg: ${jitter.diagReg}${scale} }` : 'check that it is the kernel of the training set with itself';
  const precision = dtype === 'float32' ? ", or compute in float64 (dtype: 'float64'), which tells nearly equal rows apart" : '';
  return new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `${name} with diagReg ${diagReg} is not positive definite in ${dtype}: the pivot of row ${index} is ${pivot}, as with a row that repeats an earlier one; ${remedy}${precision}`,
    { index, pivot, suggestedJitter: jitter?.ridge, suggestedDiagReg: jitter?.diagReg, diagReg, dtype },
  );
}
