/**
 * Instances of the WebAssembly core. An instance serves one operation at a time and owns its memory, so an operation takes one
 * from the pool, lays its workspace out from `core.base`, and gives it back: concurrent calls cannot meet in one memory.
 */
import { instantiateSync } from '@assemblyscript/loader';
import * as dense from '../../build/dense.js';
import { DOUBLE, SINGLE } from '../duals/coefficients';
import { InfiniteWidthError, notBrought } from '../errors';
import { type Embedded, extract } from './embedded';
import type { WasmBytes, WasmMemory, WasmModule } from './wasm-types';

export type CoreBuild = 'simd' | 'relaxed-simd';

/** One instance: pointers and dimensions in, status out. Function names end in `_f32` or `_f64`. */
export interface Core {
  readonly exports: Record<string, (...args: number[]) => number>;
  readonly memory: WasmMemory;
  /** Makes `[base, base + bytes)` addressable and returns base (64-byte aligned). @throws ERR_OUT_OF_MEMORY */
  reserve(bytes: number): number;
}

const PAGE = 65536;
/** Instances above this size are dropped when given back, since WebAssembly memory cannot shrink. */
export const KEEP_BYTES = 64 << 20;

export const ALIGN = 64;
export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

/** Parts beside the one for chains and linear algebra: syevd, displacement planes, finite networks. */
export type PartName = 'eigen' | 'planes' | 'finite';

/** Lends instances: CorePool, or a worker's own. */
export interface CoreSource {
  readonly module: WasmModule;
  take(): Core;
  give(core: Core): void;
  /** Instances of another part of the core: themselves where the module is the whole of it. @throws ERR_UNSUPPORTED */
  part(name: PartName): CoreSource;
}

/** A part as workers are sent it; null where their module is whole. @throws ERR_UNSUPPORTED */
export function partOf(cores: CoreSource, name: PartName): PartModule | null {
  const part = cores.part(name);
  return part === cores ? null : { name, module: part.module };
}
export interface PartModule {
  readonly name: PartName;
  readonly module: WasmModule;
}

/** Runs `body` with an instance of its own. */
export function useCore<R>(cores: CoreSource, body: (core: Core) => R): R {
  const core = cores.take();
  try {
    return body(core);
  } finally {
    cores.give(core);
  }
}

/** Instances of one compiled module. */
export class CorePool implements CoreSource {
  private readonly idle: Core[] = [];
  private readonly parts = new Map<PartName, CorePool>();
  constructor(
    readonly module: WasmModule,
    /** Fills constant tables of a fresh instance. */
    private readonly initialise: (core: Core) => void = () => {},
    /** Compiles another part; left out: the module is whole. */
    private readonly compilePart?: (name: PartName) => WasmModule,
  ) {}

  part(name: PartName): CorePool {
    if (!this.compilePart) return this;
    const part = this.parts.get(name) ?? new CorePool(this.compilePart(name), this.initialise);
    this.parts.set(name, part);
    return part;
  }

  take(): Core {
    return this.idle.pop() ?? this.instantiate();
  }

  give(core: Core): void {
    if (core.memory.buffer.byteLength <= KEEP_BYTES) this.idle.push(core);
  }

  private instantiate(): Core {
    const { exports } = instantiateSync<Record<string, unknown>>(this.module, {});
    const core = coreOf(exports, exports.memory as WasmMemory);
    this.initialise(core);
    return core;
  }
}

/** An instance with its memory; its tables are empty until initialiseCore. */
export function coreOf(exports: Record<string, unknown>, memory: WasmMemory): Core {
  const base = aligned((exports.__heap_base as WebAssembly.Global).value as number);
  return {
    exports: exports as Core['exports'],
    memory,
    reserve(bytes) {
      const missing = base + bytes - memory.buffer.byteLength;
      if (missing > 0) grow(memory, missing, bytes);
      return base;
    },
  };
}

/** Pages that the shared builds ask for at first, and at most. */
const INITIAL_PAGES = 32;
const MAXIMUM_PAGES = 65536;

/** An instance of a shared build on a new shared memory, the largest the runtime will promise. @throws ERR_OUT_OF_MEMORY */
export function instantiateShared(module: WasmModule): Core {
  let refusal: unknown;
  for (let maximum = MAXIMUM_PAGES; maximum >= INITIAL_PAGES; maximum /= 2)
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
      const { exports } = instantiateSync<Record<string, unknown>>(module, { env: { memory } });
      const core = coreOf(exports, memory);
      initialiseCore(core);
      return core;
    } catch (cause) {
      refusal = cause;
    }
  throw new InfiniteWidthError('ERR_OUT_OF_MEMORY', 'this runtime gives no shared WebAssembly memory', {}, { cause: refusal });
}

function grow(memory: WasmMemory, missing: number, bytes: number): void {
  try {
    memory.grow(Math.ceil(missing / PAGE));
  } catch (cause) {
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `WebAssembly memory cannot grow to ${bytes} bytes (4 GiB is the most it can hold); use float32 or a smaller problem`,
      { bytes },
      { cause },
    );
  }
}

