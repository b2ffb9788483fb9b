/**
 * A team of threads on one shared memory (assembly/team.ts). Tasks are records in that memory; the calling thread may take tasks too. One
 * batch at a time: `lend` queues callers. A team that lost a worker is finished; its owner makes a new one.
 */
import { InfiniteWidthError } from '../errors';
import { macrotask } from '../execute/yield';
import { aligned, type Core } from './core';
import { type CreateWorker, type Spawned, spawn } from './spawn';

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
}
const CONTROL_BYTES = 256;
/** No task can be taken: between batches, and after an abort. */
const CLOSED = 0x7fffffff;

/** What `take` answers instead of a task's index. */
const NONE_LEFT = -2;

/** Runs in the worker: instantiates the core on the shared memory and serves until told to stop. */
export const SHARED_WORKER_SOURCE = `
const start = ({ module, memory, control, thread }) =>
  new WebAssembly.Instance(module, { env: { memory } }).exports.serve(control, thread);
if (typeof self === 'undefined' || typeof process === 'object' && process.versions && process.versions.node)
  require('node:worker_threads').parentPort.once('message', start);
else self.onmessage = ({ data }) => start(data);
`;

export class Team {
  /** Start of the memory that callers lay out. */
  readonly base: number;
  private readonly control: number;
  private readonly workers: Spawned[];
  private death: unknown = null;
  private queue: Promise<unknown> = Promise.resolve();

  /** @param threads the calling thread included */
  constructor(
    readonly core: Core,
    module: WebAssembly.Module,
    readonly threads: number,
    createWorker?: CreateWorker,
  ) {
    const workBytes = core.exports.linalg_work_bytes();
    this.control = core.reserve(CONTROL_BYTES + aligned(workBytes) * threads);
    const words = this.words();
    words.fill(0);
    words[Word.next] = CLOSED;
    words[Word.work] = this.control + CONTROL_BYTES;
    words[Word.workBytes] = aligned(workBytes);
    this.base = this.control + CONTROL_BYTES + aligned(workBytes) * threads;
    this.workers = Array.from({ length: threads - 1 }, () => spawn(SHARED_WORKER_SOURCE, createWorker));
    this.workers.forEach(({ worker, onDeath }, i) => {
      onDeath((cause) => {
        this.death ??= cause ?? new Error('no reason given');
      });
      worker.postMessage({ module, memory: core.memory, control: this.control, thread: i + 1 });
    });
  }

  get died(): boolean {
    return this.death !== null;
  }

  /** Makes [base, base + bytes) addressable. @throws ERR_OUT_OF_MEMORY */
  reserve(bytes: number): void {
    this.core.reserve(this.base + bytes - this.control);
  }

  /** Runs `body` once every earlier caller is done. */
  lend<R>(body: () => Promise<R>): Promise<R> {
    const turn = this.queue.then(body);
    this.queue = turn.catch(() => {});
    return turn;
  }

  /** Opens a batch of `total` tasks, none of them released. */
  open(records: number, recordBytes: number, total: number): void {
    const words = this.words();
    words[Word.records] = records;
    words[Word.recordBytes] = recordBytes;
    Atomics.store(words, Word.total, total);
    Atomics.store(words, Word.limit, 0);
    Atomics.store(words, Word.done, 0);
    Atomics.store(words, Word.next, 0);
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

  /** Runs what is left of a released batch on the calling thread and spins until the others are done. For short work. */
  finish(total: number): void {
    while (this.core.exports.take(this.control, 0) !== NONE_LEFT);
    const words = this.words();
    while (Atomics.load(words, Word.done) < total) this.check();
    this.close();
  }

  /** @throws ERR_WORKER_DIED */
  check(): void {
    if (this.death !== null)
      throw new InfiniteWidthError(
        'ERR_WORKER_DIED',
        `a worker died in the middle of its work: ${(this.death as Error).message ?? String(this.death)}; the engine starts new ones for the next call`,
        {},
        { cause: this.death },
      );
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

  /** No task can be taken any more; gives the number taken. */
  close(): number {
    return Atomics.exchange(this.words(), Word.next, CLOSED);
  }

  /** Ends every worker. */
  dispose(): void {
    const words = this.words();
    this.close();
    Atomics.store(words, Word.stop, 1);
    Atomics.add(words, Word.generation, 1);
    Atomics.notify(words, Word.generation);
    for (const worker of this.workers) worker.stop();
  }

  private words(): Int32Array {
    return new Int32Array(this.core.memory.buffer, this.control, CONTROL_BYTES / 4);
  }
}
