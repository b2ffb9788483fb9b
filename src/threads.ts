/**
 * The threads of an engine: whether there can be any, how they share work, and who has them. They are started when work first needs
 * them, on shared memory where that is possible, otherwise on memories of their own with tiles as messages, otherwise not at all.
 */
import type { TileJob } from './backends/backend';
import type { CoreBuild } from './backends/core';
import type { MessagePool } from './backends/message-pool';
import type { Team } from './backends/team';
import type { WasmModule } from './backends/wasm-types';
import { type CreateWorker, sharingObstacle, workersObstacle } from './backends/workers';
import { disposedError } from './errors';
import type { KernelJob } from './kernel-job';

export interface ThreadsReport {
  /** Threads that large work runs on, the calling one included. */
  readonly used: number;
  /** Cores of the machine, as far as the runtime tells. */
  readonly available: number;
  /** How they share work: one memory, tiles as messages, or there is one thread only. */
  readonly sharing: 'memory' | 'messages' | 'none';
  /** Why it is that and not better. */
  readonly reason: string;
}

export interface ThreadsOptions {
  /** The build whose shared-memory twin threads run; null where there is none. */
  readonly build: CoreBuild | null;
  /** The core that workers without shared memory run; null: no threads at all, for `reason`. */
  readonly module: WasmModule | null;
  readonly asked: 'auto' | number;
  readonly createWorker?: CreateWorker;
  readonly sharedMemory?: boolean;
  readonly reason?: string;
}

/** Floating-point operations from which a team that sleeps, messages, or threads that do not exist yet pay for themselves. */
const WORTH_WAKING = 2e7;
const WORTH_SENDING = 1e8;
const WORTH_STARTING = 5e8;
/** A team whose memory grew beyond this is ended when it is given back, since WebAssembly memory cannot shrink. */
const KEEP_BYTES = 256 << 20;

type Crews = typeof import('./crews');

/**
 * Who starts threads: their code is loaded by an asynchronous import, so asynchronous work does (`computeTiles`, `warm`), and
 * `createEngine` where a number of threads is asked for. From then on synchronous work has them too (`tryLend`), unless asynchronous work
 * has them just then: one thread does that.
 */
export class Threads {
  private readonly available = coreCount();
  private readonly wanted: number;
  private sharing: ThreadsReport['sharing'];
  private reason: string;
  private crews: Crews | null = null;
  private shared: WasmModule | null = null;
  private current: Team | MessagePool | null = null;
  private pool: MessagePool | null = null;
  private turns: Promise<unknown> = Promise.resolve();
  private busy = false;
  private disposed = false;

  constructor(private readonly options: ThreadsOptions) {
    const { asked, createWorker } = options;
    this.wanted = asked === 'auto' ? this.available : asked;
    const none = noThreads(options, this.wanted) ?? workersObstacle(createWorker);
    const messages = none === null ? noSharing(options) : null;
    this.sharing = none !== null ? 'none' : messages !== null ? 'messages' : 'memory';
    this.reason = none ?? (messages === null ? 'workers on shared memory' : sentBecause(messages));
  }

  /** No threads but the calling one. */
  static single(reason: string): Threads {
    return new Threads({ build: null, module: null, asked: 1, reason });
  }

  /** The code of threads, once asynchronous work has loaded it. */
  get loaded(): Crews | null {
    return this.crews;
  }

  get report(): ThreadsReport {
    const { available, sharing, reason } = this;
    const refusals = this.current?.refusals ?? [];
    const used = sharing === 'none' ? 1 : this.wanted - refusals.length;
    // Where none could be started this thread is alone, before the next work tries another way.
    return used === 1 ? { used, available, sharing: 'none', reason: refusals[0] ?? reason } : { used, available, sharing, reason };
  }

  /** Computes every tile of a kernel over the threads; false if one thread should do it. @throws ERR_WORKER_DIED, AbortError */
  async computeTiles(job: KernelJob): Promise<boolean> {
    if (!this.worth(job.plan.flops)) return false;
    const needsMessages = leavesTeam(job.plan.job);
    if (needsMessages && !travels(job.plan.job)) return false;
    return this.turn(async () => {
      const crew = needsMessages ? await this.obtainPool() : await this.obtain();
      if (crew && this.crews) await this.use(crew, () => runTiles(this.crews as Crews, crew, job));
      return crew !== null;
    });
  }

  /** Runs `body` with workers that take messages; false if one thread should do it. @throws ERR_WORKER_DIED, AbortError */
  async withMessages(flops: number, body: (pool: MessagePool) => Promise<void>): Promise<boolean> {
    if (!this.worth(flops)) return false;
    return this.turn(async () => {
      const pool = await this.obtainPool();
      if (pool) await this.use(pool, () => body(pool));
      return pool !== null;
    });
  }

  /** Runs `body` at once with a team that is loaded and free; null if one thread should do it. */
  tryLend<R>(flops: number, body: (team: Team) => R): { result: R } | null {
    if (this.disposed || this.busy || !this.crews || this.sharing !== 'memory' || !this.worth(flops)) return null;
    const team = this.obtainLoaded(this.crews);
    if (!this.isTeam(team)) return null;
    try {
      return { result: body(team) };
    } finally {
      this.giveBack(team);
    }
  }

  /** Starts the threads if there are any and work of so many operations is worth it. */
  async warm(flops = Infinity): Promise<void> {
    if (!this.current && this.worth(flops)) await this.turn(() => this.obtain());
  }

