/** train(net, params, x, y): gradient descent on a finite network, with the loss and the NTK along the way. */
import { InfiniteWidthError, throwIfAborted } from '../errors';
import { drain } from '../execute/drain';
import { macrotask } from '../execute/yield';
import { badArgument, checkedOptions } from '../layers/checks';
import { asNDArray, checkFinite, type NDArray, showShape, type TypedArray } from '../ndarray';
import { show } from '../show';
import type { Network } from '../spec';
import { empiricalNtk } from './empirical';
import { checkFiniteParams, forward } from './forward';
import { pullBack } from './gradients';
import { FINITE_OPTIONS, type FiniteInput, type FiniteOptions } from './options';
import { mapParams, type Params, readParams } from './params';
import { split } from './rng';

export type Optimizer = 'gd' | 'momentum' | 'adam';

export interface TrainOptions extends FiniteOptions {
  /** 'gd' (default), 'momentum' (heavy ball), 'adam' (Kingma & Ba 2015). */
  readonly optimizer?: Optimizer;
  readonly learningRate: number;
  readonly steps: number;
  /** Of 'momentum'; default 0.9. */
  readonly momentum?: number;
  /** Of 'adam'; defaults 0.9, 0.999, 1e-8. */
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Steps after which the NTK is recorded, 0 for before the first (counted from the start of training, not of a checkpoint); default none. */
  readonly ntkAt?: readonly number[];
  /** Samples whose NTK is recorded; default those of x. */
  readonly ntkInputs?: FiniteInput;
  /** What an earlier call ended with: training goes on from there, to the bit as if it had not stopped. */
  readonly checkpoint?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly phase: string;
    readonly done: number;
    readonly total: number;
    readonly loss: number;
  }) => void;
}

/** Everything that the next step depends on: plain data. */
export interface Checkpoint {
  readonly step: number;
  readonly params: Params;
  /** First and second moments of the optimizer, in the shapes of params; null where it has none. */
  readonly first: Params | null;
  readonly second: Params | null;
}

export interface Training {
  readonly params: Params;
  /** ½ mean (f − y)² before each step, and after the last. */
  readonly losses: Float64Array;
  readonly ntk: readonly { readonly step: number; readonly kernel: NDArray }[];
  readonly checkpoint: Checkpoint;
}

type Targets = NDArray | readonly (readonly number[])[];

/**
 * Full-batch gradient descent on ½ mean over samples and outputs of (f − y)², as in gradientDescentMse.
 * @param params are not changed; @param y in the shape of the outputs, [n, …outputs]
 * @throws ERR_ARGUMENT; ERR_SHAPE; ERR_NON_FINITE naming the step at which the loss stops being finite; AbortError
 */
export async function train(net: Network, params: Params, x: FiniteInput, y: Targets, options: TrainOptions): Promise<Training> {
  const steps = descend(net, params, x, y, options);
  let next = steps.next();
  for (; !next.done; next = steps.next()) await macrotask();
  return next.value;
}

/** `train` on the calling thread. */
export function trainSync(net: Network, params: Params, x: FiniteInput, y: Targets, options: TrainOptions): Training {
  return drain(descend(net, params, x, y, options));
}

