import { gzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readArray, writeNpy, writeNpz } from '../../src/data';
import { codeOf, expectedOf, failure, fixture, plain } from './fixtures';

const matrix = expectedOf('matrix-c.npy');
const csv = new TextEncoder().encode('0,0.125,0.25,0.375\n0.5,0.625,0.75,0.875\n1,1.125,1.25,1.375\n');

describe('readArray', () => {
  it('goes by content before the name', () => {
    expect(plain(readArray(fixture('matrix-c.npy'), 'anything.csv'))).toStrictEqual(matrix);
    expect(plain(readArray(writeNpz({ a: readArray(fixture('matrix-c.npy'), '') }), 'x'))).toStrictEqual(matrix);
    expect(plain(readArray(fixture('i4.idx'), 'x.npy'))).toStrictEqual(expectedOf('i4.idx'));
  });

  it('goes by extension where content does not tell', () => {
    for (const name of ['x.csv', 'X.CSV', 'x.tsv', 'a.b/x.txt', 'x.csv.gz']) expect(plain(readArray(csv, name))).toStrictEqual(matrix);
    expect(failure(() => readArray(csv, 'x.npy')).message).toContain('npy');
    expect(failure(() => readArray(csv, 'x.npz')).message).toContain('zip');
    expect(failure(() => readArray(csv, 'train-images-idx3-ubyte')).message).toContain('idx');
  });

  it('unpacks gzip first, whatever the name', () => {
    expect(plain(readArray(fixture('matrix-c.npy.gz'), 'x'))).toStrictEqual(matrix);
    expect(plain(readArray(fixture('labels-idx1-ubyte.gz'), 'x'))).toStrictEqual(expectedOf('labels-idx1-ubyte.gz'));
    expect(plain(readArray(gzipSync(csv), 'x.csv'))).toStrictEqual(matrix);
  });

  it('passes options on', () => {
    expect(readArray(csv, 'x.csv', { header: true, dtype: 'float32' })).toMatchObject({ data: expect.any(Float32Array), shape: [2, 4] });
    expect(readArray(fixture('matrix-c.npy'), 'x', { dtype: 'float32' }).data).toBeInstanceOf(Float32Array);
    expect(codeOf(() => readArray(csv, 'x.csv', { maxBytes: 95 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => readArray(fixture('stored.npz'), 'x', { maxBytes: 95, entry: 'x' }))).toBe('ERR_OUT_OF_MEMORY');
  });

  it('picks an entry of an npz file', () => {
    const npz = fixture('stored.npz');
    expect(readArray(npz, 'a.npz', { entry: 'y' }).shape).toEqual([3]);
    const error = failure(() => readArray(npz, 'a.npz'));
    expect(error).toMatchObject({ code: 'ERR_ARGUMENT', details: { names: ['x', 'y', 'größe'] } });
    for (const entry of ['z', 'toString', '__proto__']) expect(codeOf(() => readArray(npz, 'a.npz', { entry }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => readArray(fixture('none.npz'), 'a.npz'))).toBe('ERR_ARGUMENT');
  });

  it('reads nothing but the entry of an npz file that is asked for, and lists a few names of many', () => {
    const words = new TextEncoder().encode('words');
    const npz = zipSync({ 'a.npy': writeNpy(readArray(csv, 'x.csv')), 'b.npy': words, 'readme.txt': words });
    expect(plain(readArray(npz, 'a.npz', { entry: 'a' }))).toStrictEqual(matrix);
    expect(codeOf(() => readArray(npz, 'a.npz', { entry: 'b' }))).toBe('ERR_FORMAT');
    expect(failure(() => readArray(npz, 'a.npz')).details).toMatchObject({ names: ['a', 'b'] });
    const many = writeNpz(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, [[i]]])));
    expect(failure(() => readArray(many, 'a.npz')).message).toContain('"k9" and 290 more; name one');
  });

  it('says which formats it knows', () => {
    const error = failure(() => readArray(csv, 'x.bin'));
    expect(error.code).toBe('ERR_UNSUPPORTED');
    expect(error.message).toContain('readCifar10');
    expect(codeOf(() => readArray(new Uint8Array(), 'x'))).toBe('ERR_UNSUPPORTED');
  });
});
