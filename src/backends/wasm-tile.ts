/** Tiles on the calling thread, in an instance of the core of their own: some panels of rows, one of columns, one tile. */
import type { TypedArray } from '../ndarray';
import type { ChainJob, ChainPanel, TileField, TileWorker } from './backend';
import type { Core, CoreSource } from './core';
import { JOB_BYTES, Layout, type Side, TileMemory } from './tile-memory';

/** Bytes of WebAssembly memory that tiles of a job occupy: what plan.ts counts. */
export function tileBytes(job: ChainJob): number {
  return layOut(job, 0).end;
}

function layOut(job: ChainJob, base: number) {
  const layout = new Layout(job, base);
  const [record, program] = [layout.take(JOB_BYTES), layout.program()];
  const lefts = Array.from({ length: job.rowPanels }, () => layout.left());
  return { record, program, lefts, right: layout.right(), slot: layout.slot(), atlases: layout.atlases(), end: layout.end };
}

export function createWasmTileWorker(pool: CoreSource, job: ChainJob): TileWorker<ChainPanel> {
  const core = pool.take();
  try {
    return new WasmTileWorker(pool, core, job);
  } catch (error) {
    pool.give(core);
    throw error;
  }
}

class WasmTileWorker implements TileWorker<ChainPanel> {
  private readonly at: ReturnType<typeof layOut>;
  private readonly memory: TileMemory;
  /** The panels of rows that are there, the least recently used first, and the one of the next tile. */
  private readonly held = new Map<Side, ChainPanel | null>();
  private left: Side;

  constructor(
    private readonly pool: CoreSource,
    private readonly core: Core,
    job: ChainJob,
  ) {
    this.at = layOut(job, core.reserve(tileBytes(job)));
    this.memory = new TileMemory(core, job, this.at.atlases);
    this.memory.writeProgram(this.at.program);
    for (const side of this.at.lefts) this.held.set(side, null);
    this.left = this.at.lefts[0];
  }

  setRows(panel: ChainPanel): void {
    const found = [...this.held].find(([, held]) => held?.data === panel.data && held.from === panel.from && held.count === panel.count);
    this.left = (found ?? [...this.held][0])[0];
    this.held.delete(this.left);
    this.held.set(this.left, panel);
    if (!found) this.memory.load(this.left, panel);
  }

  setCols(panel: ChainPanel): void {
    this.memory.load(this.at.right, panel);
  }

  compute(lower: boolean, transposed: boolean): void {
    const { record, program, right, slot } = this.at;
    this.memory.writeRecord(record, program, this.left, right, slot, lower, transposed);
    const tile = this.core.exports[`tile${this.memory.suffix}`];
    do tile(record);
    while (!this.memory.complete(slot));
  }

  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    const { right, slot } = this.at;
    this.memory.read(slot, this.left.count, right.count, field, transposed, out, offset, ld);
  }

  close(): void {
    this.pool.give(this.core);
  }
}
