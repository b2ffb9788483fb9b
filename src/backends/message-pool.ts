/**
 * Workers that share no memory: each has an instance of the core, is sent panels and tiles to compute, and answers with the results. One
 * call at a time. A pool that lost a worker is finished; its owner makes a new one.
 */
import { disposedError, InfiniteWidthError, workerDied } from '../errors';
import type { Panel } from './backend';
import type { DrawMessage, JobMessage, PartReply, SamplesMessage, TileMessage, WorkerReply } from './messages';
import { type CreateWorker, type Spawned, type Start, spawn } from './spawn';
import type { WasmModule } from './wasm-types';

/** Bytes of panels that a worker keeps. */
const PANEL_BYTES = 64 << 20;

/** A tile to compute: panels by id, made only where the worker does not have them. */
export interface TileRequest extends Pick<TileMessage, 'index' | 'row' | 'col' | 'lower' | 'transposed'> {
  panel(id: number): Panel;
}

/** What opens a call, but for its number. */
export type Opening = Omit<JobMessage, 'call'> | Omit<SamplesMessage, 'call'>;

interface Member {
  readonly spawned: Spawned;
  ready: boolean;
  /** The call whose job it has open. */
  call: number;
  inFlight: number;
  /** Of networks, when it will have drawn what it has, as far as that is known, and each part: milliseconds of this thread's clock. */
  busyUntil: number;
  readonly due: Map<number, number>;
  /** Bytes of the panels it has, the least recently used first. */
  readonly panels: Map<number, number>;
}

export class MessagePool {
  /** Why workers could not be started, one reason for each. */
  readonly refusals: string[] = [];
  private readonly members: Member[];
  private readonly replies: Exclude<WorkerReply, { kind: 'ready' }>[] = [];
  /** Memory of answers that were read: fresh pages cost a worker as much time as copying a tile into them. */
  private readonly spare: ArrayBuffer[] = [];
  private end: Error | null = null;
  private job: JobMessage | SamplesMessage | null = null;
  private calls = 0;
  private wake: () => void = () => {};

  /**
   * @param threads the calling thread included
   * @param sharesMemory beside memories of their own, workers and the calling thread can have shared ones
   */
  constructor(
    module: WasmModule,
    readonly threads: number,
    createWorker?: CreateWorker,
    readonly sharesMemory = false,
  ) {
    const start: Start = { kind: 'messages', module };
    this.members = Array.from({ length: threads - 1 }, () => this.enlist(start, createWorker));
  }

  /** A worker died, or the pool was disposed. */
  get died(): boolean {
    return this.end !== null;
  }

  /** @throws ERR_WORKER_DIED; ERR_ARGUMENT after `dispose` */
  check(): void {
    if (this.end) throw this.end;
  }

  /** Opens a call. */
  begin(job: Opening): void {
    this.replies.length = 0;
    this.job = { ...job, call: ++this.calls };
  }

  /** Sends the tile to the worker with the least to do; false where every one that is ready has `depth` parts. */
  send(request: TileRequest, depth: number): boolean {
    const member = this.idlest(depth);
    if (member) this.postTile(member, request);
    return member !== null;
  }

  /** When the first of the workers with less than `depth` ranges of networks is without work; Infinity where there is none. */
  idleFrom(depth: number): number {
    return Math.min(...this.drawers(depth).map((member) => this.endOf(member)));
  }

  /** Sends networks, which take `milliseconds` or so, to that worker. */
  sendDraw(request: Omit<DrawMessage, 'kind'>, milliseconds: number, depth: number): void {
    const member = this.drawers(depth).reduce((first, other) => (this.endOf(other) < this.endOf(first) ? other : first));
    const end = this.endOf(member) + milliseconds;
    this.openJob(member, this.job as SamplesMessage);
    member.spawned.post({ kind: 'draw', ...request });
    member.inFlight++;
    member.busyUntil = end;
    member.due.set(request.index, end);
  }

  private drawers(depth: number): Member[] {
    return this.members.filter((member) => member.ready && (member.inFlight < depth || member.call !== this.job?.call));
  }

  private endOf({ call, busyUntil }: Member): number {
    return Math.max(call === this.job?.call ? busyUntil : 0, performance.now());
  }

  /** The worker with the least to do, the call's job opened; null where every one that is ready has `depth` parts. */
  private idlest(depth: number): Member | null {
    const idle = this.members.filter(({ ready, inFlight }) => ready && inFlight < depth);
    if (idle.length === 0 || !this.job) return null;
    const member = idle.reduce((least, other) => (other.inFlight < least.inFlight ? other : least));
    this.openJob(member, this.job);
    return member;
  }

