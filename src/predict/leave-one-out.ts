/** Cross-validation of a Gaussian process that leaves out one sample at a time, from one factor (Rasmussen & Williams 2006, §5.4.2). */
import type { EngineContext } from '../context';
import { allocate, type NDArray, type TypedArray } from '../ndarray';
import {
  checkResult,
  type MatrixInput,
  type OutputArray,
  type Outputs,
  type RegularizerOptions,
  regularizer,
  transposed,
} from './arguments';
import { inverseDiagonal } from './blocks';
import { factorize, solveRows } from './factor';
import { shaped } from './posterior';
import { counted, type RunOptions, runAsync, runSync, type Steps } from './steps';
import { readTrainingSet } from './training-set';

export interface LeaveOneOutOptions extends RegularizerOptions, RunOptions {
  engine?: EngineContext;
}

export interface LeaveOneOut {
  /** Every training output as all other samples predict it, in yTrain's shape. */
  readonly mean: NDArray;
  /** [n], of an observation: with the regularizer r as its noise; the same for every output. */
  readonly variance: NDArray;
  /** Mean of (yTrain − mean)². */
  readonly meanSquaredError: number;
  /** Σ log p(yᵢ | all other samples), in nats, over samples and outputs. */
  readonly logProbability: number;
}

/**
 * Predictions of every training output from all other samples: with α = (K + rI)⁻¹y and cᵢ = [(K + rI)⁻¹]ᵢᵢ the mean is yᵢ − αᵢ/cᵢ and
 * the variance 1/cᵢ (Rasmussen & Williams 2006, eq. 5.12). Some 2n³/3 operations, where n fits would be n⁴/3. A relative regularizer
 * keeps the r of the whole training set.
 * @param kTrainTrain [n, n]; @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT, ERR_NOT_POSITIVE_DEFINITE (factorize), AbortError
 */
export async function leaveOneOut(kTrainTrain: MatrixInput, yTrain: OutputArray, options: LeaveOneOutOptions = {}): Promise<LeaveOneOut> {
  return runAsync(validation(kTrainTrain, yTrain, options), options.engine, options);
}

/** `leaveOneOut` on the calling thread. */
export function leaveOneOutSync(kTrainTrain: MatrixInput, yTrain: OutputArray, options: LeaveOneOutOptions = {}): LeaveOneOut {
  return runSync(validation(kTrainTrain, yTrain, options), options);
}

function* validation(kTrainTrain: MatrixInput, yTrain: OutputArray, options: LeaveOneOutOptions): Steps<LeaveOneOut> {
  const ridge = regularizer(options);
  const { y, kernel, dtype, la } = readTrainingSet(kTrainTrain, yTrain, options.engine);
  const n = y.count;
  const factor = yield* factorize(la, n, kernel, ridge, 'kTrainTrain');
  const alpha = transposed(y, dtype);
  yield* solveRows(la, factor, y.width, alpha);
  const precision = yield* counted('solve', n ** 3 / 3, inverseDiagonal(la, n, factor.data));
  const mean = allocate(dtype, y.array.data.length, 'the means');
  for (let i = 0; i < n; i++)
    for (let o = 0; o < y.width; o++) mean[i * y.width + o] = y.array.data[i * y.width + o] - alpha[o * n + i] / precision[i];
  const variance = allocate(dtype, n, 'the variances');
  for (let i = 0; i < n; i++) variance[i] = 1 / precision[i];
  const scores = scoresOf(y, alpha, precision);
  checkResult(mean, 'the leave-one-out means', dtype);
  checkResult(variance, 'the leave-one-out variances', dtype);
  checkResult(Object.values(scores), 'the leave-one-out errors', 'float64');
  return { mean: { data: mean, shape: [...y.array.shape] }, variance: shaped(variance, n), ...scores };
}

/** How well every sample is predicted from all others. @param alpha [outputs, n] @param precision [n], the diagonal of (K + rI)⁻¹ */
export function scoresOf(
  { count: n, width }: Outputs,
  alpha: TypedArray,
  precision: ArrayLike<number>,
): Pick<LeaveOneOut, 'meanSquaredError' | 'logProbability'> {
  let squares = 0;
  let logProbability = 0;
  for (let i = 0; i < n; i++) {
    const normalizer = 0.5 * Math.log(precision[i] / (2 * Math.PI));
    for (let o = 0; o < width; o++) {
      const error = alpha[o * n + i] / precision[i];
      squares += error * error;
      logProbability += normalizer - 0.5 * error * alpha[o * n + i];
    }
  }
  return { meanSquaredError: squares / (n * width), logProbability };
}
