/** Posterior of the Gaussian processes of a kernel: NNGP, NTK (an ensemble of trained networks) and NTK-GP. */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { allocate, checkFinite, type DType, type NDArray, type TypedArray } from '../ndarray';
import {
  checkKernel,
  checkResult,
  checkTraceAxes,
  copyOf,
  inDtype,
  type MatrixInput,
  type OutputArray,
  type Outputs,
  type Regularizer,
  type RegularizerOptions,
  readMatrix,
  readOutputs,
  regularizer,
  type TraceAxes,
  transposed,
} from './arguments';
import { type Factor, factorize, solveRows } from './factor';
import { ensembleCovariance, meanOf, processCovariance, shaped } from './posterior';
import { Queue, type RunOptions, runSync, type Steps } from './steps';

/** One kernel, or both under the names `kernel()` gives them. */
export type KernelPair = { readonly nngp?: MatrixInput; readonly ntk?: MatrixInput };
/** 'nngp', 'ntkgp': the Gaussian process with that kernel; 'ntk': an infinite ensemble of networks trained for an infinite time. */
export type GaussianName = 'nngp' | 'ntk' | 'ntkgp';
type KernelName = 'nngp' | 'ntk';

export interface Gaussian {
  /** [m, outputs], or [m] where yTrain is a vector. */
  readonly mean: NDArray;
  /** [m, m], the same for every output; present where kTestTest was given. */
  readonly covariance?: NDArray;
}

export interface GpInferenceOptions extends RegularizerOptions {
  traceAxes?: TraceAxes;
  engine?: EngineContext;
}

export interface GpPredictOptions<G> extends RunOptions {
  /** One name, or several. Default ['nngp', 'ntk'], or 'nngp' where kTrainTrain is one matrix. */
  get?: G;
  /** Test-train kernel [m, n], or both; left out: the posterior on the training set, N(yTrain, 0) whatever the regularizer. */
  kTestTrain?: MatrixInput | KernelPair | null;
  /** Test-test kernel [m, m], or both; `true` does where kTestTrain is left out. Left out: no covariance. */
  kTestTest?: MatrixInput | KernelPair | true | null;
}

/** A Gaussian, or one for each name where `get` is an array. */
export type Gaussians<G> = G extends readonly GaussianName[] ? { readonly [N in G[number]]: Gaussian } : Gaussian;
type DefaultGet<K> = K extends MatrixInput ? 'nngp' : readonly ['nngp', 'ntk'];
type Get = GaussianName | readonly GaussianName[];

/**
 * The posterior given training outputs.
 * @param kTrainTrain [n, n], or both kernels; read when first needed, not copied for good: leave it unchanged
 * @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @returns `predict`; the first call for a kernel factorises it, n³/3 operations, and keeps the factor
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, also for results beyond the range of the dtype; ERR_ARGUMENT, ERR_UNSUPPORTED; from predict also ERR_NOT_POSITIVE_DEFINITE (factorize) and AbortError
 */
export function gpInference<K extends MatrixInput | KernelPair>(kTrainTrain: K, yTrain: OutputArray, options: GpInferenceOptions = {}) {
  const posterior = new Posterior(kTrainTrain, yTrain, options);
  const queue = new Queue(options.engine);
  return <const G extends Get = DefaultGet<K>>(request: GpPredictOptions<G> = {}): Promise<Gaussians<G>> =>
    queue.run(() => posterior.predict(request), request);
}

/** `gpInference` whose predict runs on the calling thread. */
export function gpInferenceSync<K extends MatrixInput | KernelPair>(kTrainTrain: K, yTrain: OutputArray, options: GpInferenceOptions = {}) {
  const posterior = new Posterior(kTrainTrain, yTrain, options);
  return <const G extends Get = DefaultGet<K>>(request: GpPredictOptions<G> = {}): Gaussians<G> =>
    runSync(posterior.predict(request), request);
}

const NAMES: readonly GaussianName[] = ['nngp', 'ntk', 'ntkgp'];
const isMatrix = (input: object): input is MatrixInput => Array.isArray(input) || 'data' in input || 'shape' in input;
/** The kernel of the mean, and of the process. */
const kernelOf = (name: GaussianName): KernelName => (name === 'nngp' ? 'nngp' : 'ntk');
/** The kernel of the outputs before training. */
const initialOf = (name: GaussianName): KernelName => (name === 'ntkgp' ? 'ntk' : 'nngp');

