/** The arguments of a call, read. */
import { InfiniteWidthError } from '../errors';
import { resultDtype } from '../inputs';
import type { Input, KernelOptions } from '../kernel';
import { asNDArray, type DType, isArrayList, type NDArray, showShape } from '../ndarray';
import { dtypeOfOut } from './outputs';

export interface PreparedInputs {
  readonly x1: readonly NDArray[];
  readonly x2: readonly NDArray[];
  readonly symmetric: boolean;
  /** x2 was given, even if it is x1 itself. */
  readonly x2Given: boolean;
  readonly dtype: DType;
  readonly options: KernelOptions;
  /** The network takes a list of inputs. */
  readonly isList: boolean;
}

/** Of the input, or of each of a list. */
export const shapesOf = ({ isList }: PreparedInputs, arrays: readonly NDArray[]) =>
  isList ? arrays.map(({ shape }) => shape) : arrays[0].shape;

export function readInputs(x1: Input, x2: Input | null, options: KernelOptions): PreparedInputs {
  const read = (input: Input, name: string) =>
    isArrayList(input) ? input.map((part, k) => asNDArray(part, `${name}[${k}]`)) : [asNDArray(input, name)];
  const left = read(x1, 'x1');
  const symmetric = x2 === null || x2 === x1;
  const right = symmetric ? left : read(x2 as Input, 'x2');
  for (const [name, arrays] of [
    ['x1', left],
    ['x2', right],
  ] as const)
    for (const { shape } of arrays)
      if (shape[0] !== arrays[0].shape[0])
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `the inputs of ${name} have ${arrays.map((a) => a.shape[0]).join(', ')} samples; they must have as many`,
          {
            shapes: arrays.map((a) => a.shape),
          },
        );
  const dtype = resultDtype(options.dtype ?? dtypeOfOut(options.out), [...left, ...right]);
  return { x1: left, x2: right, symmetric, x2Given: x2 !== null, dtype, options, isList: isArrayList(x1) };
}

/** @throws ERR_SHAPE unless both sides have as many inputs, of as many channels */
export function sameChannels(x1: readonly NDArray[], x2: readonly NDArray[]): void {
  const channels = (arrays: readonly NDArray[]) => arrays.map(({ shape }) => `${shape.length} ${shape[shape.length - 1]}`).join();
  if (channels(x1) === channels(x2)) return;
  const shown = (arrays: readonly NDArray[]) => arrays.map(({ shape }) => showShape(shape)).join(', ');
  throw new InfiniteWidthError('ERR_SHAPE', `x1 has shape ${shown(x1)} and x2 ${shown(x2)}; all but the first axis must agree`, {
    x1: x1[0].shape,
    x2: x2[0]?.shape,
  });
}
