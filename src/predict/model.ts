/** A fitted model: training inputs, the weights α = (K + rI)⁻¹y, and what predictions need of them. */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import type { LinearAlgebra } from '../linalg/contract';
import { allocate, bytesPer, checkFinite, type DType, type NDArray, type TypedArray } from '../ndarray';
import { hash, type Network } from '../spec';
import { checkResult, checkSameFeatures, type InputArray, type Regularizer, readInputs } from './arguments';
import { type Factor, factorize } from './factor';
import { encodeModel } from './model-file';
import { ensembleCovariance, ensembleVariance, meanOf, processCovariance, processVariance, shaped } from './posterior';
import { ask, Queue, type RunOptions, runSync, type Steps } from './steps';

export type ModelKernel = 'nngp' | 'ntk';
export type CovarianceKind = 'none' | 'diagonal' | 'full';

/** What a model is made of, and what its file holds. */
export interface ModelState extends Regularizer {
  readonly net: Network;
  readonly kernel: ModelKernel;
  /** Precision of everything that is computed. */
  readonly dtype: DType;
  /** [n, …], in the dtype it was given in. */
  readonly xTrain: NDArray;
  /** [outputs, n] of `dtype` */
  readonly alpha: NDArray;
  /** yTrain was [n]: so are means. */
  readonly vector: boolean;
}

export interface PredictOptions extends RunOptions {
  /** 'none' (default), the variances of the test points, or their whole covariance; the same for every output. */
  covariance?: CovarianceKind;
  /** Test points at a time. Default: as many as keep the blocks of the test-train kernel within 64 MiB. */
  batch?: number;
}

export interface Prediction {
  /** [m, outputs], or [m] where yTrain was [n]. */
  readonly mean: NDArray;
  /** [m] for 'diagonal', [m, m] for 'full'. Variances that rounding brought below 0 are 0. */
  readonly covariance?: NDArray;
}

const WORKSPACE = 64 << 20;

/**
 * Made by `fit` or `load`. It holds the training inputs and weights; a model that was asked for a covariance, or was just fitted,
 * also the n × n factor, and for 'ntk' a covariance needs the n × n NNGP kernel too.
 */
export class Model {
  readonly net: Network;
  readonly kernel: ModelKernel;
  readonly diagReg: number;
  readonly diagRegAbsoluteScale: boolean;
  readonly dtype: DType;
  readonly trainShape: readonly number[];
  /** Columns of yTrain. */
  readonly outputs: number;
  private readonly queue: Queue;
  private nngp: TypedArray | undefined;

  /** @param factor of the training kernel, where it is known; otherwise made again when a covariance is asked for */
  constructor(
    private readonly state: ModelState,
    private readonly engine?: EngineContext,
    private factor?: Factor,
  ) {
    this.queue = new Queue(engine);
    this.net = state.net;
    this.kernel = state.kernel;
    this.diagReg = state.diagReg;
    this.diagRegAbsoluteScale = state.diagRegAbsoluteScale;
    this.dtype = state.dtype;
    this.trainShape = state.xTrain.shape;
    this.outputs = state.alpha.shape[0];
  }

  /** SHA-256 of the network's canonical JSON. @throws ERR_UNSUPPORTED for networks with functions of the user's own */
  get hash(): string {
    return hash(this.net);
  }

  /**
   * Predictions of dtype `model.dtype` for the rows of xTest. 'nngp': the posterior of the Gaussian process; 'ntk': mean and
   * covariance over an infinite ensemble of networks trained by gradient flow (Lee et al. 2019, eq. 16).
   * @param xTest [m, …], the same features as the training inputs
   * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, also for results beyond the range of the dtype; ERR_ARGUMENT, ERR_OUT_OF_MEMORY, AbortError; of a loaded
   *   model's covariance ERR_NOT_POSITIVE_DEFINITE, on another engine than that of `fit` and with a kernel singular to rounding
   */
  predict(xTest: InputArray, options: PredictOptions = {}): Promise<Prediction> {
    return this.queue.run(() => this.steps(xTest, options), options);
  }

