/** The memory of pooled kernels, measured by memory-probe.ts in processes of their own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { conv } from '../src/layers/conv';
import { dense } from '../src/layers/dense';
import { relu } from '../src/layers/elementwise';
import { avgPool, globalAvgPool } from '../src/layers/pool';
import { serial } from '../src/layers/structure';
import type { Network } from '../src/spec';
import type { Bench } from './bench';
import { W_STD } from './networks';

export interface MemoryFigures {
  /** Resident bytes before the call, with library, threads and images, and the most during it. */
  readonly before: number;
  readonly most: number;
  readonly result: number;
  /** Of the kernel that was computed. */
  readonly part: number;
  readonly threads: number;
}

const layer = (strides: readonly [number, number] = [1, 1]): Network[] => [
  conv(8, [3, 3], { padding: 'SAME', wStd: W_STD, strides }),
  relu(),
];
const halve = (): Network => avgPool([2, 2], { strides: [2, 2] });

/** One that is done in seconds, with the images, tables and results of every other; and one with large states, which is stopped. */
export const MEMORY_NETWORKS: Readonly<Record<string, Network>> = {
  'strides of 4': serial(...layer([4, 4]), ...layer([2, 2]), globalAvgPool(), dense(1)),
  'Myrtle-5': serial(...layer(), ...layer(), halve(), ...layer(), halve(), ...layer(), halve(), globalAvgPool(), dense(1)),
};

const PROBE = fileURLToPath(new URL('memory-probe.ts', import.meta.url));
const MOST = 200e6;

export async function measureMemory(name: string, n: number, seconds: number): Promise<MemoryFigures> {
  const args = [...process.execArgv, '--import', 'tsx', PROBE, name, String(n), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as MemoryFigures;
}

/** Resident memory beyond results, library, threads and images. */
export async function memoryOfKernels({ options, report }: Pick<Bench, 'options' | 'report'>): Promise<void> {
  const [n, seconds] = options.quick ? [64, 5] : [1000, 60];
  const lines: (string | number)[][] = [];
  for (const name of Object.keys(MEMORY_NETWORKS)) {
    const { before, most, result, part, threads } = await measureMemory(name, n, seconds);
    lines.push([
      `${name}, ${threads} threads, ${(100 * part).toFixed(1)} % done`,
      before / 1e6,
      result / 1e6,
      (most - before - result) / 1e6,
    ]);
  }
  const title = `MB of a ${n} × ${n} kernel in float32; beyond its results at most ${MOST / 1e6}`;
  report.figures(title, ['', 'before', 'results', 'beyond'], lines);
}
