/** Outputs of a network under gradient flow on the mean squared error, in function space, after infinite time. */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { allocate, checkFinite, type DType, type NDArray, showShape, sizeOf, type TypedArray } from '../ndarray';
import {
  checkKernel,
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
  transposed,
} from './arguments';
import { type Factor, factorize, solveRows } from './factor';
import { meanOf } from './posterior';
import { Queue, type RunOptions, runSync, type Steps } from './steps';

export interface GradientDescentMseOptions extends RegularizerOptions {
  /** Step size, positive; without effect at t = Infinity. Default 1. */
  learningRate?: number;
  engine?: EngineContext;
}

export interface GradientDescentMseRequest extends RunOptions {
  /** Outputs on the training set at t = 0: a number, or yTrain's shape; null: do not return fxTrain. Default 0. */
  fxTrain0?: number | OutputArray | null;
  /** Outputs on the test set at t = 0: a number, or [m, …]; null: do not return fxTest. Default 0 with kTestTrain, null without. */
  fxTest0?: number | OutputArray | null;
  /** [m, n] */
  kTestTrain?: MatrixInput | null;
}

export interface GradientDescentMseResult {
  /** yTrain's shape; absent where fxTrain0 is null. */
  readonly fxTrain?: NDArray;
  /** [m, outputs], or [m] where yTrain is a vector; absent where fxTest0 is null. */
  readonly fxTest?: NDArray;
}

/** Infinity, or left out, for now. */
export type Time = number | null | undefined;

/**
 * fxTrain = y (whatever the regularizer; for regularized training outputs pass kTestTrain = kTrainTrain) and
 * fxTest = fxTest0 + k*(K + rI)⁻¹(y − fxTrain0), with 0 for an fxTrain0 of null.
 * @param kTrainTrain [n, n]; read when first needed: leave it unchanged
 * @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @returns `predict(t, request)`; the first call that has a test set factorises K, n³/3 operations, and keeps the factor
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT; from predict also ERR_UNSUPPORTED for a finite t,
 *   ERR_NOT_POSITIVE_DEFINITE (factorize) and AbortError
 */
export function gradientDescentMse(kTrainTrain: MatrixInput, yTrain: OutputArray, options: GradientDescentMseOptions = {}) {
  const flow = new Flow(kTrainTrain, yTrain, options);
  const queue = new Queue(options.engine);
  return (t?: Time, request: GradientDescentMseRequest = {}): Promise<GradientDescentMseResult> =>
    queue.run(() => flow.predict(t, request), request);
}

/** `gradientDescentMse` whose predict runs on the calling thread. */
export function gradientDescentMseSync(kTrainTrain: MatrixInput, yTrain: OutputArray, options: GradientDescentMseOptions = {}) {
  const flow = new Flow(kTrainTrain, yTrain, options);
  return (t?: Time, request: GradientDescentMseRequest = {}): GradientDescentMseResult => runSync(flow.predict(t, request), request);
}

/** @throws ERR_UNSUPPORTED for a finite t, or several; ERR_ARGUMENT for what is no time */
export function requireInfinite(t: unknown): void {
  if (t === undefined || t === null || t === Infinity) return;
  if ((typeof t === 'number' && t >= 0) || Array.isArray(t))
    throw new InfiniteWidthError('ERR_UNSUPPORTED', `this version predicts for t = Infinity only, got ${String(t)}; leave t out`, { t });
  throw new InfiniteWidthError('ERR_ARGUMENT', `t is a time, at least 0, or Infinity; got ${String(t)}`, { t });
}

/** @throws ERR_ARGUMENT for a rate that is not positive and finite */
export function checkLearningRate(learningRate: unknown = 1): void {
  if (typeof learningRate === 'number' && learningRate > 0 && learningRate < Infinity) return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `learningRate must be a positive number; got ${String(learningRate)}`, { learningRate });
}

class Flow {
  private readonly y: Outputs;
  private readonly kernel: NDArray;
  private readonly dtype: DType;
  private readonly regularizer: Regularizer;
  private readonly engine: EngineContext | undefined;
  private factor: Factor | undefined;

