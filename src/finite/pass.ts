/** A network of finite width forwards on a tape, given parameters ready for products. */
import type { FiniteRoutines } from '../backends/finite';
import { hostMatrix } from '../backends/host-matrix';
import { matrixOf, windowTaps } from '../covariance/maps';
import { InfiniteWidthError } from '../errors';
import { type Graph, locationsOf, type Sparse } from '../graph';
import { nameOf, type TracedLayer } from '../inference/state';
import { type Inferred, type InputShapes, inferGraph } from '../inference/walk';
import type { NDArray, TypedArray } from '../ndarray';
import type { ActivationLayer, ConvLayer, Layer, Network } from '../spec';
import { attend } from './attention';
import { convolve, dense, type Weights } from './linear';
import { type AttentionParams, hasParams, type LayerParams, type LinearParams } from './params';
import type { Tape, Tensor } from './tape';
import { activate, add, choose, concatenate, mix, multiply, normalize, reshape } from './unweighted';

/** The activations between two layers: one tensor, or one for each branch. */
type Value = Tensor | readonly Value[];

export interface Pass {
  readonly tape: Tape;
  readonly output: Tensor;
}

/** Parameters of a layer as its rule reads them. */
export type ReadyParams = Weights | AttentionParams;

/** Arrays of the caller's own, in the tape's precision after `own`. */
export function ready(routines: FiniteRoutines, entry: LayerParams, own: (data: TypedArray) => TypedArray): ReadyParams {
  const arrays = Object.entries(entry) as [string, NDArray][];
  if (!('w' in entry)) return Object.fromEntries(arrays.map(([name, { data, shape }]) => [name, { data: own(data), shape }])) as never;
  const { w, b } = entry as LinearParams;
  const columns = w.shape[w.shape.length - 1];
  return { w: hostMatrix(routines.linalg, own(w.data), w.data.length / columns, columns), b: b && own(b.data) };
}

/** @throws as `kernel`; ERR_ARGUMENT for several outputs */
export function inferFinite(net: Network, shapes: InputShapes): Inferred {
  const inferred = inferGraph(net, shapes);
  const { length } = inferred.graph.outputs;
  if (length === 1) return inferred;
  throw new InfiniteWidthError('ERR_ARGUMENT', `the network ends with ${length} branches; join them, or take one network for each`, {
    outputs: length,
  });
}

/**
 * @param inputs one tensor, or a list for a network that begins with parallel branches; @param inferred of their shapes
 * @throws ERR_UNSUPPORTED for layers without a finite network
 */
export function runNetwork(tape: Tape, net: Network, inferred: Inferred, params: readonly ReadyParams[], inputs: Value): Pass {
  return { tape, output: new Forward(tape, inferred, params).walk(net, inputs) as Tensor };
}

class Forward {
  private readonly graph: Graph;
  private readonly layers: readonly TracedLayer[];
  private next = 0;
  private nextParams = 0;

  constructor(
    private readonly tape: Tape,
    { graph, layers }: Inferred,
    private readonly params: readonly ReadyParams[],
  ) {
    this.graph = graph;
    this.layers = layers;
  }

  walk(net: Network, value: Value): Value {
    switch (net.kind) {
      case 'serial':
        return net.layers.reduce((v: Value, layer) => this.walk(layer, v), value);
      case 'repeat':
        return Array.from({ length: net.n }).reduce((v: Value) => this.walk(net.layer, v), value);
      case 'parallel':
        return net.layers.map((layer, k) => this.walk(layer, (value as readonly Value[])[k]));
      default:
        return this.layer(net, value);
    }
  }

  private layer(layer: Layer, value: Value): Value {
    const { tape } = this;
    const traced = this.layers[this.next++];
    switch (layer.kind) {
      case 'identity':
        return value;
      case 'fanOut':
        return Array.from({ length: layer.num }, () => value);
      case 'fanInSum':
        return add(tape, value as readonly Tensor[]);
      case 'fanInProd':
        return multiply(tape, value as readonly Tensor[]);
      case 'fanInConcat':
        return concatenate(tape, layer.axis, value as readonly Tensor[]);
      default:
        return hasParams(traced) ? this.weighted(traced, value as Tensor) : this.unweighted(traced, value as Tensor);
    }
  }

  private weighted(traced: TracedLayer, x: Tensor): Tensor {
    const { tape } = this;
    const { layer } = traced;
    const entry = this.nextParams++;
    const params = this.params[entry];
    if (layer.kind === 'dense') return dense(tape, entry, layer, params as Weights, x);
    if (layer.kind === 'globalSelfAttention') return attend(tape, entry, layer, params as AttentionParams, x);
    const [node] = this.graph.nodes.slice(...traced.nodes);
    const taps = node.op === 'window' ? windowTaps(node.axes, node.transposed) : [Int32Array.of(0)];
    return convolve(tape, entry, layer as ConvLayer, params as Weights, taps, x, traced.shape.slice(1, -1));
  }

  private unweighted(traced: TracedLayer, x: Tensor): Tensor {
    const { tape } = this;
    const { layer } = traced;
    const [first, second] = this.graph.nodes.slice(...traced.nodes);
    const shape = [x.shape[0], ...traced.shape.slice(1)];
    switch (layer.kind) {
      case 'flatten':
        return reshape(tape, x, shape);
      case 'layerNorm':
        return normalize(tape, layer, x);
      case 'dropout':
        if (layer.mode === 'test') return x;
        throw unsupported(traced, "its noise is not drawn here; use dropout(rate, { mode: 'test' })");
      case 'aggregate':
        throw unsupported(traced, 'patterns are known to kernels only');
      case 'avgPool':
      case 'sumPool':
      case 'globalAvgPool':
      case 'globalSumPool':
      case 'imageResize':
      case 'dotGeneral':
        return first ? mix(tape, matrixOf(first, locationsOf(x.shape.slice(1, -1))) as Sparse, x, shape) : x;
      case 'index': {
        const chosen = mix(tape, matrixOf(first, locationsOf(x.shape.slice(1, -1))) as Sparse, x, shape);
        return second?.op === 'samples' ? choose(tape, second.samples, chosen) : chosen;
      }
      default:
        return activate(tape, layer as ActivationLayer, x);
    }
  }
}

const unsupported = (traced: TracedLayer, why: string): InfiniteWidthError =>
  new InfiniteWidthError('ERR_UNSUPPORTED', `${nameOf(traced)} has no finite network: ${why}`, { position: traced.position });
