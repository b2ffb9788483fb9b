import { gunzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readCifar10 } from '../../src/data';
import { codeOf, failure, fixture, plain } from './fixtures';

const file = (): Uint8Array => gunzipSync(fixture('cifar.bin.gz'));
/** The formula of make.py. */
const pixel = (flat: number): number => {
  const [image, row, column, channel] = [Math.floor(flat / 3072), Math.floor(flat / 96) % 32, Math.floor(flat / 3) % 32, flat % 3];
  return (7 * image + 5 * row + 3 * column + 50 * channel) % 256;
};

describe('readCifar10', () => {
  it('turns planes into channels-last images', () => {
    const { images, labels } = readCifar10(fixture('cifar.bin.gz'));
    expect(images.shape).toEqual([2, 32, 32, 3]);
    expect(images.data).toStrictEqual(Float64Array.from({ length: 6144 }, (_, i) => pixel(i)));
    expect(plain(labels)).toStrictEqual({ shape: [2], data: [9, 3] });
  });

  it('gives float32 on request', () => {
    const { images, labels } = readCifar10(file(), { dtype: 'float32' });
    expect(images.data).toStrictEqual(Float32Array.from({ length: 6144 }, (_, i) => pixel(i)));
    expect(labels.data).toStrictEqual(Float32Array.of(9, 3));
  });

  it('refuses what is not whole records, naming the byte', () => {
    expect(failure(() => readCifar10(file().subarray(0, 6145)))).toMatchObject({ code: 'ERR_FORMAT', details: { byte: 3073 } });
    expect(codeOf(() => readCifar10(new Uint8Array()))).toBe('ERR_FORMAT');
    const wrong = file();
    wrong[3073] = 10;
    expect(failure(() => readCifar10(wrong))).toMatchObject({ code: 'ERR_FORMAT', details: { byte: 3073, found: '10' } });
  });

  it('respects maxBytes', () => {
    expect(codeOf(() => readCifar10(file(), { maxBytes: 6144 * 8 - 1 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(readCifar10(file(), { maxBytes: 6144 * 8 }).images.shape[0]).toBe(2);
  });
});
