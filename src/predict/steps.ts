/**
 * Long computations as generators, written once and driven either way: asynchronously, giving the thread back at every yield, or
 * straight through. A computation yields its progress, or a kernel it needs.
 */
import { defaultContext, type EngineContext } from '../context';
import { throwIfAborted } from '../errors';
import { macrotask } from '../execute/yield';
import { type KernelField, type KernelFields, kernel, kernelSync, type Progress } from '../kernel';
import type { DType, NDArray, TypedArray } from '../ndarray';
import type { Network } from '../spec';

export interface RunOptions {
  /** Stops within one block of work. */
  signal?: AbortSignal;
  /** Phases 'kernel' (entries), 'cholesky', 'eigen' and 'solve' (operations); 'diagnosis' while the diagReg that would do is looked for. */
  onProgress?: (progress: Progress) => void;
}

/** The kernel of x1 with x2, or with itself. */
export interface KernelCall {
  readonly net: Network;
  readonly x1: NDArray;
  readonly x2: NDArray | null;
  readonly get: readonly KernelField[];
  readonly dtype: DType;
  readonly engine: EngineContext | undefined;
  readonly out?: { readonly nngp?: TypedArray; readonly ntk?: TypedArray };
  /** Entries of this kernel that are done before the call, and all entries, where it is one of several blocks. */
  readonly before?: number;
  readonly total?: number;
}

type Answer = Partial<KernelFields> | undefined;
export type Steps<T> = Generator<Progress | KernelCall, T, Answer>;

/** Asks the driver for a kernel: exactly the fields of `call.get`. */
export function* ask<F extends KernelField>(call: KernelCall & { readonly get: readonly F[] }): Steps<Pick<KernelFields, F>> {
  return (yield call) as Pick<KernelFields, F>;
}

/** Counts units of work as a phase of `total` units. */
export function* counted<T>(phase: string, total: number, work: Generator<number, T>): Steps<T> {
  let done = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) {
    done += step.value;
    yield { phase, done: Math.min(total, Math.round(done)), total };
  }
  return step.value;
}

const isCall = (step: Progress | KernelCall): step is KernelCall => 'net' in step;

function kernelOptions({ get, dtype, engine, out, before = 0, total }: KernelCall, { signal, onProgress }: RunOptions) {
  const report = ({ phase, ...entries }: Progress) => onProgress?.({ phase, done: before + entries.done, total: total ?? entries.total });
  return { get, dtype, engine, out, signal, onProgress: report };
}

/**
 * Linear algebra cannot start threads by itself (threads.ts): the driver does, once it hears of a phase that is worth it.
 * @throws AbortError within one step after the signal fired
 */
export async function runAsync<T>(steps: Steps<T>, engine: EngineContext | undefined, options: RunOptions = {}): Promise<T> {
  try {
    throwIfAborted(options.signal);
    let step = steps.next();
    while (!step.done) {
      let answer: Answer;
      if (isCall(step.value)) answer = await kernel(step.value.net, step.value.x1, step.value.x2, kernelOptions(step.value, options));
      else {
        options.onProgress?.(step.value);
        await (engine ?? defaultContext()).threads.warm(step.value.total);
        await macrotask();
      }
      throwIfAborted(options.signal);
      step = steps.next(answer);
    }
    return step.value;
  } finally {
    close(steps);
  }
}

export function runSync<T>(steps: Steps<T>, options: RunOptions = {}): T {
  try {
    throwIfAborted(options.signal);
    let step = steps.next();
    while (!step.done) {
      let answer: Answer;
      if (isCall(step.value)) answer = kernelSync(step.value.net, step.value.x1, step.value.x2, kernelOptions(step.value, options));
      else options.onProgress?.(step.value);
      throwIfAborted(options.signal);
      step = steps.next(answer);
    }
    return step.value;
  } finally {
    close(steps);
  }
}

/** Lets a computation that was broken off give back what it holds. */
const close = (steps: Steps<unknown>): void => void steps.return(undefined);

/** Runs one computation after another, so that what the first leaves in a cache serves the next. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly engine: EngineContext | undefined) {}

  run<T>(steps: () => Steps<T>, options?: RunOptions): Promise<T> {
    const start = () => runAsync(steps(), this.engine, options);
    const result = this.last.then(start);
    this.last = result.catch(() => {});
    return result;
  }
}