/** Fills the coefficient tables of a fresh instance: one 16-byte broadcast per entry (assembly/lanes.ts). */
export function initialiseCore({ exports, memory }: Core): void {
  const [singles, doubles] = [SINGLE, DOUBLE].map((table) => [...table, 0.5, 1, 2]);
  const single = new Float32Array(memory.buffer, exports.coefficients_f32(), singles.length * 4);
  const double = new Float64Array(memory.buffer, exports.coefficients_f64(), doubles.length * 2);
  singles.forEach((x, i) => void single.fill(x, 4 * i, 4 * i + 4));
  doubles.forEach((x, i) => void double.fill(x, 2 * i, 2 * i + 2));
}

/** Those that functions which need them have brought (parts.ts). */
const PARTS = new Map<PartName, Embedded>();
export const addPart = (name: PartName, builds: Embedded): void => void PARTS.set(name, builds);

/** Compiles the part for chains of one of the embedded builds, and others when they are first used. @throws ERR_WASM_LOAD where the runtime forbids or cannot compile it */
export function embeddedPool(build: CoreBuild): CorePool {
  const compile = (part: Embedded) => compileBytes(extract(part, build), `the embedded ${build} build`);
  return new CorePool(compile(dense), initialiseCore, (name) => {
    const part = PARTS.get(name);
    if (part) return compile(part);
    throw notBrought(`the part of the core for ${PURPOSES[name]}`);
  });
}
const PURPOSES = { eigen: 'eigenvectors', planes: 'convolutional networks', finite: 'finite networks' } as const;

/** Loads and compiles the build for shared memory, which is not part of the first bundle. @throws ERR_WASM_LOAD */
export async function compileShared(build: CoreBuild): Promise<WasmModule> {
  const shared = await import('../../build/shared.js');
  if (shared.id !== dense.id) throw otherBuild('the chunk with the builds for shared memory', shared.id, {});
  return compileBytes(extract(shared, build), `the embedded ${build} build for shared memory`);
}

/**
 * Compiles the core from a URL, a response, bytes, or takes a compiled module.
 * @throws ERR_WASM_LOAD naming URL, status and first bytes, or the two builds where it is not of this version of the package
 */
export async function compileCore(source: string | URL | Response | WasmBytes | WasmModule): Promise<WasmModule> {
  if (typeof WebAssembly === 'undefined') throw loadError('this runtime has no WebAssembly', {});
  if (source instanceof WebAssembly.Module) return ofThisBuild(source, 'the given module');
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source))
    return ofThisBuild(compileBytes(source, 'the given bytes'), 'the given bytes');
  const response = source instanceof Response ? source : await fetchCore(source);
  const url = response.url || String(source);
  const { status } = response;
  const bytes = await response.arrayBuffer().catch((cause) => {
    throw loadError(`${url} (status ${status}) broke off: ${(cause as Error).message}`, { url, status }, cause);
  });
  if (!response.ok) {
    const firstBytes = firstBytesOf(bytes);
    throw loadError(`${url} answered with status ${status} (first bytes ${firstBytes})`, { url, status, firstBytes });
  }
  return ofThisBuild(compileBytes(bytes, `${url} (status ${status})`, { url, status }), url, { url, status });
}

/** Records and tables mean the same to the core and to this code only where both are of one build: every core carries its name (scripts/build-core.mjs). */
function ofThisBuild(module: WasmModule, place: string, details: Record<string, unknown> = {}): WasmModule {
  const [section] = WebAssembly.Module.customSections(module, 'infinite-width');
  const id = section ? new TextDecoder().decode(section) : null;
  if (id === dense.id) return module;
  throw otherBuild(place, id, details);
}

const otherBuild = (place: string, id: string | null, details: Record<string, unknown>): InfiniteWidthError =>
  loadError(
    `${place} ${id ? `is the core of another build, ${id}` : "has no section 'infinite-width' with the name of its build"}, where ${dense.id} is needed; serve the file from the wasm/ folder of this very version of the package, custom sections included`,
    { ...details, build: id, expected: dense.id },
  );

async function fetchCore(url: string | URL): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw loadError(`${String(url)} could not be fetched: ${(cause as Error).message}`, { url: String(url) }, cause);
  }
}

function compileBytes(bytes: WasmBytes, place: string, details: Record<string, unknown> = {}): WasmModule {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    const firstBytes = firstBytesOf(bytes);
    const hint = firstBytes.startsWith('3c') ? '; this is HTML, not WebAssembly: check the path' : '';
    throw loadError(
      `${place} does not compile (first bytes ${firstBytes}${hint}): ${(cause as Error).message}${policyHint(cause)}`,
      { place, firstBytes, ...details },
      cause,
    );
  }
}

/** What a content security policy must allow, where one forbids compiling. */
const policyHint = (cause: unknown): string =>
  /CSP|Content Security Policy|unsafe-eval/i.test((cause as Error).message)
    ? "; the page's policy must allow script-src 'wasm-unsafe-eval'"
    : '';

/** In hexadecimal. */
function firstBytesOf(bytes: WasmBytes): string {
  const head = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  return Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

const loadError = (message: string, details: Record<string, unknown>, cause?: unknown): InfiniteWidthError =>
  new InfiniteWidthError('ERR_WASM_LOAD', `the core cannot be loaded: ${message}`, details, { cause });
