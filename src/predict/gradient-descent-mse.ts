/** Outputs of a network under gradient flow on the mean squared error, in function space (Lee et al. 2019, arXiv 1902.06720). */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { allocate, checkFinite, type DType, dtypeOf, type NDArray, showShape, sizeOf, type TypedArray } from '../ndarray';
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
import { courseOf, type Spectrum, spectrumOf, testChange, trainingChange } from './gradient-flow';
import { meanOf } from './posterior';
import { Queue, type RunOptions, runSync, type Steps } from './steps';
import { readTimes, type Time, type Times } from './times';

export interface GradientDescentMseOptions extends RegularizerOptions {
  /** Step size, positive: t counts steps of it, without effect at t = Infinity. Default 1. */
  learningRate?: number;
  traceAxes?: TraceAxes;
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
  /** The axes of t, then yTrain's shape; absent where fxTrain0 is null. */
  readonly fxTrain?: NDArray;
  /** The axes of t, then [m, outputs], or [m] where yTrain is a vector; absent where fxTest0 is null. */
  readonly fxTest?: NDArray;
}

/**
 * Gradient flow on ½ mean (f − y)², in steps of gradient descent: with K + rI = U·diag(λ)·Uᵀ and τ = learningRate·t / (numbers in yTrain),
 * fxTrain = fxTrain0 + U (1 − e^(−λτ)) Uᵀ (y − fxTrain0) and fxTest = fxTest0 + k* U ((1 − e^(−λτ))/λ) Uᵀ (y − fxTrain0), with 0 for an
 * fxTrain0 of null; at λ = 0 the fraction is τ, and eigenvalues that rounding brought below 0 are 0. At t = Infinity fxTrain = y (whatever the
 * regularizer; for regularized training outputs pass kTestTrain = kTrainTrain) and fxTest = fxTest0 + k*(K + rI)⁻¹(y − fxTrain0).
 * @param kTrainTrain [n, n]; read when first needed: leave it unchanged
 * @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @returns `predict(t, request)`, t a time or an array of times, whose axes lead those of the results; the first finite t diagonalises K
 *   (some 5n³ operations), the first infinite one that has a test set factorises it (n³/3), and both are kept
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, also for results beyond the range of the dtype; ERR_ARGUMENT, ERR_UNSUPPORTED;
 *   from predict also ERR_NOT_POSITIVE_DEFINITE at t = Infinity (factorize),
 *   ERR_NOT_CONVERGED and AbortError
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

/** @throws ERR_ARGUMENT for a rate that is not positive and finite */
export function checkLearningRate(learningRate: unknown = 1): void {
  if (typeof learningRate === 'number' && learningRate > 0 && learningRate < Infinity) return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `learningRate must be a positive number; got ${String(learningRate)}`, { learningRate });
}

/** A test set: its kernel with the training set, [m, n], and its outputs at t = 0, of `shape`. */
export interface TestSet {
  readonly cross: TypedArray;
  readonly start: TypedArray;
  readonly shape: readonly number[];
}

/** Outputs at t = 0 on the training set, whether they are asked for at other times, and the test set if there is one. */
export interface Starts {
  readonly start: TypedArray;
  readonly wantsTrain: boolean;
  readonly test: TestSet | null;
}

/** @throws ERR_ARGUMENT, ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE */
export function readStarts(
  { array, count: n }: Outputs,
  {
    kTestTrain = null,
    fxTrain0 = 0,
    fxTest0 = kTestTrain ? 0 : null,
  }: Pick<GradientDescentMseRequest, 'kTestTrain' | 'fxTrain0' | 'fxTest0'>,
  dtype: DType,
): Starts {
  if (fxTrain0 === null && fxTest0 === null)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      'fxTrain0 and fxTest0 are both null, so nothing is asked for; give one of them, or kTestTrain',
    );
  if (fxTest0 !== null && !kTestTrain)
    throw new InfiniteWidthError('ERR_ARGUMENT', 'fxTest0 needs kTestTrain, the kernel of the test set with the training set');
  const start = startingFrom(fxTrain0 ?? 0, array.shape, 'fxTrain0', dtype);
  if (fxTest0 === null) return { start, wantsTrain: true, test: null };
  const cross = readMatrix(kTestTrain, 'kTestTrain', [null, n], `yTrain has shape ${showShape(array.shape)}`);
  checkFinite(cross, 'kTestTrain');
  const shape = [cross.shape[0], ...array.shape.slice(1)];
  const test = { cross: inDtype(cross, dtype), start: startingFrom(fxTest0, shape, 'fxTest0', dtype), shape };
  return { start, wantsTrain: fxTrain0 !== null, test };
}

class Flow {
  private readonly y: Outputs;
  private readonly kernel: NDArray;
  private readonly dtype: DType;
  private readonly regularizer: Regularizer;
  private readonly engine: EngineContext | undefined;
  private readonly learningRate: number;
  private factor: Factor | undefined;
  private spectrum: Spectrum | undefined;

