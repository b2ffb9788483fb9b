import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../../src/data';
import { codeOf, expectedOf, failure, fixture, names, npyFile, plain } from './fixtures';

const header = (shape: string, descr = '<f8'): string => `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;

describe('readNpy', () => {
  const files = names(/\.npy(\.gz)?$/);
  it('has fixtures of every type and both byte orders', () => expect(files.length).toBe(31));

  it.each(files)('%s holds what numpy reads', (name) => {
    const array = readNpy(fixture(name));
    expect(plain(array)).toStrictEqual(expectedOf(name));
    expect(array.data).toBeInstanceOf(/f4|cube/.test(name) ? Float32Array : Float64Array);
  });

  it.each(files)('%s is converted on request', (name) => {
    const { data, shape } = expectedOf(name);
    const finite = data.every((value) => !Number.isFinite(value) || Number.isFinite(Math.fround(value)));
    if (finite) expect(plain(readNpy(fixture(name), { dtype: 'float32' }))).toStrictEqual({ shape, data: data.map(Math.fround) });
    else expect(failure(() => readNpy(fixture(name), { dtype: 'float32' }))).toMatchObject({ code: 'ERR_DTYPE', details: { index: 8 } });
    expect(plain(readNpy(fixture(name), { dtype: 'float64' }))).toStrictEqual({ shape, data });
  });

  it('reads an ArrayBuffer, and a view at an odd offset', () => {
    const bytes = fixture('f8-le.npy');
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(plain(readNpy(shifted))).toStrictEqual(expectedOf('f8-le.npy'));
    expect(plain(readNpy(bytes.buffer as ArrayBuffer))).toStrictEqual(expectedOf('f8-le.npy'));
  });

  it('returns data that is its own', () => {
    const bytes = fixture('matrix-c.npy');
    const array = readNpy(bytes);
    bytes.fill(255);
    expect(plain(array)).toStrictEqual(expectedOf('matrix-c.npy'));
    expect(array.data.buffer.byteLength).toBe(array.data.byteLength);
  });

  it.each([
    ['complex', /np\.abs/],
    ['string', /np\.unique/],
    ['bytes', /np\.unique/],
    ['object', /astype\(np\.float64\)/],
    ['datetime', /astype\(np\.int64\)/],
    ['structured', /structured_to_unstructured/],
    ['longdouble', /astype\(np\.float64\)/],
  ])('refuses %s and says what to do in numpy', (name, remedy) => {
    const error = failure(() => readNpy(fixture(`unread-${name}.npy`)));
    expect(error.code).toBe('ERR_DTYPE');
    expect(error.message).toMatch(remedy);
  });

  it.each([
    ['beyond-i8.npy', '9007199254740993'],
    ['beyond-u8.npy', '18446744073709551615'],
  ])('refuses an integer beyond 2 ** 53 (%s)', (name, integer) => {
    const error = failure(() => readNpy(fixture(name)));
    expect(error).toMatchObject({ code: 'ERR_DTYPE', details: { index: 1 } });
    expect(error.message).toContain(integer);
  });

  it('refuses every truncation and every byte too many', () => {
    for (const name of ['matrix-c.npy', 'version2.npy', 'f2-be.npy']) {
      const bytes = fixture(name);
      for (let length = 0; length < bytes.length; length++) expect(codeOf(() => readNpy(bytes.subarray(0, length)))).toBe('ERR_FORMAT');
    }
    const bytes = fixture('matrix-c.npy');
    const longer = failure(() => readNpy(Uint8Array.from([...bytes, 0])));
    expect(longer).toMatchObject({ code: 'ERR_FORMAT', details: { byte: bytes.length } });
  });

  it.each([
    ['a huge length', '(1152921504606846976,)'],
    ['a length beyond 2 ** 64', '(99999999999999999999,)'],
    ['a product beyond 2 ** 64', '(4294967296, 4294967296)'],
    ['a product that wraps to 0', '(4294967296, 4294967296, 4294967296)'],
    ['a size just above 2 ** 31 bytes', '(268435457,)'],
  ])('refuses %s before allocating', (_, shape) => {
    const error = failure(() => readNpy(npyFile(header(shape), new Uint8Array(100))));
    expect(error.code).toBe('ERR_OUT_OF_MEMORY');
    expect(error.details.maxBytes).toBe(2 ** 31);
  });

  it('counts maxBytes in bytes of the result', () => {
    const bytes = fixture('u1-le.npy');
    expect(readNpy(bytes, { maxBytes: 32 }).shape).toEqual([4]);
    expect(codeOf(() => readNpy(bytes, { maxBytes: 31 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(readNpy(bytes, { maxBytes: 16, dtype: 'float32' }).shape).toEqual([4]);
    expect(codeOf(() => readNpy(bytes, { maxBytes: Number.NaN }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => readNpy(bytes, { dtype: 'int8' as 'float32' }))).toBe('ERR_DTYPE');
    expect(codeOf(() => readNpy([1, 2] as unknown as Uint8Array))).toBe('ERR_ARGUMENT');
  });

  it.each([
    ['a negative length', header('(-1,)')],
    ['a fractional length', header('(1.5,)')],
    ['a bare number as shape', header('(3)')],
    ['a list as shape', header('[3]')],
    ['an unclosed shape', header('(3,')],
    ['a doubled comma', header('(3,,)')],
    ['65 dimensions', header(`(${'1, '.repeat(65)})`)],
    ['a length of 2 ** 60 beside a 0', header('(1152921504606846976, 0)')],
    ['a missing key', "{'descr': '<f8', 'shape': ()}"],
    ['a key twice', "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}"],
    ['an unknown key', "{'descr': '<f8', 'fortran_order': False, 'shape': (), 'x': 1}"],
    ['a key of Object.prototype', "{'__proto__': (), 'descr': '<f8', 'fortran_order': False, 'shape': ()}"],
    ['text after the brace', `${header('()')}x`],
    ['code in place of a value', "{'descr': '<f8', 'fortran_order': __import__('os'), 'shape': ()}"],
    ['an escape', header('()', '<f\\x38')],
    ['no byte order', header('()', 'f8')],
    ['an irrelevant byte order', header('()', '|f8')],
    ['an unclosed string', "{'descr: <f8"],
    ['a NUL', '{\u0000'],
    ['nothing', ''],
  ])('refuses a header with %s', (_, text) => {
    const error = failure(() => readNpy(npyFile(text, new Uint8Array(8))));
    expect(error.code).toBe('ERR_FORMAT');
    expect(error.message).toMatch(/npy file, byte \d+: expected .+, found /);
  });

  it('accepts the spellings of other writers', () => {
    const text = '{"shape":(2L , 1),"descr":"<f8","fortran_order":True}';
    expect(readNpy(npyFile(text, new Uint8Array(16))).shape).toEqual([2, 1]);
    expect(readNpy(npyFile(header('( 2 , 1 , )'), new Uint8Array(16), [2, 0])).shape).toEqual([2, 1]);
  });

  it('refuses a header length beyond the file, an unknown version and a wrong magic', () => {
    const bytes = fixture('matrix-c.npy');
    const patched = (at: number, byte: number) => Uint8Array.from(bytes, (old, i) => (i === at ? byte : old));
    expect(failure(() => readNpy(patched(9, 255))).details.byte).toBe(8);
    expect(failure(() => readNpy(patched(6, 4))).details.byte).toBe(6);
    expect(failure(() => readNpy(patched(7, 1))).details.byte).toBe(6);
    expect(failure(() => readNpy(patched(0, 0))).details.byte).toBe(0);
    expect(failure(() => readNpy(patched(20, 255))).message).toContain('ASCII');
    expect(codeOf(() => readNpy(npyFile(' '.repeat(70_000), new Uint8Array(), [2, 0])))).toBe('ERR_FORMAT');
  });
});

describe('writeNpy', () => {
  it.each(['f8-le.npy', 'f4-le.npy', 'matrix-c.npy', 'scalar.npy', 'empty.npy'])('%s is byte for byte what numpy.save wrote', (name) => {
    const bytes = fixture(name);
    expect(Buffer.compare(writeNpy(readNpy(bytes)), bytes)).toBe(0);
  });

  it('writes nested arrays as float64', () => {
    const rows = [0, 1, 2].map((i) => [0, 1, 2, 3].map((j) => (4 * i + j) / 8));
    expect(Buffer.compare(writeNpy(rows), fixture('matrix-c.npy'))).toBe(0);
  });

  it('writes a view of a larger buffer', () => {
    const whole = Float64Array.from([9, 1, 2, 9]);
    expect(plain(readNpy(writeNpy({ data: whole.subarray(1, 3), shape: [2] })))).toStrictEqual({ shape: [2], data: [1, 2] });
  });

  it('refuses what is not an array', () => {
    expect(codeOf(() => writeNpy({ data: new Float64Array(3), shape: [2] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => writeNpy({ data: new Float64Array(1), shape: new Array(65).fill(1) }))).toBe('ERR_SHAPE');
    expect(codeOf(() => writeNpy({ data: [1], shape: [1] } as unknown as number[]))).toBe('ERR_DTYPE');
  });
});
