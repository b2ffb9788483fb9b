/**
 * Tiles of a kernel over workers with memories of their own. The calling thread hands tiles out, so many to each worker that none waits for
 * the next, copies the answers into the results, and computes tiles itself in between. The grid of tiles is that of one thread, so the bits
 * are too. Where a few bytes can be shared, threads note in them which tiles are begun, and at the end the calling thread takes those that still wait
 * for a worker. A tile without an answer for long is computed here: a worker that vanished silently delays a call and does not stop it.
 */
import { entryOf, type Panel, type TileJob } from '../backends/backend';
import { partOf } from '../backends/core';
import type { MessagePool } from '../backends/message-pool';
import { begins, type PartReply } from '../backends/messages';
import type { SideData } from '../covariance/side';
import { throwIfAborted } from '../errors';
import type { KernelJob } from '../kernel-job';
import { dtypeOf, type TypedArray } from '../ndarray';
import { LocalTiles } from './local';
import { Outputs } from './outputs';
import { macrotask } from './yield';

/** Tiles a worker has at a time: it does the second while this thread does one, and the third while this thread stores and sends. */
const DEPTH = 3;
/** Milliseconds of silence after which a worker's tiles are computed here; more where a tile takes long: so many times the longest. */
const SILENCE = 1000;
const SILENT_TILES = 5;

/** Computes every tile of the job, with progress and abort between tiles. */
export async function computeTilesByMessages(pool: MessagePool, job: KernelJob): Promise<void> {
  const { outputs, plan, options } = job;
  const { cores } = job.context.backend;
  if (outputs.length === 0) return;
  const run = new MessageRun(pool, job);
  const fields = outputs.map(([field]) => field);
  pool.begin({
    kind: 'job',
    job: pool.sharesMemory ? withSharedSamples(plan.job) : plan.job,
    fields,
    dtype: dtypeOf(outputs[0][1]),
    begun: run.begun,
    part: cores && plan.engine.name === 'planes' ? partOf(cores, 'planes') : null,
  });
  try {
    while (!(await run.advance())) {
      pool.check();
      throwIfAborted(options.signal);
    }
  } finally {
    run.close();
    pool.finish();
  }
}

class MessageRun {
  private readonly outputs: Outputs;
  /** Opened after the workers have the job, beside them. */
  private local: LocalTiles | null = null;
  private next = 0;
  /** A worker has been silent for too long: no waiting until one answers. */
  private silent = false;
  /** Milliseconds of the longest tile computed here. */
  private longest = 0;
  /** Tiles handed out and not answered, the oldest first. */
  private readonly pending = new Set<number>();
  /** Marks of tiles that a thread has begun; null where workers and this thread share nothing. */
  readonly begun: Uint8Array | null;

  constructor(
    private readonly pool: MessagePool,
    private readonly job: KernelJob,
  ) {
    this.outputs = new Outputs(job);
    this.begun = pool.sharesMemory ? new Uint8Array(new SharedArrayBuffer(job.plan.tiles.length)) : null;
  }

  /** Hands out, copies, and computes one tile or waits; true when every tile is stored. */
  async advance(): Promise<boolean> {
    const { pool, job, pending } = this;
    const { tiles } = job.plan;
    this.handOut();
    if (this.collect()) return this.finished;
    if (this.next < tiles.length) {
      this.compute(this.next++);
      await macrotask();
      return false;
    }
    if (this.finished) return true;
    const waiting = this.stillWaiting();
    if (waiting !== undefined) {
      this.takeBack(waiting);
      await macrotask();
      return this.finished;
    }
    await pool.wait(this.silent ? 0 : Math.max(SILENCE, SILENT_TILES * this.longest), job.options.signal);
    const [oldest] = pending;
    this.silent = !this.collect() && !pool.died && !job.options.signal?.aborted;
    if (this.silent) this.takeBack(oldest);
    return this.finished;
  }

  /** After an abort workers leave the tiles that they have not begun. */
  close(): void {
    this.begun?.fill(1);
    this.local?.close();
  }

  private get finished(): boolean {
    return this.next === this.job.plan.tiles.length && this.pending.size === 0;
  }

  /** A tile that no worker has begun, begun here. */
  private stillWaiting(): number | undefined {
    const { begun } = this;
    return begun === null ? undefined : [...this.pending].reverse().find((index) => begins(begun, index));
  }