  /** Ends every worker. Work that is not finished is rejected. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all([this.current, this.pool].map((crew) => crew && this.retire(crew)));
  }

  /** For work on the calling thread. @throws ERR_ARGUMENT */
  throwIfDisposed(): void {
    if (this.disposed) throw disposedError();
  }

  private worth(flops: number): boolean {
    if (this.sharing === 'none') return false;
    return flops >= (!this.current ? WORTH_STARTING : this.sharing === 'memory' ? WORTH_WAKING : WORTH_SENDING);
  }

  /** Runs `body` once every earlier caller is done. */
  private turn<R>(body: () => Promise<R>): Promise<R> {
    const turn = this.turns.then(() => {
      this.throwIfDisposed();
      return body();
    });
    this.turns = turn.catch(() => {});
    return turn;
  }

  private async use<R>(crew: Team | MessagePool, body: () => Promise<R>): Promise<R> {
    this.busy = true;
    try {
      return await body();
    } finally {
      this.busy = false;
      this.giveBack(crew);
    }
  }

  /** The crew, a new one where the last has died; null where none can be had any more. */
  private async obtain(): Promise<Team | MessagePool | null> {
    try {
      this.crews ??= await import('./crews');
      if (this.sharing === 'memory' && this.options.build) this.shared ??= await this.crews.compileShared(this.options.build);
    } catch (error) {
      this.demote((error as Error).message);
    }
    this.throwIfDisposed();
    return this.crews && this.obtainLoaded(this.crews);
  }

  /** Workers that take tiles as messages, beside a team if there is one. */
  private async obtainPool(): Promise<MessagePool | null> {
    const crew = await this.obtain();
    const { crews, options } = this;
    if (!crews || !crew || !this.isTeam(crew)) return crew as MessagePool | null;
    if (this.pool?.died) void this.retire(this.pool);
    this.pool ??= new crews.MessagePool(options.module as WasmModule, this.wanted, options.createWorker, true);
    return this.pool;
  }

  private obtainLoaded(crews: Crews): Team | MessagePool | null {
    if (this.current?.died) void this.retire(this.current);
    if (this.current && this.current.refusals.length === this.wanted - 1) this.demote(this.current.refusals[0]);
    while (!this.current && this.sharing !== 'none')
      try {
        this.current = this.start(crews);
      } catch (error) {
        this.demote((error as Error).message);
      }
    return this.current;
  }

  private start({ Team, MessagePool, instantiateShared }: Crews): Team | MessagePool {
    const { module, createWorker } = this.options;
    if (this.sharing === 'memory' && this.shared)
      return new Team(instantiateShared(this.shared), this.shared, this.wanted, this.available, createWorker);
    return new MessagePool(module as WasmModule, this.wanted, createWorker);
  }

  /** Makes do with less. */
  private demote(why: string): void {
    if (this.current) void this.retire(this.current);
    const toMessages = this.sharing === 'memory' && this.crews !== null;
    this.sharing = toMessages ? 'messages' : 'none';
    this.reason = toMessages ? sentBecause(why) : why;
  }

  private giveBack(crew: Team | MessagePool): void {
    if (crew.died || (this.isTeam(crew) && crew.core.memory.buffer.byteLength > KEEP_BYTES)) void this.retire(crew);
  }

  private async retire(crew: Team | MessagePool): Promise<void> {
    if (this.current === crew) this.current = null;
    if (this.pool === crew) this.pool = null;
    await crew.dispose();
  }

  private isTeam(crew: Team | MessagePool | null): crew is Team {
    return crew !== null && this.crews !== null && crew instanceof this.crews.Team;
  }
}

function runTiles({ Team, computeTilesOnTeam, computeTilesByMessages }: Crews, crew: Team | MessagePool, job: KernelJob): Promise<void> {
  return crew instanceof Team ? computeTilesOnTeam(crew, job) : computeTilesByMessages(crew, job);
}

/** Whether tiles of a job are computed by JavaScript (or a core that serves one worker alone), not by a team's instances. */
const leavesTeam = (job: TileJob): boolean => job.kind === 'graph' || job.program.hosted;

/** Whether a job can be posted: functions of the user's own cannot. */
function travels(job: TileJob): boolean {
  const layers: object[] =
    job.kind === 'graph'
      ? job.left.nodes.map((node) => (node.op === 'dual' ? node.activation : node.op === 'attention' ? node.options : {}))
      : job.program.steps.map((step) => (step.kind === 'dual' ? step.activation : {}));
  return layers.every((layer) => Object.values(layer).every((value) => typeof value !== 'function'));
}

const sentBecause = (why: string): string => `tiles travel as messages: ${why}`;

/** Why there is one thread whatever the runtime can do, or null. */
function noThreads({ module, asked, reason }: ThreadsOptions, wanted: number): string | null {
  if (module === null) return reason ?? 'there is no core for threads';
  if (wanted > 1) return null;
  return asked === 1 ? 'one thread was asked for' : 'there is one core';
}

/** Why threads do not share memory, or null. */
function noSharing({ build, sharedMemory = true }: ThreadsOptions): string | null {
  if (build === null) return 'the core was given as a module';
  return sharedMemory ? sharingObstacle() : 'sharedMemory: false was asked for';
}

/** Cores of the machine. */
function coreCount(): number {
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?: (name: string) => { availableParallelism?: () => number } | undefined };
  };
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.('node:os')?.availableParallelism?.() ?? 1;
}
