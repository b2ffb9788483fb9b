/** Kernels of graphs over workers: the bits of one thread, by displacement planes and by the JavaScript engine, and functions that cannot travel. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  avgPool,
  conv,
  createEngine,
  dense,
  type Engine,
  elementwise,
  erf,
  flatten,
  gelu,
  globalAvgPool,
  type Input,
  kernelSync,
  type Network,
  type Progress,
  relu,
  serial,
  tanh,
} from '../../src';
import { openContext } from '../../src/context';
import { Outputs } from '../../src/execute/outputs';
import { infer } from '../../src/infer';
import type { KernelJob } from '../../src/kernel-job';
import { countTiles } from '../../src/plan';
import { planGraph } from '../../src/plan-graph';
import { bytesOf, POOLS, recordedWorkers, rows } from './support';

const engines: Engine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

const SAME = { padding: 'SAME', wStd: 1.4, bStd: 0.1 } as const;
const body = (phi: Network, options: Parameters<typeof conv>[2] = SAME): Network =>
  serial(conv(4, [3, 3], options), phi, conv(4, [3, 3], SAME), phi, avgPool([2, 2], { strides: [2, 2] }), conv(4, [3, 3], SAME), phi);
const CASES: readonly (readonly [string, Network, Input])[] = [
  ['planes', serial(body(relu()), globalAvgPool(), dense(1)), images(40, 10)],
  ['planes of another activation', serial(body(erf()), globalAvgPool(), dense(1)), images(30, 8)],
  ['the JavaScript engine', serial(body(relu(), { ...SAME, padding: 'CIRCULAR' }), globalAvgPool(), dense(1)), images(14, 6)],
  ['activations without a closed form', serial(dense(1), tanh(), dense(1), tanh(), dense(1)), rows(700)],
];

function images(n: number, side: number): Input {
  const { data } = rows(n, side * side * 3);
  return { data, shape: [n, side, side, 3] };
}

const single = { engine: openContext({ threads: 1 }) };

describe.each(POOLS)('%s', (_name, pool) => {
  it.each(CASES)('%s: the bits of one thread on 1, 2 and 3', async (_title, net, x) => {
    const expected = kernelSync(net, x, single);
    for (const threads of [1, 2, 3]) {
      const engine = await createEngine({ ...pool, threads });
      engines.push(engine);
      const k = await engine.kernel(net, x);
      expect(bytesOf(k.nngp, k.ntk).equals(bytesOf(expected.nngp, expected.ntk))).toBe(true);
    }
  });

  it('functions of the user run on the calling thread', async () => {
    const net = serial(body(elementwise({ fn: (v) => v, nngpFn: (k) => k, dNngpFn: () => 1 })), globalAvgPool(), dense(1));
    const engine = await createEngine({ ...pool, threads: 2 });
    engines.push(engine);
    const x = images(14, 6);
    const [k, expected] = [await engine.kernel(net, x), kernelSync(net, x, single)];
    expect(bytesOf(k.nngp).equals(bytesOf(expected.nngp))).toBe(true);
  });
});

it('computes tiles that wait for a busy worker, which leaves them', async () => {
  const busy = `require('node:worker_threads').parentPort.on('message', ({ kind }) => {
    if (kind === 'tile') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  });`;
  const { createWorker } = recordedWorkers(() => busy);
  const answers: number[] = [];
  const watched = () => createWorker().on('message', ({ kind, blocks }) => void (kind === 'part' && answers.push(blocks.length)));
  const engine = await createEngine({ threads: 2, createWorker: watched });
  engines.push(engine);
  const [, net, x] = CASES[0];
  const expected = kernelSync(net, x, single);
  for (let i = 0; i < 50 && !answers.includes(0); i++) {
    const k = await engine.kernel(net, x);
    expect(bytesOf(k.nngp, k.ntk).equals(bytesOf(expected.nngp, expected.ntk))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(answers).toContain(0);
});

/** The plan of a kernel of n images of 32 × 32 × 3 against themselves. */
function planOf(net: Network, n: number, hasPlanes = true) {
  const { graph } = infer(net, [n, 32, 32, 3]);
  const inputs = [{ data: new Float32Array(0), size: 3072, count: n, mask: null }];
  const shared = { kind: 'graph', left: graph, right: graph, leftData: { inputs, pattern: null }, rightData: null } as const;
  const job = { ...shared, output: 0, diagonal: false, dtype: 'float32', tangent: true, entry: 1, x1IsX2: true, given: null } as const;
  return planGraph(job, { n1: n, n2: n, symmetric: true, fields: 2, preallocated: 0 }, hasPlanes);
}

const deep = (phi: Network, end: Network): Network =>
  serial(...Array.from({ length: 20 }, () => [conv(64, [3, 3], SAME), phi]).flat(), end, dense(1));

describe('the plan', () => {
  it.each([
    ['relu', relu(), true],
    ['relu in JavaScript', relu(), false],
    ['gelu, which has many tables', gelu(), true],
  ] as const)('of a pooled kernel of 1,000 images of 32 × 32 needs less than 200 MB beyond its result: %s', (_name, phi, hasPlanes) => {
    expect(planOf(deep(phi, globalAvgPool()), 1000, hasPlanes).workspaceBytes).toBeLessThan(200e6);
    expect(planOf(deep(phi, flatten()), 1000, hasPlanes).workspaceBytes).toBeLessThan(200e6);
  });

  it('cuts tiles as short as vectors allow where pairs are dear, and the small ones last', () => {
    const { job, tiles } = planOf(deep(relu(), globalAvgPool()), 12);
    expect([job.rows, job.cols]).toEqual([1, 4]);
    expect(tiles.length).toBe(24);
    const pairs = tiles.map(({ rows, cols }) => rows * cols);
    expect(pairs).toEqual([...pairs].sort((a, b) => b - a));
  });

  it.each([1, 2, 7, 12, 41])('has every pair of %i images on or below the diagonal once', (n) => {
    for (const end of [globalAvgPool(), flatten()]) {
      const plan = planOf(deep(relu(), end), n);
      const times = new Int32Array(n * n);
      for (const { row, rows, col, cols } of plan.tiles)
        for (let i = row; i < row + rows; i++) for (let j = col; j < Math.min(col + cols, row === col ? i + 1 : n); j++) times[i * n + j]++;
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expect(times[i * n + j]).toBe(j <= i ? 1 : 0);
      expect(countTiles(n, plan.job)).toBe(plan.tiles.length);
    }
  });
});

it('counts every entry of a kernel once, in tiles that are parts of rows too', () => {
  const plan = planOf(deep(relu(), globalAvgPool()), 11);
  const seen: number[] = [];
  const options = { onProgress: ({ done }: Progress) => void seen.push(done) };
  const outputs = new Outputs({ plan, options, outputs: [['ntk', new Float32Array(121)]] } as unknown as KernelJob);
  for (const tile of plan.tiles) outputs.store(tile, () => {});
  expect(seen[seen.length - 1]).toBe(121);
});
