import { describe, expect, it } from 'vitest';
import { type Core, compileShared, embeddedPool, instantiateShared } from '../../src/backends/core';
import { bringFinite } from '../../src/backends/parts';
import { normals, normalsInto, type Stream, seedWords, words } from '../../src/finite/random';
import { philox } from '../../src/finite/random/philox';
import type { DType, TypedArray } from '../../src/ndarray';

const STREAM: Stream = { seed: 0x0123456789abcdefn, sample: 7, layer: 3 };
const DTYPES: readonly DType[] = ['float32', 'float64'];
bringFinite();
const open = (build: 'simd' | 'relaxed-simd') => embeddedPool(build).part('finite').take();
const CORES: readonly (readonly [string, Core])[] = [
  ['simd', open('simd')],
  ['relaxed-simd', open('relaxed-simd')],
  ['simd on shared memory', instantiateShared(await compileShared('simd'))],
  ['relaxed-simd on shared memory', instantiateShared(await compileShared('relaxed-simd'))],
];

/** The bits of numbers, comparable with toEqual. */
const bits = (data: TypedArray | Uint32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);

/** Bytes around a range that must stay as they are. */
const MARGIN = 64;

/** A range from the core; also checks that nothing beside it was written. */
function fromCore(core: Core, bytes: number, fill: (at: number) => void): Uint32Array {
  const at = core.reserve(bytes + 2 * MARGIN) + MARGIN;
  const around = new Uint8Array(core.memory.buffer, at - MARGIN, bytes + 2 * MARGIN).fill(0xa5);
  fill(at);
  expect(around.subarray(0, MARGIN).every((byte) => byte === 0xa5)).toBe(true);
  expect(around.subarray(MARGIN + bytes).every((byte) => byte === 0xa5)).toBe(true);
  return new Uint32Array(core.memory.buffer.slice(at, at + bytes));
}

function coreNormals(core: Core, stream: Stream, from: number, count: number, dtype: DType): Uint32Array {
  return fromCore(core, count * (dtype === 'float32' ? 4 : 8), (at) => normalsInto(core, at, stream, from, count, dtype));
}

function coreWords(core: Core, { seed, sample, layer }: Stream, from: number, count: number): Uint32Array {
  const [low, high] = seedWords(seed);
  return fromCore(core, 4 * count, (at) => {
    core.exports.random_words(at, count, low, high, sample, layer, from % 2 ** 32, Math.floor(from / 2 ** 32));
  });
}

/** Counter, key and block of philox4x32 10 in kat_vectors of Random123 1.14. */
const KNOWN: readonly (readonly (readonly number[])[])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

describe('Philox4x32-10', () => {
  it.each(KNOWN)('the known answer of %j', ([c0, c1, c2, c3], [k0, k1], answer) => {
    const out = new Int32Array(4);
    philox(c0, c1, c2, c3, k0, k1, out);
    expect([...new Uint32Array(out.buffer)]).toEqual(answer);
  });

  it('lays the words of a stream out as documented', () => {
    const [low, high] = seedWords(STREAM.seed);
    const from = 2 ** 34 - 24;
    const out = new Int32Array(4);
    words(STREAM, from, 48).forEach((word, offset) => {
      const i = from + offset;
      const index = 4 * Math.floor(i / 16) + (i % 4);
      philox(index | 0, Math.floor(index / 2 ** 32), STREAM.sample, STREAM.layer, low, high, out);
      expect(word).toBe(out[Math.floor(i / 4) % 4] >>> 0);
    });
  });

  it.each(CORES)('gives the first known answer in %s too', (_name, core) => {
    const made = coreWords(core, { seed: 0, sample: 0, layer: 0 }, 0, 16);
    expect([0, 4, 8, 12].map((at) => made[at])).toEqual(KNOWN[0][2]);
  });
});

/** First index and length: empty, within a unit, across units, across the chunks of the core, where the low word of the block ends, late. */
const RANGES: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 1],
  [3, 2],
  [15, 17],
  [31, 66],
  [5, 5000],
  [2 ** 33 - 700, 1500],
  [2 ** 34 - 700, 1500],
  [2 ** 53 - 1400, 1399],
];

describe.each(CORES)('%s has the bits of JavaScript', (_name, core) => {
  it.each(RANGES)('from %d on, %d numbers', (from, count) => {
    expect(coreWords(core, STREAM, from, count)).toEqual(words(STREAM, from, count));
    for (const dtype of DTYPES)
      expect(coreNormals(core, STREAM, from, count, dtype), dtype).toEqual(bits(normals(STREAM, from, count, dtype)));
  });

  it('for any seed, sample and layer', () => {
    for (const seed of [0, 1, 2 ** 53 - 1, 2n ** 64n - 1n, [0xffffffff, 1]] as const)
      for (const [sample, layer] of [
        [0, 0],
        [2 ** 32 - 1, 1],
        [1, 2 ** 32 - 1],
      ])
        for (const dtype of DTYPES)
          expect(coreNormals(core, { seed, sample, layer }, 9, 40, dtype)).toEqual(bits(normals({ seed, sample, layer }, 9, 40, dtype)));
  });
});

describe('a stream', () => {
  it.each(DTYPES)('is the same whatever it is split into, %s', (dtype) => {
    const whole = normals(STREAM, 100, 300, dtype);
    for (const size of [1, 7, 16, 37])
      for (let from = 0; from < 300; from += size) {
        const count = Math.min(size, 300 - from);
        expect(bits(normals(STREAM, 100 + from, count, dtype))).toEqual(bits(whole.slice(from, from + count)));
      }
  });

  it('depends on both words of the seed, on the sample and on the layer', () => {
    const others = [{ seed: (STREAM.seed as bigint) ^ 1n }, { seed: (STREAM.seed as bigint) ^ (1n << 32n) }, { sample: 8 }, { layer: 4 }];
    const first = words(STREAM, 0, 64);
    for (const other of others) expect(words({ ...STREAM, ...other }, 0, 64).some((word, i) => word === first[i])).toBe(false);
  });

  it('reads a seed as a number, a bigint or two words', () => {
    expect(seedWords(2 ** 40 + 5)).toEqual([5, 256]);
    expect(seedWords(2n ** 63n + 9n)).toEqual([9, 2 ** 31]);
    expect(seedWords([1, 2])).toEqual([1, 2]);
  });

  it.each([
    [{ ...STREAM, seed: -1 }, 0, 1],
    [{ ...STREAM, seed: 2 ** 53 }, 0, 1],
    [{ ...STREAM, seed: 2n ** 64n }, 0, 1],
    [{ ...STREAM, seed: [1, 2 ** 32] as const }, 0, 1],
    [{ ...STREAM, sample: 1.5 }, 0, 1],
    [{ ...STREAM, layer: 2 ** 32 }, 0, 1],
    [STREAM, -1, 1],
    [STREAM, 0, Number.NaN],
    [STREAM, 2 ** 53 - 1, 1],
  ])('refuses %o from %d, %d numbers', (stream, from, count) => {
    expect(() => normals(stream, from, count, 'float32')).toThrowError(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
