import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type CsvOptions, readCsv } from '../../src/data';
import { codeOf, expectedOf, failure, fixture, plain } from './fixtures';

const rows = (text: string, options?: CsvOptions) => {
  const { data, columns } = readCsv(text, options);
  const [n, d] = data.shape;
  return { rows: Array.from({ length: n }, (_, i) => Array.from(data.data.subarray(i * d, (i + 1) * d))), columns };
};
const table = [
  [1, 2],
  [3, 4],
];

describe('readCsv', () => {
  it.each([
    ['commas', '1,2\n3,4\n'],
    ['no last line end', '1,2\n3,4'],
    ['CRLF', '1,2\r\n3,4\r\n'],
    ['CR', '1,2\r3,4\r'],
    ['blank lines', '\n  \n1,2\n\n\n3,4\n \n'],
    ['a byte order mark', '\uFEFF1,2\n3,4\n'],
    ['semicolons', '1;2\n3;4\n'],
    ['tabs', '1\t2\n3\t4\n'],
    ['blanks around fields', ' 1 , 2\t\n3,\t4 \n'],
    ['runs of blanks', '  1   2\n3 \t 4  \n'],
    ['quoted numbers', '"1","2"\n"3",4\n'],
    ['other notations', '+1.,2e0\n0.3E+1,400e-2\n'],
  ])('reads %s', (_, text) => {
    expect(rows(text)).toStrictEqual({ rows: table, columns: undefined });
    expect(readCsv(new TextEncoder().encode(text))).toStrictEqual(readCsv(text));
    expect(readCsv(gzipSync(new TextEncoder().encode(text)))).toStrictEqual(readCsv(text));
  });

  it('rounds as JavaScript does, and reads nan and infinities in any case', () => {
    const numbers = '0.1,-0,1e-400,9007199254740993,.5,nan,NaN,-nan,inf,-Infinity,+INF';
    const expected = [0.1, -0, 0, 9007199254740992, 0.5, Number.NaN, Number.NaN, Number.NaN, Infinity, -Infinity, Infinity];
    expect(rows(numbers).rows).toStrictEqual([expected]);
  });

  it('reads what numpy.savetxt writes', () => expect(plain(readCsv(fixture('savetxt.txt')).data)).toStrictEqual(expectedOf('savetxt.txt')));

  it('reads a header with quotes, delimiters, line ends and doubled quotes in it', () => {
    const text = '"a, b","say ""hi""",c,"two\nlines"\n1,2,3,4\nx';
    const error = failure(() => readCsv(text));
    expect(error).toMatchObject({ code: 'ERR_FORMAT', details: { line: 4 } });
    expect(rows(text.slice(0, -2))).toStrictEqual({ rows: [[1, 2, 3, 4]], columns: ['a, b', 'say "hi"', 'c', 'two\nlines'] });
  });

  it('takes a first row of names as the header, a mixed one only when told', () => {
    expect(rows('x,y\n1,2')).toStrictEqual({ rows: [[1, 2]], columns: ['x', 'y'] });
    expect(failure(() => readCsv('label,0,1\n1,2,3'))).toMatchObject({ code: 'ERR_FORMAT', details: { line: 1, column: 1 } });
    expect(rows('label,0,1\n1,2,3', { header: true }).columns).toEqual(['label', '0', '1']);
    expect(rows('1,2\n3,4', { header: true })).toStrictEqual({ rows: [[3, 4]], columns: ['1', '2'] });
    expect(failure(() => readCsv('x,y\n1,2', { header: false })).details).toMatchObject({ line: 1, column: 1 });
    expect(readCsv('x,y\n').data).toStrictEqual({ data: new Float64Array(), shape: [0, 2] });
  });

  it('takes the delimiter it is given', () => {
    expect(rows('1|2\n3|4', { delimiter: '|' }).rows).toEqual(table);
    expect(rows('1 2\n3 4', { delimiter: ' ' }).rows).toEqual(table);
    expect(rows('first name,second name\n1,2').columns).toEqual(['first name', 'second name']);
    expect(rows('"a;b",c\n1,2').columns).toEqual(['a;b', 'c']);
  });

  it('gives float32 on request', () => expect(readCsv('0.1,2', { dtype: 'float32' }).data.data).toStrictEqual(Float32Array.of(0.1, 2)));

  it.each<[string, string, number, number, CsvOptions?]>([
    ['a word', '1,2\n3,x\n', 2, 2],
    ['an empty field', '1,2\n\n,4\n', 3, 1],
    ['a last delimiter', '1,2\n3,4,\n', 2, 3],
    ['a short row', '1,2\n3\n', 2, 2],
    ['only delimiters', '1\t2\n\t\n', 2, 1],
    ['a decimal comma', '1,5;2\n', 1, 1],
    ['hexadecimal', '1,2\n3,0x4\n', 2, 2],
    ['a number beyond float64', '1,2\n3,1e309\n', 2, 2],
    ['a number beyond float32', '1,2\n3,1e39\n', 2, 2, { dtype: 'float32' }],
    ['an open quote', 'a,"b\n1,2\n', 1, 2],
    ['text after a quote', '"a"b,c\n1,2\n', 1, 1],
    ['text after a quote and a blank', '"a" b,c\n1,2\n', 1, 1],
    ['text after a quote, blanks as delimiter', '1 2\n"3"4 5\n', 2, 1],
    ['a comment', '1,2\n# 3,4\n', 2, 1],
    ['nothing', '', 1, 1],
    ['blanks only', ' \n\n', 1, 1],
  ])('names line and column of %s', (_, text, line, column, options) => {
    const error = failure(() => readCsv(text, options));
    expect(error).toMatchObject({ code: 'ERR_FORMAT', details: { line, column } });
    expect(error.message).toContain(`line ${line}, column ${column}`);
  });

  it('names the column of the header', () => expect(failure(() => readCsv('x,y\n1,?')).message).toContain('a number ("y"), found "?"'));

  it('refuses bytes that are not UTF-8, and impossible options', () => {
    expect(codeOf(() => readCsv(Uint8Array.of(0xff, 0xfe, 49, 0)))).toBe('ERR_FORMAT');
    for (const delimiter of ['', ',,', '"', '\n', '1', '-']) expect(codeOf(() => readCsv('1', { delimiter }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => readCsv('1', { header: 'yes' as 'auto' }))).toBe('ERR_ARGUMENT');
    expect(codeOf(() => readCsv(5 as unknown as string))).toBe('ERR_ARGUMENT');
  });

  it('respects maxBytes, and a row without end', () => {
    expect(readCsv('1,2\n3,4', { maxBytes: 32 }).data.shape).toEqual([2, 2]);
    expect(codeOf(() => readCsv('1,2\n3,4', { maxBytes: 31 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => readCsv('1,'.repeat(2 ** 20 + 1)))).toBe('ERR_FORMAT');
  });

  it('takes time in proportion to hostile text', () => {
    const digits = '1'.repeat(1_000_000);
    for (const text of [`${digits}x`, `1.${digits}x`, ' '.repeat(1_000_000), '"'.repeat(1_000_001), '\n'.repeat(1_000_000)])
      expect(codeOf(() => readCsv(text, { header: false }))).toBe('ERR_FORMAT');
  });
});
