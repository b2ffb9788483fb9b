/**
 * Finite networks, each line with its target: the full empirical NTK and Monte Carlo samples of 3072 → 2048³ → 8 on 16 inputs, with weights and
 * without, against neural-tangents on all cores where a Python with it is given; the dispersion of many small networks; a sample of width
 * 4096, drawing included, against the speed of gemm; normal numbers; and networks far too wide to have weights.
 */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEngine, type Engine } from '../src/engine';
import { empiricalNtk, init, monteCarloKernel, ntkDispersion } from '../src/finite';
import { normalsInto } from '../src/finite/random';
import { openSampler, type SamplesJob } from '../src/finite/sampler';
import type { Bench } from './bench';
import { array, normal } from './data';
import { byName, type Contestant, type Measured, race, timed, timedAsync } from './harness';
import { reluNetwork } from './networks';
import type { Target } from './report';

interface Sizes {
  readonly width: number;
  readonly features: number;
  readonly n: number;
  readonly outputs: number;
  /** Networks of one call. */
  readonly samples: number;
}
const FULL: Sizes = { width: 2048, features: 3072, n: 16, outputs: 8, samples: 8 };
const QUICK: Sizes = { width: 64, features: 96, n: 4, outputs: 2, samples: 4 };

/** Inputs of the wide network: enough for its products to weigh more than its random numbers. */
const WIDE_INPUTS = 128;
const GEMM = 1024;
const NORMALS = 1 << 14;

type Engines = readonly (readonly [name: string, engine: Engine])[];

export async function finite(bench: Bench): Promise<void> {
  const { build } = bench.engines[0];
  const open = async (threads: number) => [`${threads} thread${threads > 1 ? 's' : ''}`, await createEngine({ build, threads })] as const;
  const ours: Engines = [await open(1), await open(2)];
  await usualSize(bench, ours);
  await dispersion(bench, ours);
  await Promise.all(ours.map(([, engine]) => engine.dispose()));
  await wide(bench);
  await normals(bench);
  await anyWidth(bench);
}

/** What is allowed, as a contestant that always takes as long. */
const limit = (name: string, time: number): Measured => ({ name, ours: false, best: time, median: time, runs: 0 });

/** A call's time as that of one of its `count` parts. */
const each = (row: Measured, count: number): Measured => ({ ...row, best: row.best / count, median: row.median / count });

async function usualSize({ options, report, engines, python }: Bench, ours: Engines): Promise<void> {
  const sizes = options.quick ? QUICK : FULL;
  const { width, features, n, outputs, samples } = sizes;
  const net = reluNetwork([width, width, width], outputs);
  const x = normal('float32', n, features, 1);
  report.note(`${engines[0].build}; ReLU, ${features} → ${width}³ → ${outputs}, ${n} inputs, float32`);
  const compare = async (title: string, what: string, contestants: readonly Contestant[], targets: readonly Target[], count: number) => {
    const peers = python?.neuralTangents && options.python ? [peerContestant(options.python, what, sizes)] : [];
    const rows = await race([...contestants, ...peers], options, (text) => report.note(`${title}: ${text}`));
    const isJudged = rows.some((row) => !row.ours);
    report.compare({ title, unit: 'ms', rows: rows.map((row) => (row.ours ? each(row, count) : row)), targets: isJudged ? targets : [] });
  };
  const full = ours.map(([name, engine]) => {
    const params = init(net, 1, x.shape, { dtype: 'float32', engine });
    return { name, ours: true, time: timed(() => empiricalNtk(net, params, x, null, { traceAxes: [], engine })) };
  });
  const [, [two]] = ours;
  await compare('full empirical NTK', 'ntk', full, [{ ours: two, peer: 'neural-tangents', atLeast: 2 }], 1);
  const drawn = (['weights', 'conditioned'] as const).flatMap((method) =>
    ours.map(([name, engine]) => ({
      name: `${method}, ${name}`,
      ours: true,
      time: timedAsync(() => monteCarloKernel(net, x, { samples, method, engine })),
    })),
  );
  const targets = [
    { ours: `weights, ${two}`, peer: 'neural-tangents', atLeast: 8 },
    { ours: `conditioned, ${two}`, peer: 'neural-tangents', atLeast: 50 },
  ];
  await compare('Monte Carlo, NNGP and NTK, a sample', 'monte-carlo', drawn, targets, samples);
}

