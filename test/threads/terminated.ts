/** Workers that die in the middle of a batch: each is a worker inside a worker whose event loop is free. */
import { Worker } from 'node:worker_threads';
import { workerSource } from '../../build/worker.js';
import type { WorkerLike } from '../../src/backends/workers';

/** Tasks of a batch that are taken when the workers die: each of a few threads has had one. */
const TAKEN = 6;

const HOST = `
const { parentPort, workerData: { source, armed } } = require('node:worker_threads');
const inner = new (require('node:worker_threads').Worker)(source, { eval: true });
let next = () => 0;
parentPort.on('message', (message) => {
  next = () => Atomics.load(new Int32Array(message.memory.buffer), message.control / 4 + 1);
  inner.postMessage(message);
});
inner.on('message', (message) => {
  Atomics.add(armed, 2, 1);
  parentPort.postMessage(message);
});
const poll = setInterval(() => {
  if (Atomics.load(armed, 0) === 0 || next() < ${TAKEN} || next() === 0x7fffffff) return;
  clearInterval(poll);
  Atomics.store(armed, 1, Math.trunc(performance.timeOrigin + performance.now()) & 0x3fffffff);
  inner.terminate().then(() => process.exit(1));
}, 1);
`;

/** Milliseconds of a clock that workers share, modulo 2³⁰. */
export const clock = (): number => Math.trunc(performance.timeOrigin + performance.now()) & 0x3fffffff;

export class Doomed {
  private readonly armed = new Int32Array(new SharedArrayBuffer(12));
  /** Workers made so far. */
  made = 0;

  /** The workers that exist die in the middle of the next batch; later ones live. */
  arm(): void {
    Atomics.store(this.armed, 0, 1);
  }

  /** When they died, by `clock`; 0 if they did not. */
  get diedAt(): number {
    return Atomics.load(this.armed, 1);
  }

  /** Workers that said that they are there. */
  get ready(): number {
    return Atomics.load(this.armed, 2);
  }

  readonly create = (): WorkerLike => {
    this.made++;
    const armed = Atomics.load(this.armed, 0) === 0 ? this.armed : new Int32Array(new SharedArrayBuffer(12));
    return new Worker(HOST, { eval: true, workerData: { source: workerSource, armed } });
  };
}