/** Yields after every step. */
function* descend(net: Network, params: Params, x: FiniteInput, y: Targets, options: TrainOptions): Generator<void, Training> {
  check(options);
  const { steps, ntkAt = [], signal, onProgress } = options;
  throwIfAborted(signal);
  const targets = asNDArray(y, 'y');
  checkFinite(targets, 'y');
  const start = startOf(params, options.checkpoint);
  checkStart(start, options);
  const state = new Descent(start, options);
  const losses: number[] = [];
  const kernels: { step: number; kernel: NDArray }[] = [];
  /** Every step has noise of its own. */
  const { engine, pattern, maskConstant, rng } = options;
  const now = (): FiniteOptions => ({ engine, pattern, maskConstant, rng: rng === undefined ? rng : split(rng, state.step) });
  const record = () => {
    if (ntkAt.includes(state.step))
      kernels.push({ step: state.step, kernel: empiricalNtk(net, state.params, options.ntkInputs ?? x, null, now()) });
  };
  record();
  for (const end = start.step + steps; state.step < end; ) {
    throwIfAborted(signal);
    const pass = forward(net, state.params, x, now());
    const { loss, cotangent } = lossOf(pass.output.data, pass.output.shape, targets, pass.tape.zeros(pass.output.data.length));
    finite(loss, state.step, options.learningRate);
    losses.push(loss);
    state.advance(pullBack(pass, state.params, cotangent));
    record();
    onProgress?.({ phase: 'steps', done: losses.length, total: steps, loss });
    yield;
  }
  const { output } = forward(net, state.params, x, now());
  const { loss } = lossOf(output.data, output.shape, targets, output.data.slice());
  finite(loss, state.step, options.learningRate);
  return { params: state.params, losses: Float64Array.from([...losses, loss]), ntk: kernels, checkpoint: state.checkpoint() };
}

const OPTIONS = [
  ...FINITE_OPTIONS,
  ...(['optimizer', 'learningRate', 'steps', 'momentum', 'beta1', 'beta2', 'epsilon'] as const),
  ...(['ntkAt', 'ntkInputs', 'checkpoint', 'signal', 'onProgress'] as const),
];