/** Training outputs under their kernels, with the factors and solutions made so far. */
export class Posterior {
  private readonly dtype: DType;
  private readonly y: Outputs;
  private readonly regularizer: Regularizer;
  private readonly factors = new Map<KernelName, Factor>();
  private initial: TypedArray | undefined;
  private readonly alphas = new Map<KernelName, TypedArray>();

  constructor(
    private readonly kTrainTrain: MatrixInput | KernelPair,
    yTrain: OutputArray,
    private readonly options: GpInferenceOptions & { readonly dtype?: DType },
  ) {
    this.regularizer = regularizer(options);
    this.y = readOutputs(yTrain, 'yTrain');
    checkTraceAxes(options.traceAxes, this.y.array.shape.length);
    if (!kTrainTrain || typeof kTrainTrain !== 'object')
      throw new InfiniteWidthError('ERR_ARGUMENT', `kTrainTrain must be a matrix or { nngp, ntk }; got ${String(kTrainTrain)}`);
    const given = isMatrix(kTrainTrain) ? [kTrainTrain] : [kTrainTrain.nngp, kTrainTrain.ntk].filter((k) => k !== undefined);
    const arrays = given.map((k) => readMatrix(k, 'kTrainTrain', [this.y.count, this.y.count], this.because));
    this.dtype = resultDtype(options.dtype, [...arrays, this.y.array]);
  }

  private get because(): string {
    return `yTrain has shape [${this.y.array.shape.join(', ')}]`;
  }

  private get la() {
    return (this.options.engine ?? defaultContext()).backend.linalg;
  }

  *predict<G extends Get>({ get, kTestTrain, kTestTest }: GpPredictOptions<G>): Steps<Gaussians<G>> {
    const asked = get ?? (isMatrix(this.kTrainTrain) ? 'nngp' : (['nngp', 'ntk'] as const));
    const names = namesOf(asked);
    this.checkSources(names, kTestTrain ?? null, kTestTest ?? null);
    const results: Partial<Record<GaussianName, Gaussian>> = {};
    for (const name of names)
      results[name] = kTestTrain ? yield* this.onTest(name, kTestTrain, kTestTest ?? null) : this.onTraining(name, Boolean(kTestTest));
    return (Array.isArray(asked) ? results : results[names[0]]) as Gaussians<G>;
  }

  /** One matrix cannot stand for two kernels. */
  private checkSources(
    names: readonly GaussianName[],
    kTestTrain: MatrixInput | KernelPair | null,
    kTestTest: GpPredictOptions<Get>['kTestTest'],
  ): void {
    const ensemble = kTestTrain && kTestTest && names.includes('ntk') ? (['nngp'] as const) : [];
    const needed = [...names.map(kernelOf), ...ensemble];
    requireKernels(this.kTrainTrain, 'kTrainTrain', needed);
    if (kTestTrain) requireKernels(kTestTrain, 'kTestTrain', needed);
    if (kTestTrain && kTestTest === true)
      throw new InfiniteWidthError('ERR_ARGUMENT', 'kTestTest: true is for the training set; with kTestTrain pass the test-test kernel');
    if (kTestTrain && kTestTest) requireKernels(kTestTest as MatrixInput | KernelPair, 'kTestTest', names.map(initialOf));
  }

  private onTraining(name: GaussianName, withCovariance: boolean): Gaussian {
    this.trainKernel(kernelOf(name));
    const { array, count } = this.y;
    const mean = { data: copyOf(array.data, this.dtype), shape: [...array.shape] };
    if (!withCovariance) return { mean };
    return { mean, covariance: shaped(allocate(this.dtype, count * count, 'the covariance'), count, count) };
  }

