/** What an engine stands on: a backend chosen by probe, and the account of what is used, what is not, and why. */
import type { Backend, BackendName } from './backends/backend';
import { type CoreBuild, CorePool, compileCore, compileEmbedded, initialiseCore } from './backends/core';
import { createJsBackend } from './backends/js';
import { createWasmBackend } from './backends/wasm';
import { InfiniteWidthError } from './errors';

export interface EngineOptions {
  /** 'auto' (default): WebAssembly where it compiles, otherwise plain JavaScript. */
  backend?: 'auto' | 'wasm' | 'js' | 'webgpu';
  /** 'auto' (default): relaxed SIMD where the runtime has it. 'simd' gives the same bits in every runtime. */
  build?: 'auto' | CoreBuild;
  /** 'auto' (default) or a number of threads. */
  threads?: 'auto' | number;
  /** The core from elsewhere than the bundle: needed where compiling bytes is forbidden (pass a compiled Module). */
  wasm?: string | URL | Response | BufferSource | WebAssembly.Module;
}

export interface Capabilities {
  readonly backend: { readonly used: BackendName; readonly unavailable: Readonly<Record<string, string>> };
  readonly build: { readonly used: string; readonly unavailable: Readonly<Record<string, string>> };
  readonly threads: { readonly used: number; readonly available: number; readonly reason: string };
}

export interface EngineContext {
  readonly backend: Backend;
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
  return describe(createWasmBackend(new CorePool(module, initialiseCore), 'custom'), {});
}

let shared: EngineContext | undefined;

/** The engine behind the package's functions, made at their first use. */
export function defaultContext(): EngineContext {
  shared ??= openContext();
  return shared;
}

function check({ backend = 'auto', threads = 'auto', build = 'auto' }: EngineOptions): void {
  if (backend === 'webgpu')
    throw new InfiniteWidthError('ERR_UNSUPPORTED', "this version has no webgpu backend; use 'auto', 'wasm' or 'js'", { backend });
  if (!['auto', 'wasm', 'js'].includes(backend))
    throw new InfiniteWidthError('ERR_ARGUMENT', `backend is 'auto', 'wasm' or 'js', got ${String(backend)}`, { backend });
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1))
    throw new InfiniteWidthError('ERR_ARGUMENT', `threads is 'auto' or a positive integer, got ${String(threads)}`, { threads });
  if (!['auto', 'simd', 'relaxed-simd'].includes(build))
    throw new InfiniteWidthError('ERR_ARGUMENT', `build is 'auto', 'simd' or 'relaxed-simd', got ${String(build)}`, { build });
}

function wasmContext({ build = 'auto' }: EngineOptions): EngineContext {
  if (build !== 'auto') return open(build, {});
  try {
    return open('relaxed-simd', {});
  } catch (error) {
    return open('simd', { 'relaxed-simd': (error as Error).message });
  }
}

function open(build: CoreBuild, unavailable: Record<string, string>): EngineContext {
  return describe(createWasmBackend(new CorePool(compileEmbedded(build), initialiseCore), build), unavailable);
}

const jsContext = (unavailable: Record<string, string>): EngineContext => describe(createJsBackend(), {}, unavailable);

function describe(backend: Backend, builds: Record<string, string>, backends: Record<string, string> = {}): EngineContext {
  return {
    backend,
    capabilities: {
      backend: { used: backend.name, unavailable: { ...backends, webgpu: 'this version has no webgpu backend' } },
      build: { used: backend.build, unavailable: builds },
      threads: { used: 1, available: 1, reason: 'this version computes on the calling thread' },
    },
  };
}
