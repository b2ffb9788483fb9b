/**
 * The engine of networks that are more than a chain of layers on feature vectors, once a layer function that needs it has brought it
 * (graphs.ts): bundles without such a layer have nothing of it.
 */
import type { GraphJob, GraphPanel, TileWorker } from '../backends/backend';
import type { CoreSource } from '../backends/core';
import type { EngineContext } from '../context';
import { notBrought } from '../errors';
import type { Inference } from '../infer';
import type { Builder, PlacedLayer, Value } from '../inference/state';
import type { KernelField, KernelOptions } from '../kernel';
import type { KernelJobs } from '../kernel-job';
import type { Network } from '../spec';
import type { KernelInput } from './inputs';
import type { PreparedInputs } from './prepared';

export interface GraphEngine {
  /** What a layer makes of a value; of every layer but activations and those that chains have. @throws ERR_UNSUPPORTED for an unknown kind */
  apply(builder: Builder, value: Value, placed: PlacedLayer): Value;
  /** The jobs of a call, one for each output. */
  jobs(net: Network, inference: Inference, inputs: PreparedInputs, get: readonly KernelField[], context: EngineContext): KernelJobs;
  /** The same where the network starts from a kernel. */
  jobsFrom(net: Network, kernel: KernelInput, get: readonly KernelField[], options: KernelOptions, context: EngineContext): KernelJobs;
  /** @param cores null: in JavaScript */
  openTiles(cores: CoreSource | null, job: GraphJob): TileWorker<GraphPanel>;
}

let engine: GraphEngine | null = null;

export function useGraphEngine(brought: GraphEngine): void {
  engine = brought;
}

/** @param what needs it, for the message @throws ERR_UNSUPPORTED */
export function graphEngine(what: string): GraphEngine {
  if (engine) return engine;
  throw notBrought(what);
}
