/** A worker that throws, exits or is terminated in the middle of a tile. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine, type EngineOptions, InfiniteWidthError } from '../../src';
import { DEEPEST, EXPECTED, failureOf, firstFailure, LARGE, large, midTile, POOLS, recordedWorkers } from './support';

let engine: Engine;
const open = async (options: EngineOptions) => {
  engine = await createEngine({ threads: 3, ...options });
  return engine;
};
afterEach(() => engine.dispose());

describe.each(POOLS)('%s', (_name, pool) => {
  it.each([
    ['throws', "throw new Error('boom')", /boom/],
    ['exits', 'process.exit(3)', /exit code 3/],
  ])('rejects when a worker %s, and the next call is right', async (_what, fault, message) => {
    const { workers, ends, createWorker } = recordedWorkers((index) => (index === 0 ? midTile(fault) : ''));
    await open({ ...pool, createWorker });
    const error = await firstFailure(() => large(engine));
    const rejected = performance.now();
    expect(error).toBeInstanceOf(InfiniteWidthError);
    expect(error).toMatchObject({ code: 'ERR_WORKER_DIED', message: expect.stringMatching(message) });
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(workers.length).toBe(4);
    expect(rejected - ends[0]).toBeLessThan(1000);
    expect(workers.slice(0, 2).map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('rejects when a worker is terminated, and calls that wait are done by new workers', async () => {
    const { workers, createWorker } = recordedWorkers();
    await open({ ...pool, createWorker });
    await large(engine);
    let killed = 0;
    const onProgress = () => {
      if (killed > 0) return;
      killed = performance.now();
      void workers[1].terminate();
    };
    const running = failureOf(engine.kernel(DEEPEST, LARGE, { onProgress }));
    const waiting = large(engine);
    expect(await running).toMatchObject({ code: 'ERR_WORKER_DIED' });
    expect(performance.now() - killed).toBeLessThan(1000);
    expect((await waiting).equals(EXPECTED)).toBe(true);
    expect(workers.length).toBe(4);
  });

  it('replaces workers that died between two calls', async () => {
    const { workers, createWorker } = recordedWorkers();
    await open({ ...pool, createWorker });
    await large(engine);
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(workers.length).toBe(4);
  });
});

it('computes the tiles of a worker that vanishes without a word', async () => {
  const silent =
    "const { parentPort } = require('node:worker_threads'); const { postMessage } = parentPort; parentPort.postMessage = (m, t) => m.kind === 'ready' && postMessage.call(parentPort, m, t);";
  const { createWorker } = recordedWorkers(() => silent);
  await open({ sharedMemory: false, createWorker });
  expect((await large(engine)).equals(EXPECTED)).toBe(true);
});
