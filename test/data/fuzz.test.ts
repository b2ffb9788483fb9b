import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readArray, readCifar10, readCsv, readIdx, readNpy, readNpz, writeNpy, writeNpz } from '../../src/data';
import { InfiniteWidthError } from '../../src/errors';
import type { NDArray } from '../../src/ndarray';
import { fixture, isConsistent } from './fixtures';

const maxBytes = 1 << 20;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

type Reader = (bytes: Uint8Array) => NDArray[];
const npy: Reader = (bytes) => [readNpy(bytes, { maxBytes })];
const npz: Reader = (bytes) => Object.values(readNpz(bytes, { maxBytes }));
const idx: Reader = (bytes) => [readIdx(bytes, { maxBytes })];
const csv: Reader = (bytes) => [readCsv(bytes, { maxBytes }).data];
const cifar: Reader = (bytes) => Object.values(readCifar10(bytes, { maxBytes }));
const any: Reader = (bytes) => [readArray(bytes, 'x.csv', { maxBytes })];

const seeds: [name: string, reader: Reader, file: Uint8Array][] = [
  ...['cube-fortran.npy', 'i8-be.npy', 'f2-le.npy', 'version3.npy', 'matrix-c.npy.gz'].map(
    (name) => [name, npy, fixture(name)] as [string, Reader, Uint8Array],
  ),
  ['stored.npz', npz, fixture('stored.npz')],
  ['deflated.npz', npz, fixture('deflated.npz')],
  ['i2.idx', idx, fixture('i2.idx')],
  ['labels-idx1-ubyte.gz', idx, fixture('labels-idx1-ubyte.gz')],
  ['cifar.bin.gz', cifar, fixture('cifar.bin.gz')],
  ['csv', csv, bytesOf('a,"b ""c""",d\r\n1,2.5e3,-4\r\n\r\nnan,inf,"7"\r\n')],
  ['csv.gz', any, gzipSync(bytesOf('1 2 3\n4 5 6\n'), { mtime: 0 })],
];

type Edit = (bytes: Uint8Array) => Uint8Array;
const place = fc.nat({ max: 1 << 16 });
const spot = (bytes: Uint8Array, at: number): number => (bytes.length === 0 ? 0 : at % bytes.length);
const splice = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, spot(bytes, at)), ...insert, ...bytes.subarray(spot(bytes, at) + remove)]);

/** Overwriting (extreme bytes preferred), truncating, removing, inserting, and doubling a stretch. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 }))).map(
    ([at, byte]): Edit =>
      (b) =>
        splice(b, at, 1, Uint8Array.of(byte)),
  ),
  fc.tuple(place, fc.nat({ max: 7 })).map(
    ([at, bit]): Edit =>
      (b) =>
        splice(b, at, 1, Uint8Array.of(b[spot(b, at)] ^ (1 << bit))),
  ),
  place.map(
    (at): Edit =>
      (b) =>
        b.slice(0, spot(b, at)),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 16 })).map(
    ([at, count]): Edit =>
      (b) =>
        splice(b, at, count, new Uint8Array()),
  ),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 })).map(
    ([at, insert]): Edit =>
      (b) =>
        splice(b, at, 0, insert),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 64 })).map(
    ([at, count]): Edit =>
      (b) =>
        splice(b, at, 0, b.slice(spot(b, at), spot(b, at) + count)),
  ),
);

/** Reads, and lets through nothing but the library's own error. */
function readsOrRefuses(reader: Reader, bytes: Uint8Array): void {
  try {
    expect(reader(bytes).every(isConsistent)).toBe(true);
  } catch (error) {
    if (!(error instanceof InfiniteWidthError)) throw error;
    expect(error.message).toContain(`[${error.code}]`);
  }
}

describe('a damaged file', () => {
  it.each(seeds)('%s reads or is refused', (_, reader, file) => {
    readsOrRefuses(reader, file);
    expect(reader(file).every(isConsistent)).toBe(true);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
        readsOrRefuses(
          reader,
          edits.reduce((bytes, apply) => apply(bytes), file),
        ),
      ),
      { numRuns: 1500, seed: 1 },
    );
  });

  it('is refused also when it is damaged before it is compressed', () => {
    const file = fixture('stored.npz');
    fc.assert(
      fc.property(edit, (apply) => readsOrRefuses(npz, gzipSync(apply(file)))),
      { numRuns: 300, seed: 2 },
    );
  });

  it('may be any bytes at all, with any magic', () => {
    const magic = fc.constantFrom([], [0x93, 78, 85, 77, 80, 89, 1, 0], [80, 75, 3, 4], [80, 75, 5, 6], [31, 139, 8, 0], [0, 0, 8]);
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 300 }), (head, tail) => readsOrRefuses(any, Uint8Array.from([...head, ...tail]))),
      { numRuns: 3000, seed: 3 },
    );
  });

  it('may be any text', () => {
    const text = fc.array(fc.constantFrom('1', '-2.5', 'e', '.', ',', ';', ' ', '\t', '"', '\n', '\r', 'nan', 'é', '\u2028'), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, (parts) => readsOrRefuses(csv, bytesOf(parts.join('')))),
      { numRuns: 5000, seed: 4 },
    );
  });
});

const double = fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324));
const array: fc.Arbitrary<NDArray> = fc.tuple(fc.array(fc.nat({ max: 4 }), { maxLength: 4 }), fc.boolean()).chain(([shape, single]) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(double, { minLength: length, maxLength: length })
    .map((values) => ({ data: single ? Float32Array.from(values) : Float64Array.from(values), shape }));
});

describe('write, then read', () => {
  it('is exact for npy', () => {
    fc.assert(
      fc.property(array, (value) => {
        expect(readNpy(writeNpy(value))).toStrictEqual(value);
        expect(readNpy(gzipSync(writeNpy(value)))).toStrictEqual(value);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('is exact for npz', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((key) => key !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, array, { maxKeys: 4, noNullPrototype: true }), fc.boolean(), (record, compress) => {
        expect(readNpz(writeNpz(record, { compress }))).toStrictEqual(record);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  it('is exact for csv text of shortest decimals', () => {
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((width) => fc.array(fc.array(double, { minLength: width, maxLength: width }), { minLength: 1 }));
    const show = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
    fc.assert(
      fc.property(rows, fc.constantFrom(',', ';', '\t', ' '), (values, delimiter) => {
        const { data, columns } = readCsv(values.map((row) => row.map(show).join(delimiter)).join('\n'));
        expect(columns).toBeUndefined();
        expect(data).toStrictEqual({ data: Float64Array.from(values.flat()), shape: [values.length, values[0].length] });
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
