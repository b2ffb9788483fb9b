/** One reader for every format that holds an array. */
import { InfiniteWidthError } from '../errors';
import type { NDArray } from '../ndarray';
import { type Bytes, type ReadLimits, readLimits, toBytes } from './bytes';
import { type CsvOptions, readCsv } from './csv';
import { plainBytes } from './gzip';
import { isIdx, parseIdx } from './idx';
import { isNpy, parseNpy } from './npy';
import { npzNames, parseNpz } from './npz';
import { isZip } from './zip';

export interface ReadArrayOptions extends CsvOptions {
  /** Which array of an npz file; may be left out when it holds one. */
  entry?: string;
}

/** How many names a message lists. */
const SHOWN_NAMES = 10;

type Format = 'npy' | 'npz' | 'idx' | 'csv';

const EXTENSIONS: readonly (readonly [Format, RegExp])[] = [
  ['npy', /\.npy$/],
  ['npz', /\.npz$/],
  ['idx', /[.-](idx|idx\d-ubyte|ubyte)$/],
  ['csv', /\.(csv|tsv|txt)$/],
];

/**
 * Reads an array from an npy, npz, idx or csv file, gzipped or not, told apart by their first bytes and only then by the extension of
 * `name`. The names of a csv's columns are dropped (`readCsv` keeps them).
 * @throws ERR_UNSUPPORTED for a format it does not know; ERR_ARGUMENT for an `entry` that is missing or needed; and as the
 *   format's own reader
 */
export function readArray(bytes: Bytes, name: string, options: ReadArrayOptions = {}): NDArray {
  const limits = readLimits(options);
  const plain = plainBytes(toBytes(bytes), limits.maxBytes);
  const format = formatOf(plain, name);
  if (format === 'npy') return parseNpy(plain, limits, name);
  if (format === 'npz') return readEntry(plain, limits, options.entry, name);
  if (format === 'idx') return parseIdx(plain, limits);
  return readCsv(plain, options).data;
}

function formatOf(bytes: Uint8Array, name: string): Format {
  if (isNpy(bytes)) return 'npy';
  if (isZip(bytes)) return 'npz';
  if (isIdx(bytes)) return 'idx';
  const plainName = name.toLowerCase().replace(/\.gz$/, '');
  const found = EXTENSIONS.find(([, pattern]) => pattern.test(plainName));
  if (found) return found[0];
  throw new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    `${name} is of no format that is known by content or extension; give a .npy, .npz, .csv, .tsv, .txt or idx file, or call readCifar10 for CIFAR-10's .bin`,
    { name },
  );
}

/** One array of an archive; the others are not read. */
function readEntry(bytes: Uint8Array, limits: ReadLimits, entry: string | undefined, name: string): NDArray {
  const names = npzNames(bytes, limits);
  const wanted = entry ?? (names.length === 1 ? names[0] : undefined);
  if (wanted !== undefined && names.includes(wanted)) return parseNpz(bytes, limits, wanted)[wanted];
  const more = names.length - SHOWN_NAMES;
  const shown = names.slice(0, SHOWN_NAMES).map((key) => JSON.stringify(key));
  const list = `${shown.join(', ') || '(none)'}${more > 0 ? ` and ${more} more` : ''}`;
  const remedy = names.length === 0 ? 'save arrays in it' : 'name one of them as entry (FILE.npz:name on the command line)';
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${name} holds the arrays ${list}; ${remedy}${entry === undefined ? '' : `, not ${JSON.stringify(entry)}`}`,
    { name, names, entry },
  );
}
