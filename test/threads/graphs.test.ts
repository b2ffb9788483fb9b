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
  globalAvgPool,
  type Input,
  kernelSync,
  type Network,
  relu,
  serial,
  tanh,
} from '../../src';
import { openContext } from '../../src/context';
import { infer } from '../../src/infer';
import { planGraph } from '../../src/plan-graph';
import { bytesOf, POOLS, rows } from './support';

const engines: Engine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

const SAME = { padding: 'SAME', wStd: 1.4, bStd: 0.1 } as const;
const body = (phi: Network): Network =>
  serial(conv(4, [3, 3], SAME), phi, conv(4, [3, 3], SAME), phi, avgPool([2, 2], { strides: [2, 2] }), conv(4, [3, 3], SAME), phi);
const CASES: readonly (readonly [string, Network, Input])[] = [
  ['planes', serial(body(relu()), globalAvgPool(), dense(1)), images(40, 10)],
  ['the JavaScript engine', serial(body(erf()), globalAvgPool(), dense(1)), images(14, 6)],
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

it('a pooled kernel of 1,000 images of 32 × 32 needs less than 200 MB beyond its result', () => {
  const layers = Array.from({ length: 20 }, () => [conv(64, [3, 3], SAME), relu()]).flat();
  const { graph } = infer(serial(...layers, globalAvgPool(), dense(1)), [1000, 32, 32, 3]);
  const inputs = [{ data: new Float32Array(0), size: 3072, count: 1000, mask: null }];
  const shared = { kind: 'graph', left: graph, right: graph, leftData: { inputs, pattern: null }, rightData: null } as const;
  const job = { ...shared, output: 0, diagonal: false, dtype: 'float32', tangent: true, entry: 1, x1IsX2: true, given: null } as const;
  const sizes = { n1: 1000, n2: 1000, symmetric: true, fields: 2, preallocated: 0 };
  expect(planGraph(job, sizes, true).workspaceBytes).toBeLessThan(200e6);
  expect(planGraph(job, sizes, false).workspaceBytes).toBeLessThan(200e6);
});
