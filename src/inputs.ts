/** One pass over an input: finite values, and the norm of every row at a power-of-two scale at which no square overflows. */
import { InfiniteWidthError } from './errors';
import { asNDArray, checkFinite, type DType, type NDArray, showShape, type TypedArray } from './ndarray';
import { show } from './show';
import { Squares } from './squares';

/** Rows of an input and what is known of each; O(n) beside the data. */
export interface Rows {
  readonly name: string;
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly count: number;
  readonly features: number;
  /** Power of two that brings the row's largest element to [½, 1). */
  readonly scale: Float64Array;
  /** 1/|scale·x|, 0 for a zero row. */
  readonly inverse: Float64Array;
  /** |x|/√features */
  readonly radius: Float64Array;
}

/** Exponents whose powers of two are normal numbers in the dtype. */
const LARGEST_EXPONENT = { float32: 126, float64: 1020 } as const;

/** Reads and measures an input. @throws ERR_SHAPE (empty, too few axes), ERR_NON_FINITE, ERR_DTYPE */
export function measure(input: unknown, name: string, dtype: DType): Rows {
  const array = asNDArray(input, name);
  const { data, shape } = array;
  if (data.length === 0)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} is empty: shape ${showShape(shape)}; at least one sample with one feature is needed`,
      { name, shape },
    );
  if (shape.length < 2)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} has shape ${showShape(shape)}; a sample axis and a channel axis are needed: [n, channels]`,
      {
        name,
        shape,
      },
    );
  const count = shape[0];
  const features = data.length / count;
  const scale = new Float64Array(count);
  const inverse = new Float64Array(count);
  const radius = new Float64Array(count);
  const limit = LARGEST_EXPONENT[dtype];
  const squares = new Squares();
  for (let i = 0; i < count; i++) {
    const from = i * features;
    squares.read(data, from, features, 1);
    const { areSafe } = squares;
    const largest = areSafe ? Math.sqrt(squares.largest) : largestOf(data, from, features);
    if (!(largest < Number.POSITIVE_INFINITY)) checkFinite(array, name);
    const exponent = largest > 0 ? Math.max(-limit, Math.min(limit, -Math.ceil(Math.log2(largest)))) : 0;
    scale[i] = 2 ** exponent;
    if (!areSafe) squares.read(data, from, features, scale[i]);
    const norm = Math.sqrt(squares.sum) * (areSafe ? scale[i] : 1);
    inverse[i] = norm > 0 ? 1 / norm : 0;
    radius[i] = norm / Math.sqrt(features) / scale[i];
  }
  return { name, data, shape, count, features, scale, inverse, radius };
}

/** The largest magnitude; NaN or Infinity if there is one. */
function largestOf(data: TypedArray, from: number, length: number): number {
  let largest = 0;
  for (let k = from; k < from + length; k++) {
    const size = Math.abs(data[k]);
    if (!(size <= largest)) largest = size;
    if (Number.isNaN(size)) return size;
  }
  return largest;
}

/** The dtype of a result: `requested`, or float64 unless every input is float32. @throws ERR_DTYPE */
export function resultDtype(requested: unknown, inputs: readonly NDArray[]): DType {
  if (requested === 'float32' || requested === 'float64') return requested;
  if (requested !== undefined)
    throw new InfiniteWidthError('ERR_DTYPE', `dtype is 'float32' or 'float64', got ${show(requested)}`, { dtype: requested });
  return inputs.every(({ data }) => data instanceof Float32Array) ? 'float32' : 'float64';
}
