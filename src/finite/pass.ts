/** A network of finite width forwards on a tape, given parameters ready for products. */
import type { FiniteRoutines } from '../backends/finite';
import { hostMatrix } from '../backends/host-matrix';
import { windowTaps } from '../covariance/maps';
import { InfiniteWidthError } from '../errors';
import type { TracedLayer } from '../inference/state';
import { type Inferred, type InputShapes, inferGraph } from '../inference/walk';
import type { NDArray, TypedArray } from '../ndarray';
import type { ActivationLayer, ConvLayer, Network } from '../spec';
import { attend } from './attention';
import { fixedMap, type Surroundings } from './fixed-maps';
import { convolve, dense, type Weights } from './linear';
import { keptOf, silence } from './masks';
import { type AttentionParams, hasParams, type LayerParams, type LinearParams } from './params';
import { channelsOf, type Tape, type Tensor } from './tape';
import { activate, add, concatenate, multiply, normalize } from './unweighted';
import { NetworkWalk, type Value } from './walk';

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
 * @param inputs one tensor, or a list for a network that begins with parallel branches; @param around inference of their shapes, and options
 * @throws ERR_UNSUPPORTED for layers without a finite network; ERR_ARGUMENT for dropout without a seed
 */
export function runNetwork(tape: Tape, net: Network, around: Surroundings, params: readonly ReadyParams[], inputs: Value<Tensor>): Pass {
  return { tape, output: new Forward(tape, around, params).walk(net, inputs) as Tensor };
}

class Forward extends NetworkWalk<Tensor> {
  private nextParams = 0;

  constructor(
    private readonly tape: Tape,
    private readonly around: Surroundings,
    private readonly params: readonly ReadyParams[],
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
      const own = this.params[entry];
      if (layer.kind === 'globalSelfAttention') return attend(tape, entry, layer, own as AttentionParams, x, this.masked(traced, x));
      return affine(tape, around, traced, entry, own as Weights, x);
    }
    if (layer.kind === 'layerNorm') {
      const masks = this.masked(traced, x);
      return normalize(tape, layer, x, masks && keptOf(masks, x.data.length / x.shape[0], channelsOf(x)));
    }
    return fixedMap(tape, around, traced, x) ?? activate(tape, layer as ActivationLayer, x);
  }

  protected mask(traced: TracedLayer, x: Tensor): Tensor {
    return silence(this.tape, this.around.masks, traced, x);
  }

  private masked(traced: TracedLayer, x: Tensor) {
    return this.around.masks?.before(traced, x.shape[0]) ?? null;
  }
}

/** dense, and the convolutions. */
export function affine(tape: Tape, { graph }: Surroundings, traced: TracedLayer, entry: number, params: Weights, x: Tensor): Tensor {
  const { layer } = traced;
  if (layer.kind === 'dense') return dense(tape, entry, layer, params, x);
  const [node] = graph.nodes.slice(...traced.nodes);
  const taps = node.op === 'window' ? windowTaps(node.axes, node.transposed) : [Int32Array.of(0)];
  return convolve(tape, entry, layer as ConvLayer, params, taps, x, traced.shape.slice(1, -1));
}
