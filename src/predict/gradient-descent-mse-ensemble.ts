/** Predictions of an infinite ensemble of infinitely wide networks, trained on the mean squared error for infinite time. */
import type { EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import type { DType, NDArray } from '../ndarray';
import type { Network } from '../spec';
import {
  checkSameCount,
  checkSameFeatures,
  type InputArray,
  type OutputArray,
  type RegularizerOptions,
  readInputs,
  readOutputs,
} from './arguments';
import { type Gaussians, Posterior } from './gp-inference';
import { checkLearningRate, requireInfinite, type Time } from './gradient-descent-mse';
import { ask, Queue, type RunOptions, runSync, type Steps } from './steps';

/** 'nngp': only the last layer is trained; 'ntk': all are. */
export type EnsembleName = 'nngp' | 'ntk';

/** `signal` and `onProgress` hold for every prediction that has none of its own. */
export interface EnsembleOptions extends RegularizerOptions, RunOptions {
  /** Step size, positive; without effect at t = Infinity. Default 1. */
  learningRate?: number;
  engine?: EngineContext;
}

export interface EnsembleRequest<G> extends RunOptions {
  t?: Time;
  /** [m, …]; left out: the training set, N(yTrain, 0) whatever the regularizer. For regularized outputs there pass xTrain. */
  xTest?: InputArray | null;
  /** One name, or several. Default ['nngp', 'ntk']. */
  get?: G;
  /** Also the covariance over the test set. Default false. */
  computeCov?: boolean;
}

type Get = EnsembleName | readonly EnsembleName[];
type DefaultGet = readonly ['nngp', 'ntk'];

/**
 * `gpInference` on the kernels of `net`, which are computed when first needed and kept.
 * @param xTrain [n, …]; @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @throws as kernel and gpInference
 */
export function gradientDescentMseEnsemble(net: Network, xTrain: InputArray, yTrain: OutputArray, options: EnsembleOptions = {}) {
  const ensemble = new Ensemble(net, xTrain, yTrain, options);
  const queue = new Queue(options.engine);
  return <const G extends Get = DefaultGet>(request: EnsembleRequest<G> = {}): Promise<Gaussians<G>> =>
    queue.run(() => ensemble.predict(request), { ...options, ...request });
}

/** `gradientDescentMseEnsemble` whose predict runs on the calling thread. */
export function gradientDescentMseEnsembleSync(net: Network, xTrain: InputArray, yTrain: OutputArray, options: EnsembleOptions = {}) {
  const ensemble = new Ensemble(net, xTrain, yTrain, options);
  return <const G extends Get = DefaultGet>(request: EnsembleRequest<G> = {}): Gaussians<G> =>
    runSync(ensemble.predict(request), { ...options, ...request });
}

class Ensemble {
  private readonly x: NDArray;
  private readonly dtype: DType;
  /** The training kernels so far. */
  private readonly kernels: { nngp?: NDArray; ntk?: NDArray } = {};
  private readonly posterior: Posterior;
  private readonly engine: EngineContext | undefined;

  constructor(
    private readonly net: Network,
    xTrain: InputArray,
    yTrain: OutputArray,
    { learningRate, ...rest }: EnsembleOptions,
  ) {
    checkLearningRate(learningRate);
    this.engine = rest.engine;
    this.x = readInputs(xTrain, 'xTrain');
    const y = readOutputs(yTrain, 'yTrain');
    checkSameCount(this.x, y.array);
    this.dtype = resultDtype(undefined, [this.x, y.array]);
    this.posterior = new Posterior(this.kernels, yTrain, { ...rest, dtype: this.dtype });
  }

  *predict<G extends Get>({ t, xTest = null, get, computeCov = false }: EnsembleRequest<G>): Steps<Gaussians<G>> {
    requireInfinite(t);
    const names = get ?? (['nngp', 'ntk'] as const);
    checkNames(names);
    const needed = dependencies(typeof names === 'string' ? [names] : names, computeCov);
    const { net, dtype, engine } = this;
    const missing = needed.filter((name) => !this.kernels[name]);
    if (missing.length > 0) Object.assign(this.kernels, yield* ask({ net, x1: this.x, x2: null, get: missing, dtype, engine }));
    if (!xTest) return (yield* this.posterior.predict({ get: names, kTestTest: computeCov || null })) as Gaussians<G>;
    const x = readInputs(xTest, 'xTest');
    checkSameFeatures(x, this.x);
    const kTestTrain = yield* ask({ net, x1: x, x2: this.x, get: needed, dtype, engine });
    const kTestTest = computeCov ? yield* ask({ net, x1: x, x2: null, get: ['nngp'], dtype, engine }) : null;
    return (yield* this.posterior.predict({ get: names, kTestTrain, kTestTest })) as Gaussians<G>;
  }
}

function dependencies(names: readonly EnsembleName[], computeCov: boolean): readonly EnsembleName[] {
  const nngp = names.includes('nngp') || (computeCov && names.includes('ntk'));
  return [...(nngp ? (['nngp'] as const) : []), ...(names.includes('ntk') ? (['ntk'] as const) : [])];
}

function checkNames(get: unknown): void {
  const names: unknown[] = Array.isArray(get) ? get : [get];
  if (names.length > 0 && names.every((name) => name === 'nngp' || name === 'ntk')) return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `get is 'nngp', 'ntk', or both; got ${JSON.stringify(get)} (ntkgp: use gpInference)`, {
    get,
  });
}
