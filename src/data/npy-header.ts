/** The header of an npy file: a Python dict literal of three known keys, read by a scanner that knows nothing else (NEP 1). */
import { InfiniteWidthError } from '../errors';
import { malformed } from './bytes';
import { type ElementCode, itemSize } from './decode';

export interface NpyHeader {
  readonly code: ElementCode;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** As many as numpy 2 allows. */
export const MAX_DIMENSIONS = 64;

const CODES: ReadonlySet<string> = new Set<ElementCode>(['b1', 'f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8']);

const REMEDY: Readonly<Record<string, string>> = {
  c: 'save np.stack([a.real, a.imag], -1) or np.abs(a)',
  f: 'save a.astype(np.float64)',
  M: 'save a.astype(np.int64) in a unit that keeps it below 2 ** 53',
  m: 'save a.astype(np.int64) in a unit that keeps it below 2 ** 53',
  O: 'save a.astype(np.float64), or each part as an array of its own in an npz file',
  S: 'save numbers instead: a.astype(np.float64), or np.unique(a, return_inverse=True)[1] for labels',
  U: 'save numbers instead: a.astype(np.float64), or np.unique(a, return_inverse=True)[1] for labels',
};
const STRUCTURED = 'save np.lib.recfunctions.structured_to_unstructured(a)';

/**
 * Parses the text of the header.
 * @param base byte offset of the text in the file, for messages
 * @throws ERR_FORMAT for anything but the dict numpy writes, ERR_DTYPE for types that are not real numbers
 */
export function parseNpyHeader(text: string, base: number, source: string): NpyHeader {
  const scanner = new Scanner(text, base, source);
  const found: { descr?: ElementType; fortran_order?: boolean; shape?: number[] } = {};
  scanner.expect('{');
  while (!scanner.take('}')) {
    const key = scanner.quoted();
    if (key in found) throw scanner.error(`each key once, not ${key} again`);
    scanner.expect(':');
    if (key === 'descr') found.descr = elementType(scanner, source);
    else if (key === 'fortran_order') found.fortran_order = scanner.boolean();
    else if (key === 'shape') found.shape = scanner.tuple();
    else throw scanner.error("the keys 'descr', 'fortran_order' and 'shape' only");
    if (!scanner.take(',')) {
      scanner.expect('}');
      break;
    }
  }
  scanner.end();
  const { descr, fortran_order: fortranOrder, shape } = found;
  if (descr === undefined || fortranOrder === undefined || shape === undefined)
    throw scanner.error("all of the keys 'descr', 'fortran_order' and 'shape'");
  return { ...descr, fortranOrder, shape };
}

interface ElementType {
  readonly code: ElementCode;
  readonly littleEndian: boolean;
}

function elementType(scanner: Scanner, source: string): ElementType {
  if (scanner.take('[') || scanner.take('(')) throw unsupported('a structured type', STRUCTURED, source);
  const descr = scanner.quoted();
  const [, order, name] = /^([<>|])([A-Za-z]\d*)/.exec(descr) ?? [];
  if (name === undefined) throw scanner.error("a type such as '<f8'");
  if (name.length !== descr.length - 1 || !CODES.has(name))
    throw unsupported(`dtype '${descr.slice(0, 40)}'`, name[0] === 'V' ? STRUCTURED : (REMEDY[name[0]] ?? REMEDY.f), source);
  const code = name as ElementCode;
  if (order === '|' && itemSize(code) > 1) throw scanner.error(`a byte order, '<${name}' or '>${name}'`);
  return { code, littleEndian: order !== '>' };
}

function unsupported(what: string, remedy: string, source: string): InfiniteWidthError {
  return new InfiniteWidthError('ERR_DTYPE', `${source} holds ${what}; only real numbers are read. In numpy: ${remedy}`, {
    source,
    dtype: what,
  });
}

/** Tokens of a Python literal, blanks skipped before each. */
class Scanner {
  private at = 0;
  constructor(
    private readonly text: string,
    private readonly base: number,
    private readonly source: string,
  ) {}

  error(expected: string): InfiniteWidthError {
    const rest = this.text.slice(this.at, this.at + 20).trim();
    return malformed(this.source, this.base + this.at, expected, rest === '' ? 'the end of the header' : JSON.stringify(rest));
  }

  take(token: string): boolean {
    this.blanks();
    const here = this.text.startsWith(token, this.at);
    if (here) this.at += token.length;
    return here;
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.error(`'${token}'`);
  }

  /** A string without escapes, such as numpy writes for keys and types. */
  quoted(): string {
    this.blanks();
    const quote = this.text[this.at];
    const end = quote === "'" || quote === '"' ? this.text.indexOf(quote, this.at + 1) : -1;
    if (end < 0) throw this.error('a quoted string');
    const content = this.text.slice(this.at + 1, end);
    if (content.includes('\\')) throw this.error('a string without escapes');
    this.at = end + 1;
    return content;
  }

  boolean(): boolean {
    if (this.take('True')) return true;
    this.expect('False');
    return false;
  }

  tuple(): number[] {
    const items: number[] = [];
    this.expect('(');
    while (!this.take(')')) {
      if (items.length === MAX_DIMENSIONS) throw this.error(`at most ${MAX_DIMENSIONS} dimensions`);
      items.push(this.length());
      if (this.take(',')) continue;
      if (items.length === 1) throw this.error("',' (a tuple of one is written (n,))");
      this.expect(')');
      break;
    }
    return items;
  }

  end(): void {
    this.blanks();
    if (this.at < this.text.length) throw this.error('only blanks after the closing brace');
  }

  /** A length; the L that Python 2 put after long integers is dropped, as numpy does. */
  private length(): number {
    this.blanks();
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    const value = Number(this.text.slice(start, this.at));
    if (start === this.at || this.at - start > 20) {
      this.at = start;
      throw this.error('a length: a non-negative integer');
    }
    this.take('L');
    return value;
  }

  private blanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\n') this.at++;
  }
}

const isDigit = (character: number): boolean => character >= 48 && character <= 57;
