/** Memory that is refused, workers and WebAssembly that are forbidden, cores that do not arrive: typed errors or less speed, never a hang. */
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { workerBuild, workerSource } from '../../build/worker.js';
import { createEngine, type Engine, type EngineOptions, kernelSync } from '../../src';
import { openContext } from '../../src/context';
import { bytesOf, DEEP, EXPECTED, failureOf, firstFailure, LARGE, large, POOLS, recordedWorkers, rows, SMALL } from './support';

const engines: Engine[] = [];
async function open(options: EngineOptions): Promise<Engine> {
  const engine = await createEngine({ threads: 2, ...options });
  engines.push(engine);
  return engine;
}
const { Memory, Module } = WebAssembly;
const { grow } = Memory.prototype;
afterEach(async () => {
  Object.assign(WebAssembly, { Memory, Module });
  Memory.prototype.grow = grow;
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

/** WebAssembly.Memory that refuses what `refuses` says of. */
function refuseMemory(refuses: (descriptor: WebAssembly.MemoryDescriptor) => boolean): WebAssembly.MemoryDescriptor[] {
  const given: WebAssembly.MemoryDescriptor[] = [];
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]) {
      if (refuses(descriptor)) throw new RangeError('could not allocate memory');
      given.push(descriptor);
      return new target(descriptor);
    },
  });
  return given;
}

describe('memory', () => {
  const kinds: readonly (readonly [string, EngineOptions])[] = [
    ['one thread', { threads: 1 }],
    ...POOLS.map(([name, pool]) => [name, pool] as const),
  ];
  it.each(kinds)('of %s that does not grow at the k-th call is a typed error', async (_name, pool) => {
    let refusals = 0;
    for (let k = 1, calls = 1; calls >= k; k++) {
      calls = 0;
      Memory.prototype.grow = function (pages) {
        if (++calls === k) throw new RangeError('refused');
        return grow.call(this, pages);
      };
      const engine = await open(pool);
      const right = large(engine).then((answer) => answer.equals(EXPECTED));
      const failure = await failureOf(right);
      Memory.prototype.grow = grow;
      // Memory that is refused to the threads themselves makes tiles messages; memory for the work is an error.
      if (failure) expect(failure).toMatchObject({ code: 'ERR_OUT_OF_MEMORY', details: { bytes: expect.any(Number) } });
      else expect(await right).toBe(true);
      refusals += failure ? 1 : 0;
      expect((await large(engine)).equals(EXPECTED)).toBe(true);
    }
    expect(refusals).toBeGreaterThan(0);
  });

  it('of a worker that does not grow is the same error on this side', async () => {
    const refusing =
      "const { grow } = WebAssembly.Memory.prototype; let calls = 0; WebAssembly.Memory.prototype.grow = function (n) { if (++calls === 1) throw new RangeError('refused'); return grow.call(this, n); };";
    const { workers, createWorker } = recordedWorkers(() => refusing);
    const engine = await open({ sharedMemory: false, createWorker });
    expect(await firstFailure(() => large(engine))).toMatchObject({
      code: 'ERR_OUT_OF_MEMORY',
      message: expect.stringMatching(/\[ERR_OUT_OF_MEMORY\]$/),
    });
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(workers.length).toBe(1);
  });

  it('that can be shared is asked for again, by halves, where 4 GiB are refused', async () => {
    const given = refuseMemory(({ maximum = 0 }) => maximum > 16384);
    const engine = await open({});
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(engine.capabilities.threads.sharing).toBe('memory');
    expect(given.map(({ maximum, shared }) => [maximum, shared])).toEqual([[16384, true]]);
  });

  it('that cannot be shared at all makes tiles messages', async () => {
    refuseMemory(({ shared = false }) => shared);
    const engine = await open({});
    expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(engine.capabilities.threads).toMatchObject({
      used: 2,
      sharing: 'messages',
      reason: expect.stringContaining('no shared WebAssembly memory'),
    });
  });
});

