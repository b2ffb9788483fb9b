import { describe, expect, it } from 'vitest';
import { openContext } from '../src/context';
import { infer } from '../src/infer';
import { kernelSync } from '../src/kernel';
import { dense } from '../src/layers/dense';
import { relu } from '../src/layers/elementwise';
import { serial } from '../src/layers/structure';
import { makePlan } from '../src/plan';
import { compile } from '../src/program';

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
