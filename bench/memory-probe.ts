/**
 * What a pooled kernel of 1,000 × 1,000 images takes of memory, in a process of its own: node --import tsx bench/memory-probe.ts NETWORK SAMPLES SECONDS.
 * Prints the resident bytes before the call (library, threads and images), the most there were during it, the bytes of its results, and how much of it
 * was done when it ended or the seconds were over.
 */
import { createEngine } from '../src/engine';
import { conv } from '../src/layers/conv';
import { dense } from '../src/layers/dense';
import { relu } from '../src/layers/elementwise';
import { globalAvgPool } from '../src/layers/pool';
import { serial } from '../src/layers/structure';
import type { NDArray } from '../src/ndarray';
import type { Network } from '../src/spec';
import { normal } from './data';
import { MEMORY_NETWORKS, type MemoryFigures } from './memory';
import { W_STD } from './networks';

const SIDE = 32;
const CHANNELS = 3;
const SAMPLE_MS = 20;

const images = (n: number): NDArray => ({ data: normal('float32', n, SIDE * SIDE * CHANNELS, 1).data, shape: [n, SIDE, SIDE, CHANNELS] });

/** A kernel of a few samples, so that code is loaded and threads are there. */
const small: Network = serial(conv(8, [3, 3], { padding: 'SAME', wStd: W_STD }), relu(), globalAvgPool(), dense(1));

async function probe(name: string, n: number, seconds: number): Promise<MemoryFigures> {
  const engine = await createEngine({ threads: 'auto' });
  await engine.threads.warm();
  await engine.kernel(small, images(16));
  const x = images(n);
  const before = process.memoryUsage().rss;
  let [most, done, total] = [before, 0, 1];
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, SAMPLE_MS);
  const signal = AbortSignal.timeout(1000 * seconds);
  const onProgress = (progress: { readonly done: number; readonly total: number }) => {
    most = Math.max(most, process.memoryUsage().rss);
    [done, total] = [progress.done, progress.total];
  };
  await engine.kernel(MEMORY_NETWORKS[name], x, { signal, onProgress }).catch((error: Error) => {
    if (!signal.aborted) throw error;
  });
  clearInterval(timer);
  await engine.dispose();
  return { before, most, result: 2 * 4 * n * n, part: done / total, threads: engine.capabilities.threads.used };
}

const [name, n, seconds] = process.argv.slice(2);
console.log(JSON.stringify(await probe(name, Number(n), Number(seconds))));
