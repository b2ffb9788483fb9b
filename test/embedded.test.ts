import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as dense from '../build/dense.js';
import * as eigen from '../build/eigen.js';
import * as finite from '../build/finite.js';
import * as planes from '../build/planes.js';
import * as shared from '../build/shared.js';
import { extract } from '../src/backends/embedded';

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
