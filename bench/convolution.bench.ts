/**
 * Convolutional networks on 32 × 32 × 3 images, NNGP and NTK: ms per entry of a tile, everything about its samples included. Against neural-tangents on one
 * thread, where a Python with it is given: few entries of it, so that all networks have their ratio in minutes; in float64 with --full. Then whole
 * kernels on two threads beside one, and the memory of pooled kernels.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GraphJob } from '../src/backends/backend';
import { embeddedPool } from '../src/backends/core';
import { createPlaneTileWorker } from '../src/backends/plane-tile';
import { createEngine } from '../src/engine';
import { infer } from '../src/infer';
import { conv } from '../src/layers/conv';
import { dense } from '../src/layers/dense';
import { relu } from '../src/layers/elementwise';
import { avgPool, globalAvgPool } from '../src/layers/pool';
import { flatten, serial } from '../src/layers/structure';
import type { DType } from '../src/ndarray';
import type { Network } from '../src/spec';
import type { Bench } from './bench';
import { normal } from './data';
import type { BenchEngine } from './engines';
import { type Contestant, type Measured, race, timed } from './harness';
import { memoryOfKernels } from './memory';
import { W_STD } from './networks';
import { figure } from './report';

const SIDE = 32;
const CHANNELS = 3;
const DEPTH = 21;
const TWO_THREADS = 1.7;
/** Of a kernel on either number of threads: seconds each, and what else the machine does takes more from two. */
const KERNELS = 7;
const DTYPES: readonly DType[] = ['float32', 'float64'];

interface Case {
  /** As the Python peer calls it. */
  readonly name: 'pool' | 'flatten' | 'myrtle';
  readonly title: string;
  readonly net: (depth: number) => Network;
  /** Samples of a tile, ours and the peer's. */
  readonly tile: readonly [number, number];
  readonly peerTile: readonly [number, number];
  /** Processes of the peer, each of which compiles and computes its tile: seconds each. */
  readonly peerRounds: number;
  /** ms per entry in float32, and how many times the peer's time. */
  readonly most: number;
  readonly atLeast: number;
  /** Images of a kernel that two threads share. */
  readonly images: number;
}

const hidden = (count: number): Network[] =>
  Array.from({ length: count }, () => [conv(8, [3, 3], { padding: 'SAME', wStd: W_STD }), relu()]).flat();
const halve = (): Network => avgPool([2, 2], { strides: [2, 2] });
const end = (): Network => dense(1, { wStd: W_STD });

const CASES: readonly Case[] = [
  {
    name: 'pool',
    title: 'global average pooling',
    net: (depth) => serial(...hidden(depth), globalAvgPool(), end()),
    tile: [2, 4],
    peerTile: [1, 1],
    peerRounds: 1,
    most: 100,
    atLeast: 100,
    images: 12,
  },
  {
    name: 'flatten',
    title: 'flatten',
    net: (depth) => serial(...hidden(depth), flatten(), end()),
    tile: [64, 64],
    peerTile: [32, 32],
    peerRounds: 2,
    most: 0.12,
    atLeast: 5,
    images: 192,
  },
  {
    name: 'myrtle',
    title: 'Myrtle-5',
    net: () => serial(...hidden(2), halve(), ...hidden(1), halve(), ...hidden(1), halve(), globalAvgPool(), end()),
    tile: [4, 8],
    peerTile: [1, 2],
    peerRounds: 2,
    most: 20,
    atLeast: 50,
    images: 24,
  },
];

export async function convolutions(bench: Bench): Promise<void> {
  const { options, report, engines, python } = bench;
  const side = options.quick ? 8 : SIDE;
  const depth = options.quick ? 3 : DEPTH;
  report.note(
    `${side} × ${side} × ${CHANNELS} images, 3 × 3 SAME convolutions with ReLU, depth ${depth} or Myrtle-5; ms per entry, one thread`,
  );
  for (const item of CASES)
    for (const dtype of DTYPES) {
      const title = `${item.title}, ${dtype}`;
      const note = (text: string) => report.note(`${title}: ${text}`);
      const tile = options.quick ? ([2, 4] as const) : item.tile;
      const ours = engines.map((engine) => tileContestant(engine, item.net(depth), dtype, side, tile));
      const hasPeer = python?.neuralTangents && options.python && (dtype === 'float32' || options.full);
      const peers = hasPeer ? [peerContestant(options.python as string, item, dtype, side, depth)] : [];
      const whole = await race([...ours, ...peers], options, note);
      const rows = whole.map((row) => perEntry(row, row.ours ? tile : item.peerTile));
      if (hasPeer) note(`neural-tangents computes ${item.peerTile.join(' × ')} entries, ${item.peerRounds} times`);
      const targets = peers.length > 0 && dtype === 'float32' ? [{ peer: 'neural-tangents', atLeast: item.atLeast }] : [];
      report.compare({ title, unit: 'ms', rows, targets });
      if (dtype === 'float32' && !options.quick)
        for (const { name, best, median } of rows.filter((row) => row.ours))
          note(`${name}: ${figure(best)} ms by best, ${figure(median)} by median, of at most ${item.most}`);
    }
  await onTwoThreads(bench, side, depth);
  await memoryOfKernels(bench);
}

