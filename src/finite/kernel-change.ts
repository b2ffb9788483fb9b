/** What training does to an NTK: how far it moves, and whether classes stand out in it (Seleznova & Kutyniok 2022, arXiv 2202.00553). */
import { InfiniteWidthError } from '../errors';
import { badArgument } from '../layers/checks';
import { asNDArray, checkFinite, type NDArray, showShape } from '../ndarray';

/**
 * ‖K − K₀‖/‖K₀‖ in the Frobenius norm, of any two kernels of the same shape.
 * @throws ERR_SHAPE, ERR_DTYPE; ERR_NON_FINITE for numbers that are none, and a K₀ of zeros
 */
export function relativeChange(kernel: NDArray, start: NDArray): number {
  return changeOf(readKernel(kernel, 'kernel'), readKernel(start, 'start'));
}

function changeOf(kernel: NDArray, start: NDArray): number {
  if (showShape(kernel.shape) !== showShape(start.shape))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the kernel has shape ${showShape(kernel.shape)} and the one to compare with ${showShape(start.shape)}; they must be equal`,
      { kernel: kernel.shape, start: start.shape },
    );
  const scale = Float64Array.from(start.data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scale === 0)
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      'start is 0 everywhere, so that no change is relative to it; compare with another kernel',
    );
  let [moved, whole] = [0, 0];
  start.data.forEach((value: number, at: number) => {
    moved += ((kernel.data[at] - value) / scale) ** 2;
    whole += (value / scale) ** 2;
  });
  return Math.sqrt(moved / whole);
}

function readKernel(kernel: NDArray, name: string): NDArray {
  const array = asNDArray(kernel, name);
  checkFinite(array, name);
  return array;
}

export interface ClassBlocks {
  /** Mean of K(x, x). */
  readonly diagonal: number;
  /** Mean of K(x, x') over different samples of one class, over that of the diagonal; NaN where no class has two samples. */
  readonly within: number;
  /** Over samples of two classes; NaN where there is one class. */
  readonly between: number;
  /** Standard deviations of the entries behind the two, over the mean of the diagonal. */
  readonly withinStd: number;
  readonly betweenStd: number;
  /** Mean entry of every pair of classes, [classes, classes], in the order of `classes`; of one class without its diagonal. */
  readonly blocks: NDArray<Float64Array>;
  readonly classes: readonly number[];
}

/**
 * The block structure of a kernel by class: `within` near 1 and `between` near 0 where it separates the classes.
 * @param kernel [n, n]; @param labels class of every sample, n numbers
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_ARGUMENT for labels that are not numbers; ERR_NON_FINITE, also for a diagonal whose mean is 0
 */
export function classBlocks(kernel: NDArray, labels: ArrayLike<number>): ClassBlocks {
  const { data, shape } = readKernel(kernel, 'kernel');
  if (!(Array.isArray(labels) || ArrayBuffer.isView(labels)) || Array.from(labels).some((label) => !Number.isFinite(label)))
    throw badArgument('classBlocks', 'labels', 'a list of numbers', labels);
  const n = labels.length;
  if (shape.join() !== `${n},${n}` || n === 0)
    throw new InfiniteWidthError('ERR_SHAPE', `the kernel has shape ${showShape(shape)} and labels are ${n}; [n, n] and n are needed`, {
      kernel: shape,
      labels: n,
    });
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const own = Array.from(labels, (label) => classes.indexOf(label));
  const pairs = Array.from(classes, () => Array.from(classes, () => new Sums()));
  const [diagonal, within, between] = [new Sums(), new Sums(), new Sums()];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const value = data[i * n + j];
      if (i === j) diagonal.add(value);
      else {
        (own[i] === own[j] ? within : between).add(value);
        pairs[own[i]][own[j]].add(value);
      }
    }
  const unit = diagonal.mean;
  if (unit === 0)
    throw new InfiniteWidthError('ERR_NON_FINITE', 'the mean of the diagonal is 0, so that no block is relative to it; check the inputs');
  return {
    diagonal: unit,
    within: within.mean / unit,
    between: between.mean / unit,
    withinStd: within.deviation / unit,
    betweenStd: between.deviation / unit,
    blocks: { data: Float64Array.from(pairs.flat(), ({ mean }) => mean), shape: [classes.length, classes.length] },
    classes,
  };
}

/** Mean and standard deviation, by Welford. */
class Sums {
  private count = 0;
  private level = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const step = value - this.level;
    this.level += step / this.count;
    this.squares += step * (value - this.level);
  }

  get mean(): number {
    return this.count > 0 ? this.level : Number.NaN;
  }

  get deviation(): number {
    return Math.sqrt(this.squares / this.count);
  }
}
