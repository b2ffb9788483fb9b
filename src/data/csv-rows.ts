/** Splits delimited text into rows of fields (RFC 4180, any line ending), one row at a time. */
import { InfiniteWidthError } from '../errors';

/** More columns than any data set has: what a file without line ends would otherwise be read as. */
export const MAX_COLUMNS = 1 << 20;

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

/** ERR_FORMAT at a line and column (both from 1) of the text. */
export function csvError(line: number, column: number, expected: string, found: string, remedy: string): InfiniteWidthError {
  return new InfiniteWidthError('ERR_FORMAT', `csv, line ${line}, column ${column}: expected ${expected}, found ${found}; ${remedy}`, {
    line,
    column,
    expected,
    found,
  });
}

/** The text of a field, shortened for a message. */
export const showField = (field: string): string =>
  field === '' ? 'nothing' : JSON.stringify(field.length > 30 ? `${field.slice(0, 30)}…` : field);

/** A tab, semicolon or comma, whichever stands first in this order in the first line that is not blank; else blanks; else a comma. */
export function detectDelimiter(text: string): string {
  const line = /^[^\S\r\n]*[^\s][^\r\n]*/m.exec(text.slice(0, MAX_COLUMNS))?.[0] ?? '';
  const unquoted = line.replace(/"[^"]*"/g, '""').trim();
  return ['\t', ';', ',', ' '].find((candidate) => unquoted.includes(candidate)) ?? ',';
}

export class CsvRows {
  private at = 0;
  /** Line at which the last row began, from 1. */
  line = 1;
  private nextLine = 1;
  private readonly delimiter: number;
  /** Runs of blanks separate, rather than each delimiter. */
  private readonly blanks: boolean;

  constructor(
    private readonly text: string,
    delimiter: string,
  ) {
    this.delimiter = delimiter.charCodeAt(0);
    this.blanks = delimiter === ' ';
  }

  /** The next row that is not blank, its fields trimmed unless quoted; undefined at the end. @throws ERR_FORMAT */
  next(): string[] | undefined {
    this.skipBlankLines();
    if (this.at >= this.text.length) return undefined;
    this.line = this.nextLine;
    const fields: string[] = [];
    for (;;) {
      if (fields.length === MAX_COLUMNS)
        throw csvError(this.line, fields.length, `at most ${MAX_COLUMNS} columns`, 'more', 'check the line ends, or use an npy file');
      this.skipBlanks();
      fields.push(this.code() === QUOTE ? this.quoted(fields.length + 1) : this.bare());
      const end = this.at;
      this.skipBlanks();
      if (this.atLineEnd()) break;
      if (this.blanks ? this.at === end : !this.isDelimiter(this.code())) throw this.strayText(fields.length);
      if (!this.blanks) this.at++;
    }
    this.endLine();
    return fields;
  }

  private code(): number {
    return this.text.charCodeAt(this.at);
  }

  private atLineEnd(): boolean {
    const code = this.code();
    return code === NEWLINE || code === RETURN || this.at >= this.text.length;
  }

  private endLine(): void {
    if (this.code() === RETURN && this.text.charCodeAt(this.at + 1) === NEWLINE) this.at++;
    this.at++;
    this.nextLine++;
  }

  private skipBlanks(): void {
    for (let code = this.code(); (code === SPACE || code === TAB) && (this.blanks || code !== this.delimiter); code = this.code())
      this.at++;
  }

  private skipBlankLines(): void {
    while (this.at < this.text.length) {
      this.skipBlanks();
      if (!this.atLineEnd()) break;
      this.endLine();
    }
  }

  private isDelimiter(code: number): boolean {
    return code === this.delimiter || (this.blanks && code === TAB);
  }

  private bare(): string {
    const start = this.at;
    while (!this.atLineEnd() && !this.isDelimiter(this.code())) this.at++;
    return this.text.slice(start, this.at).trimEnd();
  }

  private strayText(column: number): InfiniteWidthError {
    const remedy = 'double each quote inside a quoted field';
    return csvError(this.line, column, 'a delimiter after the closing quote', showField(this.text[this.at]), remedy);
  }

  private quoted(column: number): string {
    let field = '';
    let start = this.at + 1;
    for (;;) {
      const end = this.text.indexOf('"', start);
      if (end < 0)
        throw csvError(this.line, column, 'a closing quote', 'the end of the text', 'close the quotes (a quote inside is doubled)');
      field += this.text.slice(start, end);
      this.at = end + 1;
      if (this.code() !== QUOTE) break;
      field += '"';
      start = end + 2;
    }
    this.nextLine += field.split('\n').length - 1;
    return field;
  }
}