  private *onTest(
    name: GaussianName,
    kTestTrain: MatrixInput | KernelPair,
    kTestTest: GpPredictOptions<Get>['kTestTest'],
  ): Steps<Gaussian> {
    const kernel = kernelOf(name);
    const { count: n, width, array } = this.y;
    const cross = this.matrix(kTestTrain, kernel, 'kTestTrain', [null, n]);
    const m = cross.shape[0];
    const initial = kTestTest ? this.matrix(kTestTest as MatrixInput | KernelPair, initialOf(name), 'kTestTest', [m, m]) : null;
    const data = inDtype(cross, this.dtype);
    const alpha = yield* this.alpha(kernel);
    const mean = { data: yield* meanOf(this.la, m, n, width, data, alpha), shape: [m, ...array.shape.slice(1)] };
    checkResult(mean.data, `the mean of '${name}'`, this.dtype);
    if (!initial) return { mean };
    const factor = yield* this.factor(kernel);
    const covariance = copyOf(initial.data, this.dtype);
    const half = copyOf(cross.data, this.dtype);
    if (name !== 'ntk') yield* processCovariance(this.la, factor, m, half, covariance);
    else {
      const p = copyOf(this.matrix(kTestTrain, 'nngp', 'kTestTrain', [m, n]).data, this.dtype);
      yield* ensembleCovariance(this.la, factor, m, half, p, this.initialKernel(), covariance);
    }
    checkResult(covariance, `the covariance of '${name}'`, this.dtype);
    return { mean, covariance: shaped(covariance, m, m) };
  }

  private matrix(
    input: MatrixInput | KernelPair,
    kernel: KernelName,
    name: string,
    expected: readonly [number | null, number | null],
  ): NDArray {
    const because = name === 'kTestTest' ? `kTestTrain has ${expected[0]} rows` : this.because;
    const label = isMatrix(input) ? name : `${name}.${kernel}`;
    const matrix = readMatrix(isMatrix(input) ? input : input[kernel], label, expected, because);
    if (name === 'kTestTest') checkKernel(matrix, label);
    if (name === 'kTestTrain') checkFinite(matrix, label);
    return matrix;
  }

  private trainKernel(kernel: KernelName): NDArray {
    return this.matrix(this.kTrainTrain, kernel, 'kTrainTrain', [this.y.count, this.y.count]);
  }

  /** The NNGP kernel of the training set, checked and converted once. */
  private initialKernel(): TypedArray {
    if (this.initial) return this.initial;
    const matrix = this.trainKernel('nngp');
    checkKernel(matrix, 'kTrainTrain.nngp');
    this.initial = inDtype(matrix, this.dtype);
    return this.initial;
  }

  /** The factor of a kernel, made once. */
  private *factor(kernel: KernelName): Steps<Factor> {
    const known = this.factors.get(kernel);
    if (known) return known;
    const matrix = this.trainKernel(kernel);
    const label = isMatrix(this.kTrainTrain) ? 'kTrainTrain' : `kTrainTrain.${kernel}`;
    checkKernel(matrix, label);
    const factor = yield* factorize(this.la, this.y.count, copyOf(matrix.data, this.dtype), this.regularizer, label);
    this.factors.set(kernel, factor);
    return factor;
  }

  /** (K + rI)⁻¹ y as [outputs, n], solved once. */
  private *alpha(kernel: KernelName): Steps<TypedArray> {
    const known = this.alphas.get(kernel);
    if (known) return known;
    const factor = yield* this.factor(kernel);
    const alpha = transposed(this.y, this.dtype);
    yield* solveRows(this.la, factor, this.y.width, alpha);
    this.alphas.set(kernel, alpha);
    return alpha;
  }
}

function namesOf(get: unknown): readonly GaussianName[] {
  const names: unknown[] = Array.isArray(get) ? get : [get];
  const known = (name: unknown): name is GaussianName => (NAMES as readonly unknown[]).includes(name);
  if (names.length > 0 && names.every(known) && new Set(names).size === names.length) return names;
  throw new InfiniteWidthError('ERR_ARGUMENT', `get names each of ${NAMES.join(', ')} at most once; got ${JSON.stringify(get)}`, { get });
}

function requireKernels(input: MatrixInput | KernelPair, name: string, needed: readonly KernelName[]): void {
  const kernels = [...new Set(needed)];
  const missing = isMatrix(input) ? (kernels.length > 1 ? kernels : []) : kernels.filter((kernel) => input[kernel] === undefined);
  if (missing.length === 0) return;
  const has = isMatrix(input) ? 'is one matrix' : `lacks ${missing.join(' and ')}`;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${name} ${has}, but what is asked for needs { ${kernels.join(', ')} } (the covariance of 'ntk' needs both kernels); compute it with get: ${JSON.stringify(kernels)}`,
    { name, needed: kernels },
  );
}
