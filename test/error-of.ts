import { InfiniteWidthError } from '../src/errors';

/** The error of the package that `run` throws; anything else it throws, and nothing thrown, fails the test. */
export function errorOf(run: () => unknown): InfiniteWidthError {
  try {
    run();
  } catch (error) {
    if (error instanceof InfiniteWidthError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
