/** Means, standard errors and second moments of many samples of an array. */
import type { NDArray } from '../ndarray';

/** Of every entry, [n1, n2], then each output axis that is not averaged over twice. */
export interface Estimate {
  readonly mean: NDArray<Float64Array>;
  /** Of the mean. */
  readonly standardError: NDArray<Float64Array>;
  /** E[k²] */
  readonly secondMoment: NDArray<Float64Array>;
}

/** Sums over networks. */
export class Moments {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(private readonly shape: readonly number[]) {
    const length = shape.reduce((a, b) => a * b, 1);
    this.mean = new Float64Array(length);
    this.squares = new Float64Array(length);
  }

  /** Welford's update. */
  add(values: ArrayLike<number>): void {
    this.count++;
    for (let at = 0; at < this.mean.length; at++) {
      const change = values[at] - this.mean[at];
      this.mean[at] += change / this.count;
      this.squares[at] += change * (values[at] - this.mean[at]);
    }
  }

  estimate(): Estimate {
    const { count, shape } = this;
    const array = (data: Float64Array) => ({ data, shape });
    return {
      mean: array(this.mean.slice()),
      standardError: array(this.squares.map((sum) => (count > 1 ? Math.sqrt(sum / (count - 1) / count) : Number.POSITIVE_INFINITY))),
      secondMoment: array(this.squares.map((sum, at) => sum / count + this.mean[at] ** 2)),
    };
  }

  /** Every standard error is at most this share of the largest mean. */
  isWithin(tolerance: number): boolean {
    const { mean, standardError } = this.estimate();
    const largest = mean.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return standardError.data.every((error) => error <= tolerance * largest);
  }
}
