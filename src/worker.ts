/**
 * What a worker of this package runs, in worker_threads and in Web Workers. It says that it is ready; the first message tells which kind of
 * pool it belongs to. Nothing is compiled here: modules arrive compiled.
 */
import { workerBuild } from '../build/worker.js';
import { entryOf, type Panel, type TileWorker } from './backends/backend';
import { type Core, type CoreSource, coreOf, initialiseCore, KEEP_BYTES, type PartModule, type PartName } from './backends/core';
import {
  begins,
  type DrawMessage,
  type JobMessage,
  type PartReply,
  type SamplesMessage,
  type TileMessage,
  type WorkerMessage,
  type WorkerReply,
} from './backends/messages';
import { openTiles } from './backends/open-tiles';
import { createWasmLinearAlgebra } from './backends/wasm-linalg';
import { InfiniteWidthError } from './errors';
import { bringEverything } from './everything';
import { openSampler, type Sampler } from './finite/sampler';
import { allocate, bytesPer, type DType, type TypedArray } from './ndarray';

interface Port {
  postMessage(reply: WorkerReply, transfer?: Transferable[]): void;
  on?(event: 'message', listener: (message: WorkerMessage) => void): void;
  onmessage?: ((event: { data: WorkerMessage }) => void) | null;
}

/** Instances of a module that arrived compiled, kept from job to job. */
class Cores implements CoreSource {
  private readonly idle: Core[] = [];
  private readonly parts = new Map<PartName, Cores>();

  constructor(readonly module: WebAssembly.Module) {}

  part(name: PartName): Cores {
    return this.parts.get(name) ?? this;
  }

  /** Takes the part that a job needs, unless it is there. */
  add(part: PartModule | null): void {
    if (part && !this.parts.has(part.name)) this.parts.set(part.name, new Cores(part.module));
  }

  take(): Core {
    const idle = this.idle.pop();
    if (idle) return idle;
    const { exports } = new WebAssembly.Instance(this.module);
    const core = coreOf(exports, exports.memory as WebAssembly.Memory);
    initialiseCore(core);
    return core;
  }

  give(core: Core): void {
    if (core.memory.buffer.byteLength <= KEEP_BYTES) this.idle.push(core);
  }
}

/** Kernels of random networks. */
class Samples {
  private open: { readonly call: number; readonly sampler: Sampler } | null = null;

  constructor(private readonly cores: CoreSource) {}

  get call(): number {
    return this.open?.call ?? -1;
  }

  begin({ call, job }: SamplesMessage): void {
    const { cores } = this;
    this.open = { call, sampler: openSampler(job, { cores, linalg: createWasmLinearAlgebra(cores) }) };
  }

  end(): void {
    this.open?.sampler.close();
    this.open = null;
  }

  /** Null after a job that could not be opened. */
  draw({ index, from, count }: DrawMessage): PartReply | null {
    if (!this.open) return null;
    const start = performance.now();
    const blocks = this.open.sampler.draw(from, count);
    const end = performance.now();
    return { kind: 'part', call: this.open.call, index, blocks, took: end - start, ended: performance.timeOrigin + end };
  }
}

/** Tiles of kernels. */
class Tiles {
  private open: { readonly job: JobMessage; readonly tiles: TileWorker; row: number; col: number } | null = null;
  private readonly panels = new Map<number, Panel>();

  constructor(private readonly cores: CoreSource) {}

  begin(job: JobMessage): void {
    this.open = { job, tiles: openTiles(this.cores, job.job), row: -1, col: -1 };
  }

  end(): void {
    this.open?.tiles.close();
    this.open = null;
    this.panels.clear();
  }

  /** Null after a job that could not be opened. */
  compute({ index, row, col, panels, dropped, spare, lower, transposed }: TileMessage): PartReply | null {
    const { open } = this;
    if (!open) return null;
    for (const id of dropped) this.panels.delete(id);
    for (const [id, panel] of panels) this.panels.set(id, panel);
    const { call, fields, dtype, begun } = open.job;
    if (!begins(begun, index)) return { kind: 'part', call, index, blocks: [] };
    const [left, right] = [this.panels.get(row) as Panel, this.panels.get(col) as Panel];
    if (open.row !== row) open.tiles.setRows(left);
    if (open.col !== col) open.tiles.setCols(right);
    [open.row, open.col] = [row, col];
    open.tiles.compute(lower, transposed);
    const free = [...spare];
    const blocks = fields.flatMap((field) =>
      (transposed ? [false, true] : [false]).map((flipped) => {
        const block = blockIn(free, dtype, left.count * right.count * entryOf(open.job.job));
        open.tiles.read(field, flipped, block, 0, flipped ? left.count : right.count);
        return block;
      }),
    );
    return { kind: 'part', call, index, blocks };
  }

  get call(): number {
    return this.open?.job.call ?? -1;
  }
}

/** An array in the next of the `free` buffers where that is large enough, in memory of its own otherwise. */
function blockIn(free: ArrayBuffer[], dtype: DType, length: number): TypedArray {
  const buffer = free.pop();
  if (!buffer || buffer.byteLength < length * bytesPer(dtype)) return allocate(dtype, length, 'a tile');
  return dtype === 'float32' ? new Float32Array(buffer, 0, length) : new Float64Array(buffer, 0, length);
}

function portHere(): Port {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => { parentPort?: Port | null } | undefined } };
  return process?.getBuiltinModule?.('node:worker_threads')?.parentPort ?? (globalThis as unknown as Port);
}

/** Sends what the library refuses back as a message; anything else ends the worker, which the other side sees. */
function attempt(port: Port, call: number, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof InfiniteWidthError)) throw error;
    const { code, details } = error;
    port.postMessage({ kind: 'failure', call, code, message: error.message.replace(` [${code}]`, ''), details });
  }
}

function main(): void {
  const port = portHere();
  bringEverything();
  let cores: Cores | undefined;
  let tiles: Tiles | undefined;
  let samples: Samples | undefined;
  const end = () => {
    tiles?.end();
    samples?.end();
  };
  const answer = (call: number, part: () => PartReply | null | undefined) =>
    attempt(port, call, () => {
      const reply = part();
      if (!reply) return;
      port.postMessage(
        reply,
        reply.blocks.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
  const handle = (message: WorkerMessage) => {
    // The other side hears the name too, and ends this worker; it must not have begun before.
    if ((message.kind === 'shared' || message.kind === 'messages') && message.build !== workerBuild) return;
    switch (message.kind) {
      case 'shared': {
        const { module, memory, control, thread } = message;
        const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
          serve: (control: number, thread: number) => void;
        };
        return serve(control, thread);
      }
      case 'messages': {
        cores = new Cores(message.module);
        tiles = new Tiles(cores);
        samples = new Samples(cores);
        return;
      }
      case 'job':
        end();
        cores?.add(message.part);
        return attempt(port, message.call, () => tiles?.begin(message));
      case 'samples':
        end();
        cores?.add(message.part);
        return attempt(port, message.call, () => samples?.begin(message));
      case 'tile':
        return answer(tiles?.call ?? -1, () => tiles?.compute(message));
      case 'draw':
        return answer(samples?.call ?? -1, () => samples?.draw(message));
      case 'end':
        return end();
    }
  };
  if (port.on) port.on('message', handle);
  else port.onmessage = ({ data }) => handle(data);
  port.postMessage({ kind: 'ready', build: workerBuild });
}

main();
