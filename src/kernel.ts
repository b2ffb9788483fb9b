/** kernel(net, x1, x2): the NNGP and NTK of an infinitely wide network between two sets of inputs. */
import type { EngineContext } from './context';
import { throwIfAborted } from './errors';
import { computeTiles } from './execute/local';
import { macrotask } from './execute/yield';
import { prepare } from './kernel-job';
import type { DType, NDArray, TypedArray } from './ndarray';
import type { Network } from './spec';

/** Fields a kernel can be asked for. */
export interface KernelFields {
  /** K(x1, x2), [n1, n2] */
  nngp: NDArray;
  /** Θ(x1, x2), [n1, n2] */
  ntk: NDArray;
  /** Variances of x1 alone, [n1]; of x2, [n2], null where x2 is left out. */
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
}

/** An input as kernel takes it: [n, …, channels], or nested numbers. */
export type Input = NDArray | readonly (readonly number[])[];
export type KernelResult<F extends KernelField> = { [K in F]: KernelFields[K] };

/**
 * The kernel of `net` between the rows of x1 and x2.
 * @param x1 [n1, …] float32 or float64, samples first, channels last; x2 [n2, …] likewise, or left out (null): x2 = x1, exactly
 *   symmetric, half the work
 * @returns exactly the fields of `get`
 * @throws ERR_SHAPE, ERR_NON_FINITE, ERR_DTYPE, ERR_NOT_GAUSSIAN, ERR_OUT_OF_MEMORY before the work starts; AbortError
 */
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export async function kernel<F extends KernelField>(
  net: Network,
  x1: Input,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): Promise<KernelResult<F>> {
  const job = prepare(net, x1, ...splitArguments(second, third));
  const { signal } = job.options;
  throwIfAborted(signal);
  if (await job.context.threads.computeTiles(job)) return job.result;
  for (const _ of computeTiles(job)) {
    await macrotask();
    throwIfAborted(signal);
  }
  return job.result;
}

/** `kernel` on the calling thread, without yielding. */
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(net: Network, x1: Input, options?: KernelOptions<F>): KernelResult<F>;
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): KernelResult<F>;
export function kernelSync<F extends KernelField>(
  net: Network,
  x1: Input,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): KernelResult<F> {
  const job = prepare(net, x1, ...splitArguments(second, third));
  throwIfAborted(job.options.signal);
  for (const _ of computeTiles(job)) throwIfAborted(job.options.signal);
  return job.result;
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
