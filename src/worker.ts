/**
 * What a worker of this package runs, in worker_threads and in Web Workers. It says that it is ready; the first message tells which kind of
 * pool it belongs to. Nothing is compiled here: modules arrive compiled.
 */
import { entryOf, type Panel, type TileWorker } from './backends/backend';
import { type Core, coreOf, initialiseCore, KEEP_BYTES } from './backends/core';
import type { JobMessage, TileMessage, WorkerMessage, WorkerReply } from './backends/messages';
import { openTiles } from './backends/open-tiles';
import { InfiniteWidthError } from './errors';
import { allocate, type TypedArray } from './ndarray';

interface Port {
  postMessage(reply: WorkerReply, transfer?: Transferable[]): void;
  on?(event: 'message', listener: (message: WorkerMessage) => void): void;
  onmessage?: ((event: { data: WorkerMessage }) => void) | null;
}

/** Tiles in an instance of its own, which is kept from job to job. */
class Tiles {
  private idle: Core | null = null;
  private open: { readonly job: JobMessage; readonly tiles: TileWorker; row: number; col: number } | null = null;
  private readonly panels = new Map<number, Panel>();

  constructor(private readonly module: WebAssembly.Module) {}

  begin(job: JobMessage): void {
    this.end();
    this.open = { job, tiles: openTiles(this, job.job), row: -1, col: -1 };
  }

  end(): void {
    this.open?.tiles.close();
    this.open = null;
    this.panels.clear();
  }

  /** Null after a job that could not be opened. */
  compute({ index, row, col, panels, dropped, lower, transposed }: TileMessage): (WorkerReply & { blocks: TypedArray[] }) | null {
    const { open } = this;
    if (!open) return null;
    for (const id of dropped) this.panels.delete(id);
    for (const [id, panel] of panels) this.panels.set(id, panel);
    const [left, right] = [this.panels.get(row) as Panel, this.panels.get(col) as Panel];
    if (open.row !== row) open.tiles.setRows(left);
    if (open.col !== col) open.tiles.setCols(right);
    [open.row, open.col] = [row, col];
    open.tiles.compute(lower, transposed);
    const { call, fields, dtype } = open.job;
    const blocks = fields.flatMap((field) =>
      (transposed ? [false, true] : [false]).map((flipped) => {
        const block = allocate(dtype, left.count * right.count * entryOf(open.job.job), 'a tile');
        open.tiles.read(field, flipped, block, 0, flipped ? left.count : right.count);
        return block;
      }),
    );
    return { kind: 'tile', call, index, blocks };
  }

  get call(): number {
    return this.open?.job.call ?? -1;
  }

  take(): Core {
    if (this.idle) return this.idle;
    const { exports } = new WebAssembly.Instance(this.module);
    const core = coreOf(exports, exports.memory as WebAssembly.Memory);
    initialiseCore(core);
    return core;
  }

  give(core: Core): void {
    this.idle = core.memory.buffer.byteLength <= KEEP_BYTES ? core : null;
  }
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
  let tiles: Tiles | undefined;
  const handle = (message: WorkerMessage) => {
    if (message.kind === 'shared') {
      const { module, memory, control, thread } = message;
      const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
        serve: (control: number, thread: number) => void;
      };
      serve(control, thread);
    } else if (message.kind === 'messages') tiles = new Tiles(message.module);
    else if (message.kind === 'job') attempt(port, message.call, () => tiles?.begin(message));
    else if (message.kind === 'end') tiles?.end();
    else
      attempt(port, tiles?.call ?? -1, () => {
        const reply = tiles?.compute(message);
        if (reply)
          port.postMessage(
            reply,
            reply.blocks.map(({ buffer }) => buffer as ArrayBuffer),
          );
      });
  };
  if (port.on) port.on('message', handle);
  else port.onmessage = ({ data }) => handle(data);
  port.postMessage({ kind: 'ready' });
}

main();
