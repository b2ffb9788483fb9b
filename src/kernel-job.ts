/** Everything about a kernel call that is decided before the work starts: checks, plan, allocation. */
import type { Panel, TileField } from './backends/backend';
import { contextOf, type EngineContext } from './context';
import { infer } from './infer';
import { chainJob } from './jobs/chain';
import { graphEngine } from './jobs/graph-engine';
import type { KernelInput } from './jobs/inputs';
import { fieldsOf } from './jobs/outputs';
import { readInputs, sameChannels, shapesOf } from './jobs/prepared';
import type { Input, KernelOptions } from './kernel';
import { checkedOptions } from './layers/checks';
import type { TypedArray } from './ndarray';
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

/** Jobs of a call: one, or one for each output of a network that ends in parallel branches. */
export interface KernelJobs {
  readonly jobs: readonly KernelJob[];
  readonly isList: boolean;
}

/** Every check and every allocation of a kernel: after it only an abort can stop the work. */
export function prepare(net: Network, x1: Input | KernelInput, x2: Input | null, options: KernelOptions): KernelJobs {
  const get = fieldsOf(checkedOptions('kernel', options, OPTIONS).get);
  const context = contextOf('kernel', options.engine);
  if (isKernel(x1)) return graphEngine('a kernel as the input of a network').jobsFrom(net, x1, get, options, context);
  const inputs = readInputs(x1, x2, options);
  const inference = infer(net, shapesOf(inputs, inputs.x1));
  sameChannels(inputs.x1, inputs.x2);
  const masked = hasMask(options);
  if (inference.chain && !masked) return { jobs: [chainJob(inference, inputs, get, context)], isList: false };
  const what = masked ? 'maskConstant' : 'a network that is more than a chain of layers on feature vectors';
  return graphEngine(what).jobs(net, inference, inputs, get, context);
}

const OPTIONS = ['get', 'dtype', 'engine', 'signal', 'onProgress', 'out', 'diagonalSpatial', 'maskConstant', 'pattern'] as const;

export const isKernel = (input: unknown): input is KernelInput => typeof input === 'object' && input !== null && 'nngp' in input;

const hasMask = ({ maskConstant }: KernelOptions): boolean => maskConstant !== undefined && maskConstant !== null;

/** The result of a call: of its only job, or of each. */
// biome-ignore lint/suspicious/noExplicitAny: the overloads type the fields
export function resultOf({ jobs, isList: several }: KernelJobs): any {
  return several ? jobs.map(({ result }) => result) : jobs[0].result;
}
