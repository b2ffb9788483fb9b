/** Predictions of an infinite ensemble of infinitely wide networks, trained on the mean squared error (Lee et al. 2019, arXiv 1902.06720). */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { allocate, type DType, type NDArray, type TypedArray } from '../ndarray';
import type { Network } from '../spec';
import {
  checkResult,
  checkSameCount,
  checkSameFeatures,
  copyOf,
  type InputArray,
  type OutputArray,
  type Outputs,
  type Regularizer,
  type RegularizerOptions,
  readInputs,
  readOutputs,
  regularizer,
  type TraceAxes,
  transposed,
} from './arguments';
import { type Gaussian, type Gaussians, Posterior } from './gp-inference';
import { checkLearningRate, slotsOf } from './gradient-descent-mse';
import {
  type Course,
  courseOf,
  lastLayerCovariance,
  spectrumOf,
  testChange,
  testCovariance,
  trainingChange,
  trainingCovariance,
} from './gradient-flow';
import { ask, Queue, type RunOptions, runSync, type Steps } from './steps';
import { readTimes, type Time, type Times } from './times';

/** 'nngp': only the last layer is trained; 'ntk': all are. */
export type EnsembleName = 'nngp' | 'ntk';

/** `signal` and `onProgress` hold for every prediction that has none of its own. */
export interface EnsembleOptions extends RegularizerOptions, RunOptions {
  /** Step size, positive: t counts steps of it, without effect at t = Infinity. Default 1. */
  learningRate?: number;
  traceAxes?: TraceAxes;
  engine?: EngineContext;
}

export interface EnsembleRequest<G> extends RunOptions {
  /** A time, or an array of them, whose axes lead those of the results. Default Infinity. */
  t?: Time;
  /** [m, …]; left out: the training set; at t = Infinity that is N(yTrain, 0) whatever the regularizer, and xTrain gives regularized outputs. */
  xTest?: InputArray | null;
  /** One name, or several. Default ['nngp', 'ntk']. */
  get?: G;
  /** Also the covariance over the test set. Default false. */
  computeCov?: boolean;
}

type Get = EnsembleName | readonly EnsembleName[];
type DefaultGet = readonly ['nngp', 'ntk'];

