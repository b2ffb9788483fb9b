/** Numeric tables as delimited text. */
import { InfiniteWidthError } from '../errors';
import { allocate, bytesPer, type DType, type NDArray, type TypedArray } from '../ndarray';
import { type Bytes, type ReadOptions, readLimits, toBytes, tooLarge } from './bytes';
import { CsvRows, csvError, detectDelimiter, showField } from './csv-rows';
import { plainBytes } from './gzip';

export interface CsvOptions extends ReadOptions {
  /** Whether the first row names the columns; 'auto' (the default): if none of its fields is a number. */
  header?: 'auto' | boolean;
  /** One character; ' ' stands for runs of blanks. 'auto' (the default): tab, semicolon, comma or blanks, by the first row. */
  delimiter?: 'auto' | string;
}

export interface CsvTable {
  /** [rows, columns], float64 unless `dtype` is given. */
  readonly data: NDArray;
  /** The names of the header, where there is one. */
  readonly columns?: string[];
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
]);

/**
 * Reads a table of numbers (decimal, `nan`, `inf`), plain text or its UTF-8 bytes, gzipped or not. Fields may be quoted, blank lines
 * are skipped, there are no comments.
 * @throws ERR_FORMAT, naming line and column, for a field that is empty or no number, a number beyond the dtype, rows of unequal
 *   length, bad quotes, an empty table; ERR_OUT_OF_MEMORY above `maxBytes`; ERR_ARGUMENT for an impossible option
 */
export function readCsv(input: string | Bytes, options: CsvOptions = {}): CsvTable {
  const { maxBytes, dtype = 'float64' } = readLimits(options);
  const { header = 'auto', delimiter = 'auto' } = options;
  checkOptions(header, delimiter);
  const text = typeof input === 'string' ? input.replace(/^\uFEFF/, '') : decodeText(plainBytes(toBytes(input), maxBytes));
  const rows = new CsvRows(text, delimiter === 'auto' ? detectDelimiter(text) : delimiter);
  const first = rows.next();
  if (!first) throw csvError(1, 1, 'a row of numbers', 'no text', 'pass a file that has rows');
  const columns = isHeader(first, header, rows.line) ? first : undefined;
  const table = new Table(first.length, dtype, maxBytes, columns);
  for (let row = columns ? rows.next() : first; row; row = rows.next()) table.push(row, rows.line);
  return { data: table.finish(), ...(columns && { columns }) };
}

function checkOptions(header: unknown, delimiter: unknown): void {
  if (header !== 'auto' && typeof header !== 'boolean')
    throw new InfiniteWidthError('ERR_ARGUMENT', `header must be 'auto', true or false; got ${String(header)}`, { header });
  if (delimiter !== 'auto' && !(typeof delimiter === 'string' && /^[^"\r\n0-9.+\-eE]$/.test(delimiter)))
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `delimiter must be 'auto' or one character that no number has; got ${JSON.stringify(delimiter)}`,
      {
        delimiter,
      },
    );
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length >= 2 ** 29 - 24)
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `a csv of ${bytes.length} bytes is longer than a string can be; split it, or use an npy file`,
      {
        bytes: bytes.length,
      },
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InfiniteWidthError('ERR_FORMAT', 'csv: the bytes are not UTF-8 text; save the file as UTF-8', {}, { cause });
  }
}

function isHeader(first: readonly string[], header: 'auto' | boolean, line: number): boolean {
  if (header !== 'auto') return header;
  const numeric = first.filter((field) => parseNumber(field) !== undefined).length;
  if (numeric === 0) return true;
  const name = first.findIndex((field) => parseNumber(field) === undefined);
  if (name < 0) return false;
  throw csvError(
    line,
    name + 1,
    'a row of numbers only, or of names only',
    showField(first[name]),
    'name every column, remove the line, or pass header: true if it is one of names',
  );
}

function parseNumber(field: string): number | undefined {
  if (NUMBER.test(field)) return Number(field);
  if (field.length > 9) return undefined;
  const special = SPECIAL.get(field.replace(/^[+-]/, '').toLowerCase());
  return special !== undefined && field.startsWith('-') ? -special : special;
}

/** Rows of equal width in an array that grows with them. */
class Table {
  private data: TypedArray;
  private length = 0;
  constructor(
    private readonly width: number,
    private readonly dtype: DType,
    private readonly maxBytes: number,
    private readonly columns: readonly string[] | undefined,
  ) {
    this.data = allocate(dtype, 0, 'csv');
  }

  push(row: readonly string[], line: number): void {
    if (row.length !== this.width)
      throw csvError(
        line,
        Math.min(row.length, this.width) + 1,
        `${this.width} fields, as in the first row`,
        `${row.length}`,
        'correct the row or the delimiter',
      );
    this.reserve(this.length + this.width);
    for (let i = 0; i < row.length; i++) this.data[this.length++] = this.number(row[i], line, i);
  }

  finish(): NDArray {
    return { data: this.data.slice(0, this.length), shape: [this.length / this.width, this.width] };
  }

  private number(field: string, line: number, index: number): number {
    const value = parseNumber(field);
    const column = this.columns ? ` (${showField(this.columns[index])})` : '';
    if (value === undefined)
      throw csvError(
        line,
        index + 1,
        `a number${column}`,
        showField(field),
        field === '' ? 'write nan for a missing value, or impute it' : 'correct it',
      );
    const stored = this.dtype === 'float32' ? Math.fround(value) : value;
    if (Math.abs(stored) === Infinity && /\d/.test(field))
      throw csvError(
        line,
        index + 1,
        `a number within ${this.dtype}${column}`,
        showField(field),
        'rescale it, or write inf if infinity is meant',
      );
    return value;
  }

  private reserve(length: number): void {
    const bytes = length * bytesPer(this.dtype);
    if (bytes > this.maxBytes) throw tooLarge('csv', `an array of ${length} numbers or more in ${this.dtype}`, bytes, this.maxBytes);
    if (length <= this.data.length) return;
    const grown = allocate(
      this.dtype,
      Math.max(length, Math.min(2 * this.data.length, Math.floor(this.maxBytes / bytesPer(this.dtype)))),
      'csv',
    );
    grown.set(this.data);
    this.data = grown;
  }
}
