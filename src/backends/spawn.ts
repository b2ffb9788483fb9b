/**
 * Starting a worker wherever that is possible: by the user's hook; in Node by worker_threads; in browsers from the file beside the bundle
 * or, where that does not load, from a Blob. A way has failed when it throws, when the worker fails before it says that it is ready, when
 * it is of another build of this package (a stale copy in a cache), or when it says nothing for a while.
 */
import { workerBuild, workerSource } from '../../build/worker.js';
import { InfiniteWidthError } from '../errors';
import { startWorkerFile } from '../worker-file';
import type { MessagesStart, ReadyReply, SharedStart } from './messages';
import { type CreateWorker, type NodeWorker, nodeWorkerClass, type WorkerLike } from './workers';

export type { CreateWorker, WorkerLike } from './workers';

export interface WorkerEvents {
  ready?(): void;
  /** Anything the worker says but that it is ready. */
  received?(data: unknown): void;
  /** It was ready, and then threw, exited or was terminated. At most once, never after `stop`. */
  died(cause: unknown): void;
  /** No way of starting it is left. At most once, never after `stop`. */
  refused(reason: string): void;
}

export interface Spawned {
  post(message: unknown, transfer?: readonly object[]): void;
  /** Whether the worker is known to have stopped since it was ready, told without a turn of the event loop. Only Node knows: Deno has no such function, and Bun's prints that it is none. */
  hasStopped(): boolean;
  /** Ends the worker, whatever it does. */
  stop(): Promise<void>;
}

/** A first message; `spawn` adds the name of the build. */
export type Start = Omit<SharedStart, 'build'> | Omit<MessagesStart, 'build'>;

/** What must be allowed, in a page and in Node, for capabilities. */
const ALLOW_IN_PAGE = "allow worker-src 'self' or blob: in the content security policy, or pass createWorker";
const ALLOW_IN_NODE = 'allow worker threads (--allow-worker under the permission model), or pass createWorker';
/**
 * Seconds of silence after which a worker counts as not loaded; counted one by one, so that time in which this thread was blocked does not count. Work goes on
 * meanwhile, and five were too few for Firefox on two busy cores.
 */
const PATIENCE = 15;

/** Milliseconds in which a browser may still deliver what a worker said before it failed: its messages and its error are tasks of different queues. */
const LATE_MS = 50;

/** Starts a worker and posts it `first`, which names its build. Failures are reported later, never thrown. */
export function spawn(first: Start, events: WorkerEvents, createWorker?: CreateWorker): Spawned {
  return new SpawnedWorker(first, events, waysToStart(createWorker));
}

function waysToStart(createWorker?: CreateWorker): CreateWorker[] {
  if (createWorker) return [createWorker];
  const NodeWorker = nodeWorkerClass();
  if (NodeWorker) return [() => new NodeWorker(workerSource, { eval: true, name: 'infinite-width' })];
  return [startWorkerFile, startBlob];
}

function startBlob(): Worker {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    // Not at once: Firefox fetches it after the constructor has returned.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

function otherBuild(build: string | undefined): InfiniteWidthError {
  const message = `worker.js is of ${build ? `build ${build}` : 'an unnamed build'}, where ${workerBuild} is needed: serve the file of this very version of the package, and no stale copy from a cache`;
  return new InfiniteWidthError('ERR_WASM_LOAD', message, { build: build ?? null, expected: workerBuild });
}

class SpawnedWorker implements Spawned {
  private worker: WorkerLike | null = null;
  private state: 'starting' | 'ready' | 'over' = 'starting';
  private readonly reasons: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly first: Start,
    private readonly events: WorkerEvents,
    private readonly ways: CreateWorker[],
  ) {
    this.start();
  }

  post(message: unknown, transfer: readonly object[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  hasStopped(): boolean {
    if ('Bun' in globalThis) return false;
    const utilization = (this.worker as Partial<NodeWorker> | null)?.performance?.eventLoopUtilization?.();
    return utilization !== undefined && utilization.idle < 0;
  }

  async stop(): Promise<void> {
    this.state = 'over';
    await this.drop();
  }

  private start(): void {
    const way = this.ways.shift();
    if (!way) return this.refuse();
    try {
      this.worker = way();
      this.listen(this.worker);
      this.worker.postMessage({ ...this.first, build: workerBuild });
    } catch (error) {
      return this.fail(error);
    }
    this.wait(PATIENCE);
  }

  private listen(worker: WorkerLike): void {
    const received = (data: unknown) => {
      if (worker === this.worker && this.state !== 'over') this.receive(data);
    };
    const failed = (cause: unknown) => {
      if (worker === this.worker) this.fail(cause);
    };
    const target = worker as Partial<NodeWorker> & Partial<Worker>;
    if (target.on) {
      let thrown: unknown;
      target.on('message', received);
      // Messages may come after an error that they were sent before, that it is ready among them, but not after the exit that follows.
      target.on('error', (cause) => {
        thrown = cause;
        if (this.state === 'ready') failed(cause);
      });
      target.on('exit', (code) => failed(thrown ?? new Error(`exit code ${String(code)}`)));
      target.unref?.();
      return;
    }
    target.addEventListener?.('message', (event) => received((event as MessageEvent).data));
    target.addEventListener?.('messageerror', () => failed(new Error('a message could not be read')));
    target.addEventListener?.('error', (event) => {
      event.preventDefault();
      const cause = new Error((event as ErrorEvent).message || 'its file does not load');
      // One that was ready has died, perhaps with a task; one that was not is tried another way.
      if (this.state === 'starting') setTimeout(() => failed(cause), LATE_MS);
      else failed(cause);
    });
  }

  private receive(data: unknown): void {
    if ((data as { kind?: string } | null)?.kind !== 'ready') return this.events.received?.(data);
    if (this.state !== 'starting') return;
    const { build } = data as Partial<ReadyReply>;
    if (build !== workerBuild) return this.fail(otherBuild(build));
    clearTimeout(this.timer);
    this.state = 'ready';
    this.hasStopped();
    this.events.ready?.();
  }

  private fail(cause: unknown): void {
    if (this.state === 'over') return;
    const wasReady = this.state === 'ready';
    void this.drop();
    if (wasReady) {
      this.state = 'over';
      return this.events.died(cause);
    }
    this.reasons.push((cause as Error)?.message || String(cause));
    this.start();
  }

  private refuse(): void {
    this.state = 'over';
    const remedy = nodeWorkerClass() ? ALLOW_IN_NODE : ALLOW_IN_PAGE;
    const reason = `a worker cannot be started: ${this.reasons.join('; ')}; ${remedy}`;
    queueMicrotask(() => this.events.refused(reason));
  }

  private wait(seconds: number): void {
    this.timer = setTimeout(() => {
      if (seconds > 1) this.wait(seconds - 1);
      else this.fail(new Error(`it said nothing for ${PATIENCE} seconds`));
    }, 1000);
    (this.timer as { unref?: () => void }).unref?.();
  }

  private async drop(): Promise<void> {
    clearTimeout(this.timer);
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }
}
