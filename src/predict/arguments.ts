/** What the functions of this folder are given: targets, square kernels, regularizers; read and checked in one place. */
import { InfiniteWidthError } from '../errors';
import { infer } from '../infer';
import { allocate, asNDArray, checkFinite, type DType, dtypeOf, type NDArray, showShape, type TypedArray } from '../ndarray';
import type { Network } from '../spec';

/** Training or starting outputs: [n], or [n, outputs]. */
export type OutputArray = NDArray | readonly number[] | readonly (readonly number[])[];
/** Inputs: [n, …, channels]. */
export type InputArray = NDArray | readonly (readonly number[])[];
/** A kernel matrix. */
export type MatrixInput = NDArray | readonly (readonly number[])[];

/** Axes of the outputs along which the kernel is the same: the last one, which is the default, for now. */
export type TraceAxes = readonly number[];

/** @param axes of yTrain @throws ERR_UNSUPPORTED */
export function checkTraceAxes(traceAxes: TraceAxes | undefined, axes: number): void {
  if (traceAxes === undefined || (traceAxes.length === 1 && (traceAxes[0] === -1 || (axes === 2 && traceAxes[0] === 1)))) return;
  throw new InfiniteWidthError('ERR_UNSUPPORTED', `traceAxes must be [-1], one kernel for all outputs; got ${JSON.stringify(traceAxes)}`, {
    traceAxes,
  });
}

export interface RegularizerOptions {
  /** Strength r of the regularizer K + rI of the matrix that is factorised, at least 0. Default 0. */
  diagReg?: number;
  /** false (default): r = diagReg · trace(K)/n; true: r = diagReg. */
  diagRegAbsoluteScale?: boolean;
}

export interface Regularizer {
  readonly diagReg: number;
  readonly diagRegAbsoluteScale: boolean;
}

/** @throws ERR_ARGUMENT for a strength that is negative or not finite */
export function regularizer({ diagReg = 0, diagRegAbsoluteScale = false }: RegularizerOptions): Regularizer {
  if (typeof diagReg !== 'number' || !(diagReg >= 0) || diagReg === Infinity)
    throw new InfiniteWidthError('ERR_ARGUMENT', `diagReg must be a finite number, at least 0; got ${String(diagReg)}`, { diagReg });
  if (typeof diagRegAbsoluteScale !== 'boolean')
    throw new InfiniteWidthError('ERR_ARGUMENT', `diagRegAbsoluteScale is true or false; got ${String(diagRegAbsoluteScale)}`, {
      diagRegAbsoluteScale,
    });
  return { diagReg, diagRegAbsoluteScale };
}

/** Outputs, one row per sample. */
export interface Outputs {
  readonly array: NDArray;
  readonly count: number;
  /** Columns; 1 for a vector. */
  readonly width: number;
}

/** @throws ERR_SHAPE (empty, more than two axes), ERR_DTYPE, ERR_NON_FINITE */
export function readOutputs(input: OutputArray, name: string): Outputs {
  const array = asNDArray(input, name);
  const { shape } = array;
  if (shape.length < 1 || shape.length > 2 || array.data.length === 0)
    throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(shape)}; [n] or [n, outputs] is needed, neither of them 0`, {
      name,
      shape,
    });
  checkFinite(array, name);
  return { array, count: shape[0], width: shape[1] ?? 1 };
}

/** @throws ERR_SHAPE for an input without samples or channels, ERR_DTYPE */
export function readInputs(input: InputArray, name: string): NDArray {
  const array = asNDArray(input, name);
  if (array.shape.length >= 2 && array.data.length > 0) return array;
  throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(array.shape)}; [n, …, channels] is needed, none of them 0`, {
    name,
    shape: array.shape,
  });
}

/** @throws ERR_SHAPE naming both shapes */
export function checkSameCount(x: NDArray, y: NDArray): void {
  if (x.shape[0] === y.shape[0]) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `xTrain has shape ${showShape(x.shape)} and yTrain ${showShape(y.shape)}; the first axes must agree, one row of yTrain per sample`,
    { xTrain: x.shape, yTrain: y.shape },
  );
}

