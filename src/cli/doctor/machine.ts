/** The runtime, the processor, and which builds of the core start here. */
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os';
import { openContext } from '../../context';
import { showBytes } from '../../explanation/text';
import { availableMemory } from '../../plan';
import { describeFailure } from '../errors';

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
    return { name, available: false, reason: reasonOf(error) };
  }
}

/** V8 names a flag that does not exist, so its message is put in our own words. */
function reasonOf(error: unknown): string {
  const { message } = describeFailure(error);
  return /simd opcode not available/.test(message) ? 'this runtime has no relaxed SIMD (Node has it from version 22 on)' : message;
}
