import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readNpz, writeNpy, writeNpz } from '../../src/data';
import { codeOf, concat, expectedArrays, failure, fixture, npyFile, plain } from './fixtures';
import { type Archive, type Entry, zipFile } from './zip-file';

const npy = writeNpy([1, 2, 3]);
const zeros = (bytes: number): Uint8Array =>
  npyFile(`{'descr': '|u1', 'fortran_order': False, 'shape': (${bytes},), }`, new Uint8Array(bytes));
const read = (entries: Entry[], archive?: Archive) => readNpz(zipFile(entries, archive));

describe('readNpz', () => {
  it.each(['stored.npz', 'deflated.npz', 'none.npz'])('%s holds what numpy wrote', (name) => {
    const arrays = readNpz(fixture(name));
    expect(Object.fromEntries(Object.entries(arrays).map(([key, array]) => [key, plain(array)]))).toStrictEqual(expectedArrays(name));
  });

  it('keeps the order of the archive', () => expect(Object.keys(readNpz(fixture('stored.npz')))).toEqual(['x', 'y', 'größe']));

  it('refuses every truncation, and bytes before or after', () => {
    for (const name of ['stored.npz', 'deflated.npz']) {
      const bytes = fixture(name);
      for (let length = 0; length < bytes.length; length++) expect(codeOf(() => readNpz(bytes.subarray(0, length)))).toBe('ERR_FORMAT');
      expect(codeOf(() => readNpz(concat(bytes, [0])))).toBe('ERR_FORMAT');
      expect(codeOf(() => readNpz(concat([0], bytes)))).toBe('ERR_FORMAT');
    }
  });

  it('names the entry that is malformed', () => {
    const error = failure(() => read([{ name: 'bad.npy', content: new Uint8Array(40) }]));
    expect(error.code).toBe('ERR_FORMAT');
    expect(error.message).toContain('entry bad.npy of the npz file, byte 0');
  });

  it('accepts a comment and sizes that follow the data', () => {
    const entries = [{ name: 'a.npy', content: npy, flags: 8, local: { size: 0 } }];
    expect(read(entries, { comment: new Uint8Array(300).fill(80) }).a.shape).toEqual([3]);
  });

  it.each<[string, Entry[], Archive?]>([
    ['a declared size below the true one', [{ name: 'a.npy', content: npy, size: npy.length - 8 }]],
    ['a declared size above the true one', [{ name: 'a.npy', content: npy, size: npy.length + 8 }]],
    ['a declared size no deflate stream reaches', [{ name: 'a.npy', content: npy, size: 2 ** 31 - 1 }]],
    ['a stored entry of two sizes', [{ name: 'a.npy', content: npy, method: 0, size: npy.length - 8 }]],
    ['a compressed size beyond the file', [{ name: 'a.npy', content: npy, compressed: 2 ** 30 }]],
    ['a compressed size cut short', [{ name: 'a.npy', content: npy, compressed: 10, size: 20 }]],
    ['a CRC that does not match', [{ name: 'a.npy', content: npy, crc: 1 }]],
    ['a local header of another size', [{ name: 'a.npy', content: npy, local: { size: 1 } }]],
    ['a local header of another name', [{ name: 'a.npy', content: npy, local: { name: 'b.npy' } }]],
    ['a local header of another method', [{ name: 'a.npy', content: npy, local: { method: 0 } }]],
    ['an offset into nowhere', [{ name: 'a.npy', content: npy, offset: 2 ** 31 }]],
    ['an offset into the data', [{ name: 'a.npy', content: npy, offset: 1 }]],
    ['the same name twice', [0, 1].map(() => ({ name: 'a.npy', content: npy }))],
    ['two entries on the same data', [0, 1].map(() => ({ name: 'a.npy', content: npy, offset: 0 }))],
    ['an entry named __proto__', [{ name: '__proto__.npy', content: npy }]],
    ['an entry that is not npy', [{ name: 'readme.txt', content: npy }]],
    ['a wrong count', [{ name: 'a.npy', content: npy }], { count: 2 }],
    ['a directory elsewhere', [{ name: 'a.npy', content: npy }], { directoryOffset: 0 }],
    ['several volumes', [{ name: 'a.npy', content: npy }], { disk: 1 }],
  ])('refuses %s', (_, entries, archive) => {
    expect(codeOf(() => read(entries, archive))).toBe('ERR_FORMAT');
  });

  it.each<[string, Entry, Archive?]>([
    ['encryption', { name: 'a.npy', content: npy, flags: 1 }],
    ['another method', { name: 'a.npy', content: npy, method: 12 }],
    ['zip64 sizes', { name: 'a.npy', content: npy, size: 2 ** 32 - 1 }],
    ['a zip64 count', { name: 'a.npy', content: npy }, { count: 65535 }],
  ])('does not support %s', (_, entry, archive) => {
    expect(codeOf(() => read([entry], archive))).toBe('ERR_UNSUPPORTED');
  });

  it('leaves Object.prototype and the result alone, whatever an entry is called', () => {
    const arrays = read(['constructor', 'toString', 'a/b', ''].map((name) => ({ name: `${name}.npy`, content: npy })));
    expect(Object.keys(arrays)).toEqual(['constructor', 'toString', 'a/b', '']);
    expect(Object.getPrototypeOf(arrays)).toBe(Object.prototype);
  });

  it('bounds all entries together, declared and decoded', () => {
    const three = ['a', 'b', 'c'].map((name) => ({ name: `${name}.npy`, content: zeros(1000) }));
    const declared = 3 * zeros(1000).length;
    expect(codeOf(() => readNpz(zipFile(three), { maxBytes: declared - 1 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => readNpz(zipFile(three), { maxBytes: 3 * 8000 - 1 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(Object.keys(readNpz(zipFile(three), { maxBytes: 3 * 8000 }))).toEqual(['a', 'b', 'c']);
  });

  it('stops a bomb that declares less than it holds before it unfolds', () => {
    const bomb = zipFile([{ name: 'a.npy', content: new Uint8Array(50_000_000), size: 100_000 }]);
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(codeOf(() => readNpz(bomb))).toBe('ERR_FORMAT');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  });
});

describe('writeNpz', () => {
  const arrays = readNpz(fixture('stored.npz'));

  it.each([true, false])('round trips, compressed: %s', (compress) => {
    expect(readNpz(writeNpz(arrays, { compress }))).toStrictEqual(arrays);
    expect(readNpz(writeNpz({}, { compress }))).toStrictEqual({});
  });

  it('holds npy files that another zip reader finds', () => {
    for (const compress of [true, false]) {
      const files = unzipSync(writeNpz(arrays, { compress }));
      expect(Object.keys(files)).toEqual(['x.npy', 'y.npy', 'größe.npy']);
      expect(Buffer.compare(files['x.npy'], fixture('matrix-c.npy'))).toBe(0);
    }
  });

  it('compresses by default, and gives equal bytes for equal input', () => {
    const record = { a: { data: new Float64Array(10_000), shape: [100, 100] } };
    expect(writeNpz(record).length).toBeLessThan(1000);
    expect(writeNpz(record, { compress: false }).length).toBeGreaterThan(80_000);
    expect(writeNpz(record)).toStrictEqual(writeNpz(record));
  });

  it('refuses names and values that cannot be', () => {
    expect(codeOf(() => writeNpz(JSON.parse('{"__proto__": [1]}')))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => writeNpz({ '': [1] }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => writeNpz({ '\ud800': [1] }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => writeNpz({ a: 1 as unknown as number[] }))).toBe('ERR_DTYPE');
    expect(codeOf(() => writeNpz(null as unknown as Record<string, number[]>))).toBe('ERR_ARGUMENT');
  });
});
