/** What an engine stands on: a backend chosen by probe, and the account of what is used, what is not, and why. */
import type { Backend, BackendName } from './backends/backend';
import { type CoreBuild, CorePool, compileCore, embeddedPool, initialiseCore } from './backends/core';
import { createJsBackend } from './backends/js';
import { createSharedLinearAlgebra } from './backends/shared-linalg';
import { createWasmBackend } from './backends/wasm';
import type { WasmBytes, WasmModule } from './backends/wasm-types';
import type { CreateWorker } from './backends/workers';
import { InfiniteWidthError } from './errors';
import { badArgument } from './layers/checks';
import { Threads, type ThreadsReport } from './threads';

export interface EngineOptions {
  /** 'auto' (default): WebAssembly where it compiles, otherwise plain JavaScript. */
  backend?: 'auto' | 'wasm' | 'js' | 'webgpu';
  /** 'auto' (default): relaxed SIMD where the runtime has it. 'simd' gives the same bits in every runtime. */
  build?: 'auto' | CoreBuild;
  /** Threads, the calling one included: 'auto' (default) takes one per core. Small work stays on one. */
  threads?: 'auto' | number;
  /** The same bits in every runtime: no relaxed SIMD. */
  deterministic?: boolean;
  /** false: threads do not share memory, even where they could; tiles of kernels travel as messages. */
  sharedMemory?: boolean;
  /** Starts a worker on this package's `worker.js`, where the built-in ways are refused. */
  createWorker?: CreateWorker;
  /** The core from elsewhere than the bundle: needed where compiling bytes is forbidden (pass a compiled Module). */
  wasm?: string | URL | Response | WasmBytes | WasmModule;
  /** Of the webgpu backend, which this version does not have. */
  device?: unknown;
}

export interface Capabilities {
  readonly backend: { readonly used: BackendName; readonly unavailable: Readonly<Record<string, string>> };
  readonly build: { readonly used: string; readonly unavailable: Readonly<Record<string, string>> };
  readonly threads: ThreadsReport;
}

export interface EngineContext {
  readonly backend: Backend;
  /** The threads of the wasm backend. */
  readonly threads: Threads;
  readonly capabilities: Capabilities;
}

/** Opens what the options ask for, compiling only embedded bytes. @throws ERR_UNSUPPORTED, ERR_ARGUMENT, ERR_WASM_LOAD */
export function openContext(options: EngineOptions = {}): EngineContext {
  const { backend = 'auto' } = options;
  check(options);
  if (backend === 'js') return jsContext({ wasm: 'the js backend was asked for' });
  try {
    return wasmContext(options);
  } catch (error) {
    if (backend === 'wasm') throw error;
    return jsContext({ wasm: (error as Error).message });
  }
}

/** Like openContext, and also takes the core from a URL, a response, bytes or a module. */
export async function openContextAsync(options: EngineOptions = {}): Promise<EngineContext> {
  if (options.wasm === undefined || options.backend === 'js') return openContext(options);
  check(options);
  const module = await compileCore(options.wasm);
  const threads = new Threads({ ...options, asked: options.threads ?? 'auto', build: null, module });
  return describe(createWasmBackend(new CorePool(module, initialiseCore), 'custom'), threads, {});
}

/** Each takes 6 MB and 50 ms to start. */
const MOST_THREADS = 256;

let shared: EngineContext | undefined;

/** The engine behind the package's functions, made at their first use. */
export function defaultContext(): EngineContext {
  shared ??= openContext();
  return shared;
}

/** The engine of a call: the one given, or the shared one. @throws ERR_ARGUMENT for what is none, such as a promise of one */
export function contextOf(caller: string, engine: EngineContext | null | undefined): EngineContext {
  const context = engine ?? defaultContext();
  if (context.backend) return context;
  throw badArgument(caller, 'engine', 'what createEngine() resolves to', engine, 'await it');
}

function check({ backend = 'auto', threads = 'auto', build = 'auto', deterministic = false }: EngineOptions): void {
  if (deterministic && build === 'relaxed-simd')
    throw new InfiniteWidthError('ERR_ARGUMENT', "deterministic results need the 'simd' build; leave build out", { build });
  if (backend === 'webgpu')
    throw new InfiniteWidthError('ERR_UNSUPPORTED', "this version has no webgpu backend; use 'auto', 'wasm' or 'js'", { backend });
  if (!['auto', 'wasm', 'js'].includes(backend))
    throw new InfiniteWidthError('ERR_ARGUMENT', `backend is 'auto', 'wasm' or 'js', got ${String(backend)}`, { backend });
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new InfiniteWidthError('ERR_ARGUMENT', `threads is 'auto' or an integer from 1 to ${MOST_THREADS}, got ${String(threads)}`, {
      threads,
    });
  if (!['auto', 'simd', 'relaxed-simd'].includes(build))
    throw new InfiniteWidthError('ERR_ARGUMENT', `build is 'auto', 'simd' or 'relaxed-simd', got ${String(build)}`, { build });
}

function wasmContext(options: EngineOptions): EngineContext {
  const { build = 'auto', deterministic = false } = options;
  if (build !== 'auto') return open(build, options, {});
  if (deterministic) return open('simd', options, { 'relaxed-simd': 'deterministic results were asked for' });
  try {
    return open('relaxed-simd', options, {});
  } catch (error) {
    return open('simd', options, { 'relaxed-simd': (error as Error).message });
  }
}

function open(build: CoreBuild, options: EngineOptions, unavailable: Record<string, string>): EngineContext {
  const pool = embeddedPool(build);
  const backend = createWasmBackend(pool, build);
  const threads = new Threads({ ...options, asked: options.threads ?? 'auto', build, module: pool.module });
  return describe({ ...backend, linalg: createSharedLinearAlgebra(backend.linalg, threads) }, threads, unavailable);
}

const jsContext = (unavailable: Record<string, string>): EngineContext =>
  describe(createJsBackend(), Threads.single('the js backend has one thread'), {}, unavailable);

function describe(
  backend: Backend,
  threads: Threads,
  builds: Record<string, string>,
  backends: Record<string, string> = {},
): EngineContext {
  return {
    backend,
    threads,
    capabilities: {
      backend: { used: backend.name, unavailable: { ...backends, webgpu: 'this version has no webgpu backend' } },
      build: { used: backend.build, unavailable: builds },
      get threads() {
        return threads.report;
      },
    },
  };
}
