/** A training set's kernel and outputs, read and checked for the functions that judge a regression by them. */
import { defaultContext, type EngineContext } from '../context';
import { resultDtype } from '../inputs';
import type { LinearAlgebra } from '../linalg/contract';
import { type DType, showShape, type TypedArray } from '../ndarray';
import { checkKernel, copyOf, type MatrixInput, type OutputArray, type Outputs, readMatrix, readOutputs } from './arguments';

export interface TrainingSet {
  readonly y: Outputs;
  /** [n, n], a copy to be factorised in place */
  readonly kernel: TypedArray;
  readonly dtype: DType;
  readonly la: LinearAlgebra;
}

/** @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT for a kernel that is not symmetric */
export function readTrainingSet(kTrainTrain: MatrixInput, yTrain: OutputArray, engine: EngineContext | undefined): TrainingSet {
  const y = readOutputs(yTrain, 'yTrain');
  const kernel = readMatrix(kTrainTrain, 'kTrainTrain', [y.count, y.count], `yTrain has shape ${showShape(y.array.shape)}`);
  checkKernel(kernel, 'kTrainTrain');
  const dtype = resultDtype(undefined, [kernel, y.array]);
  return { y, kernel: copyOf(kernel.data, dtype), dtype, la: (engine ?? defaultContext()).backend.linalg };
}
