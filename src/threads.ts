/** The threads of an engine: whether there can be any, and the team that runs them, made when work first needs it. */
import { type CoreBuild, compileShared, instantiateShared } from './backends/core';
import { type CreateWorker, spawnObstacle } from './backends/spawn';
import { Team } from './backends/team';

export interface ThreadsReport {
  /** Threads that large work runs on, the calling one included. */
  readonly used: number;
  /** Cores of the machine, as far as the runtime tells. */
  readonly available: number;
  /** How they share work, or why there is one only. */
  readonly reason: string;
}

/** Floating-point operations from which a team that sleeps, or does not exist yet, pays for itself. */
const WORTH_WAKING = 2e7;
const WORTH_STARTING = 5e8;
/** A team whose memory grew beyond this is ended when it is given back, since WebAssembly memory cannot shrink. */
const KEEP_BYTES = 256 << 20;

export class Threads {
  private team: Promise<Team> | null = null;
  private current: Team | null = null;
  private disposed = false;
  readonly report: ThreadsReport;

  constructor(
    private readonly build: CoreBuild,
    asked: 'auto' | number,
    private readonly createWorker?: CreateWorker,
    obstacle: string | null = sharingObstacle(createWorker),
  ) {
    const available = coreCount();
    const wanted = asked === 'auto' ? available : asked;
    const used = obstacle === null ? wanted : 1;
    const reason =
      obstacle ?? (wanted === 1 ? (asked === 1 ? 'one thread was asked for' : 'there is one core') : 'workers on shared memory');
    this.report = { used, available, reason };
  }

  /** No threads but the calling one. */
  static single(reason: string): Threads {
    return new Threads('simd', 1, undefined, reason);
  }

  /** Runs `body` with a team if there are threads and the work is worth it; null if one thread should do it. */
  async lend<R>(flops: number, body: (team: Team) => Promise<R>): Promise<{ result: R } | null> {
    if (this.report.used === 1 || this.disposed || flops < (this.current ? WORTH_WAKING : WORTH_STARTING)) return null;
    const team = await this.obtain();
    return team.lend(async () => {
      try {
        return { result: await body(team) };
      } finally {
        if (team.died || team.core.memory.buffer.byteLength > KEEP_BYTES) this.retire(team);
      }
    });
  }

  dispose(): void {
    this.disposed = true;
    if (this.current) this.retire(this.current);
  }

  private obtain(): Promise<Team> {
    if (this.current?.died) this.retire(this.current);
    this.team ??= this.start().catch((error) => {
      this.team = null;
      throw error;
    });
    return this.team;
  }

  private async start(): Promise<Team> {
    const module = await compileShared(this.build);
    const team = new Team(instantiateShared(module), module, this.report.used, this.createWorker);
    this.current = team;
    return team;
  }

  private retire(team: Team): void {
    team.dispose();
    if (this.current !== team) return;
    this.current = null;
    this.team = null;
  }
}

/** Why threads cannot share memory here, or null. */
function sharingObstacle(createWorker?: CreateWorker): string | null {
  const { crossOriginIsolated, window } = globalThis as { crossOriginIsolated?: boolean; window?: unknown };
  if (typeof SharedArrayBuffer !== 'function') return 'this runtime has no SharedArrayBuffer';
  if (window !== undefined && crossOriginIsolated === false)
    return 'the page is not cross-origin isolated: serve it with COOP same-origin and COEP require-corp';
  return spawnObstacle(createWorker);
}

/** Cores of the machine. */
function coreCount(): number {
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?: (name: string) => { availableParallelism?: () => number } | undefined };
  };
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.('node:os')?.availableParallelism?.() ?? 1;
}
