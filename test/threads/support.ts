/** Engines over both kinds of pool, workers that can be watched and broken, and programs in processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { workerSource } from '../../build/worker.js';
import { dense, type Engine, type EngineOptions, erf, kernelSync, type NDArray, type Network, relu, serial } from '../../src';
import { openContext } from '../../src/context';
import { NODE_FLAGS } from '../node-flags';

/** Name, options, and what capabilities call it. */
export const POOLS = [
  ['shared memory', {}, 'memory'],
  ['messages', { sharedMemory: false }, 'messages'],
] as const satisfies readonly (readonly [string, EngineOptions, string])[];

const erfs = (depth: number): Network =>
  serial(...Array.from({ length: depth }, () => [dense(1, { wStd: 1.4, bStd: 0.1 }), erf()]).flat(), dense(1));
/** Enough work for threads to be started; and tiles so long that a fault comes in the middle of the work. */
export const DEEP = erfs(6);
export const DEEPEST = erfs(40);
export const SMALL: Network = serial(dense(1, { bStd: 0.1 }), relu(), dense(1));

/** Rows in (−1, 1), the same every time. */
export function rows(n: number, features = 5, seed = 1): NDArray {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return { data: Float64Array.from({ length: n * features }, next), shape: [n, features] };
}

/** 45 tiles, x2 left out. */
export const LARGE = rows(2200);

export const bytesOf = (...arrays: NDArray[]): Buffer =>
  Buffer.concat(arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));

/** The kernel of DEEP on LARGE, as bytes; by one thread, and by an engine. */
const one = kernelSync(DEEP, LARGE, { engine: openContext({ threads: 1 }) });
export const EXPECTED = bytesOf(one.nngp, one.ntk);

export async function large(engine: Pick<Engine, 'kernel'>): Promise<Buffer> {
  const { nngp, ntk } = await engine.kernel(DEEP, LARGE);
  return bytesOf(nngp, ntk);
}

/** What a call rejects with; null if it does not. */
export const failureOf = (call: Promise<unknown>): Promise<{ code?: string } | null> =>
  call.then(
    () => null,
    (error) => error,
  );

/** The same of the first of some calls that rejects: a call may end before a broken worker is there to take part. */
export async function firstFailure(call: () => Promise<unknown>): Promise<{ code?: string } | null> {
  for (let i = 0; i < 50; i++) {
    const failure = await failureOf(call());
    if (failure) return failure;
  }
  return null;
}

/** Workers that are recorded; `prelude` runs in them first, in CommonJS. */
export function recordedWorkers(prelude: (index: number) => string = () => '') {
  const workers: Worker[] = [];
  /** When each ended, by performance.now(). */
  const ends: number[] = [];
  const createWorker = () => {
    const worker = new Worker(prelude(workers.length) + workerSource, { eval: true });
    const index = workers.push(worker) - 1;
    worker.on('exit', () => {
      ends[index] = performance.now();
    });
    return worker;
  };
  return { workers, ends, createWorker };
}

/** Does `fault` in the worker once it has a tile, in either kind of pool. */
export const midTile = (fault: string): string => `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ kind }) => { if (kind === 'tile') { ${fault} } });
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    if (!imports) return instance;
    const serve = (control) => {
      const words = new Int32Array(imports.env.memory.buffer, control);
      for (;;) {
        const next = Atomics.load(words, 1);
        const index = next & 0xfffff;
        if (next < 0 || index >= Atomics.load(words, 3) || index >= Atomics.load(words, 2)) continue;
        if (Atomics.compareExchange(words, 1, next, next + 1) === next) break;
      }
      ${fault}
    };
    return { exports: { serve } };
  };
`;

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const source = (path: string): string => pathToFileURL(fileURLToPath(new URL(`../../src/${path}.ts`, import.meta.url))).href;

/** Runs a module in a process of its own; `$src/NAME` in its imports is a file of src/. Killed after a minute. */
export function runAlone(program: string, ...flags: string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'infinite-width-'));
  const file = join(folder, 'program.mts');
  writeFileSync(
    file,
    program.replace(/\$src\/([\w-]+)/g, (_, name) => source(name)),
  );
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return new Promise((resolve) => {
    execFile(process.execPath, [...NODE_FLAGS, ...flags, '--import', tsx, file], { timeout: 60_000 }, (error, stdout, stderr) => {
      rmSync(folder, { recursive: true, force: true });
      resolve({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}
