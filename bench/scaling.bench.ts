/**
 * Threads: speed-up and efficiency by thread count and by n, interleaved with one thread, of kernels also by messages; the smallest problem
 * that a second thread speeds up; what an empty batch costs; and what more threads than cores cost.
 */
import { compileShared, instantiateShared } from '../src/backends/core';
import { Team } from '../src/backends/team';
import { createTeamLinearAlgebra } from '../src/backends/team-linalg';
import { createEngine, type Engine } from '../src/engine';
import { relu } from '../src/layers/elementwise';
import type { LinearAlgebra } from '../src/linalg/contract';
import type { DType } from '../src/ndarray';
import type { Bench } from './bench';
import { array, normal, positiveDefinite } from './data';
import { byName, type Contestant, type Measured, race, timed, timedAsync } from './harness';
import { DEPTH, FEATURES } from './kernel.bench';
import { deepNetwork } from './networks';
import type { Target } from './report';

const COUNTS = [1, 2, 4];
/** More than there are cores, and what they may cost beside as many as there are. */
const TOO_MANY = 8;
const MOST_COST = 1.15;
const MOST_DISPATCH_US = 10;
const RECORD_BYTES = 128;

const nameOf = (threads: number): string => (threads === 1 ? '1 thread' : `${threads} threads`);
const BY_MESSAGES = '2 threads by messages';

interface Crew {
  readonly name: string;
  readonly threads: number;
  readonly engine: Engine;
}

interface Work {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly quick: number;
  /** The size of the target, and the speed-up of two threads there. */
  readonly target: readonly [n: number, atLeast: number];
  /** The speed-up of two threads without shared memory, which only kernels use. */
  readonly byMessages?: number;
  readonly time: (engine: Pick<Engine, 'linalg' | 'kernel'>, dtype: DType, n: number) => Contestant['time'];
}

const factorTime = (linalg: LinearAlgebra, dtype: DType, n: number): Contestant['time'] => {
  const [spd, out] = [positiveDefinite(dtype, n, 3), array(dtype, n * n)];
  return timed(
    () => linalg.potrf('lower', n, out, n),
    () => out.set(spd),
  );
};

const gemmTime = (linalg: LinearAlgebra, dtype: DType, n: number): Contestant['time'] => {
  const [a, b, c] = [normal(dtype, n, n, 1).data, normal(dtype, n, n, 2).data, array(dtype, n * n)];
  return timed(() => linalg.gemm('n', 'n', n, n, n, 1, a, n, b, n, 0, c, n));
};

const syrkTime = (linalg: LinearAlgebra, dtype: DType, n: number): Contestant['time'] => {
  const [a, c] = [normal(dtype, n, n, 1).data, array(dtype, n * n)];
  return timed(() => linalg.syrk('lower', 'n', n, n, 1, a, n, 0, c, n));
};

const ROUTINES: readonly Work[] = [
  { name: 'gemm', sizes: [512, 1024, 2048], quick: 300, target: [2048, 1.7], time: ({ linalg }, ...rest) => gemmTime(linalg, ...rest) },
  { name: 'syrk', sizes: [512, 1024, 2048], quick: 300, target: [2048, 1.7], time: ({ linalg }, ...rest) => syrkTime(linalg, ...rest) },
  { name: 'potrf', sizes: [500, 1000, 2000], quick: 400, target: [2000, 1.5], time: ({ linalg }, ...rest) => factorTime(linalg, ...rest) },
];

const KERNEL: Work = {
  name: `kernel, ${FEATURES} features, depth ${DEPTH},`,
  sizes: [512, 1024, 2048, 4096],
  quick: 256,
  target: [4096, 1.8],
  byMessages: 1.6,
  time: ({ kernel }, dtype, n) => {
    const x = normal(dtype, n, FEATURES, 21);
    const net = deepNetwork(relu(), DEPTH, undefined);
    const out = { nngp: array(dtype, n * n), ntk: array(dtype, n * n) };
    return timedAsync(() => kernel(net, x, { out }));
  },
};

