import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as dense from '../build/dense.js';
import * as eigen from '../build/eigen.js';
import * as finite from '../build/finite.js';
import * as planes from '../build/planes.js';
import * as shared from '../build/shared.js';
import { pack } from '../scripts/pack.mjs';
import { extract } from '../src/backends/embedded';
import { unpack } from '../src/backends/unpack';

const PARTS = { dense, eigen, planes, finite, shared };

describe('the embedded core', () => {
  it.each(Object.entries(PARTS))('holds the bytes of both builds: %s', (name, part) => {
    for (const [build, file] of [
      ['simd', name],
      ['relaxed-simd', `relaxed-${name}`],
    ] as const)
      expect(Buffer.from(extract(part, build)).equals(readFileSync(new URL(`../build/${file}.wasm`, import.meta.url)))).toBe(true);
  });
});

/** Bytes with every kind of step: none repeats, some do, nearly all do, none but one value. */
const bytesOf = (length: number, spread: number, period: number): Uint8Array => {
  let state = 12345;
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = i >= period && state % 16 > 1 ? out[i - period] : (state >>> 24) % spread;
  }
  return out;
};

describe('pack and unpack', () => {
  it.each([0, 1, 2, 5, 100, 3000])('give back %i bytes', (length) => {
    for (const spread of [1, 2, 5, 256])
      for (const period of [1, 3, 700, length]) {
        const bytes = bytesOf(length, spread, period);
        expect(unpack(pack(bytes), length)).toEqual(bytes);
      }
  });

  it('give back a beginning alone', () => {
    const bytes = bytesOf(2000, 9, 40);
    expect(unpack(pack(bytes), 777)).toEqual(bytes.slice(0, 777));
  });

  it('carry through bytes of 255', () => {
    const bytes = new Uint8Array(5000).fill(255);
    for (let i = 0; i < 5000; i += 97) bytes[i] = 254;
    expect(unpack(pack(bytes), bytes.length)).toEqual(bytes);
  });
});
