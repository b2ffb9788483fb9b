/** The largest learning rate at which gradient descent on a mean squared error converges. */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { largestEigenvalue } from '../linalg/largest-eigenvalue';
import { checkKernel, type MatrixInput, readMatrix } from './arguments';
import { type RunOptions, runAsync, runSync, type Steps } from './steps';

export interface MaxLearningRateOptions extends RunOptions {
  /** Numbers in yTrain, n times the outputs. Default: the order of the kernel. */
  yTrainSize?: number;
  /** Of heavy-ball momentum; default 0. */
  momentum?: number;
  /** Added to the largest eigenvalue; default 1e-12. */
  eps?: number;
  engine?: EngineContext;
}

/**
 * 2 (1 + momentum) · yTrainSize / (λ_max + eps): for the loss ½ mean (f − y)² gradient descent with the NTK Θ converges below it. Infinity
 * where λ_max + eps is 0.
 * @param ntkTrainTrain [n, n], symmetric
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT, ERR_NOT_POSITIVE_DEFINITE where λ_max is negative, AbortError
 */
export async function maxLearningRate(ntkTrainTrain: MatrixInput, options: MaxLearningRateOptions = {}): Promise<number> {
  return runAsync(bound(ntkTrainTrain, options), options.engine, options);
}

/** `maxLearningRate` on the calling thread. */
export function maxLearningRateSync(ntkTrainTrain: MatrixInput, options: MaxLearningRateOptions = {}): number {
  return runSync(bound(ntkTrainTrain, options), options);
}

function* bound(ntkTrainTrain: MatrixInput, { yTrainSize, momentum = 0, eps = 1e-12, engine }: MaxLearningRateOptions): Steps<number> {
  const kernel = readMatrix(ntkTrainTrain, 'ntkTrainTrain', [null, null], 'it is square');
  const [n, columns] = kernel.shape;
  readMatrix(kernel, 'ntkTrainTrain', [n, n], `its other axis is ${columns}`);
  checkKernel(kernel, 'ntkTrainTrain');
  for (const [name, value] of Object.entries({ yTrainSize: yTrainSize ?? n, momentum, eps }))
    if (!(Number.isFinite(value) && value >= 0))
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is a finite number of at least 0, got ${String(value)}`, { [name]: value });
  const steps = largestEigenvalue((engine ?? defaultContext()).backend.linalg, n, kernel.data);
  let next = steps.next();
  for (let done = 1; !next.done; next = steps.next()) yield { phase: 'eigenvalue', done: done++, total: n };
  if (next.value < 0)
    throw new InfiniteWidthError(
      'ERR_NOT_POSITIVE_DEFINITE',
      `the largest eigenvalue of ntkTrainTrain is ${next.value}; pass the NTK of the training set with itself, which has none below 0`,
      { largest: next.value },
    );
  return (2 * (1 + momentum) * (yTrainSize ?? n)) / (next.value + eps);
}
