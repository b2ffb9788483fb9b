/** kernel(net, x1, x2): the NNGP and NTK of an infinitely wide network between two sets of inputs. */
import type { EngineContext } from './context';
import { throwIfAborted } from './errors';
import { computeTiles } from './execute/local';
import { macrotask } from './execute/yield';
import type { KernelInput } from './jobs/inputs';
import { prepare, resultOf } from './kernel-job';
import type { DType, NDArray, TypedArray } from './ndarray';
import type { Network } from './spec';

/** Fields a kernel can be asked for. */
export interface KernelFields {
  /**
   * K(x1, x2): [n1, n2]; where the network's output has spatial axes every pair of locations, [n1, n2, H1, H2, W1, W2, …], or with
   * `diagonalSpatial` only equal ones, [n1, n2, H, W, …].
   */
  nngp: NDArray;
  /** Θ(x1, x2), of the same shape. */
  ntk: NDArray;
  /** Covariances of each sample of x1 with itself, [n1] or [n1, H, H, W, W, …]; of x2, null where x2 is left out. */
  cov1: NDArray;
  cov2: NDArray | null;
  /** Output shapes of the finite network, sample axis first. */
  shape1: readonly number[];
  shape2: readonly number[];
  /** The network's outputs are Gaussian in the infinite limit: it ends in a parameterized layer. */
  isGaussian: boolean;
}
export type KernelField = keyof KernelFields;

export interface Progress {
  readonly phase: string;
  /** Units of work done and in all (entries of the kernel). */
  readonly done: number;
  readonly total: number;
}

export interface KernelOptions<F extends KernelField = KernelField> {
  /** What to compute. Default ['nngp', 'ntk']. */
  get?: F | readonly F[];
  /** Precision of the computation and the result. Default: float32 if every input is, otherwise float64. */
  dtype?: DType;
  engine?: EngineContext;
  /** Stops within one tile. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Arrays to write into, of shape [n1, n2] and the result's dtype. After an abort their contents are unspecified. */
  out?: { nngp?: NDArray | TypedArray; ntk?: NDArray | TypedArray };
  /** For outputs with spatial axes: true gives the pairs of equal locations only. Which pairs are computed on the way is inferred. Default false. */
  diagonalSpatial?: boolean;
  /** Numbers equal to it (NaN too) are masked: locations that do not exist. A pair gives one for x1 and one for x2. */
  maskConstant?: number | readonly [number | null, number | null];
  /**
   * For aggregate: one graph per sample, dense [n, X…, X…] or edges [n, E, K, 2] (−1: padding); a pair gives those of x1 and of x2. Left
   * out: no aggregation.
   */
  pattern?: NDArray | readonly [NDArray | null, NDArray | null];
}

/** An input as kernel takes it: [n, …, channels], nested numbers, or a list of arrays for a network that begins with parallel branches. */
export type Input = NDArray | readonly (readonly number[])[] | readonly NDArray[];
export type KernelResult<F extends KernelField> = { [K in F]: KernelFields[K] };

/**
 * The kernel of `net` between the samples of x1 and x2. A network that ends in parallel branches gives a list of results.
 * @param x1 [n1, …] float32 or float64, samples first, channels last; x2 [n2, …] likewise, or left out (null): x2 = x1, exactly
 *   symmetric, half the work. In place of x1 a kernel: the outputs of another network, computed with all fields. Inputs are read as the work
 *   goes on: leave them as they are until the promise settles
 * @returns exactly the fields of `get`
 * @throws ERR_SHAPE, ERR_NON_FINITE, ERR_DTYPE, ERR_NOT_GAUSSIAN, ERR_OUT_OF_MEMORY before the work starts; AbortError
 */
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input | KernelInput,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input | KernelInput,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export async function kernel<F extends KernelField>(
  net: Network,
  x1: Input | KernelInput,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): Promise<KernelResult<F>> {
  const prepared = prepare(net, x1, ...splitArguments(second, third));
  for (const job of prepared.jobs) {
    const { signal } = job.options;
    const { threads } = job.context;
    throwIfAborted(signal);
    if (await threads.computeTiles(job)) continue;
    for (const _ of computeTiles(job)) {
      await macrotask();
      throwIfAborted(signal);
      threads.throwIfDisposed();
    }
  }
  return resultOf(prepared);
}

/** `kernel` on the calling thread, without yielding. */
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input | KernelInput,
  options?: KernelOptions<F>,
): KernelResult<F>;
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input | KernelInput,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): KernelResult<F>;
export function kernelSync<F extends KernelField>(
  net: Network,
  x1: Input | KernelInput,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): KernelResult<F> {
  const prepared = prepare(net, x1, ...splitArguments(second, third));
  for (const job of prepared.jobs) {
    throwIfAborted(job.options.signal);
    for (const _ of computeTiles(job)) throwIfAborted(job.options.signal);
  }
  return resultOf(prepared);
}

/** Distinguishes kernel(net, x1, options) from kernel(net, x1, x2, options). */
export function splitArguments<F extends KernelField>(
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): [Input | null, KernelOptions<F>] {
  if (second === null || second === undefined) return [null, third ?? {}];
  const isOptions =
    Object.prototype.toString.call(second) === '[object Object]' && !('data' in (second as object)) && !('shape' in (second as object));
  return isOptions ? [null, second as KernelOptions<F>] : [second as Input, third ?? {}];
}
