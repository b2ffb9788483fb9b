/** Everything about a kernel call that is decided before the work starts: checks, plan, allocation. */
import type { Panel, TileField } from './backends/backend';
import { defaultContext, type EngineContext } from './context';
import { InfiniteWidthError } from './errors';
import { infer } from './infer';
import { resultDtype } from './inputs';
import { chainJob } from './jobs/chain';
import { graphJob } from './jobs/graph';
import { type GivenInputs, givenInputs, isKernel, type KernelInput } from './jobs/inputs';
import { dtypeOfOut, fieldsOf } from './jobs/outputs';
import type { Input, KernelOptions } from './kernel';
import { asNDArray, type DType, isArrayList, type NDArray, showShape, type TypedArray } from './ndarray';
import type { Plan } from './plan';
import type { Network } from './spec';

export interface KernelJob {
  readonly options: KernelOptions;
  readonly context: EngineContext;
  readonly plan: Plan;
  readonly outputs: readonly (readonly [TileField, TypedArray])[];
  // biome-ignore lint/suspicious/noExplicitAny: the overloads type the fields
  readonly result: any;
  /** Samples [from, from + count) of x1 (side 0) or x2 (side 1). */
  panel(side: 0 | 1, from: number, count: number): Panel;
}

/** The arguments of a call, read. */
export interface PreparedInputs {
  readonly x1: readonly NDArray[];
  readonly x2: readonly NDArray[];
  readonly symmetric: boolean;
  /** x2 was given, even if it is x1 itself. */
  readonly x2Given: boolean;
  readonly dtype: DType;
  readonly options: KernelOptions;
}

/** Jobs of a call: one, or one for each output of a network that ends in parallel branches. */
export interface KernelJobs {
  readonly jobs: readonly KernelJob[];
  readonly isList: boolean;
}

/** Every check and every allocation of a kernel: after it only an abort can stop the work. */
export function prepare(net: Network, x1: Input | KernelInput, x2: Input | null, options: KernelOptions): KernelJobs {
  const get = fieldsOf(options.get);
  const context = options.engine ?? defaultContext();
  const given = isKernel(x1) ? givenInputs(x1) : null;
  if (given) return graphJobs(net, given, preparedFrom(x1 as KernelInput, given, options), get, context);
  const inputs = readInputs(x1 as Input, x2, options);
  const shapes = (arrays: readonly NDArray[]) => (isArrayList(x1) ? arrays.map(({ shape }) => shape) : arrays[0].shape);
  const inference = infer(net, shapes(inputs.x1));
  sameChannels(inputs.x1, inputs.x2);
  if (inference.chain && !hasMask(options)) return { jobs: [chainJob(inference, inputs, get, context)], isList: false };
  const right = inputs.symmetric ? inference.graph : infer(net, shapes(inputs.x2)).graph;
  const graphs = { left: inference.graph, right, given: null };
  const { outputs } = inference.graph;
  return { jobs: outputs.map((_, k) => graphJob(graphs, k, inputs, get, context)), isList: outputs.length > 1 };
}

function graphJobs(
  net: Network,
  given: GivenInputs,
  inputs: PreparedInputs,
  get: ReturnType<typeof fieldsOf>,
  context: EngineContext,
): KernelJobs {
  const { graph: left } = infer(net, given.shape1, given.isGaussian);
  const right = given.symmetric ? left : infer(net, given.shape2, given.isGaussian).graph;
  const jobs = left.outputs.map((_, k) => graphJob({ left, right, given }, k, inputs, get, context));
  return { jobs, isList: jobs.length > 1 };
}

const preparedFrom = ({ nngp }: KernelInput, { symmetric }: GivenInputs, options: KernelOptions): PreparedInputs => ({
  x1: [],
  x2: [],
  symmetric,
  x2Given: !symmetric,
  dtype: resultDtype(options.dtype ?? dtypeOfOut(options.out), [nngp]),
  options,
});

const hasMask = ({ maskConstant }: KernelOptions): boolean => maskConstant !== undefined && maskConstant !== null;

function readInputs(x1: Input, x2: Input | null, options: KernelOptions): PreparedInputs {
  const read = (input: Input, name: string) =>
    isArrayList(input) ? input.map((part, k) => asNDArray(part, `${name}[${k}]`)) : [asNDArray(input, name)];
  const left = read(x1, 'x1');
  const symmetric = x2 === null || x2 === x1;
  const right = symmetric ? left : read(x2 as Input, 'x2');
  for (const [name, arrays] of [
    ['x1', left],
    ['x2', right],
  ] as const)
    for (const { shape } of arrays)
      if (shape[0] !== arrays[0].shape[0])
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `the inputs of ${name} have ${arrays.map((a) => a.shape[0]).join(', ')} samples; they must have as many`,
          {
            shapes: arrays.map((a) => a.shape),
          },
        );
  const dtype = resultDtype(options.dtype ?? dtypeOfOut(options.out), [...left, ...right]);
  return { x1: left, x2: right, symmetric, x2Given: x2 !== null, dtype, options };
}

/** @throws ERR_SHAPE unless both sides have as many inputs, of as many channels */
function sameChannels(x1: readonly NDArray[], x2: readonly NDArray[]): void {
  const channels = (arrays: readonly NDArray[]) => arrays.map(({ shape }) => `${shape.length} ${shape[shape.length - 1]}`).join();
  if (channels(x1) === channels(x2)) return;
  const shown = (arrays: readonly NDArray[]) => arrays.map(({ shape }) => showShape(shape)).join(', ');
  throw new InfiniteWidthError('ERR_SHAPE', `x1 has shape ${shown(x1)} and x2 ${shown(x2)}; all but the first axis must agree`, {
    x1: x1[0].shape,
    x2: x2[0]?.shape,
  });
}

/** The result of a call: of its only job, or of each. */
// biome-ignore lint/suspicious/noExplicitAny: the overloads type the fields
export function resultOf({ jobs, isList: several }: KernelJobs): any {
  return several ? jobs.map(({ result }) => result) : jobs[0].result;
}
