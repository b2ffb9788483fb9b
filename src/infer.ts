/** What a network does to shapes and distributions, and which engine can run it. */
import { chainOf } from './chain';
import { type Graph, locationsOf } from './graph';
import type { TracedLayer } from './inference/state';
import { type InputShapes, inferGraph } from './inference/walk';
import { canonical } from './layers/canonical';
import type { ActivationLayer, Network } from './spec';

/** One step of the recursion for fully connected networks. */
export type Step =
  /** q' = w²q + b²; `fanIn` N of the standard parameterization, null in the NTK one; `trained`: the bias adds to the NTK. */
  | { readonly kind: 'affine'; readonly w: number; readonly b: number; readonly hasBias: boolean; readonly fanIn: number | null }
  | { readonly kind: 'rectified'; readonly a: number; readonly b: number }
  | { readonly kind: 'erf'; readonly a: number; readonly b: number }
  /** A constant added to every activation: K' = K + c², no parameter. */
  | { readonly kind: 'shift'; readonly c: number }
  /** An activation with an operation of its own (activations/). */
  | { readonly kind: 'dual'; readonly activation: ActivationLayer };

export interface Inference {
  readonly graph: Graph;
  readonly layers: readonly TracedLayer[];
  /** Where the network is a chain of layers on feature vectors: the steps of every node of the graph. */
  readonly chain: readonly (readonly Step[])[] | null;
  /** Numbers per sample of the first input. */
  readonly features: number;
  /** Shape of the finite network's (first) output, sample axis included. */
  readonly outputShape: readonly number[];
  readonly isGaussian: boolean;
}

/**
 * @param inputShapes of the input, or of each input of a network that begins with parallel branches
 * @throws ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT, ERR_UNSUPPORTED
 */
export function infer(net: Network, inputShapes: InputShapes, isGaussian = false): Inference {
  const { graph, layers } = inferGraph(canonical(net), inputShapes, isGaussian);
  const [output] = graph.outputs;
  const first = (Array.isArray(inputShapes[0]) ? inputShapes[0] : inputShapes) as readonly number[];
  const chain = isGaussian ? null : chainOf(graph);
  return { graph, layers, chain, features: locationsOf(first.slice(1)), outputShape: output.shape, isGaussian: output.isGaussian };
}