  /** The next answer to this call. @throws what a worker refused */
  receive(): PartReply | undefined {
    const reply = this.replies.shift();
    if (reply?.kind === 'failure') throw new InfiniteWidthError(reply.code, reply.message, reply.details);
    return reply;
  }

  /** Takes back an answer that was read; workers write later ones into its memory. */
  reuse({ blocks }: PartReply): void {
    for (const { buffer } of blocks) this.spare.push(buffer as ArrayBuffer);
  }

  /** Waits for an answer, a death, the signal, or at most `milliseconds`. */
  async wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (this.replies.length > 0 || this.end || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      // It also keeps Node alive, which the workers do not.
      const timer = setTimeout(() => this.wake(), milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', this.wake);
        this.wake = () => {};
        resolve();
      };
      signal?.addEventListener('abort', this.wake);
    });
  }

  /** Ends the call: late answers are dropped, and the workers release what they hold. */
  finish(): void {
    for (const member of this.members) if (member.call === this.job?.call) member.spawned.post({ kind: 'end' });
    this.job = null;
    this.replies.length = 0;
    this.spare.length = 0;
  }

  /** Ends every worker, in the middle of its work if need be. */
  async dispose(): Promise<void> {
    this.finishWith(disposedError());
    await Promise.all(this.members.map(({ spawned }) => spawned.stop()));
  }

  private enlist(start: Start, createWorker?: CreateWorker): Member {
    const spawned = spawn(
      start,
      {
        ready: () => {
          member.ready = true;
          this.wake();
        },
        received: (reply) => this.take(member, reply as WorkerReply),
        died: (cause) => this.finishWith(workerDied(cause)),
        refused: (reason) => this.refusals.push(reason),
      },
      createWorker,
    );
    const member: Member = { spawned, ready: false, call: 0, inFlight: 0, busyUntil: 0, due: new Map(), panels: new Map() };
    return member;
  }

  /** Results of a tile, not counting transposes. */
  private get fields(): number {
    return this.job?.kind === 'job' ? this.job.fields.length : 0;
  }

  /** Sends the worker the job of this call, unless it has it. */
  private openJob(member: Member, job: JobMessage | SamplesMessage): void {
    if (member.call === job.call) return;
    member.spawned.post(job);
    member.call = job.call;
    member.inFlight = 0;
    member.due.clear();
    member.panels.clear();
  }

  private postTile(member: Member, { index, row, col, lower, transposed, panel }: TileRequest): void {
    const panels: [number, Panel][] = [];
    for (const id of row === col ? [row] : [row, col]) {
      if (!member.panels.has(id)) panels.push([id, panel(id)]);
      const bytes = member.panels.get(id) ?? bytesOf(panels[panels.length - 1][1]);
      member.panels.delete(id);
      member.panels.set(id, bytes);
    }
    const spare = this.spare.splice(0, (transposed ? 2 : 1) * this.fields);
    const message: TileMessage = { kind: 'tile', index, row, col, panels, dropped: this.evict(member), spare, lower, transposed };
    member.spawned.post(message, [
      ...panels.flatMap(([, panel]) => (panel.kind === 'chain' ? [panel.data.buffer as ArrayBuffer] : [])),
      ...spare,
    ]);
    member.inFlight++;
  }

  /** Forgets the least recently used panels beyond PANEL_BYTES, though never the two of the tile at hand. */
  private evict({ panels }: Member): number[] {
    const dropped: number[] = [];
    let total = [...panels.values()].reduce((a, b) => a + b, 0);
    for (const [id, bytes] of [...panels].slice(0, -2)) {
      if (total <= PANEL_BYTES) break;
      panels.delete(id);
      dropped.push(id);
      total -= bytes;
    }
    return dropped;
  }

  private take(member: Member, reply: WorkerReply): void {
    if (reply.kind === 'ready' || reply.call !== this.job?.call) return;
    member.inFlight--;
    if (reply.kind === 'part' && reply.ended !== undefined)
      member.busyUntil += reply.ended - performance.timeOrigin - (member.due.get(reply.index) ?? member.busyUntil);
    this.replies.push(reply);
    this.wake();
  }

  private finishWith(error: Error): void {
    this.end ??= error;
    this.wake();
  }
}

const bytesOf = (panel: Panel): number => (panel.kind === 'chain' ? panel.data.byteLength : 0);
