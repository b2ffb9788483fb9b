/** Symmetric matrices as the iterative methods see them: something that multiplies a block of vectors. */
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, allocate, checkFinite, type DType, dtypeOf, type NDArray, showShape, type TypedArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { unitScale } from './layout';
import { asSquare } from './operands';

/** A·x for x of shape [n, m]; a new array of that shape, or x itself overwritten. For matrices that are too large to hold, or known by their structure. */
export type Multiply = (x: NDArray) => NDArray;

/** A symmetric matrix, [n, n], both triangles of which are read; or what multiplies by it. */
export type SymmetricOperator = ArrayLike2D | Multiply;

/** Vectors of a block lie one after the other: m × n. */
export interface Block {
  readonly data: TypedArray;
  readonly count: number;
}

export interface Operator {
  readonly multiply: (block: Block) => Block;
  readonly dtype: DType;
}

/**
 * @param n order, checked against a matrix; @param dtype of the vectors: float64 if the matrix is
 * @throws ERR_SHAPE, ERR_NON_FINITE; `multiply` throws ERR_SHAPE for an answer of another shape
 */
export function operatorOf(la: LinearAlgebra, a: SymmetricOperator, n: number, dtype: DType, name: string): Operator {
  if (typeof a === 'function') return { dtype, multiply: (block) => blockOf(a(arrayOf(block, n)), block, n, name) };
  const matrix = asSquare(a, name);
  if (matrix.rows !== n)
    throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(matrix.shape)}; vectors of length ${n} do not fit it`, {
      name,
      shape: matrix.shape,
      length: n,
    });
  checkFinite(matrix, name);
  const double = dtype === 'float64' || matrix.data instanceof Float64Array;
  const data = double && matrix.data instanceof Float32Array ? Float64Array.from(matrix.data) : matrix.data;
  return {
    dtype: double ? 'float64' : 'float32',
    multiply({ data: x, count }) {
      const y = allocate(dtypeOf(x), x.length, 'a product');
      if (count === 1) la.symv('lower', n, 1, data, n, x, 0, y);
      else la.gemm('n', 'n', count, n, n, 1, x, n, data, n, 0, y, n);
      return { data: y, count };
    },
  };
}

/** [n, m] of m vectors. */
export function arrayOf({ data, count }: Block, n: number): NDArray {
  if (count === 1) return { data: data.slice(), shape: [n, 1] };
  return { data: transposed(data, count, n), shape: [n, count] };
}

export function blockOf(array: NDArray, like: Block, n: number, name: string): Block {
  const { data, shape } = array;
  if (shape?.[0] !== n || (shape[1] ?? 1) !== like.count || data.length !== n * like.count)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} answered with shape ${showShape(shape ?? [])} where [${n}, ${like.count}] was needed`,
      {
        name,
        shape,
        expected: [n, like.count],
      },
    );
  const kind = like.data instanceof Float32Array ? Float32Array : Float64Array;
  return { data: like.count === 1 ? kind.from(data) : kind.from(transposed(data, n, like.count)), count: like.count };
}

/** The rows × cols matrix as cols × rows. */
function transposed(data: TypedArray, rows: number, cols: number): TypedArray {
  const out = allocate(dtypeOf(data), data.length, 'a transpose');
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j];
  return out;
}

/** Σ x·y in doubles, from x[i] and y[j] on. */
export function dot(x: TypedArray, y: TypedArray, i = 0, j = 0, n = x.length): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += x[i + k] * y[j + k];
  return sum;
}

/** y += weight·x, of n elements from x[i] and y[j] on. */
export function addScaled(weight: number, x: TypedArray, y: TypedArray, i = 0, j = 0, n = x.length): void {
  for (let k = 0; k < n; k++) y[j + k] += weight * x[i + k];
}

/** Between these a sum of squares has lost nothing to underflow, and has not overflowed. */
const SAFE = { least: 2 ** -600, most: Number.MAX_VALUE } as const;

/** ‖x‖ of n elements from x[i] on; where squares leave the range they are taken of elements at a power of two. */
export function lengthOf(x: TypedArray, i = 0, n = x.length): number {
  const square = dot(x, x, i, i, n);
  if (square >= SAFE.least && square <= SAFE.most) return Math.sqrt(square);
  const scale = unitScale(largestOf(x, i, n));
  let sum = 0;
  for (let k = i; k < i + n; k++) sum += (scale * x[k]) ** 2;
  return Math.sqrt(sum) / scale;
}

/** The largest magnitude of n elements from x[i] on; NaN is passed over. */
export function largestOf(x: TypedArray, i: number, n: number): number {
  let largest = 0;
  for (let k = i; k < i + n; k++) largest = Math.max(largest, Math.abs(x[k]) || 0);
  return largest;
}

/** v of length 1, in place. */
export function normalized(v: TypedArray): TypedArray {
  const length = lengthOf(v);
  for (let i = 0; i < v.length; i++) v[i] /= length;
  return v;
}
