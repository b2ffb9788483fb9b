/** The runtime, the processor, and which builds of the core start here. */
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os';
import { openContext } from '../../context';
import { oneLine } from '../errors';
import { showBytes } from '../../explain/text';
import { availableMemory } from '../../plan';

export type Machine = Readonly<Record<'runtime' | 'platform' | 'processor' | 'cores' | 'threads' | 'simd' | 'memory' | 'selected', string>>;

export function describeMachine(): Machine {
  const { bun, deno, node, v8 } = process.versions;
  const { capabilities } = openContext();
  const { threads, backend, build } = capabilities;
  const free = availableMemory();
  return {
    runtime: bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node} (V8 ${v8})`,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: String(availableParallelism()),
    threads: `${threads.used} used, ${threads.available} available: ${threads.reason}`,
    simd: build.used === 'js' ? 'none' : build.used,
    memory: `${showBytes(Number.isFinite(free) ? free : freemem())} free of ${showBytes(totalmem())}`,
    selected: `${backend.used} backend, ${build.used} build`,
  };
}

export interface BuildReport {
  readonly name: string;
  readonly available: boolean;
  /** Why not; empty where it is. */
  readonly reason: string;
}

/** Tries every backend and build. */
export function describeBuilds(): BuildReport[] {
  return [
    attempt('wasm relaxed-simd', () => openContext({ backend: 'wasm', build: 'relaxed-simd' })),
    attempt('wasm simd', () => openContext({ backend: 'wasm', build: 'simd' })),
    attempt('js', () => openContext({ backend: 'js' })),
    attempt('webgpu', () => openContext({ backend: 'webgpu' })),
  ];
}

function attempt(name: string, open: () => unknown): BuildReport {
  try {
    open();
    return { name, available: true, reason: '' };
  } catch (error) {
    return { name, available: false, reason: oneLine((error as Error).message) };
  }
}
