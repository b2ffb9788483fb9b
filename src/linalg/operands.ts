/** Reads the arguments of the readable functions: matrices of one dtype, their orders checked against each other. */
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, asNDArray, dtypeOf, type NDArray, showShape, type TypedArray } from '../ndarray';

/** A matrix, or a vector read as a matrix of one column. */
export interface Matrix {
  readonly data: TypedArray;
  readonly rows: number;
  readonly columns: number;
  /** The shape it was given in. */
  readonly shape: readonly number[];
}

/** @throws ERR_SHAPE unless `input` has two dimensions, or one where `vectors` are allowed; ERR_DTYPE */
export function asMatrix(input: ArrayLike2D, name: string, vectors = false): Matrix {
  const { data, shape } = asNDArray(input, name);
  if (shape.length !== 2 && !(vectors && shape.length === 1))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} has shape ${showShape(shape)}; it must have ${vectors ? 'one or two' : 'two'} dimensions`,
      {
        name,
        shape,
      },
    );
  return { data, rows: shape[0], columns: shape[1] ?? 1, shape };
}

/** @throws ERR_SHAPE unless square */
export function asSquare(input: ArrayLike2D, name: string): Matrix {
  const matrix = asMatrix(input, name);
  if (matrix.rows !== matrix.columns)
    throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(matrix.shape)}; it must be square`, {
      name,
      shape: matrix.shape,
    });
  return matrix;
}

/** @throws ERR_SHAPE naming both shapes unless `sizeA` (of a) and `sizeB` (of b) agree */
export function checkSizes(sizeA: number, a: Matrix, nameA: string, sizeB: number, b: Matrix, nameB: string): void {
  if (sizeA !== sizeB)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${nameA} has shape ${showShape(a.shape)} and ${nameB} ${showShape(b.shape)}: ${sizeA} and ${sizeB} must be equal`,
      { [nameA]: a.shape, [nameB]: b.shape },
    );
}

/** Copies of float64 if any of them is, of float32 otherwise: free to be overwritten. */
export function copyPromoted(...matrices: readonly Matrix[]): TypedArray[] {
  const double = matrices.some(({ data }) => data instanceof Float64Array);
  return matrices.map(({ data }) => (double ? Float64Array.from(data) : Float32Array.from(data)));
}

/** `withShape` for the solution of a system. @throws ERR_NON_FINITE where it left the range of its dtype */
export function solutionOf(data: TypedArray, like: Matrix): NDArray {
  const position = data.findIndex((value) => !Number.isFinite(value));
  if (position < 0) return withShape(data, like);
  const row = Math.floor(position / like.columns);
  throw new InfiniteWidthError(
    'ERR_NON_FINITE',
    `the solution is ${data[position]} in row ${row}: it leaves the range of ${dtypeOf(data)}; multiply the matrix, or divide the right-hand side, by a power of two`,
    { row, value: data[position] },
  );
}

/** `data` in the shape of `like`. */
export const withShape = (data: TypedArray, like: Matrix): NDArray => ({ data, shape: [...like.shape] });
