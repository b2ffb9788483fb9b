/**
 * Gaussian predictions from a factor. With k* the m × n kernel of test and training set, Θ the NTK and K the NNGP kernel:
 * Rasmussen & Williams 2006 eq. 2.25–2.26 for a process with that kernel, Lee et al. 2019 (arXiv 1902.06720) eq. 16 for an
 * ensemble of networks trained by gradient flow.
 */
import type { LinearAlgebra } from '../linalg/contract';
import { allocate, dtypeOf, type NDArray, type TypedArray } from '../ndarray';
import { multiplyAdd, solveHalf, solveOtherHalf, subtractGram, subtractSymmetric } from './blocks';
import type { Factor } from './factor';
import { counted, type Steps } from './steps';

/** k*·α. @param kTestTrain [m, n]; @param alpha [outputs, n] @returns [m, outputs] */
export function* meanOf(
  la: LinearAlgebra,
  m: number,
  n: number,
  outputs: number,
  kTestTrain: TypedArray,
  alpha: TypedArray,
): Steps<TypedArray> {
  const mean = allocate(dtypeOf(alpha), m * outputs, 'the mean');
  yield* counted('solve', 2 * m * n * outputs, multiplyAdd(la, 't', m, outputs, n, 1, kTestTrain, alpha, mean));
  return mean;
}

/**
 * Covariance of a Gaussian process: k** − k*(K + rI)⁻¹k*ᵀ.
 * @param half [m, n], k*; overwritten
 * @param covariance [m, m], k**; overwritten by the result
 */
export function* processCovariance(la: LinearAlgebra, factor: Factor, m: number, half: TypedArray, covariance: TypedArray): Steps<void> {
  const { n, data } = factor;
  yield* counted('solve', m * n * (n + m), work());
  function* work(): Generator<number, void> {
    yield* solveHalf(la, n, data, m, half);
    yield* subtractGram(la, m, n, half, covariance);
  }
}

/** Variances alone: the diagonal of processCovariance. @param variance [m], the diagonal of k**; overwritten by the result */
export function* processVariance(la: LinearAlgebra, factor: Factor, m: number, half: TypedArray, variance: TypedArray): Steps<void> {
  const { n, data } = factor;
  yield* counted('solve', m * n * n, solveHalf(la, n, data, m, half));
  for (let i = 0; i < m; i++) variance[i] -= rowProduct(half, half, i, n);
}

/**
 * The two factors of an ensemble's covariance K** + W K Wᵀ − W K*ᵀ − K* Wᵀ = K** − (P Wᵀ + W Pᵀ), with W = Θ*(Θ + rI)⁻¹ and
 * P = K* − ½ W K.
 * @param w [m, n], Θ*; overwritten by W
 * @param p [m, n], K*; overwritten by P
 * @param nngp [n, n], K, without regularizer
 */
function* ensembleFactors(
  la: LinearAlgebra,
  { n, data }: Factor,
  m: number,
  w: TypedArray,
  p: TypedArray,
  nngp: TypedArray,
): Generator<number, void> {
  yield* solveHalf(la, n, data, m, w);
  yield* solveOtherHalf(la, n, data, m, w);
  yield* multiplyAdd(la, 'n', m, n, n, -0.5, w, nngp, p);
}

/** The ensemble's covariance from its weights W, as ensembleFactors. @param covariance [m, m], K**; overwritten by the result */
export function* ensembleTransport(
  la: LinearAlgebra,
  m: number,
  n: number,
  w: TypedArray,
  p: TypedArray,
  nngp: TypedArray,
  covariance: TypedArray,
): Generator<number, void> {
  yield* multiplyAdd(la, 'n', m, n, n, -0.5, w, nngp, p);
  yield* subtractSymmetric(la, m, n, p, w, covariance);
}

/** Covariance of the outputs of an ensemble of trained networks. @param covariance [m, m], K**; overwritten by the result */
export function* ensembleCovariance(
  la: LinearAlgebra,
  factor: Factor,
  m: number,
  w: TypedArray,
  p: TypedArray,
  nngp: TypedArray,
  covariance: TypedArray,
): Steps<void> {
  const { n } = factor;
  yield* counted('solve', 4 * m * n * n + 2 * m * m * n, work());
  function* work(): Generator<number, void> {
    yield* ensembleFactors(la, factor, m, w, p, nngp);
    yield* subtractSymmetric(la, m, n, p, w, covariance);
  }
}

/** Variances alone: the diagonal of ensembleCovariance. @param variance [m], the diagonal of K**; overwritten by the result */
export function* ensembleVariance(
  la: LinearAlgebra,
  factor: Factor,
  m: number,
  w: TypedArray,
  p: TypedArray,
  nngp: TypedArray,
  variance: TypedArray,
): Steps<void> {
  const { n } = factor;
  yield* counted('solve', 4 * m * n * n, ensembleFactors(la, factor, m, w, p, nngp));
  for (let i = 0; i < m; i++) variance[i] -= 2 * rowProduct(p, w, i, n);
}

/** Scalar product of row i of two matrices of n columns. */
function rowProduct(a: TypedArray, b: TypedArray, i: number, n: number): number {
  let sum = 0;
  for (let j = i * n; j < (i + 1) * n; j++) sum += a[j] * b[j];
  return sum;
}

/** An array of the given shape around `data`. */
export const shaped = (data: TypedArray, ...shape: number[]): NDArray => ({ data, shape });