  constructor(kTrainTrain: MatrixInput, yTrain: OutputArray, { learningRate = 1, traceAxes, engine, ...rest }: GradientDescentMseOptions) {
    checkLearningRate(learningRate);
    this.learningRate = learningRate;
    this.engine = engine;
    this.regularizer = regularizer(rest);
    this.y = readOutputs(yTrain, 'yTrain');
    const { count, array } = this.y;
    checkTraceAxes(traceAxes, array.shape.length);
    this.kernel = readMatrix(kTrainTrain, 'kTrainTrain', [count, count], `yTrain has shape ${showShape(array.shape)}`);
    this.dtype = resultDtype(undefined, [this.kernel, array]);
  }

  *predict(t: Time, request: GradientDescentMseRequest): Steps<GradientDescentMseResult> {
    const times = readTimes(t);
    const { start, wantsTrain, test } = readStarts(this.y, request, this.dtype);
    const fxTrain = wantsTrain ? repeated(start, times, this.y.array.shape) : null;
    const fxTest = test && repeated(test.start, times, test.shape);
    yield* this.atInfinity(slotsOf(times, false), start, test, fxTrain?.data, fxTest?.data);
    yield* this.atFiniteTimes(times, start, test, fxTrain?.data, fxTest?.data);
    if (fxTrain) checkResult(fxTrain.data, 'fxTrain', this.dtype);
    if (fxTest) checkResult(fxTest.data, 'fxTest', this.dtype);
    return { ...(fxTrain ? { fxTrain } : {}), ...(fxTest ? { fxTest } : {}) };
  }

  /** y − f0, [outputs, n]. */
  private residual(start: TypedArray): TypedArray {
    const { array } = this.y;
    return transposed({ ...this.y, array: { data: start.map((f, i) => array.data[i] - f), shape: array.shape } }, this.dtype);
  }

  /** Fills the results in `slots`; those on the training set are y. */
  private *atInfinity(
    slots: readonly number[],
    start: TypedArray,
    test: TestSet | null,
    fxTrain?: TypedArray,
    fxTest?: TypedArray,
  ): Steps<void> {
    const { array, count: n, width } = this.y;
    for (const slot of slots) fxTrain?.set(array.data, slot * array.data.length);
    if (slots.length === 0 || !test || !fxTest) return;
    const factor = yield* this.factorOnce();
    const alpha = this.residual(start);
    yield* solveRows(this.la, factor, width, alpha);
    const change = yield* meanOf(this.la, test.shape[0], n, width, test.cross, alpha);
    for (const slot of slots) addAt(fxTest, slot * change.length, change);
  }

  private *atFiniteTimes(times: Times, start: TypedArray, test: TestSet | null, fxTrain?: TypedArray, fxTest?: TypedArray): Steps<void> {
    const slots = slotsOf(times, true);
    if (slots.length === 0) return;
    const taus = slots.map((slot) => (this.learningRate * times.values[slot]) / this.y.array.data.length);
    const { la } = this;
    const course = yield* courseOf(la, yield* this.spectrumOnce(), this.residual(start));
    if (fxTrain) addParts(fxTrain, slots, yield* trainingChange(la, course, taus));
    if (test && fxTest) addParts(fxTest, slots, yield* testChange(la, course, taus, test.shape[0], test.cross));
  }

  private get la() {
    return (this.engine ?? defaultContext()).backend.linalg;
  }

  private *factorOnce(): Steps<Factor> {
    this.factor ??= yield* factorize(this.la, this.y.count, this.kernelCopy(), this.regularizer, 'kTrainTrain');
    return this.factor;
  }

  private *spectrumOnce(): Steps<Spectrum> {
    this.spectrum ??= yield* spectrumOf(this.la, this.y.count, this.kernelCopy(), this.regularizer, 'kTrainTrain');
    return this.spectrum;
  }

  private kernelCopy(): TypedArray {
    checkKernel(this.kernel, 'kTrainTrain');
    return copyOf(this.kernel.data, this.dtype);
  }
}

/** The outputs at t = 0, once for every time. */
function repeated(start: TypedArray, { values, shape }: Times, one: readonly number[]): NDArray {
  const data = allocate(dtypeOf(start), values.length * start.length, 'the outputs');
  for (let k = 0; k < values.length; k++) data.set(start, k * start.length);
  return { data, shape: [...shape, ...one] };
}

/** Positions of the finite times, or of the infinite ones. */
export function slotsOf({ values }: Times, finite: boolean): number[] {
  return values.flatMap((t, slot) => (Number.isFinite(t) === finite ? [slot] : []));
}

function addAt(to: TypedArray, offset: number, part: TypedArray): void {
  for (let i = 0; i < part.length; i++) to[offset + i] += part[i];
}

/** Adds the parts of `change`, one after the other, to those of `to` in `slots`. */
function addParts(to: TypedArray, slots: readonly number[], change: TypedArray): void {
  const size = change.length / slots.length;
  slots.forEach((slot, k) => void addAt(to, slot * size, change.subarray(k * size, (k + 1) * size)));
}

/** A number for every output, or an array of the outputs' shape, as an array of its own. @throws ERR_SHAPE, ERR_NON_FINITE */
export function startingFrom(value: number | OutputArray, shape: readonly number[], name: string, dtype: DType): TypedArray {
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
