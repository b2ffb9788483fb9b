/**
 * A forward pass that can be walked backwards: what each layer read, how cotangents of its output become cotangents of its inputs, and
 * where its parameters stood. One rule per layer serves outputs, gradients and empirical kernels. A walk takes several cotangents at once,
 * [repeats, n, …]: a layer's weights are then read once for all of them.
 */
import type { FiniteRoutines } from '../backends/finite';
import type { LinearAlgebra } from '../linalg/contract';
import { allocate, type DType, dtypeOf, type TypedArray } from '../ndarray';

/** Activations, [n, …, channels] row-major. Identity matters: a tensor is a node of the tape. */
export interface Tensor {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/**
 * Weights W [fanIn, out] shared by `places` rows per sample: output rows = scale · rows · W + biasScale · b. A dense layer has one
 * block, with the locations as places; groups and unshared weights have several.
 */
export interface WeightBlock {
  readonly places: number;
  readonly fanIn: number;
  readonly out: number;
  /** [n · places, fanIn] */
  readonly rows: TypedArray;
  readonly scale: number;
  /** 0: no bias. */
  readonly biasScale: number;
  /** The block's part of cotangents of the layer's output, [repeats · n · places, out]. */
  delta(cotangent: TypedArray): TypedArray;
  /** Adds scale · rowsᵀ·delta and the bias's gradient into the layer's gradients. */
  accumulate(delta: TypedArray, gradients: Readonly<Record<string, TypedArray>>): void;
}

/** How a layer's parameters enter: weight blocks, or gradients of every sample where there is no such structure. */
export interface ParamUse {
  /** Index of the layer's entry in params. */
  readonly entry: number;
  readonly blocks: readonly WeightBlock[];
  /** Gradient of ⟨cotangent, output⟩ for every sample, [n, parameters]; null where the blocks say all. */
  readonly perSample: ((cotangent: TypedArray) => { readonly gradient: TypedArray; readonly length: number }) | null;
}

/** Cotangents of the inputs from those of the output, [repeats, n, …]. */
export type Backward = (cotangents: TypedArray) => readonly TypedArray[];

interface TapeRecord {
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
  readonly backward: Backward;
  readonly params: ParamUse | null;
}

export class Tape {
  private readonly records: TapeRecord[] = [];
  /** Tensors that layers made: inputs of the network need no cotangents. */
  private readonly made = new Set<Tensor>();

  constructor(
    readonly routines: FiniteRoutines,
    readonly dtype: DType,
  ) {}

  get la(): LinearAlgebra {
    return this.routines.linalg;
  }

  zeros(length: number): TypedArray {
    return allocate(this.dtype, length, 'the activations of a network');
  }

  /** The numbers of an array in the tape's precision. */
  own(data: TypedArray): TypedArray {
    if (dtypeOf(data) === this.dtype) return data;
    return this.dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data);
  }

  /** Remembers a layer and gives its output. */
  record(output: Tensor, inputs: readonly Tensor[], backward: Backward, params: ParamUse | null = null): Tensor {
    this.records.push({ output, inputs, backward, params });
    this.made.add(output);
    return output;
  }

  /** A rule for one cotangent as a rule for several. */
  oneByOne(length: number, backward: Backward): Backward {
    return (cotangents) => {
      if (cotangents.length === length) return backward(cotangents);
      const repeats = cotangents.length / length;
      const parts = Array.from({ length: repeats }, (_, r) => backward(cotangents.subarray(r * length, (r + 1) * length)));
      return parts[0].map(({ length: size }, k) => {
        const all = this.zeros(repeats * size);
        parts.forEach((part, r) => {
          all.set(part[k], r * size);
        });
        return all;
      });
    };
  }

  /** Cotangents that are 1 at one entry of every sample: one for each of `places`. */
  unit({ data, shape }: Tensor, ...places: readonly number[]): TypedArray {
    const cotangents = this.zeros(places.length * data.length);
    const size = data.length / shape[0];
    places.forEach((place, r) => {
      for (let at = r * data.length + place; at < (r + 1) * data.length; at += size) cotangents[at] = 1;
    });
    return cotangents;
  }

  /** The longest tensor. */
  get longest(): number {
    return this.records.reduce((most, { output }) => Math.max(most, output.data.length), 0);
  }

  /** Walks back from cotangents of `output`; `visit` sees every layer with parameters, the last first. */
  backward(output: Tensor, cotangents: TypedArray, visit: (use: ParamUse, cotangents: TypedArray) => void): void {
    const known = new Map<Tensor, TypedArray>([[output, cotangents]]);
    for (let r = this.records.length - 1; r >= 0; r--) {
      const { output: end, inputs, backward, params } = this.records[r];
      const own = known.get(end);
      if (!own) continue;
      known.delete(end);
      if (params) visit(params, own);
      if (!inputs.some((input) => this.made.has(input))) continue;
      backward(own).forEach((part, k) => {
        const sum = known.get(inputs[k]);
        if (!sum) known.set(inputs[k], part);
        else for (let at = 0; at < sum.length; at++) sum[at] += part[at];
      });
    }
  }
}

export const channelsOf = ({ shape }: Tensor): number => shape[shape.length - 1];
