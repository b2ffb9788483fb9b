/** Threads in a real browser: one memory where the page is cross-origin isolated, messages where it is not; the bits of one thread in both. */
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { workerSource } from '../../build/worker.js';
import { createEngine, dense, type EngineOptions, erf, kernelSync, type NDArray, serial } from '../../src';
import { openContext } from '../../src/context';
import { randomArray } from '../conformance/kernels';

const isolated = inject('isolated');
const net = serial(...Array.from({ length: 6 }, () => [dense(1, { wStd: 1.4, bStd: 0.1 }), erf()]).flat(), dense(1));
const x = randomArray('float64', 1600, 9, 1);
const one = kernelSync(net, x, { engine: openContext({ threads: 1 }) });

/** Comparing the arrays by expect would print them. */
function same(a: NDArray, b: NDArray): boolean {
  const [p, q] = [a, b].map(({ data }) => new Int32Array(data.buffer));
  return p.length === q.length && p.every((word, i) => word === q[i]);
}

/** Computes with threads, some times and until `enough`, and gives how the engine says they shared work. */
async function compute(options: EngineOptions, enough: () => boolean = () => true): Promise<string> {
  const engine = await createEngine({ threads: 3, ...options });
  try {
    for (let i = 0; i < 3 || !(enough() || i === 100); i++) {
      const k = await engine.kernel(net, x);
      expect([same(k.nngp, one.nngp), same(k.ntk, one.ntk)]).toEqual([true, true]);
    }
    return engine.capabilities.threads.sharing;
  } finally {
    await engine.dispose();
  }
}

/** Takes a task, in either kind of pool (assembly/team.ts has the words), and throws. */
const DIES_WITH_A_TASK = `
  addEventListener('message', ({ data: { kind, memory, control } }) => {
    if (kind !== 'tile' && kind !== 'shared') return;
    const words = memory && new Int32Array(memory.buffer, control);
    while (words) {
      const next = Atomics.load(words, 1);
      const index = next & 0xfffff;
      if (next < 0 || index >= Atomics.load(words, 3) || index >= Atomics.load(words, 2)) continue;
      if (Atomics.compareExchange(words, 1, next, next + 1) === next) break;
    }
    throw new Error('boom');
  });
`;

/** Workers the page makes from now on, and what each says. */
function watchWorkers(wrap: (url: string) => string = (url) => url) {
  const made: { url: string; ready: boolean }[] = [];
  const Original = Worker;
  vi.stubGlobal(
    'Worker',
    class extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(wrap(String(url)), options);
        const entry = { url: String(url), ready: false };
        made.push(entry);
        this.addEventListener('message', ({ data }) => {
          entry.ready ||= data?.kind === 'ready';
        });
      }
    },
  );
  return made;
}
afterEach(() => void vi.unstubAllGlobals());

describe('threads', () => {
  it(`share ${isolated ? 'memory' : 'nothing but messages'}`, async () => {
    const made = watchWorkers();
    expect(await compute({}, () => made.some(({ ready }) => ready))).toBe(isolated ? 'memory' : 'messages');
    expect(made.some(({ ready }) => ready)).toBe(true);
  });

  it('share messages where shared memory is not wanted', async () => {
    expect(await compute({ sharedMemory: false })).toBe('messages');
  });

  it('start from a Blob where the file does not load', async () => {
    const made = watchWorkers((url) => (url.startsWith('blob:') ? url : `${location.origin}/no-such-file.js`));
    expect(await compute({}, () => made.some(({ ready }) => ready))).toBe(isolated ? 'memory' : 'messages');
    const ready = made.filter((worker) => worker.ready);
    expect(ready.length).toBeGreaterThan(0);
    expect(ready.every(({ url }) => url.startsWith('blob:'))).toBe(true);
  });

  it('are none, and the answer right, where no worker can be made', async () => {
    const createWorker = () => {
      throw new Error('refused');
    };
    expect(await compute({ createWorker })).toBe('none');
  });

  it('reject the call in which one dies with a task, at the first it gets, and the next call is right', async () => {
    let made = 0;
    const createWorker = () => {
      const source = made++ === 0 ? DIES_WITH_A_TASK + workerSource : workerSource;
      return new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    };
    const engine = await createEngine({ threads: 3, createWorker });
    let failure: unknown = null;
    for (let i = 0; i < 100 && !failure; i++)
      failure = await engine.kernel(net, x).then(
        () => null,
        (error) => error,
      );
    expect(failure).toMatchObject({ code: 'ERR_WORKER_DIED', message: expect.stringContaining('boom') });
    expect(same((await engine.kernel(net, x)).ntk, one.ntk)).toBe(true);
    expect(made).toBe(4);
    await engine.dispose();
  });

  it('leave the page responsive: a task runs within a tile', async () => {
    const engine = await createEngine({ threads: 2 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    let tiles = 0;
    await engine.kernel(net, x, { onProgress: () => tiles++ });
    clearInterval(timer);
    await engine.dispose();
    expect(tiles).toBe(28);
    expect(ticks).toBeGreaterThan(2);
  });
});
