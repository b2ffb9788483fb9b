/**
 * Finite networks with weights, float32: the full empirical NTK and Monte Carlo samples of 3072 → 2048³ → 8 on 16 inputs, on one thread and
 * two, against neural-tangents on all cores where a Python with it is given; and how near a sample of width 4096, drawing included, comes
 * to the speed of gemm on the same thread.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine } from '../src/engine';
import { empiricalNtk, init, monteCarloKernel } from '../src/finite';
import { openSampler, type SamplesJob } from '../src/finite/sampler';
import { dense } from '../src/layers/dense';
import { relu } from '../src/layers/elementwise';
import { serial } from '../src/layers/structure';
import type { Network } from '../src/spec';
import type { Bench } from './bench';
import { array, normal } from './data';
import { byName, type Contestant, type Measured, race, timed, timedAsync } from './harness';

interface Sizes {
  readonly width: number;
  readonly features: number;
  readonly n: number;
  readonly outputs: number;
  /** Networks of one call. */
  readonly samples: number;
}
const FULL: Sizes = { width: 2048, features: 3072, n: 16, outputs: 8, samples: 4 };
const QUICK: Sizes = { width: 64, features: 96, n: 4, outputs: 2, samples: 4 };

const WIDE = 4096;
/** Inputs of the wide network: enough for its products to weigh more than its random numbers. */
const WIDE_INPUTS = 128;
const GEMM = 1024;

const hidden = (width: number, depth: number): Network[] => Array.from({ length: depth }, () => [dense(width), relu()]).flat();

export async function finite({ options, report, engines, python }: Bench): Promise<void> {
  const sizes = options.quick ? QUICK : FULL;
  const { build } = engines[0];
  const net = serial(...hidden(sizes.width, 3), dense(sizes.outputs));
  const threads = [1, 2] as const;
  const ours = await Promise.all(threads.map((count) => createEngine({ backend: 'wasm', build, threads: count })));
  const named = ours.map((engine, k) => [`${threads[k]} thread${k ? 's' : ''}`, engine] as const);
  const peers = (what: 'ntk' | 'monte-carlo') =>
    python?.neuralTangents && options.python ? [peerContestant(options.python, what, sizes)] : [];
  report.note(`${build}; ReLU, ${sizes.features} → ${sizes.width}³ → ${sizes.outputs}, ${sizes.n} inputs, float32`);
  const compare = async (title: string, contestants: readonly Contestant[], atLeast: number, samples = 1) => {
    const rows = (await race(contestants, options, (text) => report.note(`${title}: ${text}`))).map((row) =>
      row.ours ? perSample(row, samples) : row,
    );
    const judged = rows.some(({ ours: own }) => !own);
    report.compare({ title, unit: 'ms', rows, targets: judged ? [{ ours: named[1][0], peer: 'neural-tangents', atLeast }] : [] });
  };
  const full = named.map(([name, engine]) => ntkContestant(name, engine, net, sizes));
  await compare('full empirical NTK', [...full, ...peers('ntk')], 2);
  const drawn = named.map(([name, engine]) => monteCarloContestant(name, engine, net, sizes));
  await compare('Monte Carlo with weights, NNGP and NTK, a sample', [...drawn, ...peers('monte-carlo')], 8, sizes.samples);
  await Promise.all(ours.map((engine) => engine.dispose()));
  for (const engine of engines) await wide({ options, report }, engine);
}

const perSample = (row: Measured, samples: number): Measured => ({ ...row, best: row.best / samples, median: row.median / samples });

function ntkContestant(name: string, engine: Engine, net: Network, { features, n }: Sizes): Contestant {
  const x = normal('float32', n, features, 1);
  const params = init(net, 1, x.shape, { dtype: 'float32', engine });
  return { name, ours: true, time: timed(() => empiricalNtk(net, params, x, null, { traceAxes: [], engine })) };
}

function monteCarloContestant(name: string, engine: Engine, net: Network, { features, n, samples }: Sizes): Contestant {
  const x = normal('float32', n, features, 1);
  return { name, ours: true, time: timedAsync(() => monteCarloKernel(net, x, { samples, method: 'weights', engine })) };
}

/** A sample's products at the speed of a square gemm are the peer: its time over ours is the share of gemm's speed. */
async function wide({ options, report }: Pick<Bench, 'options' | 'report'>, { name, context }: Bench['engines'][number]): Promise<void> {
  const [width, n] = options.quick ? [128, 16] : [WIDE, WIDE_INPUTS];
  const order = options.quick ? 128 : GEMM;
  const net = serial(...hidden(width, 2), dense(1));
  const x1 = normal('float32', n, width, 2);
  const job: SamplesJob = { kind: 'samples', net, x1, x2: null, seed: 1, fields: ['nngp', 'ntk'], method: 'weights' };
  const sampler = openSampler(job, context.backend);
  let sample = 0;
  const draw = timed(() => sampler.draw(sample++, 1));
  const [a, b, c] = [normal('float32', order, order, 3).data, normal('float32', order, order, 4).data, array('float32', order * order)];
  const gemm = timed(() => context.backend.linalg.gemm('n', 'n', order, order, order, 1, a, order, b, order, 0, c, order));
  const flops = sampleFlops(n, width);
  const rows = await race(
    [
      { name, ours: true, time: draw },
      { name: 'gemm', time: gemm },
    ],
    options,
    (text) => report.note(text),
  );
  sampler.close();
  const scale = flops / (2 * order ** 3);
  const square = byName(rows, 'gemm');
  const products = { ...square, best: square.best * scale, median: square.median * scale };
  report.compare({
    title: `a sample of width ${width}, ${n} inputs, drawing included, against its products at the speed of gemm ${order}, ${name}`,
    unit: 'ms',
    rows: [byName(rows, name), products],
    flops,
    targets: [{ peer: 'gemm', atLeast: 0.6 }],
  });
}

/** Forward through three matrices, back through two, and the products of activations and of cotangents. */
const sampleFlops = (n: number, width: number): number =>
  2 * n * (2 * width * width + width) + 2 * n * (width * width + width) + 2 * n * n * (5 * width + 1);

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
