/** What Deno, Bun, workers of Cloudflare, edge functions and `node --jitless` lack or answer otherwise, imitated here. */
import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { workerBuild } from '../../build/worker.js';
import { createEngine, dense, kernel, kernelSync, relu, serial } from '../../src';
import { type Start, spawn } from '../../src/backends/spawn';
import { sharingObstacle, type WorkerLike } from '../../src/backends/workers';
import { macrotask } from '../../src/execute/yield';
import { errorOf } from '../error-of';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('memory of which a runtime', () => {
  const net = serial(dense(1), relu(), dense(1));
  const x = [
    [1, 2],
    [3, 4],
  ];
  const expected = kernelSync(net, x).ntk.data;

  it.each([
    ['says that none is free, as workers of Cloudflare do', () => 0],
    [
      'does not permit to ask, as Deno',
      () => {
        throw new Error('Requires sys access to "systemMemoryInfo"');
      },
    ],
  ])('%s refuses nothing', async (_name, answer) => {
    vi.spyOn(process, 'availableMemory').mockImplementation(answer);
    expect(kernelSync(net, x).ntk.data).toEqual(expected);
    expect((await kernel(net, x)).ntk.data).toEqual(expected);
  });
});

describe('a runtime with nothing but timers', () => {
  it('lets them run', async () => {
    vi.stubGlobal('setImmediate', undefined);
    vi.stubGlobal('MessageChannel', undefined);
    let ran = false;
    setTimeout(() => (ran = true), 0);
    await macrotask();
    expect(ran).toBe(true);
  });
});

describe('a runtime without WebAssembly', () => {
  it('computes in JavaScript, and refuses a core with a typed error', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const engine = await createEngine();
    expect(engine.capabilities.backend).toMatchObject({ used: 'js', unavailable: { wasm: expect.stringContaining('ERR_WASM_LOAD') } });
    await expect(createEngine({ wasm: new Uint8Array(8) })).rejects.toMatchObject({ code: 'ERR_WASM_LOAD' });
  });
});

describe('workers of node:worker_threads', () => {
  /** One that says at once that it is ready. */
  class Ready extends EventEmitter implements WorkerLike {
    constructor(readonly performance: object) {
      super();
    }
    postMessage(): void {
      queueMicrotask(() => this.emit('message', { kind: 'ready', build: workerBuild }));
    }
    terminate(): void {}
  }
  const FIRST = { kind: 'messages' } as Start;
  const started = async (performance: object) => {
    const events = { ready: vi.fn(), received: vi.fn(), died: vi.fn(), refused: vi.fn() };
    const spawned = spawn(FIRST, events, () => new Ready(performance));
    await Promise.resolve();
    expect(events.ready).toHaveBeenCalledOnce();
    return spawned;
  };

  it('that do not tell whether they have stopped, as those of Deno, work', async () => {
    expect((await started({})).hasStopped()).toBe(false);
  });

  it('are not asked in Bun, which prints that it cannot tell', async () => {
    vi.stubGlobal('Bun', {});
    const eventLoopUtilization = vi.fn(() => ({ idle: -1 }));
    expect((await started({ eventLoopUtilization })).hasStopped()).toBe(false);
    expect(eventLoopUtilization).not.toHaveBeenCalled();
  });

  it('that may not be started name what allows them, and no policy of pages', async () => {
    const createWorker = () => {
      throw new Error('Access to this API has been restricted');
    };
    const { capabilities } = await createEngine({ threads: 2, sharedMemory: false, createWorker });
    expect(capabilities.threads).toMatchObject({ used: 1, sharing: 'none', reason: expect.stringMatching(/restricted.*--allow-worker/) });
    expect(capabilities.threads.reason).not.toContain('worker-src');
  });
});

describe('memory is not shared', () => {
  it('in a worker of a page that is not isolated, and the reason is the page', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(sharingObstacle()).toBeNull();
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(sharingObstacle()).toContain('COOP same-origin');
    vi.stubGlobal('crossOriginIsolated', undefined);
    expect(sharingObstacle()).toBe('this runtime has no SharedArrayBuffer');
  });
});

describe('an array of another realm', () => {
  it('is refused by name, and a view of its buffer taken', async () => {
    const { runInNewContext } = await import('node:vm');
    const data: Float64Array = runInNewContext('new Float64Array([1, 2, 3, 4])');
    const net = serial(dense(1), relu(), dense(1));
    const { code, message } = errorOf(() => kernelSync(net, { data, shape: [2, 2] }));
    expect([code, message]).toEqual(['ERR_DTYPE', expect.stringMatching(/Float64Array of another realm.*new Float64Array\(data\.buffer/)]);
    const view = new Float64Array(data.buffer, data.byteOffset, data.length);
    expect(kernelSync(net, { data: view, shape: [2, 2] }).ntk.shape).toEqual([2, 2]);
  });
});
