/** Seeds made from seeds, and the noise of dropout. Their streams are none that `init` draws from, whatever the seed. */
import { type Seed, words } from './random';

/** A seed: an integer from 0 to 2^53 − 1, or a bigint below 2^64. */
export type Rng = number | bigint;

/** Streams of `init` are numbered from 0, those of dropout from here, and the last makes seeds. */
const NOISE = 2 ** 31;
const SEEDS = 2 ** 32 - 1;

/** Seed number `index` of those that come from `rng`. */
export function split(rng: Seed, index: number): bigint {
  const [low, high] = words({ seed: rng, sample: index, layer: SEEDS }, 0, 2);
  return BigInt(low) + (BigInt(high) << 32n);
}

/** For each of `count` numbers 1/rate with probability `rate`, otherwise 0: the noise of dropout layer number `layer`. */
export function dropoutNoise(rng: Rng, layer: number, rate: number, count: number): Float64Array {
  return Float64Array.from(words({ seed: rng, sample: 0, layer: NOISE + layer }, 0, count), (word) =>
    word < rate * 2 ** 32 ? 1 / rate : 0,
  );
}
