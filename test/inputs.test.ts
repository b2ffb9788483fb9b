/** Norms of rows: the bits of squares that are scaled first, whatever the magnitudes, and the refusals of numbers that are none. */
import { describe, expect, it } from 'vitest';
import { measure } from '../src/inputs';
import type { TypedArray } from '../src/ndarray';
import { random } from './conformance/linalg-matrices';

/** Every element times the scale before it is squared, in eight interleaved chains. */
function scaledNorm(row: TypedArray, scale: number): number {
  const sums = new Float64Array(8);
  row.forEach((x, k) => {
    sums[k % 8] += x * scale * (x * scale);
  });
  return Math.sqrt(sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7])));
}

/** Rows around 2^middle whose elements spread over so many powers of two; some are 0. */
function rowAround(doubles: boolean, length: number, middle: number, spread: number, seed: number): TypedArray {
  const next = random(seed);
  const element = () => (next() < 0.1 ? 0 : (next() - 0.5) * 2 ** (middle + (next() - 0.5) * spread));
  return (doubles ? new Float64Array(length) : new Float32Array(length)).map(element) as TypedArray;
}

describe('norms of rows', () => {
  for (const doubles of [false, true])
    it(`of ${doubles ? 'float64' : 'float32'} are those of scaled elements at every magnitude`, () => {
      let seed = 0;
      for (const length of [1, 7, 8, 9, 40])
        for (const spread of [0, 12, 300, 1800])
          for (let middle = doubles ? -1060 : -140; middle <= (doubles ? 1000 : 110); middle += doubles ? 13 : 2) {
            const data = rowAround(doubles, length, middle, spread, ++seed);
            const largest = Math.max(...[...data].map(Math.abs));
            if (!(largest < Number.POSITIVE_INFINITY)) continue;
            const { scale, inverse, radius } = measure({ data, shape: [1, length] }, 'x1', 'float64');
            const expected = largest > 0 ? 2 ** Math.max(-1020, Math.min(1020, -Math.ceil(Math.log2(largest)))) : 1;
            const norm = scaledNorm(data, expected);
            const found = [scale[0], inverse[0], radius[0]];
            expect(found, `2^${middle} ± ${spread}`).toEqual([expected, norm > 0 ? 1 / norm : 0, norm / Math.sqrt(length) / expected]);
          }
    });

  it('refuse NaN and infinities beside any other numbers, and name the first', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (const at of [0, 7, 8, 17])
        for (const others of [0, 1, 1e300]) {
          const data = new Float64Array(18).fill(others);
          data[at] = bad;
          const call = () => measure({ data, shape: [1, 18] }, 'x1', 'float64');
          expect(call).toThrow(expect.objectContaining({ code: 'ERR_NON_FINITE', details: expect.objectContaining({ index: [0, at] }) }));
        }
  });
});
