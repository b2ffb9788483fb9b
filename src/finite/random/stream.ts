/** Which stream of random numbers: a seed of 64 bits, a sample and a layer. */
import { InfiniteWidthError } from '../../errors';
import { show } from '../../show';

/** 64 bits: a safe integer ≥ 0, a bigint below 2⁶⁴, or its two words of 32 bits. */
export type Seed = number | bigint | readonly [low: number, high: number];

/** Streams that differ in one of the three have nothing to do with each other. */
export interface Stream {
  readonly seed: Seed;
  /** Below 2³²: which network of a Monte Carlo estimate, for example. */
  readonly sample: number;
  /** Below 2³²: which array of parameters of a network, for example. */
  readonly layer: number;
}

/** Words of the key and of the counter. */
export interface StreamWords {
  readonly seedLow: number;
  readonly seedHigh: number;
  readonly sample: number;
  readonly layer: number;
}

const WORD = 2 ** 32;
const isWord = (x: unknown): x is number => Number.isInteger(x) && (x as number) >= 0 && (x as number) < WORD;

/** The words of a seed. @throws ERR_ARGUMENT for anything else than 64 bits */
export function seedWords(seed: Seed): [low: number, high: number] {
  if (typeof seed === 'bigint' && seed >= 0n && seed < 1n << 64n) return [Number(seed & 0xffffffffn), Number(seed >> 32n)];
  if (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0) return [seed % WORD, Math.floor(seed / WORD)];
  if (Array.isArray(seed) && seed.length === 2 && seed.every(isWord)) return [seed[0], seed[1]];
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `seed is ${show(seed)}; give an integer from 0 to 2^53 − 1, a bigint from 0n to 2^64 − 1, or [low, high] with two words from 0 to 2^32 − 1`,
    { seed: show(seed) },
  );
}

/** @throws ERR_ARGUMENT naming the member that is no word */
export function streamWords({ seed, sample, layer }: Stream): StreamWords {
  const [seedLow, seedHigh] = seedWords(seed);
  for (const [name, value] of Object.entries({ sample, layer }))
    if (!isWord(value))
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is ${show(value)}; give an integer from 0 to 2^32 − 1`, { [name]: value });
  return { seedLow, seedHigh, sample, layer };
}

/** @throws ERR_ARGUMENT unless from ≥ 0, count ≥ 0 and from + count ≤ 2⁵³ − 1 are integers */
export function checkRange(from: number, count: number): void {
  const inside = [from, count, from + count].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!inside)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `the range starts at ${from} and has ${count} numbers; give integers ≥ 0 whose sum is at most 2^53 − 1`,
      { from, count },
    );
}
