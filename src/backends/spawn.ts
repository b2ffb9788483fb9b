/**
 * Starting a worker wherever that is possible: worker_threads in Node; in browsers a user's hook, the file beside the bundle, or a Blob.
 * The worker's code needs nothing but what it is sent.
 */
import { InfiniteWidthError } from '../errors';

/** What the library needs of a worker: those of Node and of browsers both have it. */
export interface WorkerLike {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  terminate(): unknown;
}

/** Makes a worker that runs the file `worker.js` of this package; for bundlers and policies that refuse the built-in ways. */
export type CreateWorker = () => WorkerLike;

export interface Spawned {
  readonly worker: WorkerLike;
  /** Calls `died` once if the worker throws, exits or is terminated before `stop`. */
  onDeath(died: (cause: unknown) => void): void;
  onMessage(received: (data: unknown) => void): void;
  stop(): void;
}

interface NodeWorker extends WorkerLike {
  on(event: string, listener: (value: unknown) => void): void;
  unref(): void;
}
type NodeWorkerClass = new (source: string, options: { eval: true; name: string }) => NodeWorker;

/** worker_threads, without an import that bundlers for browsers would follow. */
function nodeWorkerClass(): NodeWorkerClass | undefined {
  const runtime = (globalThis as { process?: { getBuiltinModule?: (name: string) => { Worker?: NodeWorkerClass } | undefined } }).process;
  return runtime?.getBuiltinModule?.('node:worker_threads')?.Worker;
}

/** Why no worker can be started here, or null. */
export function spawnObstacle(createWorker?: CreateWorker): string | null {
  if (createWorker || nodeWorkerClass() || typeof Worker === 'function') return null;
  return 'this runtime has no workers';
}

/**
 * Starts a worker on `source`. @throws ERR_UNSUPPORTED where every way is refused (a content security policy must allow
 * `worker-src 'self'` or `blob:`)
 */
export function spawn(source: string, createWorker?: CreateWorker): Spawned {
  const NodeWorker = nodeWorkerClass();
  if (createWorker) return adopt(createWorker());
  if (NodeWorker) return adopt(new NodeWorker(source, { eval: true, name: 'infinite-width' }));
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    return adopt(new Worker(url));
  } catch (cause) {
    throw new InfiniteWidthError(
      'ERR_UNSUPPORTED',
      `a worker cannot be started: ${(cause as Error).message}; allow worker-src blob: or pass createWorker`,
      {},
      { cause },
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

function adopt(worker: WorkerLike): Spawned {
  let stopped = false;
  let dead = false;
  const mourners: ((cause: unknown) => void)[] = [];
  const die = (cause: unknown) => {
    if (stopped || dead) return;
    dead = true;
    for (const died of mourners) died(cause);
  };
  const node = worker as Partial<NodeWorker> & Partial<Worker>;
  if (node.on) {
    node.on('error', die);
    node.on('exit', (code) => die(new Error(`exit code ${String(code)}`)));
    node.unref?.();
  } else {
    node.addEventListener?.('error', (event) => {
      event.preventDefault();
      die(new Error((event as ErrorEvent).message || 'the worker did not load'));
    });
  }
  return {
    worker,
    onDeath: (died) => void mourners.push(died),
    onMessage(received) {
      if (node.on) node.on('message', received);
      else node.addEventListener?.('message', (event) => received((event as MessageEvent).data));
    },
    stop() {
      stopped = true;
      void worker.terminate();
    },
  };
}
