import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data';
import { codeOf, concat, expectedOf, failure, fixture, names, plain } from './fixtures';

describe('readIdx', () => {
  it.each(names(/idx/))('%s holds what numpy wrote', (name) => {
    const array = readIdx(fixture(name));
    expect(plain(array)).toStrictEqual(expectedOf(name));
    expect(array.data).toBeInstanceOf(name === 'f4.idx' ? Float32Array : Float64Array);
  });

  it('converts on request', () => {
    expect(readIdx(fixture('u1.idx'), { dtype: 'float32' }).data).toStrictEqual(Float32Array.from(expectedOf('u1.idx').data));
  });

  it('refuses every truncation and every byte too many', () => {
    const bytes = fixture('i2.idx');
    for (let length = 0; length < bytes.length; length++) expect(codeOf(() => readIdx(bytes.subarray(0, length)))).toBe('ERR_FORMAT');
    expect(codeOf(() => readIdx(concat(bytes, [0])))).toBe('ERR_FORMAT');
  });

  it('names the byte and what was expected of a wrong magic', () => {
    const error = failure(() => readIdx(new Uint8Array([0, 0, 10, 1, 0, 0, 0, 0])));
    expect(error).toMatchObject({ code: 'ERR_FORMAT', details: { byte: 0, found: '00 00 0a 01' } });
  });

  it('refuses sizes beyond maxBytes and products beyond 2 ** 64 before allocating', () => {
    const huge = concat([0, 0, 8, 3], new Array(12).fill(255));
    expect(codeOf(() => readIdx(huge))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => readIdx(fixture('u1.idx'), { maxBytes: 24 * 8 - 1 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(readIdx(fixture('u1.idx'), { maxBytes: 24 * 8 }).shape).toEqual([2, 3, 4]);
  });

  it('reads an array without elements', () => {
    expect(plain(readIdx(concat([0, 0, 14, 2], [255, 255, 255, 255, 0, 0, 0, 0])))).toStrictEqual({ shape: [2 ** 32 - 1, 0], data: [] });
  });
});
