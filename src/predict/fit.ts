/** Exact training of an infinitely wide network: kernel, Cholesky factor, weights. */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { canonical } from '../layers/canonical';
import { bringParser } from '../layers/parse';
import { type DType, dtypeOf } from '../ndarray';
import type { Network } from '../spec';
import {
  checkNetwork,
  checkResult,
  checkSameCount,
  copyOf,
  type InputArray,
  type OutputArray,
  type RegularizerOptions,
  readInputs,
  readOutputs,
  regularizer,
  transposed,
} from './arguments';
import { solveRows } from './factor';
import { Model, type ModelKernel, trainingFactor } from './model';
import { decodeModel } from './model-file';
import { type RunOptions, runAsync, runSync, type Steps } from './steps';

export interface FitOptions extends RegularizerOptions, RunOptions {
  /** 'ntk' (default): all layers are trained by gradient flow for an infinite time; 'nngp': Bayesian inference. */
  kernel?: ModelKernel;
  /** Precision of all computations and results. Default: float32 where xTrain and yTrain are, otherwise float64. */
  dtype?: DType;
  engine?: EngineContext;
}

/**
 * Fits outputs to inputs. Phases reported: 'kernel', 'cholesky', 'solve'. Memory: one n × n matrix.
 * @param xTrain [n, …]; @param yTrain [n] or [n, outputs]; both are copied
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT, ERR_NOT_GAUSSIAN, ERR_OUT_OF_MEMORY;
 *   ERR_NOT_POSITIVE_DEFINITE naming the diagReg that would do; AbortError
 */
export async function fit(net: Network, xTrain: InputArray, yTrain: OutputArray, options: FitOptions = {}): Promise<Model> {
  return runAsync(fitting(net, xTrain, yTrain, options), options.engine, options);
}

/** `fit` on the calling thread. */
export function fitSync(net: Network, xTrain: InputArray, yTrain: OutputArray, options: FitOptions = {}): Model {
  return runSync(fitting(net, xTrain, yTrain, options), options);
}

/**
 * Reads a model that `Model.save` wrote. Its mean needs no further work; the first covariance factorises the training kernel again.
 * @throws ERR_FORMAT naming what is wrong, before anything large is allocated; ERR_ARGUMENT for what is not bytes
 */
export function load(bytes: Uint8Array | ArrayBuffer, options: { engine?: EngineContext } = {}): Model {
  bringParser();
  return loadBrought(bytes, options);
}

/** `load` of an engine, which every bundle with createEngine has. @throws also ERR_UNSUPPORTED for layers that such a bundle does not know */
export const loadBrought = (bytes: Uint8Array | ArrayBuffer, { engine }: { engine?: EngineContext } = {}): Model =>
  new Model(decodeModel(bytes), engine);

function* fitting(net: Network, xTrain: InputArray, yTrain: OutputArray, options: FitOptions): Steps<Model> {
  const { kernel = 'ntk', engine } = options;
  if (kernel !== 'nngp' && kernel !== 'ntk')
    throw new InfiniteWidthError('ERR_ARGUMENT', `kernel is 'nngp' or 'ntk'; got ${String(kernel)}`, { kernel });
  const ridge = regularizer(options);
  const own = canonical(net);
  const x = readInputs(xTrain, 'xTrain');
  const y = readOutputs(yTrain, 'yTrain');
  checkSameCount(x, y.array);
  checkNetwork(own, x.shape);
  const dtype = resultDtype(options.dtype, [x, y.array]);
  const state = { net: own, kernel, dtype, ...ridge, xTrain: { data: copyOf(x.data, dtypeOf(x.data)), shape: [...x.shape] } };
  const factor = yield* trainingFactor(state, engine);
  const alpha = transposed(y, dtype);
  yield* solveRows((engine ?? defaultContext()).backend.linalg, factor, y.width, alpha);
  checkResult(alpha, 'the weights', dtype);
  const vector = y.array.shape.length === 1;
  return new Model({ ...state, alpha: { data: alpha, shape: [y.width, y.count] }, vector }, engine, factor);
}
