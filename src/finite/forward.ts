/** A network of finite width on a tape. */

import { defaultContext } from '../context';
import { windowTaps } from '../covariance/maps';
import { InfiniteWidthError } from '../errors';
import { nameOf, type TracedLayer } from '../inference/state';
import { type InputShapes, inferGraph } from '../inference/walk';
import { asNDArray, checkFinite, type DType, isArrayList, type NDArray } from '../ndarray';
import type { ActivationLayer, ConvLayer, Network } from '../spec';
import { attend } from './attention';
import { fixedMap, type Surroundings } from './fixed-maps';
import { convolve, dense } from './linear';
import type { FiniteInput, FiniteOptions } from './options';
import { type AttentionParams, hasParams, type LayerParams, type LinearParams, mapParams, type Params, paramSpecs } from './params';
import { Tape, type Tensor } from './tape';
import { activate, add, concatenate, multiply, normalize } from './unweighted';
import { NetworkWalk } from './walk';

export interface Pass {
  readonly tape: Tape;
  readonly output: Tensor;
}

/** A network, inputs and options, checked. */
export interface Opened {
  readonly around: Surroundings;
  readonly arrays: readonly NDArray[];
  readonly isList: boolean;
}

/** @throws ERR_SHAPE, ERR_NON_FINITE, ERR_ARGUMENT for several outputs, … as inference */
export function open(net: Network, x: FiniteInput, options: FiniteOptions): Opened {
  const isList = isArrayList(x);
  const arrays = isList ? x.map((part, k) => asNDArray(part, `x[${k}]`)) : [asNDArray(x, 'x')];
  for (const [k, array] of arrays.entries()) checkFinite(array, isList ? `x[${k}]` : 'x');
  const shapes: InputShapes = isList ? arrays.map(({ shape }) => shape) : arrays[0].shape;
  const inferred = inferGraph(net, shapes);
  const outputs = inferred.graph.outputs.length;
  if (outputs > 1)
    throw new InfiniteWidthError('ERR_ARGUMENT', `the network ends with ${outputs} branches; join them, or take one network for each`, {
      outputs,
    });
  return { around: { ...options, ...inferred }, arrays, isList };
}

/**
 * Runs a network forwards.
 * @throws as `open`; ERR_SHAPE where parameters do not fit the network, ERR_UNSUPPORTED for layers without a finite network
 */
export function forward(net: Network, params: Params, x: FiniteInput, options: FiniteOptions = {}): Pass {
  const { around, arrays, isList } = open(net, x, options);
  checkParams(around.layers, params);
  const tape = new Tape((options.engine ?? defaultContext()).backend.linalg, commonType(arrays, params));
  const inputs = arrays.map(({ data, shape }): Tensor => ({ data: tape.own(data), shape }));
  const output = new Forward(
    tape,
    around,
    mapParams(params, (array) => ({ ...array, data: tape.own(array.data) })),
  ).walk(net, isList ? inputs : inputs[0]);
  return { tape, output: output as Tensor };
}

/** float32 if all inputs and parameters are, otherwise float64. */
export const commonType = (arrays: readonly NDArray[], params: Params): DType =>
  [...arrays, ...paramArrays(params)].every(({ data }) => data instanceof Float32Array) ? 'float32' : 'float64';

export const paramArrays = (params: Params): NDArray[] => params.flatMap((entry) => Object.values(entry) as NDArray[]);

/** @throws ERR_SHAPE naming the layer and the array that does not fit */
export function checkParams(layers: readonly TracedLayer[], params: Params): void {
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

class Forward extends NetworkWalk<Tensor> {
  private nextParams = 0;

  constructor(
    private readonly tape: Tape,
    private readonly around: Surroundings,
    private readonly params: Params,
  ) {
    super(around.layers);
  }

  protected join({ layer }: TracedLayer, parts: readonly Tensor[]): Tensor {
    if (layer.kind === 'fanInSum') return add(this.tape, parts);
    return layer.kind === 'fanInConcat' ? concatenate(this.tape, layer.axis, parts) : multiply(this.tape, parts);
  }

  protected layer(traced: TracedLayer, x: Tensor): Tensor {
    const { tape, around } = this;
    const { layer } = traced;
    if (hasParams(traced)) {
      const entry = this.nextParams++;
      const own: LayerParams = this.params[entry];
      if (layer.kind === 'globalSelfAttention') return attend(tape, entry, layer, own as AttentionParams, x);
      return affine(tape, around, traced, entry, own as LinearParams, x);
    }
    if (layer.kind === 'layerNorm') return normalize(tape, layer, x);
    return fixedMap(tape, around, traced, x) ?? activate(tape, layer as ActivationLayer, x);
  }
}

/** dense, and the convolutions. */
export function affine(tape: Tape, { graph }: Surroundings, traced: TracedLayer, entry: number, params: LinearParams, x: Tensor): Tensor {
  const { layer } = traced;
  if (layer.kind === 'dense') return dense(tape, entry, layer, params, x);
  const [node] = graph.nodes.slice(...traced.nodes);
  const taps = node.op === 'window' ? windowTaps(node.axes, node.transposed) : [Int32Array.of(0)];
  return convolve(tape, entry, layer as ConvLayer, params, taps, x, traced.shape.slice(1, -1));
}