/** A network whose outputs are vectors, as regression needs them. @throws what infer throws; ERR_SHAPE for spatial or parallel outputs */
export function checkNetwork(net: Network, inputShape: readonly number[]): void {
  const { outputShape, graph } = infer(net, inputShape);
  if (outputShape.length === 2 && graph.outputs.length === 1) return;
  const what = graph.outputs.length > 1 ? `${graph.outputs.length} branches` : showShape(outputShape);
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `the network ends with ${what}; regression needs one vector [n, outputs]: add flatten() or globalAvgPool(), or join the branches`,
    { outputShape },
  );
}

/** @throws ERR_SHAPE naming both shapes */
export function checkSameFeatures(xTest: NDArray, xTrain: { readonly shape: readonly number[] }): void {
  if (xTest.shape.slice(1).join() === xTrain.shape.slice(1).join()) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `xTest has shape ${showShape(xTest.shape)} and xTrain ${showShape(xTrain.shape)}; all but the first axis must agree`,
    { xTest: xTest.shape, xTrain: xTrain.shape },
  );
}

/** A matrix whose axes have the lengths of `expected` (null: any). @throws ERR_SHAPE naming both shapes, ERR_DTYPE */
export function readMatrix(input: unknown, name: string, expected: readonly [number | null, number | null], because: string): NDArray {
  const array = asNDArray(input, name);
  const { shape } = array;
  if (shape.length === 2 && shape.every((length, axis) => length > 0 && length === (expected[axis] ?? length))) return array;
  const wanted = expected.map((length) => length ?? 'any');
  throw new InfiniteWidthError('ERR_SHAPE', `${name} has shape ${showShape(shape)} but [${wanted.join(', ')}] is needed: ${because}`, {
    name,
    shape,
    expected,
  });
}

/** The rows of y as columns: [outputs, n] of `dtype`, free to be overwritten. */
export function transposed({ array, count, width }: Outputs, dtype: DType): TypedArray {
  const result = allocate(dtype, count * width, 'the right-hand sides');
  for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) result[j * count + i] = array.data[i * width + j];
  return result;
}

/** The data in `dtype`, copied only where it is of the other. */
export function inDtype({ data }: NDArray, dtype: DType): TypedArray {
  if (dtypeOf(data) === dtype) return data;
  return copyOf(data, dtype);
}

/** A copy in `dtype`. */
export function copyOf(data: TypedArray, dtype: DType): TypedArray {
  const copy = allocate(dtype, data.length, 'a copy');
  copy.set(data);
  return copy;
}

/** Results that left the range of `dtype` are refused, not returned. @throws ERR_NON_FINITE */
export function checkResult(values: TypedArray | readonly number[], what: string, dtype: DType): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new InfiniteWidthError(
        'ERR_NON_FINITE',
        `${what}: a number is ${values[i]}, beyond the range of ${dtype}; scale yTrain or the kernels, ${dtype === 'float32' ? 'compute in float64, ' : ''}or raise diagReg`,
        { what, position: i, value: values[i], dtype },
      );
}

const TILE = 64;

/** @throws ERR_NON_FINITE; ERR_ARGUMENT where K differs from its transpose by more than rounding */
export function checkKernel(kernel: NDArray, name: string): void {
  checkFinite(kernel, name);
  const { data, shape } = kernel;
  const n = shape[0];
  const tolerance = data instanceof Float32Array ? 1e-3 : 1e-7;
  for (let i = 0; i < n; i += TILE)
    for (let j = 0; j <= i; j += TILE)
      for (let p = i; p < Math.min(n, i + TILE); p++)
        for (let q = j; q < Math.min(p, j + TILE); q++) {
          const [lower, upper] = [data[p * n + q], data[q * n + p]];
          if (
            lower !== upper &&
            Math.abs(lower - upper) > tolerance * Math.max(Math.abs(data[p * (n + 1)]), Math.abs(data[q * (n + 1)]), Math.abs(lower))
          )
            throw new InfiniteWidthError(
              'ERR_ARGUMENT',
              `${name} is not symmetric: entry [${p}, ${q}] is ${lower} and [${q}, ${p}] is ${upper}; pass the kernel of the training set with itself`,
              { name, index: [p, q], lower, upper },
            );
        }
}
