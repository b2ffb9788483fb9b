/**
 * Tiles of a kernel over workers that share no memory. The calling thread hands tiles out, two at most to each worker so that none waits for
 * the next, copies the answers into the results, and computes tiles itself in between. The grid of tiles is that of one thread, so the bits
 * are too. A tile without an answer for long is computed here: a worker that vanished silently delays a call and does not stop it.
 */
import { entryOf, type Panel } from '../backends/backend';
import type { MessagePool } from '../backends/message-pool';
import type { PartReply } from '../backends/messages';
import { throwIfAborted } from '../errors';
import type { KernelJob } from '../kernel-job';
import { dtypeOf, type TypedArray } from '../ndarray';
import { LocalTiles } from './local';
import { Outputs } from './outputs';
import { macrotask } from './yield';

/** Tiles a worker has at a time, and milliseconds of silence after which its tiles are computed here. */
const DEPTH = 2;
const SILENCE = 1000;

/** Computes every tile of the job, with progress and abort between tiles. */
export async function computeTilesByMessages(pool: MessagePool, job: KernelJob): Promise<void> {
  const { outputs, plan, options } = job;
  if (outputs.length === 0) return;
  const run = new MessageRun(pool, job);
  pool.begin({ kind: 'job', job: plan.job, fields: outputs.map(([field]) => field), dtype: dtypeOf(outputs[0][1]) });
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
  private readonly local: LocalTiles;
  private next = 0;
  /** How long to wait for an answer: not at all while none comes. */
  private patience = SILENCE;
  /** Tiles handed out and not answered, the oldest first. */
  private readonly pending = new Set<number>();

  constructor(
    private readonly pool: MessagePool,
    private readonly job: KernelJob,
  ) {
    this.outputs = new Outputs(job);
    this.local = new LocalTiles(job, this.outputs);
  }

  /** Hands out, copies, and computes one tile or waits; true when every tile is stored. */
  async advance(): Promise<boolean> {
    const { pool, job, pending } = this;
    const { tiles } = job.plan;
    this.handOut();
    if (this.collect()) return this.finished;
    if (this.next < tiles.length) {
      this.local.compute(tiles[this.next++]);
      await macrotask();
      return false;
    }
    if (this.finished) return true;
    await pool.wait(this.patience, job.options.signal);
    const [oldest] = pending;
    const silent = !this.collect() && !pool.died && !job.options.signal?.aborted;
    if (silent) this.takeBack(oldest);
    this.patience = silent ? 0 : SILENCE;
    return this.finished;
  }

  close(): void {
    this.local.close();
  }

  private get finished(): boolean {
    return this.next === this.job.plan.tiles.length && this.pending.size === 0;
  }

  private takeBack(index: number): void {
    this.pending.delete(index);
    this.local.compute(this.job.plan.tiles[index]);
  }

  /** Near the end a worker gets one tile at a time, so that all end together. */
  private handOut(): void {
    const { pool, pending } = this;
    const { tiles, symmetric } = this.job.plan;
    const panel = (id: number) => this.panel(id);
    while (this.next < tiles.length) {
      const tile = tiles[this.next];
      const depth = tiles.length - this.next > 2 * pool.threads ? DEPTH : 1;
      const ids = { row: this.idOf(tile.row, 0), col: this.idOf(tile.col, symmetric ? 0 : 1) };
      const flags = { lower: this.outputs.isDiagonal(tile), transposed: this.outputs.isMirrored(tile) };
      if (!pool.send({ index: this.next, ...ids, ...flags, panel }, depth)) return;
      pending.add(this.next++);
    }
  }

  /** Stores the answers that are there; false if there were none. */
  private collect(): boolean {
    let any = false;
    for (let reply = this.pool.receive(); reply; reply = this.pool.receive()) {
      any = true;
      if (this.pending.delete(reply.index)) this.store(reply);
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

  /** Panels of the two sides have even and odd ids. */
  private idOf(first: number, side: 0 | 1): number {
    return 2 * first + side;
  }

  /** A panel with arrays of its own, which can be transferred. */
  private panel(id: number): Panel {
    const { plan } = this.job;
    const [first, side] = [id >> 1, (id & 1) as 0 | 1];
    const [height, n] = side === 0 ? [plan.job.rows, plan.n1] : [plan.job.cols, plan.n2];
    return owned(this.job.panel(side, first, Math.min(height, n - first)));
  }
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
