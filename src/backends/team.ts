/**
 * A team of threads on one shared memory (assembly/team.ts). Tasks are records in that memory; the calling thread may take tasks too. One
 * batch at a time. A team that lost a worker is finished; its owner makes a new one. A worker that never starts takes no tasks: the others do.
 */
import { disposedError, workerDied } from '../errors';
import { macrotask } from '../execute/yield';
import { aligned, type Core } from './core';
import { type CreateWorker, type Spawned, type Start, spawn } from './spawn';
import type { WasmModule } from './wasm-types';

/** Word positions in the control block, as in assembly/team.ts. */
enum Word {
  generation,
  next,
  limit,
  total,
  stop,
  done,
  records,
  recordBytes,
  work,
  workBytes,
  spins,
}
const CONTROL_BYTES = 256;
/** No task can be taken: between batches, and after an abort. */
const CLOSED = -1;
/** Bits of the index in the next word; above them stands a tag that differs from batch to batch. */
const INDEX_BITS = 20;
const TAGS = 0x7ff;

/**
 * Loads of a counter before a worker sleeps and before the calling thread naps, where it may: some tens of microseconds, unless threads have to
 * share cores: who spins there keeps another from working. How long the calling thread naps.
 */
const WORKER_SPINS = 40000;
const SPINS = 20000;
const SHARED_CORE_SPINS = 200;
const NAP_MS = 0.2;
/**
 * A caller that does not return to its event loop hears of no death. Where a task that was taken stays unfinished for LOOK_MS it asks
 * whether a worker has stopped; where that cannot be known, it takes one for dead after PATIENCE_MS and PATIENCE_TASKS times the
 * longest of its own tasks. Of a nap counts NAP_COUNTS_MS at most: the machine slept.
 */
const LOOK_MS = 20;
const PATIENCE_MS = 10_000;
const PATIENCE_TASKS = 20;
const NAP_COUNTS_MS = 20;

export class Team {
  /** Start of the memory that callers lay out. */
  readonly base: number;
  private readonly control: number;
  private readonly workers: Spawned[];
  /** Why the team is finished. */
  private end: Error | null = null;
  /** Why workers could not be started, one reason for each. */
  readonly refusals: string[] = [];
  private readonly mayBlock: boolean;
  private readonly spins: number;
  /** Threads that can run at a time. */
  readonly parallel: number;

  /** @param threads the calling thread included; @param cores that they run on */
  constructor(
    readonly core: Core,
    module: WasmModule,
    readonly threads: number,
    cores: number,
    createWorker?: CreateWorker,
  ) {
    this.parallel = Math.min(threads, cores);
    this.spins = threads > cores ? SHARED_CORE_SPINS : SPINS;
    const workBytes = core.exports.linalg_work_bytes();
    this.control = core.reserve(CONTROL_BYTES + aligned(workBytes) * threads);
    const words = this.words();
    words.fill(0);
    words[Word.next] = CLOSED;
    this.mayBlock = mayBlock(words);
    words[Word.work] = this.control + CONTROL_BYTES;
    words[Word.workBytes] = aligned(workBytes);
    words[Word.spins] = threads > cores ? SHARED_CORE_SPINS : WORKER_SPINS;
    this.base = this.control + CONTROL_BYTES + aligned(workBytes) * threads;
    this.workers = Array.from({ length: threads - 1 }, (_, i) => {
      const start: Start = { kind: 'shared', module, memory: core.memory, control: this.control, thread: i + 1 };
      const died = (cause: unknown) => {
        this.end ??= workerDied(cause);
      };
      return spawn(start, { died, refused: (reason) => this.refusals.push(reason) }, createWorker);
    });
  }

  /** A worker died, or the team was disposed. */
  get died(): boolean {
    return this.end !== null;
  }

  /** Makes [base, base + bytes) addressable. @throws ERR_OUT_OF_MEMORY */
  reserve(bytes: number): void {
    this.core.reserve(this.base + bytes - this.control);
  }

  /** Opens a batch of `total` tasks, none of them released. */
  open(records: number, recordBytes: number, total: number): void {
    const words = this.words();
    words[Word.records] = records;
    words[Word.recordBytes] = recordBytes;
    Atomics.store(words, Word.total, total);
    Atomics.store(words, Word.limit, 0);
    Atomics.store(words, Word.done, 0);
    Atomics.store(words, Word.next, (Atomics.load(words, Word.generation) & TAGS) << INDEX_BITS);
    Atomics.add(words, Word.generation, 1);
    Atomics.notify(words, Word.generation);
  }

