/**
 * Tiles of a kernel over a team. The calling thread loads panels, releases the tiles whose panels are there, copies finished tiles out,
 * and computes tiles itself where there is nothing to copy. A ring of slots holds tiles between computing and copying, so the memory
 * does not grow with n; the grid of tiles is that of one thread, so the bits are too.
 */
import type { ChainJob, ChainPanel } from '../backends/backend';
import type { Team } from '../backends/team';
import { JOB_BYTES, Layout, type Side, type Slot, TileMemory } from '../backends/tile-memory';
import { throwIfAborted } from '../errors';
import type { KernelJob } from '../kernel-job';
import type { Tile } from '../plan';
import { Outputs } from './outputs';
import { macrotask } from './yield';

/** Bytes of panels loaded at a time. */
const PANEL_BYTES = 96 << 20;

/** Computes every tile of the job, with progress and abort between tiles. */
export async function computeTilesOnTeam(team: Team, job: KernelJob): Promise<void> {
  if (job.outputs.length === 0) return;
  const run = new TeamRun(team, job);
  try {
    for (const block of run.blocks()) await run.compute(block);
  } finally {
    await team.cancel();
  }
}

class TeamRun {
  private readonly memory: TileMemory;
  private readonly program: number;
  private readonly records: number;
  private readonly slots: Slot[];
  private readonly lefts: Side[];
  private readonly rights: Side[];
  /** Panels of a side in memory at a time. */
  private readonly panels: number;
  private readonly outputs: Outputs;

  constructor(
    private readonly team: Team,
    private readonly job: KernelJob,
  ) {
    const { plan } = job;
    const tileJob = plan.job as ChainJob;
    this.outputs = new Outputs(job);
    const layout = new Layout(tileJob, team.base);
    const probe = new Layout(tileJob, 0);
    probe.left();
    probe.right();
    const perSide = Math.max(Math.ceil(plan.n1 / plan.job.rows), Math.ceil(plan.n2 / plan.job.cols));
    this.panels = Math.max(1, Math.min(perSide, Math.floor(PANEL_BYTES / probe.end)));
    this.program = layout.program();
    this.records = layout.take(this.panels * this.panels * JOB_BYTES);
    this.slots = Array.from({ length: 2 * team.threads + 2 }, () => layout.slot());
    const atlases = layout.atlases();
    this.lefts = Array.from({ length: this.panels }, () => layout.left());
    this.rights = Array.from({ length: this.panels }, () => layout.right());
    team.reserve(layout.end - team.base);
    this.memory = new TileMemory(team.core, tileJob, atlases);
    this.memory.writeProgram(this.program);
  }

  /** The plan's tiles in groups that share at most `panels` panels of each side. */
  blocks(): Tile[][] {
    const { tiles, job } = this.job.plan;
    const groups = new Map<string, Tile[]>();
    for (const tile of tiles) {
      const key = [tile.row / job.rows, tile.col / job.cols].map((panel) => Math.floor(panel / this.panels)).join();
      groups.set(key, [...(groups.get(key) ?? []), tile]);
    }
    return [...groups.values()];
  }

  async compute(tiles: readonly Tile[]): Promise<void> {
    const { team, slots } = this;
    const loaded = new Map<Side, number>();
    team.open(this.records, JOB_BYTES, tiles.length);
    let released = 0;
    let stored = 0;
    while (stored < tiles.length) {
      const ready = Math.min(tiles.length, stored + slots.length);
      if (released < ready) {
        this.prepare(tiles[released], released, loaded);
        team.release(++released);
        continue;
      }
      if (team.isDone(this.record(stored), JOB_BYTES)) this.finish(tiles[stored], stored++);
      else if (!team.help()) team.yieldCore();
      await macrotask();
      team.check();
      throwIfAborted(this.job.options.signal);
    }
    team.close();
  }

  private record(index: number): number {
    return this.records + index * JOB_BYTES;
  }

  /** Loads the panels a tile needs, unless they are there, and writes its record. */
  private prepare(tile: Tile, index: number, loaded: Map<Side, number>): void {
    const { job } = this;
    const { plan } = job;
    const left = this.lefts[(tile.row / plan.job.rows) % this.panels];
    const right = this.rights[(tile.col / plan.job.cols) % this.panels];
    const load = (side: Side, first: number, panel: () => ChainPanel) => {
      if (loaded.get(side) === first) return;
      this.memory.load(side, panel());
      loaded.set(side, first);
    };
    load(left, tile.row, () => job.panel(0, tile.row, tile.rows) as ChainPanel);
    load(right, tile.col, () => job.panel(plan.symmetric ? 0 : 1, tile.col, tile.cols) as ChainPanel);
    const slot = this.slots[index % this.slots.length];
    const { outputs } = this;
    this.memory.writeRecord(this.record(index), this.program, left, right, slot, outputs.isDiagonal(tile), outputs.isMirrored(tile));
  }

  /** Stores a tile; before that, computes it here if a table was missing when a thread did. */
  private finish(tile: Tile, index: number): void {
    const { rows, cols } = tile;
    const slot = this.slots[index % this.slots.length];
    while (!this.memory.complete(slot)) this.team.core.exports[`tile${this.memory.suffix}`](this.record(index));
    this.outputs.store(tile, (field, transposed, out, offset, ld) =>
      this.memory.read(slot, rows, cols, field, transposed, out, offset, ld),
    );
  }
}
