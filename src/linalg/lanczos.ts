/** A few eigenvalues of a symmetric matrix by products with it alone. */

import { InfiniteWidthError, throwIfAborted } from '../errors';
import { drain } from '../execute/drain';
import {
  type ArrayLike2D,
  allocate,
  asNDArray,
  checkFinite,
  type DType,
  dtypeOf,
  type NDArray,
  showShape,
  type TypedArray,
} from '../ndarray';
import type { LinearAlgebra } from './contract';
import { diagonalize } from './eigh';
import { addScaled, dot, lengthOf, type Multiply, normalized, operatorOf } from './operator';

export interface LanczosOptions {
  /** Products with A, at most n. Default min(n, 64). */
  readonly steps?: number;
  /** [n], not 0. Default a fixed vector that no symmetry of a matrix singles out. */
  readonly start?: ArrayLike2D;
  /** Order; needed where `a` is a function and no `start` is given. */
  readonly n?: number;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}

export interface Lanczos {
  /** Ritz values, ascending, [k]: those at the ends of the spectrum come first to agree with eigenvalues of A. */
  readonly values: NDArray;
  /** Ritz vectors, the columns of [n, k]. */
  readonly vectors: NDArray;
  /** ‖A·v − value·v‖ of every pair: no eigenvalue of A is farther from the value. */
  readonly residuals: readonly number[];
  /** The tridiagonal matrix T = Qᵀ A Q: its diagonal, [k], and beside it, [k − 1]. */
  readonly diagonal: NDArray;
  readonly offDiagonal: NDArray;
}

/**
 * Lanczos with full reorthogonalisation, twice in every step (Golub & Van Loan 2013, §10.3). It ends before `steps` where the vectors that A makes
 * of the start span no more: the pairs are then those of A.
 * @param a symmetric, [n, n], or what multiplies by it
 * @throws ERR_ARGUMENT, ERR_NON_FINITE, ERR_SHAPE; AbortError
 */
export function lanczos(la: LinearAlgebra, a: ArrayLike2D | Multiply, { steps, start, n, signal }: LanczosOptions = {}): Lanczos {
  const given = start === undefined ? null : asNDArray(start, 'start');
  const order = given?.shape[0] ?? n ?? (typeof a === 'function' ? undefined : asNDArray(a, 'a').shape[0]);
  if (order === undefined)
    throw new InfiniteWidthError('ERR_ARGUMENT', 'lanczos: where a is a function the order is needed; give n, or start', {});
  if (!(Number.isInteger(order) && order > 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `lanczos: the order must be a positive integer, got ${order}`, { n: order });
  if (given && given.data.length !== order)
    throw new InfiniteWidthError('ERR_SHAPE', `start has shape ${showShape(given.shape)}; one vector [n] is needed`, {
      start: given.shape,
    });
  if (given) checkFinite(given, 'start');
  const most = steps ?? Math.min(order, 64);
  if (!(Number.isInteger(most) && most > 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `lanczos: steps must be a positive integer, got ${steps}`, { steps });
  const least = given ? dtypeOf(given.data) : typeof a === 'function' ? 'float64' : 'float32';
  const operator = operatorOf(la, a, order, least, 'a');
  const first = given ? allocate(operator.dtype, order, 'the start') : genericStart(operator.dtype, order);
  if (given) first.set(given.data);
  if (!(lengthOf(first) > 0)) throw new InfiniteWidthError('ERR_ARGUMENT', 'lanczos: start is 0; give another vector', {});

  const krylov: Krylov = { basis: [], diagonal: [], beside: [] };
  const { basis, diagonal } = krylov;
  const epsilon = operator.dtype === 'float64' ? 2 ** -53 : 2 ** -24;
  let [rest, norm] = [0, 0];
  throwIfAborted(signal);
  for (rest of lanczosSteps((v) => operator.multiply({ data: v, count: 1 }).data, first, krylov)) {
    norm = Math.max(norm, Math.abs(diagonal[diagonal.length - 1]) + rest);
    if (basis.length === Math.min(most, order) || !(rest > 8 * order * epsilon * norm)) break;
    throwIfAborted(signal);
  }
  return ritzPairs(la, krylov, basis.length === order ? 0 : rest);
}

/** What k steps have made: k orthonormal vectors, and the tridiagonal matrix of A between them, k − 1 numbers beside its diagonal. */
export interface Krylov {
  readonly basis: TypedArray[];
  readonly diagonal: number[];
  readonly beside: number[];
}

/**
 * One step after the other, without end.
 * @returns yields the length of what is left of A·v beside the basis, which the next step would take into it
 * @throws ERR_NON_FINITE where A·v is not finite
 */
export function* lanczosSteps(
  multiply: (v: TypedArray) => TypedArray,
  start: TypedArray,
  { basis, diagonal, beside }: Krylov,
): Generator<number, never> {
  let v = normalized(start);
  for (;;) {
    const w = multiply(v);
    basis.push(v);
    diagonal.push(dot(w, v));
    for (let pass = 0; pass < 2; pass++) for (const q of basis) addScaled(-dot(w, q), q, w);
    const rest = lengthOf(w);
    if (!Number.isFinite(rest))
      throw new InfiniteWidthError(
        'ERR_NON_FINITE',
        `the product of the matrix with vector ${basis.length} of lanczos is not finite; divide the matrix by its largest entry, and see that what multiplies gives numbers`,
        { step: basis.length },
      );
    yield rest;
    beside.push(rest);
    v = normalized(w);
  }
}

/** Orthogonal to no eigenvector that symmetry would single out. */
export function genericStart(dtype: DType, n: number): TypedArray {
  const start = allocate(dtype, n, 'the start');
  for (let i = 0; i < n; i++) start[i] = 1 + 0.5 * Math.sin(i + 1);
  return start;
}

function ritzPairs(la: LinearAlgebra, { basis, diagonal, beside }: Krylov, rest: number): Lanczos {
  const [k, n] = [basis.length, basis[0].length];
  const dtype = dtypeOf(basis[0]);
  const s = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    s[i * (k + 1)] = diagonal[i];
    if (i > 0) s[i * k + i - 1] = beside[i - 1];
  }
  const values = drain(diagonalize(la, k, s, 'the tridiagonal matrix'));
  const q = allocate(dtype, k * n, 'the basis');
  for (const [i, vector] of basis.entries()) q.set(vector, i * n);
  const vectors = allocate(dtype, n * k, 'the Ritz vectors');
  const coefficients = allocate(dtype, k * k, 'the Ritz vectors');
  coefficients.set(s);
  la.gemm('t', 'n', n, k, k, 1, q, n, coefficients, k, 0, vectors, k);
  const array = (numbers: ArrayLike<number>): NDArray => {
    const data = allocate(dtype, numbers.length, 'the result');
    data.set(numbers);
    return { data, shape: [numbers.length] };
  };
  return {
    values: array(values),
    vectors: { data: vectors, shape: [n, k] },
    residuals: Array.from({ length: k }, (_, j) => Math.abs(rest * s[(k - 1) * k + j])),
    diagonal: array(diagonal),
    offDiagonal: array(beside),
  };
}