/** Symmetric kernels in float32 as a user asks for them, in shared memory. */
async function onTwoThreads({ options, report, engines: [{ build }] }: Bench, side: number, depth: number): Promise<void> {
  const engines = await Promise.all([1, 2].map((threads) => createEngine({ backend: 'wasm', build, threads })));
  for (const item of CASES) {
    const images = options.quick ? 8 : item.images;
    const size = side * side * CHANNELS;
    const x = { data: normal('float32', images, size, 3).data, shape: [images, side, side, CHANNELS] };
    const [spent, used] = [
      [0, 0],
      [0, 0],
    ];
    const contestants = engines.map((engine, i) => ({
      name: i === 0 ? '1 thread' : '2 threads',
      ours: i > 0,
      samples: KERNELS,
      time: async () => {
        const before = process.cpuUsage();
        const start = performance.now();
        await engine.kernel(item.net(depth), x);
        const ms = performance.now() - start;
        const { user, system } = process.cpuUsage(before);
        spent[i] += ms;
        used[i] += (user + system) / 1000;
        return ms;
      },
    }));
    const rows = await race(contestants, options, (text) => report.note(text));
    const [one, two] = spent.map((ms, i) => figure(used[i] / ms));
    report.note(`${item.title}: processors had on average, ${one} by one thread and ${two} by two; what other processes take is lacking`);
    const targets = [{ peer: '1 thread', ours: '2 threads', atLeast: TWO_THREADS }];
    report.compare({ title: `${item.title}, ${images} × ${images} images, float32`, unit: 'ms', rows, targets });
  }
  await Promise.all(engines.map((engine) => engine.dispose()));
}

const perEntry = (row: Measured, [rows, cols]: readonly [number, number]): Measured => ({
  ...row,
  best: row.best / (rows * cols),
  median: row.median / (rows * cols),
});

/** A tile from its images to its results. */
function tileContestant(
  { name, build }: BenchEngine,
  net: Network,
  dtype: DType,
  side: number,
  [rows, cols]: readonly [number, number],
): Contestant {
  const cores = embeddedPool(build);
  const job = tileJob(net, dtype, side, rows, cols);
  const out = new Float64Array(rows * cols);
  const run = timed(() => {
    const worker = createPlaneTileWorker(cores, job);
    worker.setRows({ kind: 'graph', from: 0, count: rows });
    worker.setCols({ kind: 'graph', from: 0, count: cols });
    worker.compute(false);
    worker.read('nngp', false, out, 0, cols);
    worker.read('ntk', false, out, 0, cols);
    worker.close();
  });
  return { name, ours: true, time: run };
}

function tileJob(net: Network, dtype: DType, side: number, rows: number, cols: number): GraphJob {
  const size = side * side * CHANNELS;
  const graph = infer(net, [rows, side, side, CHANNELS]).graph;
  const data = (count: number, seed: number) => ({
    inputs: [{ data: normal(dtype, count, size, seed).data, size, count, mask: null }],
    pattern: null,
  });
  const rest = { output: 0, diagonal: false, tangent: true, entry: 1, x1IsX2: false, given: null } as const;
  return { kind: 'graph', left: graph, right: graph, leftData: data(rows, 1), rightData: data(cols, 2), dtype, rows, cols, ...rest };
}

const PEER = fileURLToPath(new URL('peers/neural_tangents_convolution.py', import.meta.url));

function peerContestant(
  python: string,
  { name, peerTile: [n1, n2], peerRounds }: Case,
  dtype: DType,
  side: number,
  depth: number,
): Contestant {
  const flags = Object.entries({ dtype, side, depth, n1, n2 }).flatMap(([key, value]) => [`--${key}`, String(value)]);
  return {
    name: 'neural-tangents',
    process: true,
    rounds: peerRounds,
    time() {
      const { status, stdout, stderr } = spawnSync(python, [PEER, name, ...flags], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
      return (JSON.parse(stdout) as { seconds: number }).seconds * 1000;
    },
  };
}
