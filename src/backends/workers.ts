/** What the library needs of a worker, and whether this runtime has any. */

/** The workers of Node and of browsers both have it. */
export interface WorkerLike {
  /** @param transfer array buffers (lib.dom's Transferable is not in programs for Node) */
  postMessage(message: unknown, transfer?: readonly object[]): void;
  terminate(): unknown;
}

/** Makes a worker that runs the file `worker.js` of this package; for bundlers and policies that refuse the built-in ways. */
export type CreateWorker = () => WorkerLike;

export interface NodeWorker extends WorkerLike {
  on(event: string, listener: (value: unknown) => void): void;
  unref(): void;
  /** `idle` is −1 once the worker is stopped, if it was asked for before: all that can be known without going to the event loop. */
  readonly performance: { eventLoopUtilization?(): { readonly idle: number } };
}
type NodeWorkerClass = new (source: string, options: { eval: true; name: string }) => NodeWorker;

/** worker_threads, without an import that bundlers for browsers would follow. */
export function nodeWorkerClass(): NodeWorkerClass | undefined {
  const runtime = (globalThis as { process?: { getBuiltinModule?: (name: string) => { Worker?: NodeWorkerClass } | undefined } }).process;
  return runtime?.getBuiltinModule?.('node:worker_threads')?.Worker;
}

/** Why no worker can be started here, or null. */
export function workersObstacle(createWorker?: CreateWorker): string | null {
  if (createWorker || nodeWorkerClass() || typeof Worker === 'function') return null;
  return 'this runtime has no workers';
}

/** Why threads cannot share memory here, or null. */
export function sharingObstacle(): string | null {
  const { crossOriginIsolated, window } = globalThis as { crossOriginIsolated?: boolean; window?: unknown };
  const missing = typeof SharedArrayBuffer !== 'function';
  // Deno says false of its workers, which can share memory nevertheless; workers of pages that are not isolated cannot.
  if (crossOriginIsolated === false && (window !== undefined || missing))
    return 'the page is not cross-origin isolated: serve it with COOP same-origin and COEP require-corp';
  return missing ? 'this runtime has no SharedArrayBuffer' : null;
}
