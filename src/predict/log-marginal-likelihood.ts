/** Evidence of a Gaussian process (Rasmussen & Williams 2006, eq. 2.30). */
import type { EngineContext } from '../context';
import { checkResult, type MatrixInput, type OutputArray, type RegularizerOptions, regularizer, transposed } from './arguments';
import { solveHalf } from './blocks';
import { factorize, logDeterminant } from './factor';
import { counted, type RunOptions, runAsync, runSync, type Steps } from './steps';
import { readTrainingSet } from './training-set';

export interface LogMarginalLikelihoodOptions extends RegularizerOptions, RunOptions {
  engine?: EngineContext;
}

/**
 * log p(y) for outputs drawn from N(0, K + rI), in nats, summed over the outputs:
 * −½ Σ yᵀ(K + rI)⁻¹y − outputs · (½ log det(K + rI) + (n/2) log 2π).
 * @param kTrainTrain [n, n]; @param yTrain [n] or [n, outputs]
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT, ERR_NOT_POSITIVE_DEFINITE (factorize), AbortError
 */
export async function logMarginalLikelihood(
  kTrainTrain: MatrixInput,
  yTrain: OutputArray,
  options: LogMarginalLikelihoodOptions = {},
): Promise<number> {
  return runAsync(evidence(kTrainTrain, yTrain, options), options.engine, options);
}

/** `logMarginalLikelihood` on the calling thread. */
export function logMarginalLikelihoodSync(
  kTrainTrain: MatrixInput,
  yTrain: OutputArray,
  options: LogMarginalLikelihoodOptions = {},
): number {
  return runSync(evidence(kTrainTrain, yTrain, options), options);
}

function* evidence(kTrainTrain: MatrixInput, yTrain: OutputArray, options: LogMarginalLikelihoodOptions): Steps<number> {
  const ridge = regularizer(options);
  const { y, kernel, dtype, la } = readTrainingSet(kTrainTrain, yTrain, options.engine);
  const factor = yield* factorize(la, y.count, kernel, ridge, 'kTrainTrain');
  const white = transposed(y, dtype);
  yield* counted('solve', y.width * y.count ** 2, solveHalf(la, y.count, factor.data, y.width, white));
  let quadratic = 0;
  for (const value of white) quadratic += value * value;
  const value = -0.5 * (quadratic + y.width * (logDeterminant(factor) + y.count * Math.log(2 * Math.PI)));
  checkResult([value], 'the log marginal likelihood', 'float64');
  return value;
}