/**
 * The ensemble's outputs at time t, N(mean, covariance), from those of mean 0 before training; at t = Infinity that is `gpInference`. Kernels of
 * `net`, and for finite times the eigensystem of each training kernel (some 5n³ operations), are made when first needed and
 * kept. With N the numbers in yTrain, τ = learningRate·t/N, K the NNGP kernel, and Θ the kernel `get` names:
 * mean U(1 − e^(−λτ))Uᵀy on the training set and Θ*U((1 − e^(−λτ))/λ)Uᵀy on a test set, of Θ + rI = UλUᵀ;
 * covariance for 'nngp' U(λe^(−2λτ))Uᵀ, and K** − K*U((1 − e^(−2λτ))/λ)UᵀK*ᵀ; for 'ntk' e^(−Θτ)Ke^(−Θτ), and
 * K** + WKWᵀ − WK*ᵀ − K*Wᵀ with W = Θ*U((1 − e^(−λτ))/λ)Uᵀ.
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
  private readonly y: Outputs;
  private readonly dtype: DType;
  /** The training kernels so far. */
  private readonly kernels: { nngp?: NDArray; ntk?: NDArray } = {};
  private readonly courses: { nngp?: Course; ntk?: Course } = {};
  private readonly posterior: Posterior;
  private readonly engine: EngineContext | undefined;
  private readonly learningRate: number;
  private readonly regularizer: Regularizer;

  constructor(
    private readonly net: Network,
    xTrain: InputArray,
    yTrain: OutputArray,
    { learningRate = 1, ...rest }: EnsembleOptions,
  ) {
    checkLearningRate(learningRate);
    this.learningRate = learningRate;
    this.regularizer = regularizer(rest);
    this.engine = rest.engine;
    this.x = readInputs(xTrain, 'xTrain');
    this.y = readOutputs(yTrain, 'yTrain');
    checkSameCount(this.x, this.y.array);
    this.dtype = resultDtype(undefined, [this.x, this.y.array]);
    this.posterior = new Posterior(this.kernels, yTrain, { ...rest, dtype: this.dtype });
  }

  *predict<G extends Get>({ t, xTest = null, get, computeCov = false }: EnsembleRequest<G>): Steps<Gaussians<G>> {
    const times = readTimes(t);
    const asked: Get = get ?? ['nngp', 'ntk'];
    checkNames(asked);
    const names: readonly EnsembleName[] = typeof asked === 'string' ? [asked] : asked;
    const kernels = yield* this.kernelsFor(xTest, dependencies(names, computeCov), computeCov);
    const needsInfinity = slotsOf(times, false).length > 0;
    const infinite: ByName = needsInfinity ? yield* this.posterior.predict({ get: names, ...kernels }) : {};
    const single = times.shape.length === 0 && needsInfinity;
    const results: ByName = single ? infinite : {};
    for (const name of single ? [] : names) results[name] = yield* this.atTimes(name, times, kernels, infinite[name]);
    return (Array.isArray(asked) ? results : results[names[0]]) as Gaussians<G>;
  }

  private *kernelsFor(xTest: InputArray | null, needed: readonly EnsembleName[], computeCov: boolean): Steps<TestKernels> {
    const { net, dtype, engine } = this;
    const missing = needed.filter((name) => !this.kernels[name]);
    if (missing.length > 0) Object.assign(this.kernels, yield* ask({ net, x1: this.x, x2: null, get: missing, dtype, engine }));
    if (!xTest) return { kTestTrain: null, kTestTest: computeCov || null };
    const x = readInputs(xTest, 'xTest');
    checkSameFeatures(x, this.x);
    const kTestTrain = yield* ask({ net, x1: x, x2: this.x, get: needed, dtype, engine });
    return { kTestTrain, kTestTest: computeCov ? yield* ask({ net, x1: x, x2: null, get: ['nngp'], dtype, engine }) : null };
  }

  /** Every time's Gaussian, the axes of t first. @param infinite the one at t = Infinity, where it is asked for */
  private *atTimes(name: EnsembleName, times: Times, { kTestTrain, kTestTest }: TestKernels, infinite?: Gaussian): Steps<Gaussian> {
    const { la } = this;
    const course = yield* this.courseOnce(name);
    const cross = kTestTrain?.[name] ?? null;
    const m = cross ? cross.shape[0] : this.y.count;
    const slots = slotsOf(times, true);
    const taus = slots.map((slot) => (this.learningRate * times.values[slot]) / this.y.array.data.length);
    const change = cross ? yield* testChange(la, course, taus, m, cross.data) : yield* trainingChange(la, course, taus);
    const mean = this.filled(times, m * this.y.width, infinite?.mean, [m, ...this.y.array.shape.slice(1)]);
    const size = m * this.y.width;
    slots.forEach((slot, k) => void mean.data.set(change.subarray(k * size, (k + 1) * size), slot * size));
    checkResult(mean.data, `the mean of '${name}'`, this.dtype);
    if (!kTestTest) return { mean };
    const covariance = this.filled(times, m * m, infinite?.covariance, [m, m]);
    for (const [k, slot] of slots.entries())
      covariance.data.set(yield* this.covarianceAt(name, course, taus[k], m, kTestTrain, kTestTest), slot * m * m);
    checkResult(covariance.data, `the covariance of '${name}'`, this.dtype);
    return { mean, covariance };
  }

  /** An array for all times, in which those at infinity are there. */
  private filled({ values, shape }: Times, size: number, infinite: NDArray | undefined, one: readonly number[]): NDArray {
    const data = allocate(this.dtype, values.length * size, 'the predictions at all times');
    if (infinite) values.forEach((t, slot) => void (t === Infinity && data.set(infinite.data, slot * size)));
    return { data, shape: [...shape, ...one] };
  }

  private *covarianceAt(
    name: EnsembleName,
    { spectrum }: Course,
    tau: number,
    m: number,
    kTestTrain: TestKernels['kTestTrain'],
    kTestTest: NonNullable<TestKernels['kTestTest']>,
  ): Steps<TypedArray> {
    const { la, dtype } = this;
    const prior = kTestTest === true ? null : kTestTest.nngp;
    const nngp = (this.kernels.nngp as NDArray).data;
    if (name === 'ntk' && !kTestTrain) return yield* trainingCovariance(la, spectrum, tau, nngp);
    const covariance = prior ? copyOf(prior.data, dtype) : allocate(dtype, m * m, 'the covariance');
    if (name === 'nngp') yield* lastLayerCovariance(la, spectrum, tau, m, kTestTrain?.nngp?.data ?? null, covariance);
    else {
      const { ntk, nngp: cross } = kTestTrain as Required<KernelsOf>;
      yield* testCovariance(la, spectrum, tau, m, ntk.data, copyOf(cross.data, dtype), nngp, covariance);
    }
    return covariance;
  }

  /** The eigenbasis of a training kernel, and the residual y − 0 in it, made once. */
  private *courseOnce(name: EnsembleName): Steps<Course> {
    const known = this.courses[name];
    if (known) return known;
    const { data } = this.kernels[name] as NDArray;
    const spectrum = yield* spectrumOf(this.la, this.y.count, copyOf(data, this.dtype), this.regularizer, `the ${name} kernel of xTrain`);
    const course = yield* courseOf(this.la, spectrum, transposed(this.y, this.dtype));
    this.courses[name] = course;
    return course;
  }

  private get la() {
    return (this.engine ?? defaultContext()).backend.linalg;
  }
}

type ByName = Partial<Record<EnsembleName, Gaussian>>;
type KernelsOf = { readonly nngp?: NDArray; readonly ntk?: NDArray };

/** What is known of the test set; null and true: of the training set. */
interface TestKernels {
  readonly kTestTrain: KernelsOf | null;
  readonly kTestTest: { readonly nngp: NDArray } | true | null;
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
