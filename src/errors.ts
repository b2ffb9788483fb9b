/** The one error type of the library, with a stable `code` to branch on, and `AbortError`. */

export type ErrorCode =
  | 'ERR_ARGUMENT'
  | 'ERR_DEVICE_LOST'
  | 'ERR_DTYPE'
  | 'ERR_FORMAT'
  | 'ERR_NON_FINITE'
  | 'ERR_NOT_CONVERGED'
  | 'ERR_NOT_GAUSSIAN'
  | 'ERR_NOT_POSITIVE_DEFINITE'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_SHAPE'
  | 'ERR_UNSUPPORTED'
  | 'ERR_WASM_LOAD'
  | 'ERR_WORKER_DIED';

/**
 * Every failure the library reports. `code` is stable across releases; `message` names the cause and the remedy; `details`
 * carries the numbers behind it (both shapes, the pivot index, the jitter that would do, bytes asked for, …).
 */
export class InfiniteWidthError extends Error {
  override readonly name: string = 'InfiniteWidthError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(`${message} [${code}]`, options);
  }
}

/** Thrown when the caller's `AbortSignal` fired; `cause` is the signal's reason. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';
  constructor(reason?: unknown) {
    super('The operation was aborted by its signal.', { cause: reason });
  }
}

/** Throws `AbortError` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError(signal.reason);
}

/** A worker threw, exited or was terminated: for the calls it worked for. */
export function workerDied(cause: unknown): InfiniteWidthError {
  const reason = (cause as Error | null)?.message || String(cause);
  const message = `a worker died in the middle of its work: ${reason}; the engine starts new ones for the next call`;
  return new InfiniteWidthError('ERR_WORKER_DIED', message, {}, { cause });
}

/** For calls on an engine after its end, and for those it had not finished. */
export const disposedError = (): InfiniteWidthError =>
  new InfiniteWidthError('ERR_ARGUMENT', 'this engine was disposed; make another with createEngine()');

/** For what a program names as plain data alone, so that its bundle lacks it: `what` is a layer or a kind of network. */
export const notBrought = (what: string): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    `${what} is not known here: bundles hold what the layer functions that a program calls bring; make the layer by its function, or pass the network through parseNetwork(), which brings everything`,
    { what },
  );
