import { describe, expect, it } from 'vitest';
import type { TileJob } from '../src/backends/backend';
import type { TileMemory } from '../src/backends/tile-memory';
import { openContext } from '../src/context';
import { infer } from '../src/infer';
import { Octaves } from '../src/jobs/octaves';
import { kernelSync } from '../src/kernel';
import { dense } from '../src/layers/dense';
import { relu, tanh } from '../src/layers/elementwise';
import { serial } from '../src/layers/structure';
import { countTiles, makePlan, tileGrid } from '../src/plan';
import { compile } from '../src/program';
import { passRows } from '../src/rows';

const net = serial(dense(1, { bStd: 0.1 }), relu(), dense(1));
const features = 50;
const planOf = (n1: number, n2: number, symmetric: boolean) =>
  makePlan(compile((infer(net, [n1, features]).chain ?? []).flat(), 'float64'), {
    n1,
    n2,
    features,
    dtype: 'float64',
    arithmetic: 'float64',
    symmetric,
    nngp: true,
    ntk: true,
    preallocated: n1 * n2 * 16,
  });

describe('plans', () => {
  it('need the same workspace whatever n is', () => {
    expect(planOf(20_000, 20_000, true).workspaceBytes).toBe(planOf(1000, 1000, true).workspaceBytes);
    expect(planOf(1000, 100_000, false).workspaceBytes).toBe(planOf(1000, 600, false).workspaceBytes);
  });

  it('count the tables of every pair of octaves that can meet', () => {
    const deep = serial(dense(1), tanh(), dense(1));
    const bytes = (octaves: number, dtype: 'float32' | 'float64') => {
      const program = compile((infer(deep, [octaves, 1]).chain ?? []).flat(), dtype);
      const radii = Float64Array.from({ length: octaves }, (_, i) => 2 ** (i / 2));
      const { tables } = passRows(
        program,
        radii.map((r) => 1 / r),
        radii,
        0,
        octaves,
      );
      const own = new Octaves(program).add(tables, octaves);
      const sizes = {
        n1: octaves,
        n2: octaves,
        features: 1,
        dtype,
        arithmetic: dtype,
        symmetric: true,
        nngp: true,
        ntk: true,
        preallocated: 0,
      };
      return makePlan(program, sizes, own.meet(own)).workspaceBytes;
    };
    // At least three cells a block, of 9104 bytes or 1168.
    expect(bytes(8, 'float64') - bytes(4, 'float64')).toBeGreaterThan((64 - 16) * 3 * 9104);
    expect(bytes(8, 'float32')).toBeLessThan(bytes(8, 'float64') / 5);
  });

  it('count what WebAssembly memory really grows to', () => {
    const engine = openContext({ backend: 'wasm', build: 'simd', threads: 1 });
    const grown = (n: number) => {
      const x = { data: Float64Array.from({ length: n * features }, (_, i) => Math.sin(i)), shape: [n, features] };
      kernelSync(net, x, { engine });
      const worker = engine.backend.openTiles(planOf(n, n, true).job);
      const { core } = worker as unknown as { core: { memory: WebAssembly.Memory } };
      worker.close();
      return core.memory.buffer.byteLength;
    };
    const small = grown(1000);
    expect(grown(1500)).toBe(small);
    expect(small).toBeLessThan(planOf(1000, 1000, true).workspaceBytes + (1 << 20));
  });

  it('cover every pair once, half of them where x2 is left out', () => {
    for (const [n1, n2, symmetric] of [
      [700, 300, false],
      [513, 513, true],
      [1, 1, true],
      [1, 1000, false],
    ] as const) {
      const seen = new Uint8Array(n1 * n2);
      for (const { row, rows, col, cols } of planOf(n1, n2, symmetric).tiles)
        for (let i = row; i < row + rows; i++) for (let j = col; j < col + cols; j++) seen[i * n2 + j]++;
      const wrong = seen.filter((times, k) => (!symmetric || k % n2 <= Math.floor(k / n2)) && times !== 1).length;
      expect(wrong).toBe(0);
    }
  });

  it('load a panel of columns for four rows of tiles', () => {
    const n = 1500;
    const x = { data: Float64Array.from({ length: n * 2 }, (_, i) => Math.sin(i)), shape: [n, 2] };
    const context = openContext({ backend: 'wasm', build: 'simd', threads: 1 });
    const loads = { columns: 0, all: 0 };
    const openTiles = (job: TileJob) => {
      const worker = context.backend.openTiles(job);
      const setCols = worker.setCols.bind(worker);
      worker.setCols = (panel) => {
        loads.columns++;
        setCols(panel);
      };
      const { memory } = worker as unknown as { memory: TileMemory };
      const load = memory.load.bind(memory);
      memory.load = (...side) => {
        loads.all++;
        load(...side);
      };
      return worker;
    };
    const whole = kernelSync(net, x, { engine: { ...context, backend: { ...context.backend, openTiles } } });
    // Six panels: the band of the first four rows of tiles has four columns, that of the last two has six.
    expect(loads).toEqual({ columns: 4 + 6, all: 6 + 4 + 6 });
    const before = { data: x.data.subarray(0, 2 * 1200), shape: [1200, 2] };
    const { ntk } = kernelSync(net, { data: x.data.subarray(2 * 1200), shape: [300, 2] }, before, { engine: context });
    for (let i = 0; i < 300; i++)
      expect(ntk.data.subarray(i * 1200, (i + 1) * 1200)).toEqual(whole.ntk.data.subarray((1200 + i) * n, (1200 + i) * n + 1200));
  });

  it('refuse what the machine has no memory for, before any work', () => {
    expect(() =>
      makePlan(compile((infer(net, [1e7, 3]).chain ?? []).flat(), 'float64'), {
        n1: 1e6,
        n2: 1e6,
        features: 3,
        dtype: 'float64',
        arithmetic: 'float64',
        symmetric: false,
        nngp: true,
        ntk: true,
        preallocated: 0,
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY', details: expect.objectContaining({ n1: 1e6 }) }));
  });
});

it('tiles of a triangle are counted without being made', () => {
  for (const rows of [1, 2, 3, 6, 7, 16])
    for (const cols of [1, 2, 3, 4, 7, 16])
      for (const n of [1, 2, 5, 16, 17, 48, 97, 113])
        expect(countTiles(n, { rows, cols })).toBe(tileGrid(n, n, { rows, cols }, true).length);
});
