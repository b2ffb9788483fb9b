/** Training times: one, or an array whose axes lead those of the results. */
import { InfiniteWidthError } from '../errors';
import { asNDArray, type NDArray } from '../ndarray';

/** Steps of gradient descent, at least 0 and not necessarily whole; null, or left out: Infinity. */
export type Time = number | NDArray | readonly number[] | readonly (readonly number[])[] | null | undefined;

export interface Times {
  readonly values: readonly number[];
  /** Axes before those of a single result. */
  readonly shape: readonly number[];
}

/** @throws ERR_ARGUMENT for what is no time, ERR_SHAPE for an array without times, ERR_DTYPE */
export function readTimes(t: unknown): Times {
  if (t === undefined || t === null) return { values: [Infinity], shape: [] };
  const single = typeof t === 'number';
  const { data, shape } = single ? { data: [t], shape: [] } : asNDArray(t, 't');
  const values = Array.from(data);
  if (values.length === 0) throw new InfiniteWidthError('ERR_SHAPE', 't has no times; give one at least, or leave t out', { shape });
  const wrong = values.findIndex((value) => !(value >= 0));
  if (wrong >= 0)
    throw new InfiniteWidthError('ERR_ARGUMENT', `t is a time, at least 0, or Infinity; got ${String(values[wrong])}`, {
      t: values[wrong],
    });
  return { values, shape };
}
