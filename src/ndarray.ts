/** Dense row-major arrays: what the library accepts and what it returns. */
import { InfiniteWidthError } from './errors';
import { show } from './show';

export type DType = 'float32' | 'float64';
export type TypedArray = Float32Array | Float64Array;

/** A dense row-major array. Results own their data: never a view into WebAssembly memory. */
export interface NDArray<D extends TypedArray = TypedArray> {
  readonly data: D;
  readonly shape: readonly number[];
}

/** Input: any object of NDArray's shape, or nested number arrays for one or two dimensions. */
export type ArrayLike2D = NDArray | readonly number[] | readonly (readonly number[])[];

export const dtypeOf = (data: TypedArray): DType => (data instanceof Float32Array ? 'float32' : 'float64');
export const bytesPer = (dtype: DType): 4 | 8 => (dtype === 'float32' ? 4 : 8);
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** A zeroed typed array, or ERR_OUT_OF_MEMORY naming what it was for. */
export function allocate(dtype: DType, length: number, purpose: string): TypedArray {
  try {
    return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  } catch (cause) {
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `${purpose} needs ${length * bytesPer(dtype)} bytes, which this runtime refuses; use float32, fewer rows, or pass x2 in blocks`,
      { bytes: length * bytesPer(dtype), purpose },
      { cause },
    );
  }
}

/** A list of arrays, as opposed to one array given as nested numbers. */
export const isArrayList = (input: unknown): input is readonly NDArray[] =>
  Array.isArray(input) && input.length > 0 && typeof input[0] === 'object' && input[0] !== null && 'data' in input[0];

/** Reads any accepted input as an NDArray without copying typed data. @throws ERR_SHAPE, ERR_DTYPE */
export function asNDArray(input: unknown, name: string): NDArray {
  if (Array.isArray(input)) return fromNested(input, name);
  const { data, shape } = (input ?? {}) as Partial<NDArray>;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    const tag = data === undefined ? typeof input : Object.prototype.toString.call(data).slice(8, -1);
    const got = /^Float(32|64)Array$/.test(tag)
      ? `${tag} of another realm, such as a frame (a view of its buffer will do: new ${tag}(data.buffer, data.byteOffset, data.length))`
      : tag;
    throw new InfiniteWidthError(
      'ERR_DTYPE',
      `${name} must be { data, shape } with a Float32Array or Float64Array, or nested number arrays; got ${got}`,
      { name, got },
    );
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0) || sizeOf(shape) !== data.length)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} has shape ${Array.isArray(shape) ? showShape(shape) : show(shape)} but ${data.length} elements`,
      { name, shape, length: data.length },
    );
  return { data, shape };
}

function fromNested(rows: readonly unknown[], name: string): NDArray {
  const nested = Array.isArray(rows[0]);
  const width = nested ? (rows[0] as unknown[]).length : 1;
  const data = new Float64Array(rows.length * width);
  Array.from(rows).forEach((row, i) => {
    const values = nested ? row : [row];
    if (!Array.isArray(values) || values.length !== width)
      throw new InfiniteWidthError('ERR_SHAPE', `${name} is ragged: row ${i} does not have ${width} numbers like row 0`, { name, row: i });
    Array.from(values).forEach((value, j) => {
      if (typeof value !== 'number')
        throw new InfiniteWidthError(
          'ERR_DTYPE',
          `${name} holds something of type ${typeof value} at row ${i}; numbers are needed, and { data, shape } for more axes or typed arrays`,
          { name, row: i },
        );
      data[i * width + j] = value;
    });
  });
  return { data, shape: nested ? [rows.length, width] : [rows.length] };
}

/** @throws ERR_NON_FINITE naming the first offending position */
export function checkFinite(array: NDArray, name: string): void {
  const { data, shape } = array;
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i])) {
      const index = unravel(i, shape);
      throw new InfiniteWidthError('ERR_NON_FINITE', `${name} holds ${data[i]} at ${showShape(index)}; remove or impute it first`, {
        name,
        index,
        value: data[i],
      });
    }
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
