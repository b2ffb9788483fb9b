/**
 * Gradient flow on a mean squared error, ḟ = −Θ(f − y)/N in steps of the learning rate, in the eigenbasis of the kernel that drives it
 * (Lee et al. 2019, arXiv 1902.06720, eq. 7–9 and 14–15). With K + rI = U·diag(λ)·Uᵀ and τ = learningRate·t/N, N the numbers in yTrain,
 * everything is a function of λ and τ: 1 − e^(−λτ) of what training can do is done, and (1 − e^(−λτ))/λ of the weights is there. Eigenvalues
 * that rounding brought below 0 count as 0, where these are 0 and τ: nothing is divided by 0.
 */
import type { LinearAlgebra } from '../linalg/contract';
import { diagonalize } from '../linalg/eigh';
import { allocate, dtypeOf, type TypedArray } from '../ndarray';
import type { Regularizer } from './arguments';
import { multiplyAdd, subtractGram, subtractSymmetric } from './blocks';
import { diagonalOf, ridgeOf } from './factor';
import { ensembleTransport } from './posterior';
import { counted, type Steps } from './steps';

/** K + rI = U·diag(values)·Uᵀ. */
export interface Spectrum {
  readonly n: number;
  /** Of a flow at least 0. */
  readonly values: Float64Array;
  /** [n, n], eigenvectors as columns */
  readonly vectors: TypedArray;
}

/** Rows that are transformed at once. */
const ROWS = 512;

/**
 * Diagonalises K + rI in the memory of K.
 * @param data [n, n], finite and symmetric; overwritten
 * @throws ERR_NOT_CONVERGED
 */
export function* spectrumOf(la: LinearAlgebra, n: number, data: TypedArray, regularizer: Regularizer, name: string): Steps<Spectrum> {
  const ridge = ridgeOf(diagonalOf(n, data), regularizer);
  for (let i = 0; i < n; i++) data[i * (n + 1)] += ridge;
  const { values, vectors } = yield* eigensystemOf(la, n, data, name);
  return { n, values: values.map((value) => Math.max(0, value)), vectors };
}

/** `spectrumOf` K itself, its eigenvalues as rounding left them, in ascending order. */
export function* eigensystemOf(la: LinearAlgebra, n: number, data: TypedArray, name: string): Steps<Spectrum> {
  const phase = { phase: 'eigen', total: Math.round((14 / 3) * n ** 3) };
  yield { ...phase, done: 0 };
  const steps = diagonalize(la, n, data, name);
  try {
    let step = steps.next();
    for (; !step.done; step = steps.next()) yield { ...phase, done: Math.round(step.value * phase.total) };
    yield { ...phase, done: phase.total };
    return { n, values: Float64Array.from(step.value), vectors: data };
  } finally {
    steps.return(new Float64Array(0));
  }
}

export type SpectralFunction = (value: number, tau: number) => number;
const remaining: SpectralFunction = (value, tau) => Math.exp(-value * tau);
const done: SpectralFunction = (value, tau) => -Math.expm1(-value * tau);
/** (1 − e^(−λτ))/λ, which tends to τ. */
const gain: SpectralFunction = (value, tau) => (value * tau > 1e-300 ? -Math.expm1(-value * tau) / value : tau);

/** R·U·diag(f(λ, τ))·Uᵀ for every τ: [taus, rows, n]. @param coordinates R·U, [rows, n] */
export function* transformed(
  la: LinearAlgebra,
  { n, values, vectors }: Spectrum,
  coordinates: TypedArray,
  taus: readonly number[],
  f: SpectralFunction,
): Generator<number, TypedArray> {
  const size = coordinates.length;
  const result = allocate(dtypeOf(vectors), taus.length * size, 'the outputs at all times');
  const scaled = result.slice();
  taus.forEach((tau, k) => {
    const factors = values.map((value) => f(value, tau));
    for (let i = 0; i < size; i++) scaled[k * size + i] = coordinates[i] * factors[i % n];
  });
  yield* multiplyAdd(la, 't', scaled.length / n, n, n, 1, scaled, vectors, result);
  return result;
}

/** A flow towards outputs y from f0: what drives it, and the residual y − f0 in its eigenbasis. */
export interface Course {
  readonly spectrum: Spectrum;
  readonly outputs: number;
  /** [outputs, n] */
  readonly coordinates: TypedArray;
}

/** @param residual [outputs, n], y − f0 */
export function* courseOf(la: LinearAlgebra, spectrum: Spectrum, residual: TypedArray): Steps<Course> {
  const { n, vectors } = spectrum;
  const outputs = residual.length / n;
  const coordinates = allocate(dtypeOf(vectors), residual.length, 'the residual');
  yield* counted('solve', 2 * outputs * n * n, multiplyAdd(la, 'n', outputs, n, n, 1, residual, vectors, coordinates));
  return { spectrum, outputs, coordinates };
}

/** f − f0 on the training set: [taus, n, outputs]. */
export function* trainingChange(la: LinearAlgebra, { spectrum, outputs, coordinates }: Course, taus: readonly number[]): Steps<TypedArray> {
  const { n, vectors } = spectrum;
  const result = allocate(dtypeOf(vectors), taus.length * n * outputs, 'the training outputs');
  for (const [from, chunk] of chunksOf(taus, outputs)) {
    const change = yield* counted('solve', 2 * chunk.length * outputs * n * n, transformed(la, spectrum, coordinates, chunk, done));
    for (let k = 0; k < chunk.length; k++)
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < n; i++) result[((from + k) * n + i) * outputs + o] = change[(k * outputs + o) * n + i];
  }
  return result;
}

