/** A process of its own for finite.bench.ts: samples of a wide network without weights, their times, and the memory they took. Arguments: inputs, width. */
import { openContext } from '../src/context';
import { monteCarloKernel } from '../src/finite';
import { normal } from './data';
import { reluNetwork } from './networks';

const [inputs, width] = process.argv.slice(2).map(Number);
const SAMPLES = 5;
const x = normal('float64', inputs, 100, 3);
const engine = openContext({ threads: 1 });
const peak = (): number => process.resourceUsage().maxRSS / 1024;

async function sample(units: number, seed: number): Promise<number> {
  const start = performance.now();
  await monteCarloKernel(reluNetwork([units, units, units], 1), x, { samples: 1, seed, method: 'conditioned', engine });
  return performance.now() - start;
}

// The core compiled and warm.
for (let seed = 0; seed < 20; seed++) await sample(64, seed);
const before = process.memoryUsage().rss / 2 ** 20;
const times: number[] = [];
for (let seed = 0; seed < SAMPLES; seed++) times.push(await sample(width, seed));
times.sort((a, b) => a - b);
console.log(JSON.stringify({ best: times[0], median: times[SAMPLES >> 1], samples: SAMPLES, megabytes: peak() - before }));
