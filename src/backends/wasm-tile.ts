/** Tiles on the calling thread, in an instance of the core of their own: one panel of rows, one of columns, one tile. */
import type { TypedArray } from '../ndarray';
import type { ChainJob, ChainPanel, TileField, TileWorker } from './backend';
import type { Core, CoreSource } from './core';
import { JOB_BYTES, Layout, TileMemory } from './tile-memory';

/** Bytes of WebAssembly memory that tiles of a job occupy: what plan.ts counts. */
export function tileBytes(job: ChainJob): number {
  return layOut(job, 0).end;
}

function layOut(job: ChainJob, base: number) {
  const layout = new Layout(job, base);
  const [record, program, left, right, slot] = [layout.take(JOB_BYTES), layout.program(), layout.left(), layout.right(), layout.slot()];
  return { record, program, left, right, slot, atlases: layout.atlases(), end: layout.end };
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

  constructor(
    private readonly pool: CoreSource,
    private readonly core: Core,
    job: ChainJob,
  ) {
    this.at = layOut(job, core.reserve(tileBytes(job)));
    this.memory = new TileMemory(core, job, this.at.atlases);
    this.memory.writeProgram(this.at.program);
  }

  setRows(panel: ChainPanel): void {
    this.memory.load(this.at.left, panel);
  }

  setCols(panel: ChainPanel): void {
    this.memory.load(this.at.right, panel);
  }

  compute(lower: boolean, transposed: boolean): void {
    const { record, program, left, right, slot } = this.at;
    this.memory.writeRecord(record, program, left, right, slot, lower, transposed);
    const tile = this.core.exports[`tile${this.memory.suffix}`];
    do tile(record);
    while (!this.memory.complete(slot));
  }

  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    const { left, right, slot } = this.at;
    this.memory.read(slot, left.count, right.count, field, transposed, out, offset, ld);
  }

  close(): void {
    this.pool.give(this.core);
  }
}
