/** Targets as a model sees them, and how good its predictions are. */
import { InfiniteWidthError } from '../errors';
import { type NDArray, showShape, type TypedArray } from '../ndarray';

/** What targets mean: integer class labels 0 … C − 1, rows with one hot entry, or values to be matched. */
export type TargetKind = 'labels' | 'one-hot' | 'values';

export interface Score {
  readonly kind: TargetKind;
  /** Samples. */
  readonly count: number;
  /** Mean squared error over all outputs; null where labels meet a model whose encoding of them is not known. */
  readonly mse: number | null;
  /** Fraction of samples whose largest output is their class; null for values. */
  readonly accuracy: number | null;
}

/** Most classes that integers are taken for; more are values, as years or counts are. */
const MOST_CLASSES = 1000;

/**
 * Guesses what training targets mean: [n] or [n, 1] of all the integers 0 … C − 1, at least two samples a class, are labels;
 * [n, C] with one value once and another elsewhere in every row is one-hot; all else is values.
 */
export function kindOfTargets({ data, shape }: NDArray): TargetKind {
  const columns = shape[1] ?? 1;
  if (shape.length === 2 && columns > 1) return isOneHot(data, columns) ? 'one-hot' : 'values';
  const classes = 1 + extentOf(data)[1];
  if (!(classes >= 2 && classes <= MOST_CLASSES && 2 * classes <= data.length)) return 'values';
  const seen = new Set<number>(data);
  return seen.size === classes && isLabels(data, classes) ? 'labels' : 'values';
}

const isLabels = (data: TypedArray, classes: number): boolean =>
  data.every((value: number) => Number.isInteger(value) && value >= 0 && value < classes);

function isOneHot(data: TypedArray, columns: number): boolean {
  const [low, high] = extentOf(data);
  if (!(low < high)) return false;
  for (let row = 0; row < data.length; row += columns) {
    let hot = 0;
    for (let j = 0; j < columns; j++) {
      const value = data[row + j];
      if (value === high) hot++;
      else if (value !== low) return false;
    }
    if (hot !== 1) return false;
  }
  return true;
}

/** @throws ERR_SHAPE, ERR_ARGUMENT for training targets that are not what the user says they are */
export function checkKind(targets: NDArray, kind: TargetKind): void {
  const { data, shape } = targets;
  if (kind === 'labels' && data.length !== shape[0])
    throw new InfiniteWidthError('ERR_SHAPE', `the targets have shape ${showShape(shape)}; labels are one integer per sample, [n]`, {
      shape,
    });
  if (kind === 'one-hot' && kindOfTargets(targets) !== 'one-hot')
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `the targets, of shape ${showShape(shape)}, are not one-hot: rows of at least two columns with one value once and another elsewhere`,
      { shape },
    );
}

/**
 * Labels as centred one-hot rows, 1 − 1/C and −1/C: the classes' mean is zero, as the prior's.
 * @throws ERR_ARGUMENT for anything but integers from 0 to C − 1
 */
export function encodeLabels(labels: NDArray, classes: number, name: string): NDArray {
  checkLabels(labels, classes, name);
  const data = new Float64Array(labels.data.length * classes).fill(-1 / classes);
  labels.data.forEach((label: number, i: number) => {
    data[i * classes + label] += 1;
  });
  return { data, shape: [labels.data.length, classes] };
}

function checkLabels({ data }: NDArray, classes: number, name: string): void {
  const wrong = data.findIndex((value: number) => !(Number.isInteger(value) && value >= 0 && value < classes));
  if (wrong < 0) return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${name} hold ${data[wrong]} at ${wrong}; labels are integers from 0 to ${classes - 1}`, {
    name,
    index: wrong,
    value: data[wrong],
    classes,
  });
}

/** Column of the largest entry of each row. */
export function argmaxRows({ data, shape }: NDArray): Float64Array {
  const columns = shape[1] ?? 1;
  return Float64Array.from({ length: shape[0] }, (_, i) => {
    let best = 0;
    for (let j = 1; j < columns; j++) if (data[i * columns + j] > data[i * columns + best]) best = j;
    return best;
  });
}

/**
 * Compares predictions with targets.
 * @param mean [n, outputs] or [n]
 * @param targets [n] labels, or the shape of `mean`
 * @param centred the model was fitted to `encodeLabels`
 * @throws ERR_SHAPE naming both shapes
 */
export function score(mean: NDArray, targets: NDArray, kind: TargetKind, centred: boolean): Score {
  const outputs = mean.shape[1] ?? 1;
  const count = mean.shape[0];
  checkTestTargets(targets, kind, mean.shape);
  const classes = kind === 'labels' ? targets.data : argmaxRows(targets);
  const predicted = argmaxRows(mean);
  const hits = predicted.reduce((sum, label, i) => sum + (label === classes[i] ? 1 : 0), 0);
  const wanted = kind !== 'labels' ? targets : centred ? encodeLabels(targets, outputs, 'the test targets') : null;
  return { kind, count, mse: wanted && meanSquare(mean.data, wanted.data), accuracy: kind === 'values' ? null : hits / count };
}

/**
 * What `score` needs of test targets.
 * @param predictions the shape that the predictions have
 * @throws ERR_SHAPE naming both shapes, ERR_ARGUMENT for labels of no class
 */
export function checkTestTargets(targets: NDArray, kind: TargetKind, predictions: readonly number[]): void {
  const [count, outputs = 1] = predictions;
  const expected = kind === 'labels' ? count : count * outputs;
  if (targets.shape[0] !== count || targets.data.length !== expected)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the test targets have shape ${showShape(targets.shape)} and the predictions ${showShape(predictions)}; give one ${kind === 'labels' ? 'label' : 'row of outputs'} per prediction`,
      { targets: targets.shape, predictions },
    );
  if (kind === 'labels') checkLabels(targets, outputs, 'the test targets');
}

function meanSquare(a: TypedArray, b: TypedArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

/** Smallest and largest entry; [∞, −∞] of nothing. */
export function extentOf(data: TypedArray): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
