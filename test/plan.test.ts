import { describe, expect, it } from 'vitest';
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
    expect(planOf(20_000, 20_000, true).workspaceBytes).toBe(planOf(600, 600, true).workspaceBytes);
    expect(planOf(600, 100_000, false).workspaceBytes).toBe(planOf(600, 600, false).workspaceBytes);
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
    const small = grown(300);
    expect(grown(1500)).toBe(small);
    expect(small).toBeLessThan(planOf(300, 300, true).workspaceBytes + (1 << 20));
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