  constructor(kTrainTrain: MatrixInput, yTrain: OutputArray, { learningRate, engine, ...rest }: GradientDescentMseOptions) {
    checkLearningRate(learningRate);
    this.engine = engine;
    this.regularizer = regularizer(rest);
    this.y = readOutputs(yTrain, 'yTrain');
    const { count, array } = this.y;
    this.kernel = readMatrix(kTrainTrain, 'kTrainTrain', [count, count], `yTrain has shape ${showShape(array.shape)}`);
    this.dtype = resultDtype(undefined, [this.kernel, array]);
  }

  *predict(t: Time, request: GradientDescentMseRequest): Steps<GradientDescentMseResult> {
    const { kTestTrain = null, fxTrain0 = 0, fxTest0 = kTestTrain ? 0 : null } = request;
    requireInfinite(t);
    if (fxTrain0 === null && fxTest0 === null)
      throw new InfiniteWidthError(
        'ERR_ARGUMENT',
        'fxTrain0 and fxTest0 are both null, so nothing is asked for; give one of them, or kTestTrain',
      );
    if (fxTest0 !== null && !kTestTrain)
      throw new InfiniteWidthError('ERR_ARGUMENT', 'fxTest0 needs kTestTrain, the kernel of the test set with the training set');
    const { shape, data } = this.y.array;
    const start = startingFrom(fxTrain0 ?? 0, shape, 'fxTrain0', this.dtype);
    const fxTrain = fxTrain0 === null ? {} : { fxTrain: { data: copyOf(data, this.dtype), shape: [...shape] } };
    return fxTest0 === null ? fxTrain : { ...fxTrain, fxTest: yield* this.onTest(fxTest0, start, kTestTrain as MatrixInput) };
  }

  private *onTest(fxTest0: number | OutputArray, start: TypedArray, kTestTrain: MatrixInput): Steps<NDArray> {
    const { array, count: n, width } = this.y;
    const cross = readMatrix(kTestTrain, 'kTestTrain', [null, n], `yTrain has shape ${showShape(array.shape)}`);
    checkFinite(cross, 'kTestTrain');
    const shape = [cross.shape[0], ...array.shape.slice(1)];
    const fxTest = startingFrom(fxTest0, shape, 'fxTest0', this.dtype);
    const { la } = this;
    const factor = yield* this.factorOnce();
    const alpha = transposed({ ...this.y, array: { data: start.map((f, i) => array.data[i] - f), shape: array.shape } }, this.dtype);
    yield* solveRows(la, factor, width, alpha);
    const change = yield* meanOf(la, shape[0], n, width, inDtype(cross, this.dtype), alpha);
    return { data: fxTest.map((f, i) => f + change[i]), shape };
  }

  private get la() {
    return (this.engine ?? defaultContext()).backend.linalg;
  }

  private *factorOnce(): Steps<Factor> {
    if (!this.factor) {
      checkKernel(this.kernel, 'kTrainTrain');
      const copy = copyOf(this.kernel.data, this.dtype);
      this.factor = yield* factorize(this.la, this.y.count, copy, this.regularizer, 'kTrainTrain');
    }
    return this.factor;
  }
}

/** A number for every output, or an array of the outputs' shape, as an array of its own. @throws ERR_SHAPE, ERR_NON_FINITE */
function startingFrom(value: number | OutputArray, shape: readonly number[], name: string, dtype: DType): TypedArray {
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new InfiniteWidthError('ERR_NON_FINITE', `${name} is ${value}; a finite number is needed`, { name, value });
    return allocate(dtype, sizeOf(shape), name).fill(value);
  }
  const { array } = readOutputs(value, name);
  if (array.shape.join() !== shape.join())
    throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(array.shape)} but the outputs have ${showShape(shape)}`, {
      name,
      shape: array.shape,
      expected: shape,
    });
  return copyOf(array.data, dtype);
}
