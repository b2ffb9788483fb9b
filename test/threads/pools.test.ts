/** The same bits however many threads there are, and what they do to each other: queues, aborts, ends. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  AbortError,
  createEngine,
  dense,
  type Engine,
  type EngineOptions,
  kernelSync,
  type Progress,
  serial,
  softplus,
  tanh,
} from '../../src';
import { openContext } from '../../src/context';
import { randomArray } from '../conformance/kernels';
import { bytesOf, DEEP, EXPECTED, failureOf, LARGE, large, POOLS, recordedWorkers, rows, SMALL } from './support';

const engines: Engine[] = [];
async function open(options: EngineOptions): Promise<Engine> {
  const engine = await createEngine({ threads: 2, ...options });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

const single = { engine: openContext({ threads: 1 }) };

describe.each(POOLS)('%s', (_name, pool, sharing) => {
  it.each([1, 2, 3, 8])('has the bits of one thread on %i threads', async (threads) => {
    const engine = await open({ ...pool, threads });
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(engine.capabilities.threads).toMatchObject({ used: threads, sharing: threads === 1 ? 'none' : sharing });
  });

  it('has them for two inputs, one field, float32, given arrays and a tile smaller than its panels', async () => {
    const engine = await open({ ...pool, threads: 3 });
    const [x1, x2] = [randomArray('float32', 1500, 7, 1), randomArray('float32', 1301, 7, 2)];
    const out = { ntk: new Float32Array(1500 * 1301) };
    const expected = kernelSync(DEEP, x1, x2, { ...single, get: ['ntk', 'cov1'] });
    const k = await engine.kernel(DEEP, x1, x2, { get: ['ntk', 'cov1'], out });
    expect(bytesOf(k.ntk, k.cov1).equals(bytesOf(expected.ntk, expected.cov1))).toBe(true);
    expect(k.ntk.data).toBe(out.ntk);
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
  });

  it('has them for an activation with tables, which every thread finds missing at first', async () => {
    const net = serial(...[tanh(), softplus()].flatMap((phi) => [dense(8, { wStd: 1.4, bStd: 0.1 }), phi]), dense(1));
    const { nngp, ntk } = kernelSync(net, LARGE, single);
    const engine = await open({ ...pool, threads: 3 });
    const k = await engine.kernel(net, LARGE);
    expect(bytesOf(k.nngp, k.ntk).equals(bytesOf(nngp, ntk))).toBe(true);
    expect(engine.capabilities.threads).toMatchObject({ used: 3, sharing });
  });

  it('answers with arrays of their own, which can be cloned', async () => {
    const k = await (await open(pool)).kernel(DEEP, LARGE);
    expect(k.ntk.data.buffer).toBeInstanceOf(ArrayBuffer);
    const clone = structuredClone(k);
    expect(bytesOf(clone.nngp, clone.ntk).equals(EXPECTED)).toBe(true);
  });

  it('queues calls in the order they came, each with its own progress', async () => {
    const engine = await open({ ...pool, threads: 3 });
    const sizes = [1900, 2200, 1700, 2000];
    const ended: number[] = [];
    const calls = sizes.map(async (n) => {
      const x = rows(n, 5, n);
      const seen: Progress[] = [];
      const k = await engine.kernel(DEEP, x, { get: 'ntk', onProgress: (progress) => seen.push(progress) });
      ended.push(n);
      expect(seen.every(({ done, total }, i) => total === n * n && done > (seen[i - 1]?.done ?? 0))).toBe(true);
      expect(seen[seen.length - 1].done).toBe(n * n);
      expect(bytesOf(k.ntk).equals(bytesOf(kernelSync(DEEP, x, { ...single, get: 'ntk' }).ntk))).toBe(true);
    });
    const quick = engine.kernel(SMALL, rows(3)).then(() => ended.length);
    await Promise.all(calls);
    expect(ended).toEqual(sizes);
    // Small work stays on the calling thread and does not wait for large work.
    expect(await quick).toBe(0);
  });

  it('stops at its signal, wherever it is, and leaves memory as it was', async () => {
    const { workers, createWorker } = recordedWorkers();
    const made = watchWebAssembly();
    try {
      const engine = await open({ ...pool, threads: 3, createWorker });
      await large(engine);
      const before = made();
      for (const stopAt of [1, 2, 7, 23, 44]) {
        const controller = new AbortController();
        let tiles = 0;
        const onProgress = () => ++tiles === stopAt && controller.abort('enough');
        const error = await failureOf(engine.kernel(DEEP, LARGE, { onProgress, signal: controller.signal }));
        expect(error).toBeInstanceOf(AbortError);
        expect(error).toMatchObject({ cause: 'enough' });
        expect(tiles).toBeLessThan(stopAt + 4);
        expect((await large(engine)).equals(EXPECTED)).toBe(true);
      }
      expect(made()).toEqual(before);
      expect(workers.length).toBe(2);
    } finally {
      made.restore();
    }
  });

  it('ends its workers when it is disposed, and rejects what is not finished', async () => {
    const { workers, createWorker } = recordedWorkers();
    const engine = await open({ ...pool, threads: 3, createWorker });
    let begun: () => void = () => {};
    const working = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const running = failureOf(engine.kernel(DEEP, LARGE, { onProgress: () => begun() }));
    const waiting = failureOf(engine.kernel(DEEP, LARGE));
    await working;
    await engine.dispose();
    expect(await running).toMatchObject({ code: 'ERR_ARGUMENT' });
    expect(await waiting).toMatchObject({ code: 'ERR_ARGUMENT' });
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    await expect(async () => engine.kernel(DEEP, LARGE)).rejects.toThrow('this engine was disposed');
  });
});

it.each([
  ['wasm', { threads: 1 }],
  ['js', { backend: 'js' }],
] as const)('rejects what is not finished on one thread, too (%s)', async (_backend, options) => {
  const engine = await open(options);
  let tiles = 0;
  const onProgress = () => {
    if (tiles++ === 0) void engine.dispose();
  };
  expect(await failureOf(engine.kernel(DEEP, randomArray('float32', 700, 3), { onProgress }))).toMatchObject({ code: 'ERR_ARGUMENT' });
  expect(tiles).toBe(1);
});

it('has the bits of the plain build where deterministic results are asked for, though there is a faster one', async () => {
  expect((await open({})).capabilities.build.used).toBe('relaxed-simd');
  const engine = await open({ deterministic: true, threads: 3 });
  expect(engine.capabilities.build).toMatchObject({
    used: 'simd',
    unavailable: { 'relaxed-simd': expect.stringContaining('deterministic') },
  });
  const { nngp, ntk } = kernelSync(DEEP, LARGE, { engine: openContext({ build: 'simd', threads: 1 }) });
  expect((await large(engine)).equals(bytesOf(nngp, ntk))).toBe(true);
  await expect(open({ deterministic: true, build: 'relaxed-simd' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
});

it('sends a panel to a worker once, tiles to every worker, and the memory of their answers back to them', async () => {
  const { workers, createWorker } = recordedWorkers();
  const [panels, tiles]: number[][] = [[], []];
  let fresh = 0;
  const counting = () => {
    const worker = createWorker();
    const index = workers.length - 1;
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message, transfer) => {
      if (message.kind === 'job') [panels[index], tiles[index], fresh] = [0, 0, 0];
      if (message.kind === 'tile') fresh += (message.transposed ? 4 : 2) - message.spare.length;
      if (message.kind === 'tile') [panels[index], tiles[index]] = [panels[index] + message.panels.length, tiles[index] + 1];
      post(message, transfer);
    };
    return worker;
  };
  const engine = await open({ threads: 3, sharedMemory: false, createWorker: counting });
  for (let i = 0; i < 50 && !(tiles[0] > 1 && tiles[1] > 1); i++) expect((await large(engine)).equals(EXPECTED)).toBe(true);
  expect(tiles.length).toBe(2);
  // 2200 rows are 9 panels of 256.
  tiles.forEach((count, i) => {
    expect(count).toBeGreaterThan(1);
    expect(panels[i]).toBeLessThanOrEqual(9);
  });
  // A worker has three tiles to do at most, and as many answers on their way to be read: of four arrays each.
  expect(fresh).toBeLessThanOrEqual(2 * 6 * 4);
});

/** Counts instances made and bytes of the memories they have, on this thread. */
function watchWebAssembly() {
  const { Instance, Memory } = WebAssembly;
  const memories: WebAssembly.Memory[] = [];
  let instances = 0;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args) {
      instances++;
      const instance = Reflect.construct(target, args) as WebAssembly.Instance;
      if (instance.exports.memory) memories.push(instance.exports.memory as WebAssembly.Memory);
      return instance;
    },
  });
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, args) {
      const memory = Reflect.construct(target, args) as WebAssembly.Memory;
      memories.push(memory);
      return memory;
    },
  });
  const made = () => ({ instances, bytes: memories.map(({ buffer }) => buffer.byteLength) });
  return Object.assign(made, { restore: () => Object.assign(WebAssembly, { Instance, Memory }) });
}