  /** Lets tasks below `limit` be taken. */
  release(limit: number): void {
    const words = this.words();
    Atomics.store(words, Word.limit, limit);
    Atomics.notify(words, Word.limit);
  }

  /** Takes a task on the calling thread; false where none can be taken now. */
  help(): boolean {
    return this.core.exports.take(this.control, 0) >= 0;
  }

  /** Sleeps a little where threads have to share cores, so that a caller without anything to do leaves its core to those that work. */
  yieldCore(): void {
    const words = this.words();
    if (this.mayBlock && this.threads > this.parallel) Atomics.wait(words, Word.done, Atomics.load(words, Word.done), NAP_MS);
  }

  /**
   * Runs a batch from beginning to end without leaving the calling thread, which takes tasks too.
   * @param records `total` of them, zero in their last words
   * @param released how many can be taken at once; those after them are released by tasks that are done
   * @throws ERR_WORKER_DIED
   */
  run(records: number, recordBytes: number, total: number, released = total): void {
    this.open(records, recordBytes, total);
    this.release(released);
    const words = this.words();
    let [oldest, idle, longest, start] = [0, 0, 0, performance.now()];
    try {
      for (;;) {
        const limit = Atomics.load(words, Word.limit);
        const helped = this.core.exports.take(this.control, 0) >= 0;
        if (!helped && this.awaitOthers(words, total, limit)) return;
        const [before, end] = [oldest, performance.now()];
        while (oldest < total && this.isDone(records + oldest * recordBytes, recordBytes)) oldest++;
        if (helped) longest = Math.max(longest, end - start);
        idle = oldest > before ? 0 : idle + Math.min(helped ? Infinity : NAP_COUNTS_MS, end - start);
        const lost = idle > LOOK_MS && this.workers.some((worker) => worker.hasStopped());
        if (lost || idle > Math.max(PATIENCE_MS, PATIENCE_TASKS * longest))
          this.end ??= workerDied(new Error(`a task is unfinished after ${Math.round(idle)} ms`));
        this.check();
        start = end;
      }
    } finally {
      this.close();
    }
  }

  /** Spins until all tasks are done or more than `limit` are released, then naps where this thread may; whether all are done. */
  private awaitOthers(words: Int32Array, total: number, limit: number): boolean {
    const waiting = () => Atomics.load(words, Word.done) < total && Atomics.load(words, Word.limit) === limit;
    for (let { spins } = this; spins > 0 && waiting(); spins--);
    if (this.mayBlock && waiting()) {
      const [word, seen] = limit < total ? [Word.limit, limit] : [Word.done, Atomics.load(words, Word.done)];
      Atomics.wait(words, word, seen, NAP_MS);
    }
    return Atomics.load(words, Word.done) === total;
  }

  /** @throws ERR_WORKER_DIED; ERR_ARGUMENT after `dispose` */
  check(): void {
    if (this.end) throw this.end;
  }

  /** Whether the task of a record (`bytes` long) is done. */
  isDone(record: number, bytes: number): boolean {
    return Atomics.load(new Int32Array(this.core.memory.buffer), (record + bytes) / 4 - 1) === 1;
  }

  /** Closes the batch and waits for the tasks that were taken; afterwards no thread touches the memory. */
  async cancel(): Promise<void> {
    const words = this.words();
    const taken = Math.min(this.close(), Atomics.load(words, Word.total));
    while (Atomics.load(words, Word.done) < taken && !this.died) await macrotask();
  }

  /** No task can be taken any more; gives the number taken, or more than any batch has if it was closed already. */
  close(): number {
    const next = Atomics.exchange(this.words(), Word.next, CLOSED);
    return next < 0 ? Number.MAX_SAFE_INTEGER : next & ((1 << INDEX_BITS) - 1);
  }

  /** Ends every worker, in the middle of its work if need be. */
  async dispose(): Promise<void> {
    this.end ??= disposedError();
    const words = this.words();
    this.close();
    Atomics.store(words, Word.stop, 1);
    Atomics.add(words, Word.generation, 1);
    Atomics.notify(words, Word.generation);
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  private words(): Int32Array {
    return new Int32Array(this.core.memory.buffer, this.control, CONTROL_BYTES / 4);
  }
}

/** Whether this thread may sleep: a browser's main thread may not, and says so by throwing. */
function mayBlock(words: Int32Array): boolean {
  try {
    Atomics.wait(words, Word.stop, 1, 0);
    return true;
  } catch {
    return false;
  }
}
