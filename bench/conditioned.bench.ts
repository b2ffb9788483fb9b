/**
 * Networks without weights, on one thread: the dispersion of many small networks, a sample of a network of the usual size beside its own
 * weights, and time and memory of a sample of networks that are far too wide to have weights.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openContext } from '../src/context';
import { monteCarloKernel, ntkDispersion } from '../src/finite';
import type { Bench } from './bench';
import { normal } from './data';
import { type Measured, race, timedAsync } from './harness';
import { reluNetwork } from './networks';

/** Targets of the issue: 10⁵ networks in 3 s, of two threads; half a second and 150 MB. */
const NETWORKS = 1e5;
const SECONDS = 3;
const HALF_SECOND = 500;
const MEGABYTES = 150;

export async function conditioned(bench: Bench): Promise<void> {
  bench.report.note('one thread; memory: what the process had at most, beyond what it had after a small network');
  await dispersion(bench);
  await usualSize(bench);
  await anyWidth(bench);
}

async function dispersion({ options, report, engines }: Bench): Promise<void> {
  const count = options.quick ? 1000 : NETWORKS / 10;
  const net = reluNetwork(new Array(9).fill(100), 1);
  const x = normal('float64', 1, 100, 1);
  const contestants = engines.map(({ name, context }) => ({
    name,
    ours: true,
    time: timedAsync(() => ntkDispersion(net, x, { samples: count, engine: context })),
  }));
  const rows = await race(contestants, options, (text) => report.note(text));
  const perNetwork = ({ best, median, ...row }: Measured): Measured => ({
    ...row,
    best: (1000 * best) / count,
    median: (1000 * median) / count,
  });
  report.compare({ title: `dispersion, width 100, depth 10, one input: a network of ${count}`, unit: 'us', rows: rows.map(perNetwork) });
  const [{ best, median }] = rows.map(perNetwork);
  report.note(
    `10⁵ networks: best ${((best * NETWORKS) / 1e6).toFixed(2)} s, median ${((median * NETWORKS) / 1e6).toFixed(2)} s; at most ${SECONDS} s on two threads`,
  );
}

async function usualSize({ options, report }: Bench): Promise<void> {
  const width = options.quick ? 128 : 2048;
  const net = reluNetwork([width, width, width], 8);
  const x = normal('float64', 16, 3072, 2);
  const engine = openContext({ threads: 1 });
  const contestant = (method: 'conditioned' | 'weights') => ({
    name: method,
    ours: method === 'conditioned',
    time: timedAsync(() => monteCarloKernel(net, x, { samples: 1, method, engine })),
  });
  const rows = await race([contestant('conditioned'), contestant('weights')], options, (text) => report.note(text));
  report.compare({ title: `a sample of 3072 → ${width}³ → 8 on 16 inputs`, unit: 'ms', rows });
}

async function anyWidth({ options, report }: Bench): Promise<void> {
  const sizes = options.quick
    ? [[16, 1000]]
    : [
        [16, 100_000],
        [16, 1_000_000],
      ];
  const rows = [];
  for (const [inputs, width] of sizes) {
    const child = fileURLToPath(new URL('conditioned-process.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, `${inputs}`, `${width}`]);
    const { best, median, processor, megabytes } = JSON.parse(stdout) as Readonly<Record<string, number>>;
    rows.push([`${inputs} inputs, width ${width}`, best, median, processor, megabytes] as const);
  }
  report.figures('a sample with three hidden layers', ['', 'best ms', 'median ms', 'processor ms', 'MB beyond the library'], rows);
  report.note(`width 100,000: at most ${HALF_SECOND} ms and ${MEGABYTES} MB`);
}
