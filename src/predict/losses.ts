/** Losses of outputs and targets, by their gradients. */
import { InfiniteWidthError } from '../errors';
import { asNDArray, type NDArray, showShape } from '../ndarray';
import type { OutputArray, Outputs } from './arguments';

/** A loss L(f, y) of one's own. */
export interface LossGradient {
  /**
   * ∂L/∂f, in the shape of y. There is no automatic differentiation here, and what is not asked for is not computed: the value of L.
   * @param fx outputs on the training set, in the shape of y; do not keep it @param y yTrain
   */
  gradient(fx: NDArray<Float64Array>, y: NDArray<Float64Array>): OutputArray;
}

/**
 * 'mse': ½ mean (f − y)². 'crossEntropy': −mean y·log softmax(f) over all numbers in y, softmax along the outputs, as in neural-tangents'
 * example; with one-hot rows that is the usual mean over samples divided by the number of classes.
 */
export type Loss = 'mse' | 'crossEntropy' | LossGradient;

/** Writes ∂L/∂f, [n, outputs], into `out`. */
export type Gradient = (fx: Float64Array, out: Float64Array) => void;

/** @throws ERR_ARGUMENT for what is no loss; ERR_SHAPE for 'crossEntropy' of one output. When called ERR_SHAPE for a gradient of another shape */
export function gradientOf(loss: Loss, { array, width }: Outputs): Gradient {
  const y: NDArray<Float64Array> = { data: Float64Array.from(array.data), shape: array.shape };
  if (loss === 'mse') return (fx, out) => out.set(fx.map((value, i) => (value - y.data[i]) / fx.length));
  if (loss === 'crossEntropy') return crossEntropy(y.data, width, array.shape);
  if (typeof loss === 'object' && loss !== null && typeof loss.gradient === 'function') return own(loss, y);
  const hint = typeof loss === 'function' ? '; functions are not differentiated here' : '';
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `loss is 'mse', 'crossEntropy' or { gradient: (fx, y) => ∂L/∂fx }, got ${typeof loss === 'string' ? loss : typeof loss}${hint}`,
    { loss },
  );
}

/** softmax(f) Σ y − y, over the numbers in y. */
function crossEntropy(y: Float64Array, width: number, shape: readonly number[]): Gradient {
  if (width < 2)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `'crossEntropy' compares two or more outputs, and yTrain has shape ${showShape(shape)}; give one column per class`,
      { shape },
    );
  return (fx, out) => {
    for (let row = 0; row < out.length; row += width) {
      const f = fx.subarray(row, row + width);
      const largest = f.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      let [total, targets] = [0, 0];
      for (let j = 0; j < width; j++) {
        out[row + j] = Math.exp(f[j] - largest);
        total += out[row + j];
        targets += y[row + j];
      }
      for (let j = 0; j < width; j++) out[row + j] = ((out[row + j] * targets) / total - y[row + j]) / out.length;
    }
  };
}

function own(loss: LossGradient, y: NDArray<Float64Array>): Gradient {
  return (fx, out) => {
    const { data, shape } = asNDArray(loss.gradient({ data: fx, shape: y.shape }, y), 'the gradient of the loss');
    if (shape.join() !== y.shape.join())
      throw new InfiniteWidthError(
        'ERR_SHAPE',
        `the gradient of the loss has shape ${showShape(shape)} and yTrain ${showShape(y.shape)}; they must be equal`,
        { gradient: shape, yTrain: y.shape },
      );
    out.set(data);
  };
}