  /** `predict` on the calling thread. */
  predictSync(xTest: InputArray, options: PredictOptions = {}): Prediction {
    return runSync(this.steps(xTest, options), options);
  }

  /** The model as one file (model-file.ts); `load` reads it. Predictions of the loaded model are the same to the bit on one engine. */
  save(): Uint8Array<ArrayBuffer> {
    return encodeModel(this.state);
  }

  private get la(): LinearAlgebra {
    return (this.engine ?? defaultContext()).backend.linalg;
  }

  private *steps(xTest: InputArray, { covariance = 'none', batch }: PredictOptions): Steps<Prediction> {
    if (!['none', 'diagonal', 'full'].includes(covariance))
      throw new InfiniteWidthError('ERR_ARGUMENT', `covariance is 'none', 'diagonal' or 'full'; got ${String(covariance)}`, { covariance });
    const x = readInputs(xTest, 'xTest');
    checkSameFeatures(x, this.state.xTrain);
    checkFinite(x, 'xTest');
    if (covariance === 'full') return yield* this.full(x);
    const rows = this.rowsPerBlock(batch, covariance);
    if (covariance === 'diagonal') yield* this.prepareCovariance();
    return yield* this.inBlocks(x, rows, covariance === 'diagonal');
  }

  /** Means, and variances if wanted, block by block of test rows. */
  private *inBlocks(x: NDArray, rows: number, withVariance: boolean): Steps<Prediction> {
    const m = x.shape[0];
    const n = this.trainShape[0];
    const mean = allocate(this.dtype, m * this.outputs, 'the mean');
    const variance = withVariance ? allocate(this.dtype, m, 'the variances') : null;
    const get = withVariance && this.kernel === 'ntk' ? (['ntk', 'nngp'] as const) : [this.kernel];
    const buffers = get.map((name) => [name, allocate(this.dtype, Math.min(rows, m) * n, 'a block of the test-train kernel')] as const);
    for (let from = 0; from < m; from += rows) {
      const block = rowsOf(x, from, Math.min(rows, m - from));
      const count = block.shape[0];
      const out = Object.fromEntries(buffers.map(([name, data]) => [name, data.subarray(0, count * n)]));
      const variances = yield* this.cross(block, get, out, from, m, withVariance);
      mean.set(yield* meanOf(this.la, count, n, this.outputs, out[this.kernel], this.state.alpha.data), from * this.outputs);
      if (variance) variance.set(yield* this.variance(variances as TypedArray, out), from);
    }
    checkResult(mean, 'the mean', this.dtype);
    checkResult(variance ?? [], 'the variances', this.dtype);
    return { mean: this.asMean(mean, m), ...(variance ? { covariance: shaped(variance, m) } : {}) };
  }

  /** Kernels of a block of test rows with the training set, into `out`; the NNGP variances of the block if wanted. */
  private *cross(
    block: NDArray,
    get: readonly ModelKernel[],
    out: Record<string, TypedArray>,
    from: number,
    m: number,
    withVariance: boolean,
  ): Steps<TypedArray | null> {
    const { net, xTrain, dtype } = this.state;
    const entries = get.length * this.trainShape[0];
    const call = { net, x1: block, x2: xTrain, dtype, engine: this.engine, out, before: from * entries, total: m * entries };
    if (!withVariance) yield* ask({ ...call, get });
    return withVariance ? (yield* ask({ ...call, get: [...get, 'cov1'] as const })).cov1.data : null;
  }