async function dispersion({ options, report }: Bench, ours: Engines): Promise<void> {
  const samples = options.quick ? 1000 : 1e5;
  const net = reluNetwork(new Array(9).fill(100), 1);
  const x = normal('float64', 1, 100, 1);
  const contestants = ours.map(([name, engine]) => ({
    name,
    ours: true,
    time: timedAsync(() => ntkDispersion(net, x, { samples, engine })),
  }));
  const rows = await race(contestants, options, (text) => report.note(text));
  report.compare({
    title: `dispersion, one input, ${samples} networks of width 100 and depth 10`,
    unit: 'ms',
    rows: [...rows, limit('3 s', 3000)],
    targets: [{ ours: ours[1][0], peer: '3 s', atLeast: 1 }],
  });
}

/** Both are as long: the peer multiplies squares as often as has the operations of a sample. */
async function wide({ options, report, engines: [{ name, context }] }: Bench): Promise<void> {
  const [width, n, order] = options.quick ? [128, 16, 128] : [4096, WIDE_INPUTS, GEMM];
  const job: SamplesJob = {
    ...{ kind: 'samples', net: reluNetwork([width, width], 1), x1: normal('float32', n, width, 2), x2: null, seed: 1 },
    ...{ fields: ['nngp', 'ntk'], method: 'weights' },
  };
  const sampler = openSampler(job, context.backend);
  const flops = sampleFlops(n, width);
  const times = Math.ceil(flops / (2 * order ** 3));
  const [a, b, c] = [normal('float32', order, order, 3).data, normal('float32', order, order, 4).data, array('float32', order * order)];
  const multiply = () => context.backend.linalg.gemm('n', 'n', order, order, order, 1, a, order, b, order, 0, c, order);
  let sample = 0;
  const contestants = [
    { name, ours: true, time: timed(() => sampler.draw(sample++, 1)) },
    {
      name: 'gemm',
      time: timed(() => {
        for (let k = 0; k < times; k++) multiply();
      }),
    },
  ];
  const rows = await race(contestants, options, (text) => report.note(text));
  sampler.close();
  report.compare({
    title: `a sample of width ${width}, ${n} inputs, drawing included, against its products at the speed of gemm ${order}, one thread`,
    unit: 'ms',
    rows: [byName(rows, name), each(byName(rows, 'gemm'), (times * 2 * order ** 3) / flops)],
    flops,
    targets: [{ peer: 'gemm', atLeast: 0.6 }],
  });
}

/** Forward through three matrices, back through two, and the products of activations and of cotangents. */
const sampleFlops = (n: number, width: number): number =>
  2 * n * (2 * width * width + width) + 2 * n * (width * width + width) + 2 * n * n * (5 * width + 1);

async function normals({ options, report, engines: [{ name, context }] }: Bench): Promise<void> {
  const { cores } = context.backend;
  if (!cores) return;
  const core = cores.take();
  const at = core.reserve(4 * NORMALS);
  const time = timed(() => normalsInto(core, at, { seed: 20, sample: 1, layer: 2 }, 0, NORMALS, 'float32'));
  const rows = await race([{ name, ours: true, time }], options, (text) => report.note(text));
  cores.give(core);
  report.compare({
    title: 'a normal number, float32, one thread',
    unit: 'ns',
    rows: [...rows.map((row) => each(row, NORMALS / 1e6)), limit('2 ns', 2)],
    targets: [{ peer: '2 ns', atLeast: 1 }],
  });
}

async function anyWidth({ options, report }: Bench): Promise<void> {
  for (const width of options.quick ? [1000] : [100_000, 1_000_000]) {
    const child = fileURLToPath(new URL('wide-process.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, '16', `${width}`]);
    const { best, median, megabytes, samples } = JSON.parse(stdout) as Readonly<Record<string, number>>;
    const memory = { name: 'beyond the library', ours: true, best: megabytes, median: megabytes, runs: 1 };
    const judged = width === 100_000;
    report.compare({
      title: `a sample of width ${width}, three hidden layers, 16 inputs, without weights, one thread`,
      unit: 'ms',
      rows: [{ name: 'conditioned', ours: true, best, median, runs: samples }, ...(judged ? [limit('0.5 s', 500)] : [])],
      targets: [{ peer: '0.5 s', atLeast: 1 }],
    });
    report.compare({
      title: 'its memory',
      unit: 'MB',
      rows: [memory, ...(judged ? [limit('150 MB', 150)] : [])],
      targets: [{ peer: '150 MB', atLeast: 1 }],
    });
  }
}

const PEER = fileURLToPath(new URL('peers/neural_tangents_finite.py', import.meta.url));

function peerContestant(python: string, what: string, sizes: Sizes): Contestant {
  const flags = Object.entries(sizes).flatMap(([key, value]) => [`--${key}`, String(value)]);
  return {
    name: 'neural-tangents',
    process: true,
    time() {
      const { status, stdout, stderr } = spawnSync(python, [PEER, what, ...flags], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
      return (JSON.parse(stdout) as { seconds: number }).seconds * 1000;
    },
  };
}
