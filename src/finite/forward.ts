/** A network of finite width on a tape. */

import { defaultContext, type EngineContext } from '../context';
import { matrixOf, windowTaps } from '../covariance/maps';
import { InfiniteWidthError } from '../errors';
import { type Graph, locationsOf, type Sparse } from '../graph';
import { nameOf, type TracedLayer } from '../inference/state';
import { type InputShapes, inferGraph } from '../inference/walk';
import { asNDArray, checkFinite, type DType, dtypeOf, isArrayList, type NDArray, type TypedArray } from '../ndarray';
import type { ActivationLayer, Layer, Network } from '../spec';
import { attend } from './attention';
import { convolve, dense } from './linear';
import { type AttentionParams, hasParams, type LayerParams, type LinearParams, type Params, paramSpecs } from './params';
import { Tape, type Tensor } from './tape';
import { activate, add, choose, concatenate, mix, multiply, normalize, reshape } from './unweighted';

/** The activations between two layers: one tensor, or one for each branch. */
type Value = Tensor | readonly Value[];

/** [n, …, channels], nested numbers, or a list of arrays for a network that begins with parallel branches. */
export type FiniteInput = NDArray | readonly NDArray[] | readonly (readonly number[])[];

export interface FiniteOptions {
  /** Whose linear algebra runs the network. */
  readonly engine?: EngineContext;
}

export interface Pass {
  readonly tape: Tape;
  readonly output: Tensor;
}

/**
 * Runs a network forwards.
 * @throws ERR_SHAPE where parameters do not fit the network, ERR_UNSUPPORTED for layers without a finite network, ERR_ARGUMENT for several outputs
 */
export function forward(net: Network, params: Params, x: FiniteInput, { engine }: FiniteOptions = {}): Pass {
  const arrays = isArrayList(x) ? x.map((part, k) => asNDArray(part, `x[${k}]`)) : [asNDArray(x, 'x')];
  for (const [k, array] of arrays.entries()) checkFinite(array, isArrayList(x) ? `x[${k}]` : 'x');
  const dtype: DType = [...arrays, ...paramArrays(params)].every(({ data }) => data instanceof Float32Array) ? 'float32' : 'float64';
  const shapes: InputShapes = isArrayList(x) ? arrays.map(({ shape }) => shape) : arrays[0].shape;
  const { graph, layers } = inferGraph(net, shapes);
  if (graph.outputs.length > 1)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `the network ends with ${graph.outputs.length} branches; join them, or take one network for each`,
      {
        outputs: graph.outputs.length,
      },
    );
  checkParams(layers, params);
  const tape = new Tape((engine ?? defaultContext()).backend.linalg, dtype);
  const own = (data: TypedArray): TypedArray => (dtypeOf(data) === dtype ? data : Float64Array.from(data));
  const inputs: Tensor[] = arrays.map(({ data, shape }) => ({ data: own(data), shape }));
  const converted = params.map((entry) =>
    Object.fromEntries(Object.entries(entry).map(([name, { data, shape }]) => [name, { data: own(data), shape }])),
  ) as unknown as Params;
  const output = new Forward(tape, graph, layers, converted).walk(net, isArrayList(x) ? inputs : inputs[0]);
  return { tape, output: output as Tensor };
}

export const paramArrays = (params: Params): NDArray[] => params.flatMap((entry) => Object.values(entry) as NDArray[]);

/** @throws ERR_SHAPE naming the layer and the array that does not fit */
function checkParams(layers: readonly TracedLayer[], params: Params): void {
  const owners = layers.filter(hasParams);
  if (params.length !== owners.length)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the network has ${owners.length} layers with parameters and params has ${params.length} entries; make them with init(net, seed, inputShape)`,
      { expected: owners.length, got: params.length },
    );
  owners.forEach((traced, k) => {
    const own = params[k] as unknown as Record<string, NDArray | undefined>;
    for (const { name, shape } of paramSpecs(traced.layer, traced.before, traced.shape))
      if (own[name]?.shape.join() !== shape.join())
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `${nameOf(traced)}: ${name} has shape [${own[name]?.shape.join(', ') ?? 'none'}], [${shape.join(', ')}] is needed`,
          { position: traced.position, name, expected: shape },
        );
  });
}

class Forward {
  private next = 0;
  private nextParams = 0;

  constructor(
    private readonly tape: Tape,
    private readonly graph: Graph,
    private readonly layers: readonly TracedLayer[],
    private readonly params: Params,
  ) {}

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
    const params: LayerParams = this.params[entry];
    if (layer.kind === 'dense') return dense(tape, entry, layer, params as LinearParams, x);
    if (layer.kind === 'globalSelfAttention') return attend(tape, entry, layer, params as AttentionParams, x);
    const [node] = this.graph.nodes.slice(...traced.nodes);
    const taps = node.op === 'window' ? windowTaps(node.axes, node.transposed) : [Int32Array.of(0)];
    return convolve(tape, entry, layer as Extract<Layer, { kind: 'conv' }>, params as LinearParams, taps, x, traced.shape.slice(1, -1));
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