  /** Predictive variances from the prior ones; overwrites both. */
  private *variance(variances: TypedArray, { nngp, ntk }: Record<string, TypedArray>): Steps<TypedArray> {
    const factor = yield* this.factorOnce();
    const m = variances.length;
    if (this.kernel === 'nngp') yield* processVariance(this.la, factor, m, nngp, variances);
    else yield* ensembleVariance(this.la, factor, m, ntk, nngp, yield* this.nngpOnce(), variances);
    return variances.map((v) => Math.max(0, v));
  }

  private *full(x: NDArray): Steps<Prediction> {
    yield* this.prepareCovariance();
    const { net, xTrain, dtype } = this.state;
    const [m, n] = [x.shape[0], this.trainShape[0]];
    const get = this.kernel === 'ntk' ? (['ntk', 'nngp'] as const) : (['nngp'] as const);
    const cross = yield* ask({ net, x1: x, x2: xTrain, get, dtype, engine: this.engine });
    const own = (yield* ask({ net, x1: x, x2: null, get: ['nngp'] as const, dtype, engine: this.engine })).nngp.data;
    const half = (this.kernel === 'ntk' ? (cross as { ntk: NDArray }).ntk : cross.nngp).data;
    const mean = yield* meanOf(this.la, m, n, this.outputs, half, this.state.alpha.data);
    const factor = yield* this.factorOnce();
    if (this.kernel === 'nngp') yield* processCovariance(this.la, factor, m, half, own);
    else yield* ensembleCovariance(this.la, factor, m, half, cross.nngp.data, yield* this.nngpOnce(), own);
    for (let i = 0; i < m; i++) own[i * (m + 1)] = Math.max(0, own[i * (m + 1)]);
    checkResult(mean, 'the mean', this.dtype);
    checkResult(own, 'the covariance', this.dtype);
    return { mean: this.asMean(mean, m), covariance: shaped(own, m, m) };
  }

  private *prepareCovariance(): Steps<void> {
    yield* this.factorOnce();
    if (this.kernel === 'ntk') yield* this.nngpOnce();
  }

  private *factorOnce(): Steps<Factor> {
    this.factor ??= yield* trainingFactor(this.state, this.engine);
    return this.factor;
  }

  private *nngpOnce(): Steps<TypedArray> {
    const { net, xTrain, dtype } = this.state;
    this.nngp ??= (yield* ask({ net, x1: xTrain, x2: null, get: ['nngp'] as const, dtype, engine: this.engine })).nngp.data;
    return this.nngp;
  }

  private rowsPerBlock(batch: number | undefined, covariance: CovarianceKind): number {
    if (batch !== undefined && !(Number.isInteger(batch) && batch > 0))
      throw new InfiniteWidthError('ERR_ARGUMENT', `batch must be a positive integer; got ${String(batch)}`, { batch });
    const matrices = covariance === 'diagonal' && this.kernel === 'ntk' ? 2 : 1;
    return batch ?? Math.max(1, Math.floor(WORKSPACE / (matrices * this.trainShape[0] * bytesPer(this.dtype))));
  }

  private asMean(mean: TypedArray, m: number): NDArray {
    return this.state.vector ? shaped(mean, m) : shaped(mean, m, this.outputs);
  }
}

/** The factor of K + rI of the training set: the same bits from `fit` and after `load`. */
export function* trainingFactor(state: Omit<ModelState, 'alpha' | 'vector'>, engine: EngineContext | undefined): Steps<Factor> {
  const { net, kernel, xTrain, dtype } = state;
  const result = yield* ask({ net, x1: xTrain, x2: null, get: [kernel], dtype, engine });
  const { linalg } = (engine ?? defaultContext()).backend;
  return yield* factorize(linalg, xTrain.shape[0], result[kernel].data, state, `the ${kernel} kernel of xTrain`);
}

/** Rows [from, from + count): a view. */
function rowsOf({ data, shape }: NDArray, from: number, count: number): NDArray {
  const width = data.length / shape[0];
  return { data: data.subarray(from * width, (from + count) * width), shape: [count, ...shape.slice(1)] };
}
