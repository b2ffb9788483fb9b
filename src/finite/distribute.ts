/**
 * Random networks over the threads of an engine. Ranges of samples go to workers that share no memory and to the calling thread; what
 * they draw is handed on in the order of the samples, so that sums of it have the same bits for any number of threads. A range without an
 * answer for long is drawn here: a worker that vanished silently delays a call and does not stop it.
 */
import { type PartModule, partOf } from '../backends/core';
import type { FiniteBackend } from '../backends/finite';
import type { MessagePool } from '../backends/message-pool';
import { bringFinite } from '../backends/parts';
import { createWasmLinearAlgebra } from '../backends/wasm-linalg';
import type { EngineContext } from '../context';
import { throwIfAborted } from '../errors';
import { macrotask } from '../execute/yield';
import { openSampler, type Sampler, type SamplesJob } from './sampler';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Milliseconds that a range should take: between two looks at the signal. */
const RANGE_MS = 20;
/** Ranges a worker has at a time, at most, and milliseconds of silence after which its ranges are drawn here. */
const DEPTH = 3;
const SILENCE = 1000;
/** Operations a millisecond, where nothing has been drawn yet. */
const SPEED = 2e7;
/** Workers get ranges until they have work for so many times as long as this thread draws before it looks again. */
const AHEAD = 1.5;

/** A sample's kernels, one for each field of the job. */
export type Consume = (sample: number, kernels: readonly Float64Array[]) => void;

/**
 * Draws every sample of the range and hands it to `consume`, in order.
 * @param flops of one sample
 * @throws what the sampler throws; ERR_WORKER_DIED, AbortError
 */
export async function computeSamples(
  job: SamplesJob,
  range: Range,
  flops: number,
  { backend, threads }: EngineContext,
  signal: AbortSignal | undefined,
  consume: Consume,
): Promise<void> {
  const shares = range.to - range.from > 1 && travels(job.net);
  const compute = (pool: MessagePool | null) =>
    new Run(job, range, flops, backend, pool, signal, consume).finish(() => threads.throwIfDisposed());
  if (!(shares && (await threads.withMessages(flops * (range.to - range.from), compute)))) await compute(null);
}

/** `computeSamples` on the calling thread. @throws what the sampler throws; AbortError */
export function computeSamplesSync(
  job: SamplesJob,
  range: Range,
  flops: number,
  backend: FiniteBackend,
  signal: AbortSignal | undefined,
  consume: Consume,
): void {
  new Run(job, range, flops, backend, null, signal, consume).finishSync();
}

/** Whether a network can be posted: functions of the user's own cannot. */
const travels = (net: object): boolean =>
  Object.values(net).every((value) => typeof value !== 'function' && (typeof value !== 'object' || value === null || travels(value)));

interface Drawn {
  readonly from: number;
  readonly count: number;
  readonly kernels: readonly Float64Array[];
}

class Run {
  private readonly sampler: Sampler;
  private readonly part: PartModule | null;
  private next: number;
  private consumed: number;
  /** Samples of one range; from the calling thread's own speed. */
  private size = 1;
  /** Milliseconds of a sample: on this thread, and on workers. */
  private each: number;
  private pace: number;
  private patience = SILENCE;
  /** Ranges handed out and not answered by their first samples, the oldest first. */
  private readonly pending = new Map<number, number>();
  /** Ranges drawn before their turn. */
  private readonly early = new Map<number, Drawn>();

  constructor(
    private readonly job: SamplesJob,
    private readonly range: Range,
    flops: number,
    backend: FiniteBackend,
    private readonly pool: MessagePool | null,
    private readonly signal: AbortSignal | undefined,
    private readonly consume: Consume,
  ) {
    [this.next, this.consumed] = [range.from, range.from];
    [this.each, this.pace] = [flops / SPEED, flops / SPEED];
    // Not the team's: its threads would share the cores with the workers.
    const { cores } = backend;
    bringFinite();
    this.part = pool && cores && partOf(cores, 'finite');
    this.sampler = openSampler(job, pool && cores ? { ...backend, linalg: createWasmLinearAlgebra(cores) } : backend);
  }