describe('workers', () => {
  it.each(POOLS)('with %s that cannot be made leave one thread and a reason', async (_name, pool) => {
    const createWorker = vi.fn(() => {
      throw new Error('worker-src is none');
    });
    const engine = await open({ ...pool, threads: 3, createWorker });
    for (let i = 0; i < 3; i++) expect((await large(engine)).equals(EXPECTED)).toBe(true);
    expect(engine.capabilities.threads).toMatchObject({
      used: 1,
      sharing: 'none',
      reason: expect.stringMatching(/cannot be started: worker-src is none.*createWorker/),
    });
    const tries = createWorker.mock.calls.length;
    await large(engine);
    expect(createWorker.mock.calls.length).toBe(tries);
  });

  it.each(POOLS)('with %s that are of another build do no work, and both builds are named', async (_name, pool) => {
    const stale = workerSource.replaceAll(workerBuild, '0123456789abcdef');
    const engine = await open({ ...pool, threads: 3, createWorker: () => new Worker(stale, { eval: true }) });
    for (let i = 0; i < 3; i++) expect((await large(engine)).equals(EXPECTED)).toBe(true);
    const reason = expect.stringMatching(`of build 0123456789abcdef, where ${workerBuild} is needed.*ERR_WASM_LOAD`);
    await vi.waitUntil(() => engine.capabilities.threads.used === 1, 10_000);
    await large(engine);
    expect(engine.capabilities.threads).toMatchObject({ used: 1, sharing: 'none', reason });
  });

  it('that this runtime does not have leave one thread', async () => {
    const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    try {
      const engine = await open({ threads: 4 });
      expect(engine.capabilities.threads).toMatchObject({ used: 1, sharing: 'none', reason: 'this runtime has no workers' });
      expect((await large(engine)).equals(EXPECTED)).toBe(true);
    } finally {
      builtin.mockRestore();
    }
  });

  it('on a page that is not isolated get messages', async () => {
    vi.stubGlobal('window', {});
    vi.stubGlobal('crossOriginIsolated', false);
    try {
      const engine = await open({});
      expect(engine.capabilities.threads).toMatchObject({
        used: 2,
        sharing: 'messages',
        reason: expect.stringContaining('COOP same-origin and COEP'),
      });
      expect((await large(engine)).equals(EXPECTED)).toBe(true);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('compute a core that was given as a module', async () => {
    const wasm = await WebAssembly.compile(readFileSync(fileURLToPath(new URL('../../build/simd.wasm', import.meta.url))));
    const engine = await open({ wasm });
    const expected = kernelSync(DEEP, LARGE, { engine: openContext({ build: 'simd', threads: 1 }) });
    expect((await large(engine)).equals(bytesOf(expected.nngp, expected.ntk))).toBe(true);
    expect(engine.capabilities.threads).toMatchObject({ used: 2, sharing: 'messages' });
  });
});

describe('WebAssembly', () => {
  it('that is forbidden leaves plain JavaScript', async () => {
    WebAssembly.Module = new Proxy(Module, {
      construct() {
        throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
      },
    });
    const engine = await open({});
    expect(engine.capabilities).toMatchObject({
      backend: { used: 'js', unavailable: { wasm: expect.stringContaining('disallowed by embedder') } },
      threads: { used: 1, sharing: 'none' },
    });
    const x = rows(70);
    const expected = kernelSync(SMALL, x, { engine: openContext({ backend: 'js' }) });
    const k = await engine.kernel(SMALL, x);
    expect(bytesOf(k.nngp, k.ntk).equals(bytesOf(expected.nngp, expected.ntk))).toBe(true);
    await expect(open({ backend: 'wasm' })).rejects.toMatchObject({ code: 'ERR_WASM_LOAD' });
  });

  it('that was forbidden for a while is there afterwards', async () => {
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError('not yet');
      }
    } as unknown as typeof Module;
    await expect(open({ backend: 'wasm' })).rejects.toMatchObject({ code: 'ERR_WASM_LOAD' });
    WebAssembly.Module = Module;
    expect((await large(await open({ backend: 'wasm' }))).equals(EXPECTED)).toBe(true);
  });
});

describe('engines', () => {
  it('can be made ten at once', async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => open({})));
    const answers = await Promise.all(ten.map(large));
    expect(answers.every((answer) => answer.equals(EXPECTED))).toBe(true);
  });

  it('can be made where there is no navigator, as on a server that renders pages', async () => {
    vi.resetModules();
    vi.stubGlobal('navigator', undefined);
    try {
      const library = await import('../../src');
      const engine = await library.createEngine({ threads: 'auto' });
      engines.push(engine);
      expect(engine.capabilities.threads.available).toBe(availableParallelism());
      expect((await large(engine)).equals(EXPECTED)).toBe(true);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('of two copies of the library work side by side', async () => {
    vi.resetModules();
    const other = await import('../../src');
    expect(other.createEngine).not.toBe(createEngine);
    const engine = await other.createEngine({ threads: 2 });
    engines.push(engine);
    const answers = await Promise.all([open({}), engine].map(async (made) => large(await made)));
    expect(answers.every((answer) => answer.equals(EXPECTED))).toBe(true);
  });
});

describe('a core from a URL', () => {
  const core = readFileSync(fileURLToPath(new URL('../../build/simd.wasm', import.meta.url)));
  const routes: Record<string, (response: ServerResponse) => void> = {
    '/core.wasm': (response) => response.end(core),
    '/page.html': (response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><p>Not found</p>'),
    '/truncated.wasm': (response) => response.end(core.subarray(0, 1000)),
    '/broken.wasm': (response) => {
      response.setHeader('Content-Length', core.length).write(core.subarray(0, 1000));
      setTimeout(() => response.destroy(), 20);
    },
  };
  let server: Server;
  let origin = '';
  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => (routes[url] ? routes[url](response) : response.writeHead(404).end('no such file')));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('works', async () => {
    const engine = await open({ wasm: `${origin}/core.wasm` });
    const expected = kernelSync(SMALL, rows(9), { engine: openContext({ build: 'simd' }) });
    expect(bytesOf((await engine.kernel(SMALL, rows(9))).ntk).equals(bytesOf(expected.ntk))).toBe(true);
  });

  it.each([
    ['404', '/nothing.wasm', 404, '6e 6f 20 73 75 63 68 20'],
    ['HTML', '/page.html', 200, '3c 21 64 6f 63 74 79 70'],
    ['truncated bytes', '/truncated.wasm', 200, '00 61 73 6d 01 00 00 00'],
  ])('that is %s is named with its status and first bytes', async (_what, path, status, firstBytes) => {
    const error = await open({ wasm: origin + path }).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ERR_WASM_LOAD', details: { url: origin + path, status, firstBytes } });
    for (const part of [origin + path, `status ${status}`, firstBytes]) expect(error.message).toContain(part);
  });

  it('that breaks off or is not there is named', async () => {
    await expect(open({ wasm: `${origin}/broken.wasm` })).rejects.toMatchObject({
      code: 'ERR_WASM_LOAD',
      details: { url: `${origin}/broken.wasm`, status: 200 },
    });
    await expect(open({ wasm: 'http://127.0.0.1:1/core.wasm' })).rejects.toMatchObject({
      code: 'ERR_WASM_LOAD',
      details: { url: 'http://127.0.0.1:1/core.wasm' },
    });
  });

  it('of another build, or without the name of its build, is refused as bytes, module and response', async () => {
    const name = Buffer.from('infinite-width');
    const section = core.lastIndexOf(name);
    const other = Buffer.concat([core.subarray(0, section + name.length), Buffer.from('0123456789abcdef')]);
    const nameless = core.subarray(0, section - 3);
    const cases = [
      [other, '0123456789abcdef'],
      [nameless, null],
    ] as const;
    for (const [bytes, build] of cases)
      for (const wasm of [bytes, new WebAssembly.Module(bytes), new Response(bytes)])
        await expect(open({ wasm })).rejects.toMatchObject({ code: 'ERR_WASM_LOAD', details: { build } });
  });
});
