/** Masked locations of finite networks: the rules are those of kernels (covariance/masks.ts), and what is masked is 0 after every layer. */
import { Side } from '../covariance/side';
import type { Graph, Sparse } from '../graph';
import type { TracedLayer } from '../inference/state';
import { inputOf } from '../jobs/inputs';
import type { NDArray, TypedArray } from '../ndarray';
import { channelsOf, type Tape, type Tensor } from './tape';

/** Which locations are masked after each layer of a network. */
export class Masks {
  private constructor(private readonly side: Side) {}

  /**
   * Inputs with zeros for what equals the constant, and the masks that follow from them: null where nothing is masked.
   * @throws ERR_SHAPE for an empty input, ERR_NON_FINITE
   */
  static of(graph: Graph, arrays: readonly NDArray[], constant: number | null, names: readonly string[]) {
    const inputs = arrays.map((array, k) => inputOf(array, constant, names[k]));
    const side = new Side(graph, { inputs, pattern: null }, () => {
      throw new Error('masks need no covariances');
    });
    const isMasked = inputs.some(({ mask }) => mask?.includes(1));
    return {
      arrays: inputs.map(({ data }, k): NDArray => ({ data, shape: arrays[k].shape })),
      masks: isMasked ? new Masks(side) : null,
    };
  }

  /** Of every sample of a layer's output, 1 where a location is masked; null where none is, or the layer changes nothing. */
  after({ nodes: [from, to] }: TracedLayer, samples: number): readonly (Uint8Array | null)[] | null {
    return from === to ? null : this.at(to - 1, samples);
  }

  /** Of every sample of a layer's input. */
  before({ nodes: [from] }: TracedLayer, samples: number): readonly (Uint8Array | null)[] | null {
    return this.at(this.side.nodes[from].of[0], samples);
  }

  private at(node: number, samples: number): readonly (Uint8Array | null)[] | null {
    const masks = Array.from({ length: samples }, (_, a) => this.side.mask(node, a));
    return masks.some((mask) => mask?.includes(1)) ? masks : null;
  }

  /** The matrix of a global mean for each sample. */
  matrices({ nodes: [from] }: TracedLayer, samples: number): Sparse[] {
    return Array.from({ length: samples }, (_, a) => this.side.matrix(from, a));
  }
}

/** 0 for every number of a tensor that is masked, otherwise 1. */
export function keptOf(masks: readonly (Uint8Array | null)[], size: number, channels: number): Uint8Array {
  const kept = new Uint8Array(masks.length * size).fill(1);
  masks.forEach((mask, n) => {
    mask?.forEach((masked, i) => {
      if (masked) kept.fill(0, n * size + i * channels, n * size + (i + 1) * channels);
    });
  });
  return kept;
}

/** Zeros for what is masked after a layer. */
export function silence(tape: Tape, masks: Masks | null | undefined, traced: TracedLayer, x: Tensor): Tensor {
  const own = masks?.after(traced, x.shape[0]);
  if (!own) return x;
  const kept = keptOf(own, x.data.length / x.shape[0], channelsOf(x));
  const times = (data: TypedArray) => data.map((value, at) => (kept[at % kept.length] ? value : 0));
  return tape.record({ data: times(x.data), shape: x.shape }, [x], (cotangents) => [times(cotangents)]);
}