  /** @param check before every range */
  async finish(check: () => void): Promise<void> {
    const { pool, job, range, signal } = this;
    pool?.begin({ kind: 'samples', job, part: this.part });
    try {
      while (this.consumed < range.to) {
        throwIfAborted(signal);
        check();
        pool?.check();
        await this.advance();
      }
    } finally {
      this.sampler.close();
      pool?.finish();
    }
  }

  finishSync(): void {
    try {
      while (this.consumed < this.range.to) {
        throwIfAborted(this.signal);
        this.drawNext();
      }
    } finally {
      this.sampler.close();
    }
  }

  /** Takes answers, or hands out and draws one range or waits. */
  private async advance(): Promise<void> {
    const { pool, pending, range } = this;
    if (this.collect()) return;
    this.handOut();
    if (this.next < range.to) {
      this.drawNext();
      return macrotask();
    }
    const [oldest] = pending;
    if (!pool || !oldest) return;
    await pool.wait(this.patience, this.signal);
    const silent = !this.collect() && !pool.died && !this.signal?.aborted;
    if (silent && pending.delete(oldest[0])) this.draw(...oldest);
    this.patience = silent ? 0 : SILENCE;
  }

  /** Takes the next range; gives its number of samples. Near the end ranges are small, so that all threads end together. */
  private take(): number {
    const left = this.range.to - this.next;
    const count = Math.min(this.size, this.pool ? Math.ceil(left / (2 * this.pool.threads)) : left);
    this.next += count;
    return count;
  }

  /**
   * Workers get ranges ahead, since this thread sees no answer while it draws; but none that it would itself have drawn sooner with all that
   * is left.
   */
  private handOut(): void {
    const { pool, pending, range } = this;
    while (pool && this.next < range.to) {
      const [from, now, start] = [this.next, performance.now(), pool.idleFrom(DEPTH)];
      if (!(start < now + AHEAD * this.size * this.each)) return;
      const count = this.take();
      if (!(start + count * this.pace < now + (range.to - from) * this.each)) {
        this.next = from;
        return;
      }
      pool.sendDraw({ index: from, from, count }, count * this.pace, DEPTH);
      pending.set(from, count);
    }
  }

  /** Stores the answers that are there; false if there were none. */
  private collect(): boolean {
    let any = false;
    for (let reply = this.pool?.receive(); reply; reply = this.pool?.receive()) {
      any = true;
      const count = this.pending.get(reply.index);
      this.pending.delete(reply.index);
      if (count && reply.took) this.pace = reply.took / count;
      if (count) this.store({ from: reply.index, count, kernels: reply.blocks as readonly Float64Array[] });
    }
    return any;
  }

  private drawNext(): void {
    const count = this.take();
    this.draw(this.next - count, count);
  }

  private draw(from: number, count: number): void {
    const start = performance.now();
    const kernels = this.sampler.draw(from, count);
    this.each = (performance.now() - start) / count;
    this.size = Math.max(1, Math.min(2 * this.size, Math.floor(RANGE_MS / this.each)));
    this.store({ from, count, kernels });
  }

  /** Hands on what is drawn as far as nothing is missing before it. */
  private store(drawn: Drawn): void {
    this.early.set(drawn.from, drawn);
    for (let ready = this.early.get(this.consumed); ready; ready = this.early.get(this.consumed)) {
      const { from, count, kernels } = ready;
      this.early.delete(from);
      for (let k = 0; k < count; k++) {
        const one = kernels.map((all) => all.subarray((k * all.length) / count, ((k + 1) * all.length) / count));
        this.consume(from + k, one);
      }
      this.consumed += count;
    }
  }
}