export async function scaling(bench: Bench): Promise<void> {
  const { build } = bench.engines[0];
  const open = async (name: string, threads: number, sharedMemory: boolean): Promise<Crew> => ({
    name,
    threads,
    engine: await createEngine({ backend: 'wasm', build, threads, sharedMemory }),
  });
  const crews = await Promise.all([...COUNTS, TOO_MANY].map((threads) => open(nameOf(threads), threads, true)));
  const messengers = await open(BY_MESSAGES, 2, false);
  bench.report.note(`${build}; targets are for 2 threads on 2 free cores; times of routines include copying operands in and results out`);
  for (const dtype of ['float32', 'float64'] as const)
    for (const work of [...ROUTINES, KERNEL])
      for (const n of bench.options.quick ? [work.quick] : work.sizes)
        await raceThreads(bench, work.byMessages ? [...crews, messengers] : crews, work, dtype, n);
  await Promise.all([...crews, messengers].map(({ engine }) => engine.dispose()));
  const module = await compileShared(build);
  const team = new Team(instantiateShared(module), module, 2, 2);
  await smallest(bench, team);
  dispatch(bench, team);
  await team.dispose();
}

async function raceThreads(
  { options, report }: Bench,
  crews: readonly Crew[],
  { name, target, byMessages, time }: Work,
  dtype: DType,
  n: number,
): Promise<void> {
  const title = `${name} ${dtype} ${n}`;
  const contestants = crews.map((crew) => ({ name: crew.name, ours: crew.threads > 1, time: time(crew.engine, dtype, n) }));
  const rows = await race(contestants, options, (text) => report.note(text));
  const aims: Target[] = [{ peer: nameOf(1), ours: nameOf(2), atLeast: target[1] }];
  if (byMessages) aims.push({ peer: nameOf(1), ours: BY_MESSAGES, atLeast: byMessages });
  report.compare({ title, unit: 'ms', rows, targets: n === target[0] ? aims : [] });
  const one = byName(rows, nameOf(1));
  const lines = crews.map(({ name: crew, threads }) => {
    const { best, median } = byName(rows, crew);
    return [crew, one.best / best, one.median / median, one.best / best / threads, one.median / median / threads];
  });
  report.figures(`${title}: speed-up and efficiency`, ['', 'best', 'median', 'efficiency', 'median'], lines);
  const crowd = [{ ...byName(rows, nameOf(2)), ours: false }, byName(rows, nameOf(TOO_MANY))];
  report.compare({
    title: `${title}: more threads than cores`,
    unit: 'ms',
    rows: crowd,
    targets: [{ peer: nameOf(2), atMost: MOST_COST }],
  });
}

/** The team whatever the size, beside one thread. */
async function smallest({ options, report, engines }: Bench, team: Team): Promise<void> {
  const single = engines[0].context.backend.linalg;
  const shared = createTeamLinearAlgebra(single, { tryLend: (_flops, body) => ({ result: body(team) }) }, 0);
  const sizes = options.quick ? [64] : [64, 96, 128, 160, 192, 256, 320, 384, 512];
  const lines: (string | number)[][] = [];
  for (const dtype of ['float32', 'float64'] as const)
    for (const [name, time] of [
      ['gemm', gemmTime],
      ['syrk', syrkTime],
      ['potrf', factorTime],
    ] as const) {
      const ratios: number[] = [];
      for (const n of sizes) {
        const contestants = [single, shared].map((linalg, i) => ({ name: nameOf(i + 1), ours: i > 0, time: time(linalg, dtype, n) }));
        const [one, two]: Measured[] = await race(contestants, options, (text) => report.note(text));
        ratios.push(one.median / two.median);
      }
      const pays = sizes.find((_, i) => ratios.slice(i).every((ratio) => ratio > 1));
      lines.push([`${name} ${dtype}`, pays === undefined ? 'none' : String(pays), ...ratios]);
    }
  report.figures('the smallest n from which a second thread pays, and its speed-up by n (medians)', ['', 'n', ...sizes.map(String)], lines);
}

/** A batch of tasks that do nothing, to threads that still spin after the last. */
function dispatch({ options, report }: Bench, team: Team): void {
  const GEMM = 2;
  team.reserve(team.threads * RECORD_BYTES);
  const records = new Int32Array(team.core.memory.buffer, team.base, (team.threads * RECORD_BYTES) / 4);
  const samples = Array.from({ length: options.quick ? 50 : 5000 }, () => {
    records.fill(0);
    for (let i = 0; i < team.threads; i++) records[(i * RECORD_BYTES) / 4] = GEMM;
    const start = performance.now();
    team.run(team.base, RECORD_BYTES, team.threads);
    return 1000 * (performance.now() - start);
  }).sort((x, y) => x - y);
  const [best, median] = [samples[0], samples[samples.length >> 1]];
  const met = median < MOST_DISPATCH_US ? 'met' : best < MOST_DISPATCH_US ? 'met by the best only' : 'not met';
  report.figures(
    `an empty batch to a team that spins (target < ${MOST_DISPATCH_US} µs: ${met})`,
    ['', 'best µs', 'median'],
    [['run', best, median]],
  );
}