/** f − f0 on a test set: [taus, m, outputs]. @param kTestTrain [m, n] @param f of the weights: for a flow its gain */
export function* testChange(
  la: LinearAlgebra,
  { spectrum, outputs, coordinates }: Course,
  taus: readonly number[],
  m: number,
  kTestTrain: TypedArray,
  f: SpectralFunction = gain,
): Steps<TypedArray> {
  const { n, vectors } = spectrum;
  const result = allocate(dtypeOf(vectors), taus.length * m * outputs, 'the test outputs');
  for (const [from, chunk] of chunksOf(taus, outputs)) {
    const rows = chunk.length * outputs;
    const change = allocate(dtypeOf(vectors), m * rows, 'the test outputs');
    yield* counted('solve', 2 * rows * n * (n + m), work());
    function* work(): Generator<number, void> {
      const weights = yield* transformed(la, spectrum, coordinates, chunk, f);
      yield* multiplyAdd(la, 't', m, rows, n, 1, kTestTrain, weights, change);
    }
    for (let k = 0; k < chunk.length; k++)
      for (let j = 0; j < m; j++)
        for (let o = 0; o < outputs; o++) result[((from + k) * m + j) * outputs + o] = change[j * rows + k * outputs + o];
  }
  return result;
}

/** Times in pieces of about ROWS rows, each with its first index. */
export function* chunksOf(taus: readonly number[], outputs: number): Generator<readonly [number, readonly number[]]> {
  const length = Math.max(1, Math.floor(ROWS / outputs));
  for (let from = 0; from < taus.length; from += length) yield [from, taus.slice(from, from + length)];
}

/** R·U·diag(f(λ, τ)), [m, n]; R = 1 where `rows` is null. */
function* inBasis(
  la: LinearAlgebra,
  { n, values, vectors }: Spectrum,
  m: number,
  rows: TypedArray | null,
  f: (value: number) => number,
): Generator<number, TypedArray> {
  const result = rows ? allocate(dtypeOf(vectors), m * n, 'a kernel in the eigenbasis') : vectors.slice();
  if (rows) yield* multiplyAdd(la, 'n', m, n, n, 1, rows, vectors, result);
  const factors = values.map(f);
  for (let i = 0; i < result.length; i++) result[i] *= factors[i % n];
  return result;
}

/**
 * Covariance of networks whose last layer alone is trained: on the training set U λe^(−2λτ) Uᵀ, which is K + rI at τ = 0; on a test set
 * K** − K* U ((1 − e^(−2λτ))/λ) Uᵀ K*ᵀ.
 * @param cross [m, n], K*; null: on the training set
 * @param covariance [m, m], K**, or zeros where `cross` is null; overwritten by the result
 */
export function* lastLayerCovariance(
  la: LinearAlgebra,
  spectrum: Spectrum,
  tau: number,
  m: number,
  cross: TypedArray | null,
  covariance: TypedArray,
): Steps<void> {
  const { n } = spectrum;
  yield* counted('solve', m * n * (2 * n + m), work());
  function* work(): Generator<number, void> {
    const f = (value: number) => Math.sqrt(cross ? gain(value, 2 * tau) : value * remaining(value, 2 * tau));
    yield* subtractGram(la, m, n, yield* inBasis(la, spectrum, m, cross, f), covariance);
    if (!cross) for (let i = 0; i < covariance.length; i++) covariance[i] = 0 - covariance[i];
  }
}

/** On the training set the covariance of networks all of whose layers are trained: e^(−Θτ) K e^(−Θτ). @param nngp [n, n], K @returns [n, n] */
export function* trainingCovariance(la: LinearAlgebra, spectrum: Spectrum, tau: number, nngp: TypedArray): Steps<TypedArray> {
  const { n, vectors } = spectrum;
  const zeros = () => allocate(dtypeOf(vectors), n * n, 'the covariance');
  const covariance = zeros();
  yield* counted('solve', 8 * n ** 3, work());
  function* work(): Generator<number, void> {
    const half = yield* inBasis(la, spectrum, n, null, (value) => Math.sqrt(remaining(value, tau)));
    const evolution = zeros();
    yield* subtractGram(la, n, n, half, evolution);
    const product = zeros();
    yield* multiplyAdd(la, 'n', n, n, n, -0.5, evolution, nngp, product);
    // The evolution has the wrong sign, which its second factor makes good.
    yield* subtractSymmetric(la, n, n, product, evolution, covariance);
  }
  return covariance;
}

/** On a test set the covariance of networks all of whose layers are trained, as at τ = ∞ but with W = Θ* U ((1 − e^(−λτ))/λ) Uᵀ. */
export function* testCovariance(
  la: LinearAlgebra,
  spectrum: Spectrum,
  tau: number,
  m: number,
  ntkCross: TypedArray,
  p: TypedArray,
  nngp: TypedArray,
  covariance: TypedArray,
): Steps<void> {
  const { n, vectors } = spectrum;
  yield* counted('solve', 6 * m * n * n + 2 * m * m * n, work());
  function* work(): Generator<number, void> {
    const coordinates = yield* inBasis(la, spectrum, m, ntkCross, (value) => gain(value, tau));
    const w = allocate(dtypeOf(vectors), m * n, 'the weights');
    yield* multiplyAdd(la, 't', m, n, n, 1, coordinates, vectors, w);
    yield* ensembleTransport(la, m, n, w, p, nngp, covariance);
  }
}