  private takeBack(index: number): void {
    this.pending.delete(index);
    this.compute(index);
  }

  private compute(index: number): void {
    const start = performance.now();
    this.local ??= new LocalTiles(this.job, this.outputs);
    this.local.compute(this.job.plan.tiles[index]);
    this.longest = Math.max(this.longest, performance.now() - start);
  }

  /** Near the end a worker from which no tile can be taken back gets one at a time, so that all end together. */
  private handOut(): void {
    const { pool, pending } = this;
    const { tiles } = this.job.plan;
    const panel = (id: number) => this.panel(id);
    while (this.next < tiles.length) {
      const tile = tiles[this.next];
      const depth = this.begun || tiles.length - this.next > 2 * pool.threads ? DEPTH : 1;
      const ids = { row: this.idOf(tile.row, tile.rows, 0), col: this.idOf(tile.col, tile.cols, 1) };
      const flags = { lower: this.outputs.isDiagonal(tile), transposed: this.outputs.isMirrored(tile) };
      if (!pool.send({ index: this.next, ...ids, ...flags, panel }, depth)) return;
      pending.add(this.next++);
    }
  }

  /** Stores the answers that are there, until one of them brings an abort; false if there were none. */
  private collect(): boolean {
    let any = false;
    const { signal } = this.job.options;
    for (let reply = this.pool.receive(); reply; reply = this.pool.receive()) {
      any = true;
      if (this.pending.delete(reply.index)) this.store(reply);
      this.pool.reuse(reply);
      if (signal?.aborted) break;
    }
    return any;
  }

  private store({ index, blocks }: PartReply): void {
    const tile = this.job.plan.tiles[index];
    const perField = this.outputs.isMirrored(tile) ? 2 : 1;
    const fields = this.job.outputs.map(([field]) => field);
    const entry = entryOf(this.job.plan.job);
    this.outputs.store(tile, (field, transposed, out, offset, ld) => {
      const block = blocks[fields.indexOf(field) * perField + (transposed ? 1 : 0)];
      copyRows(block, (transposed ? tile.rows : tile.cols) * entry, out, offset * entry, ld * entry);
    });
  }

  /** Its first sample, how many, and the side, which is the first where x2 is x1. */
  private idOf(first: number, count: number, side: 0 | 1): number {
    const { symmetric } = this.job.plan;
    return 2 * (first * this.stride + count) + (symmetric ? 0 : side);
  }

  /** A panel with arrays of its own, which can be transferred. */
  private panel(id: number): Panel {
    const place = Math.floor(id / 2);
    return owned(this.job.panel((id % 2) as 0 | 1, Math.floor(place / this.stride), place % this.stride));
  }

  private get stride(): number {
    const { rows, cols } = this.job.plan.job;
    return Math.max(rows, cols) + 1;
  }
}

/** The job with the numbers of its samples in shared memory, where every worker reads them: a copy for each costs it 5 ms a megabyte before it begins. */
function withSharedSamples(job: TileJob): TileJob {
  if (job.kind === 'chain') return job;
  const shared = (side: SideData): SideData => ({
    ...side,
    inputs: side.inputs.map((input) => ({ ...input, data: inShared(input.data) })),
  });
  return { ...job, leftData: shared(job.leftData), rightData: job.rightData && shared(job.rightData) };
}

function inShared(data: TypedArray): TypedArray {
  const buffer = new SharedArrayBuffer(data.byteLength);
  const copy = data instanceof Float32Array ? new Float32Array(buffer) : new Float64Array(buffer);
  copy.set(data);
  return copy;
}

function owned(panel: Panel): Panel {
  if (panel.kind === 'graph') return panel;
  const { data, from, count, scale, inverse } = panel;
  const features = data.length / panel.total;
  const own = data.slice(from * features, (from + count) * features);
  return { ...panel, data: own, from: 0, total: count, scale: scale.slice(), inverse: inverse.slice() };
}

function copyRows(block: TypedArray, cols: number, out: TypedArray, offset: number, ld: number): void {
  for (let from = 0; from < block.length; from += cols) {
    out.set(block.subarray(from, from + cols), offset);
    offset += ld;
  }
}
