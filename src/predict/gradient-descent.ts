/** Outputs of a network under gradient flow on any loss, with momentum or without, in function space (Lee et al. 2019, arXiv 1902.06720). */
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import { type DType, type NDArray, showShape } from '../ndarray';
import {
  checkKernel,
  checkResult,
  checkTraceAxes,
  copyOf,
  type MatrixInput,
  type OutputArray,
  type Outputs,
  readMatrix,
  readOutputs,
  type TraceAxes,
} from './arguments';
import { multiplyAdd } from './blocks';
import { checkLearningRate, type GradientDescentMseRequest, readStarts, startingFrom, type TestSet } from './gradient-descent-mse';
import { type Gradient, gradientOf, type Loss } from './losses';
import { FlowProblem, Motion, Results, type SideStart } from './output-flow';
import { integrate } from './runge-kutta';
import { Queue, type RunOptions, runSync, type Steps } from './steps';
import { readTimes, type Time, type Times } from './times';

export interface GradientDescentOptions {
  /** Step size, positive: t counts steps of it. Default 1. */
  learningRate?: number;
  /** Of heavy-ball momentum, from 0 to 1; default null, none (which is not 0: see below). */
  momentum?: number | null;
  /** A step's error of any output is at most atol + rtol · (the largest output so far); defaults 1e-9. */
  rtol?: number;
  atol?: number;
  /** Steps of the solver at most, default 100,000. */
  maxSteps?: number;
  traceAxes?: TraceAxes;
  engine?: EngineContext;
}

export interface GradientDescentRequest extends RunOptions, Pick<GradientDescentMseRequest, 'fxTrain0' | 'fxTest0' | 'kTestTrain'> {
  /** With momentum, velocities of the outputs at t = 0, as a result gives them: training goes on from there. Default 0. */
  qxTrain0?: number | OutputArray;
  qxTest0?: number | OutputArray;
}

export interface GradientDescentResult {
  /** The axes of t, then yTrain's shape; absent where fxTrain0 is null. */
  readonly fxTrain?: NDArray;
  /** The axes of t, then [m, outputs], or [m] where yTrain is a vector; absent where fxTest0 is null. */
  readonly fxTest?: NDArray;
  /** With momentum, velocities: shaped like the outputs, and absent where these are. */
  readonly qxTrain?: NDArray;
  readonly qxTest?: NDArray;
}

/**
 * Gradient flow on a loss L: ḟ = −Θ ∂L/∂f on the training set and ḟ* = −Θ* ∂L/∂f on the test set, t counting steps of learningRate. With momentum m
 * (continuous heavy ball, as in neural-tangents) ḟ = q, q̇ = −Θ ∂L/∂f + (m − 1) q/√learningRate, in time √learningRate · t.
 *
 * What is integrated is the flow of weights w with f = f₀ − Θw (Dormand & Prince 5(4), error control in the norm of the kernel, which bounds
 * the outputs on the training set and on any other), so the test set costs one product for each time.
 * @param loss 'mse', 'crossEntropy', or { gradient: (fx, y) => ∂L/∂fx }
 * @param kTrainTrain [n, n], positive semidefinite; read when first needed: leave it unchanged
 * @param yTrain [n] or [n, outputs]; results are float32 where both are, otherwise float64, computed in float64
 * @returns `predict(t, request)`, t a finite time or an array of them, in any order, whose axes lead those of the results. Cost: 12 n² outputs operations a
 *   step, and steps shrink to 3/(learningRate · largest curvature · λ_max) where the flow is stiff
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, also for results beyond the range of the dtype; ERR_ARGUMENT, ERR_UNSUPPORTED;
 *   from predict also ERR_NOT_CONVERGED, AbortError and what `gradient` throws
 */
export function gradientDescent(loss: Loss, kTrainTrain: MatrixInput, yTrain: OutputArray, options: GradientDescentOptions = {}) {
  const descent = new Descent(loss, kTrainTrain, yTrain, options);
  const queue = new Queue(options.engine);
  return (t: Time, request: GradientDescentRequest = {}): Promise<GradientDescentResult> =>
    queue.run(() => descent.predict(t, request), request);
}

/** `gradientDescent` whose predict runs on the calling thread. */
export function gradientDescentSync(loss: Loss, kTrainTrain: MatrixInput, yTrain: OutputArray, options: GradientDescentOptions = {}) {
  const descent = new Descent(loss, kTrainTrain, yTrain, options);
  return (t: Time, request: GradientDescentRequest = {}): GradientDescentResult => runSync(descent.predict(t, request), request);
}

class Descent {
  private readonly y: Outputs;
  private readonly matrix: NDArray;
  private readonly dtype: DType;
  private readonly gradient: Gradient;
  private readonly options: FlowOptions;
  private readonly engine: EngineContext | undefined;
  private kernel: Float64Array | undefined;

