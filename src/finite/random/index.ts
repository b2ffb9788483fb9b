/**
 * Counter-based random numbers: any number of a stream can be made from its index alone, in any order, on any thread, with the same bits
 * in JavaScript and in every build of the core (assembly/random.ts). See docs/design/0007-random-numbers.md.
 *
 * Counter: (block low, block high, sample, layer), key: the seed's two words. Word i is word ⌊i/4⌋ mod 4 of block 4⌊i/16⌋ + i mod 4:
 * four blocks side by side, as the lanes of a vector make them.
 */
import type { Core } from '../../backends/core';
import { allocate, type DType, type TypedArray } from '../../ndarray';
import type { NormalLanes } from './lanes';
import { chord, cosine, radius, sine } from './normal';
import { philox } from './philox';
import { double, single } from './scalar';
import { checkRange, type Stream, type StreamWords, streamWords } from './stream';

export { type Seed, type Stream, seedWords } from './stream';

const WORD = 2 ** 32;
const block = new Int32Array(4);

/** Its words stand in `block`. */
function makeBlock({ seedLow, seedHigh, sample, layer }: StreamWords, index: number): void {
  philox(index | 0, (index / WORD) | 0, sample | 0, layer | 0, seedLow | 0, seedHigh | 0, block);
}

/**
 * Words `from` to `from + count − 1` of a stream: uniform on 0 … 2³² − 1.
 * @throws ERR_ARGUMENT for a stream or a range that does not exist
 */
export function words(stream: Stream, from: number, count: number): Uint32Array {
  checkRange(from, count);
  const key = streamWords(stream);
  const out = new Uint32Array(count);
  for (let first = from - (from % 16); first < from + count; first += 16)
    for (let lane = 0; lane < 4; lane++) {
      makeBlock(key, first / 4 + lane);
      for (let w = 0; w < 4; w++) put(out, first + 4 * w + lane - from, block[w]);
    }
  return out;
}

/**
 * Standard normals `from` to `from + count − 1` of a stream, by Box and Muller. float32 has tails to 6.76, float64 to 9.49; the two are
 * different numbers. Normal i comes from the pair of words that holds word i (float32), from block 2⌊i/4⌋ + i mod 2 (float64).
 * @throws ERR_ARGUMENT for a stream or a range that does not exist, ERR_OUT_OF_MEMORY
 */
export function normals(stream: Stream, from: number, count: number, dtype: 'float32'): Float32Array;
export function normals(stream: Stream, from: number, count: number, dtype: 'float64'): Float64Array;
export function normals(stream: Stream, from: number, count: number, dtype: DType): TypedArray;
export function normals(stream: Stream, from: number, count: number, dtype: DType): TypedArray {
  checkRange(from, count);
  const key = streamWords(stream);
  const out = allocate(dtype, count, `${count} normals`);
  if (dtype === 'float32') singles(key, from, out);
  else doubles(key, from, out);
  return out;
}

/** Writes the same normals to `pointer` in the memory of an instance of the core. @throws ERR_ARGUMENT as `normals` */
export function normalsInto(
  { exports }: Pick<Core, 'exports'>,
  pointer: number,
  stream: Stream,
  from: number,
  count: number,
  dtype: DType,
): void {
  checkRange(from, count);
  const { seedLow, seedHigh, sample, layer } = streamWords(stream);
  const fill = dtype === 'float32' ? exports.normals_f32 : exports.normals_f64;
  fill(pointer, count, seedLow, seedHigh, sample, layer, from % WORD, Math.floor(from / WORD));
}

/** Stream and index as the core's routines for matrices take them: row i is the normals from `from` + i·step on. @throws ERR_ARGUMENT as `normals` */
export function rowsOfStream(stream: Stream, from: number, rows: number, step: number): number[] {
  checkRange(from, rows * step);
  const { seedLow, seedHigh, sample, layer } = streamWords(stream);
  return [seedLow, seedHigh, sample, layer, from % WORD, Math.floor(from / WORD), step];
}

function singles(key: StreamWords, from: number, out: TypedArray): void {
  for (let first = from - (from % 16); first < from + out.length; first += 16)
    for (let lane = 0; lane < 4; lane++) {
      makeBlock(key, first / 4 + lane);
      const at = first + lane - from;
      putPair(single, out, at, at + 4, block[0], 0, block[1], 0);
      putPair(single, out, at + 8, at + 12, block[2], 0, block[3], 0);
    }
}

function doubles(key: StreamWords, from: number, out: TypedArray): void {
  for (let first = from - (from % 4); first < from + out.length; first += 4)
    for (let lane = 0; lane < 2; lane++) {
      makeBlock(key, first / 2 + lane);
      const at = first + lane - from;
      putPair(double, out, at, at + 2, block[0], block[1], block[2], block[3]);
    }
}

/** The two normals of the words r (radius) and t (angle), where their places are inside. */
function putPair(
  l: NormalLanes<number>,
  out: TypedArray,
  firstAt: number,
  secondAt: number,
  r0: number,
  r1: number,
  t0: number,
  t1: number,
): void {
  const r = radius(l, r0, r1);
  const half = chord(l, t0, t1);
  put(out, firstAt, l.mul(r, cosine(l, t0, half)));
  put(out, secondAt, l.mul(r, sine(l, half)));
}

function put(out: TypedArray | Uint32Array, at: number, value: number): void {
  if (at >= 0 && at < out.length) out[at] = value;
}