function check(options: TrainOptions): void {
  const { optimizer = 'gd', learningRate, steps, ntkAt = [], ...rest } = checkedOptions('train', options, OPTIONS);
  if (!Array.isArray(ntkAt)) throw badArgument('train', 'ntkAt', 'a list of steps', ntkAt, 'write [0, 100]');
  if (!['gd', 'momentum', 'adam'].includes(optimizer))
    throw new InfiniteWidthError('ERR_ARGUMENT', `optimizer is 'gd', 'momentum' or 'adam', got ${show(optimizer)}`, { optimizer });
  if (!(Number.isFinite(learningRate) && learningRate > 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `learningRate is a positive number, got ${show(learningRate)}`, { learningRate });
  if (!Number.isInteger(steps) || steps < 0)
    throw new InfiniteWidthError('ERR_ARGUMENT', `steps is a natural number, got ${show(steps)}`, { steps });
  for (const name of ['momentum', 'beta1', 'beta2'] as const) {
    const value = rest[name] ?? 0;
    if (!(typeof value === 'number' && value >= 0 && value < 1))
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is at least 0 and below 1, got ${show(value)}`, { [name]: value });
  }
  const { epsilon = 1 } = rest;
  if (!(Number.isFinite(epsilon) && epsilon > 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `epsilon is a positive number, got ${show(epsilon)}`, { epsilon });
}

/** Where training starts: at the parameters, or what `checkpoint` says. @throws ERR_ARGUMENT, ERR_SHAPE */
function startOf(params: Params, checkpoint: Checkpoint | undefined): Checkpoint {
  const given = readParams(params);
  if (checkpoint === undefined) return { step: 0, params: given, first: null, second: null };
  const { step, first, second } = checkpoint ?? {};
  if (!(Number.isSafeInteger(step) && step >= 0)) throw badArgument('train', 'checkpoint', 'that of an earlier call', checkpoint);
  const own = readParams(checkpoint.params);
  const moments = [first, second].map((sums) => (sums ? readParams(sums) : null));
  const shapes = (sums: Params) => JSON.stringify(sums.map((entry) => Object.entries(entry).map(([name, { shape }]) => [name, shape])));
  if (moments.some((sums) => sums && shapes(sums) !== shapes(own)))
    throw badArgument('train', 'checkpoint', 'one whose moments have the shapes of its params', Object.keys(checkpoint));
  return { step, params: own, first: moments[0], second: moments[1] };
}

/** @throws ERR_ARGUMENT for a checkpoint of another optimizer, and steps to record that will not come; ERR_NON_FINITE for parameters */
function checkStart({ step, params, first, second }: Checkpoint, { optimizer = 'gd', steps, ntkAt = [] }: TrainOptions): void {
  const missed = ntkAt.find((at) => !(Number.isInteger(at) && at >= step && at <= step + steps));
  if (missed !== undefined)
    throw new InfiniteWidthError('ERR_ARGUMENT', `ntkAt names step ${missed}, which does not come: steps ${step} to ${step + steps} do`, {
      ntkAt,
    });
  const made = second ? 'adam' : first ? 'momentum' : 'gd';
  if (step > 0 && made !== optimizer)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `the checkpoint is one of '${made}' and optimizer is '${optimizer}'; go on with '${made}', or start anew from its params`,
      { checkpoint: made, optimizer },
    );
  checkFiniteParams(params);
}

function finite(loss: number, step: number, learningRate: number): void {
  if (Number.isFinite(loss)) return;
  throw new InfiniteWidthError(
    'ERR_NON_FINITE',
    `training diverged: the loss is ${loss} at step ${step}; use a learningRate below ${learningRate} (maxLearningRate of the NTK bounds it)`,
    { step, loss, learningRate },
  );
}

/** ½ mean (f − y)² and its derivative, written into `cotangent`. */
function lossOf(
  f: TypedArray,
  shape: readonly number[],
  { data: y, shape: expected }: NDArray,
  cotangent: TypedArray,
): { loss: number; cotangent: TypedArray } {
  if (showShape(shape) !== showShape(expected))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the outputs have shape ${showShape(shape)} and y ${showShape(expected)}; they must be equal`,
      {
        outputs: shape,
        y: expected,
      },
    );
  let sum = 0;
  for (let at = 0; at < f.length; at++) {
    const error = f[at] - y[at];
    sum += error * error;
    cotangent[at] = error / f.length;
  }
  return { loss: (0.5 * sum) / f.length, cotangent };
}

class Descent {
  step: number;
  params: Params;
  private first: Params | null;
  private second: Params | null;

  constructor(
    { step, params, first, second }: Checkpoint,
    private readonly options: TrainOptions,
  ) {
    this.step = step;
    this.params = copy(params);
    this.first = first && copy(first);
    this.second = second && copy(second);
  }

  checkpoint(): Checkpoint {
    return { step: this.step, params: copy(this.params), first: this.first && copy(this.first), second: this.second && copy(this.second) };
  }

  /** One step along the gradients. */
  advance(gradients: Params): void {
    const { optimizer = 'gd', learningRate, momentum = 0.9, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.options;
    this.step++;
    if (optimizer === 'gd')
      return each([this.params, gradients], ([p, g], at) => {
        p[at] -= learningRate * g[at];
      });
    this.first ??= copy(gradients, 0);
    if (optimizer === 'momentum')
      return each([this.params, gradients, this.first], ([p, g, v], at) => {
        v[at] = momentum * v[at] + g[at];
        p[at] -= learningRate * v[at];
      });
    this.second ??= copy(gradients, 0);
    const [bias1, bias2] = [1 - beta1 ** this.step, 1 - beta2 ** this.step];
    each([this.params, gradients, this.first, this.second], ([p, g, m, v], at) => {
      m[at] = beta1 * m[at] + (1 - beta1) * g[at];
      v[at] = beta2 * v[at] + (1 - beta2) * g[at] * g[at];
      p[at] -= (learningRate * (m[at] / bias1)) / (Math.sqrt(v[at] / bias2) + epsilon);
    });
  }
}

/** A copy, or arrays of the same shapes filled with a number. */
const copy = (params: Params, fill?: number): Params =>
  mapParams(params, ({ data, shape }) => ({ data: fill === undefined ? data.slice() : data.slice().fill(fill), shape }));

/** Visits every number of several sets of parameters at once. */
function each(sets: readonly Params[], body: (arrays: readonly TypedArray[], at: number) => void): void {
  sets[0].forEach((entry, k) => {
    for (const name of Object.keys(entry)) {
      const arrays = sets.map((set) => (set[k] as unknown as Record<string, NDArray>)[name].data);
      for (let at = 0; at < arrays[0].length; at++) body(arrays, at);
    }
  });
}