  constructor(loss: Loss, kTrainTrain: MatrixInput, yTrain: OutputArray, options: GradientDescentOptions) {
    const { learningRate = 1, momentum = null, rtol = 1e-9, atol = 1e-9, maxSteps = 100_000, traceAxes } = options;
    this.options = { learningRate, momentum, rtol, atol, maxSteps };
    this.engine = options.engine;
    check(this.options);
    this.y = readOutputs(yTrain, 'yTrain');
    const { count, array } = this.y;
    checkTraceAxes(traceAxes, array.shape.length);
    this.matrix = readMatrix(kTrainTrain, 'kTrainTrain', [count, count], `yTrain has shape ${showShape(array.shape)}`);
    this.dtype = resultDtype(undefined, [this.matrix, array]);
    this.gradient = gradientOf(loss, this.y);
  }

  *predict(t: Time, request: GradientDescentRequest): Steps<GradientDescentResult> {
    const times = finiteTimes(t);
    const { start, wantsTrain, test } = readStarts(this.y, request, 'float64');
    this.kernel ??= this.readKernel();
    const train = this.side(this.kernel, start as Float64Array, request.qxTrain0, this.y.array.shape, 'qxTrain0');
    const other = test && this.testSide(test, request);
    const results = new Results(times, this.options.momentum !== null, this.dtype, wantsTrain ? train : null, other);
    yield* this.flow(times, train, results);
    for (const [name, { data }] of Object.entries(results.given)) checkResult(data, name, this.dtype);
    return results.given;
  }

  private *flow(times: Times, train: SideStart, results: Results): Steps<void> {
    const { learningRate, momentum, rtol, atol, maxSteps } = this.options;
    const unit = momentum === null ? learningRate : Math.sqrt(learningRate);
    const motion = new Motion(momentum === null ? null : (momentum - 1) / unit);
    const order = times.values.map((_, slot) => slot).sort((a, b) => times.values[a] - times.values[b]);
    const [n, width, size] = [this.y.count, this.y.width, train.f.length];
    const problem = new FlowProblem(this.gradient, motion, train, { rtol, atol }, (out, w) => this.product(out, train.cross, w, n));
    const z = new Float64Array(motion.rate === null ? size : 2 * size);
    const course = { times: order.map((slot) => unit * times.values[slot]), firstStep: problem.firstStep(z), maxSteps };
    const end = course.times[course.times.length - 1];
    const total = 2 * n * n * width * REPORTS;
    const phase = { phase: 'flow', total };
    yield { ...phase, done: 0 };
    let since = 0;
    const see = (at: number, now: Float64Array) => {
      const { grown, decayed } = motion.at(course.times[at]);
      results.see(order[at], grown, decayed, now, (out, cross, w) => this.product(out, cross, w, cross.length / n));
    };
    for (const tau of integrate(problem, z, course, see)) {
      since += 14 * n * n * width + 200 * size;
      if (since < BETWEEN) continue;
      since = 0;
      yield { ...phase, done: Math.floor((total * tau) / end) };
    }
    yield { ...phase, done: total };
  }

  /** out −= cross · w */
  private product(out: Float64Array, cross: Float64Array, w: Float64Array, rows: number): void {
    const { count, width } = this.y;
    for (const _ of multiplyAdd((this.engine ?? defaultContext()).backend.linalg, 'n', rows, width, count, -1, cross, w, out));
  }

  private readKernel(): Float64Array {
    checkKernel(this.matrix, 'kTrainTrain');
    return copyOf(this.matrix.data, 'float64') as Float64Array;
  }

  private testSide({ cross, start, shape }: TestSet, { qxTest0 }: GradientDescentRequest): SideStart {
    return this.side(cross as Float64Array, start as Float64Array, qxTest0, shape, 'qxTest0');
  }

  private side(
    cross: Float64Array,
    f: Float64Array,
    q0: number | OutputArray | undefined,
    shape: readonly number[],
    name: string,
  ): SideStart {
    if (q0 !== undefined && this.options.momentum === null)
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is a velocity, which only momentum has; give momentum, or leave ${name} out`);
    return { cross, f, q: startingFrom(q0 ?? 0, shape, name, 'float64') as Float64Array, shape };
  }
}

/** Operations between two reports, and how many shares of the time they count. */
const BETWEEN = 2e7;
const REPORTS = 1000;

type FlowOptions = Required<Omit<GradientDescentOptions, 'engine' | 'traceAxes'>>;

function check({ learningRate, momentum, rtol, atol, maxSteps }: FlowOptions): void {
  checkLearningRate(learningRate);
  if (momentum !== null && !(momentum >= 0 && momentum <= 1))
    throw new InfiniteWidthError('ERR_ARGUMENT', `momentum is a number from 0 to 1, or null for none; got ${String(momentum)}`, {
      momentum,
    });
  for (const [name, value] of Object.entries({ rtol, atol }))
    if (!(value > 0 && value < 1))
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is a number between 0 and 1, got ${String(value)}`, { [name]: value });
  if (!Number.isInteger(maxSteps) || maxSteps < 1)
    throw new InfiniteWidthError('ERR_ARGUMENT', `maxSteps is a positive integer, got ${String(maxSteps)}`, { maxSteps });
}

/** @throws as readTimes; ERR_ARGUMENT for Infinity */
function finiteTimes(t: Time): Times {
  const times = readTimes(t);
  if (times.values.every(Number.isFinite)) return times;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    't must be finite: not every loss has a limit, and a solver does not reach it; give late times, or take gradientDescentMse',
  );
}
