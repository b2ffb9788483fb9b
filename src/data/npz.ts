/** numpy's npz format: a zip archive of npy files, read and written. */
import { zipSync } from 'fflate/browser';
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, asNDArray, type NDArray } from '../ndarray';
import { type Bytes, malformed, type ReadLimits, type ReadOptions, readLimits, toBytes } from './bytes';
import { plainBytes } from './gzip';
import { encodeNpy, parseNpy } from './npy';
import { zipEntries } from './zip';

const SUFFIX = '.npy';
/** Local header, directory entry and end record of one entry, the name apart. */
const ZIP_OVERHEAD = 30 + 46 + 22;
const MAX_ENTRIES = 0xfffe;
/** As numpy stamps its entries, so that equal arrays give equal files. */
const STAMP = { year: 1980, month: 0, day: 1 };

export interface WriteNpzOptions {
  /** Deflates the entries, as `numpy.savez_compressed`; false stores them, as `numpy.savez`. Default true. */
  compress?: boolean;
}

/**
 * Reads an npz file, gzipped or not.
 * @returns the arrays by entry name without `.npy`, in the archive's order. `maxBytes` bounds them together.
 * @throws as `readNpy`; ERR_FORMAT also for a damaged archive, sizes that are not true, a CRC that does not match, overlapping entries,
 *   and entries that are not npy files or are named alike or `__proto__`; ERR_UNSUPPORTED for encryption and zip64
 */
export function readNpz(bytes: Bytes, options?: ReadOptions): Record<string, NDArray> {
  const limits = readLimits(options);
  return parseNpz(plainBytes(toBytes(bytes), limits.maxBytes), limits);
}

/** `readNpz` of plain bytes; with `wanted` only of the entries that are called so, where the others may hold anything. */
export function parseNpz(bytes: Uint8Array, limits: ReadLimits, wanted?: string): Record<string, NDArray> {
  const source = 'npz file';
  const arrays = new Map<string, NDArray>();
  let left = limits.maxBytes;
  for (const entry of zipEntries(bytes, limits.maxBytes, source)) {
    if (wanted !== undefined && entry.name !== wanted + SUFFIX) continue;
    if (!entry.name.endsWith(SUFFIX))
      throw malformed(source, 0, `entries named *${SUFFIX}`, JSON.stringify(entry.name), 'remove it from the archive');
    const name = entry.name.slice(0, -SUFFIX.length);
    if (name === '__proto__' || arrays.has(name))
      throw malformed(source, 0, 'entries of different names, none of them __proto__', JSON.stringify(name), 'rename it in the archive');
    const array = parseNpy(entry.read(), { ...limits, maxBytes: left }, `entry ${entry.name} of the npz file`);
    left -= array.data.byteLength;
    arrays.set(name, array);
  }
  return Object.fromEntries(arrays);
}

/** Names of the arrays of an npz file, of which nothing is decompressed. */
export const npzNames = (bytes: Uint8Array, { maxBytes }: ReadLimits): string[] =>
  zipEntries(bytes, maxBytes, 'npz file')
    .filter(({ name }) => name.endsWith(SUFFIX))
    .map(({ name }) => name.slice(0, -SUFFIX.length));

/**
 * Writes arrays as an npz file that `numpy.load` reads; equal input gives equal bytes.
 * @throws ERR_SHAPE, ERR_DTYPE for what is not an array; ERR_ARGUMENT for an impossible name; ERR_UNSUPPORTED for 4 GiB or more
 */
export function writeNpz(
  record: Readonly<Record<string, ArrayLike2D>>,
  { compress = true }: WriteNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  if (typeof record !== 'object' || record === null)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `writeNpz takes an object of arrays by name; got ${record === null ? 'null' : typeof record}`,
    );
  const names = Object.keys(record);
  names.forEach(checkName);
  const files = names.map((name) => [name + SUFFIX, encodeNpy(asNDArray(record[name], name), name)] as const);
  const bytes = files.reduce((sum, [name, file]) => sum + file.length + 6 * name.length + ZIP_OVERHEAD, 0);
  if (bytes >= 2 ** 32 || names.length > MAX_ENTRIES)
    throw new InfiniteWidthError(
      'ERR_UNSUPPORTED',
      `an npz file of ${names.length} arrays and ${bytes} bytes needs zip64, which is not written; split it`,
      {
        bytes,
        arrays: names.length,
      },
    );
  return pack(Object.fromEntries(files), compress, bytes);
}

function pack(files: Record<string, Uint8Array>, compress: boolean, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(STAMP.year, STAMP.month, STAMP.day) });
  } catch (cause) {
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `the npz file needs about ${bytes} bytes, which this runtime refuses; split it or write npy files`,
      { bytes },
      { cause },
    );
  }
}

function checkName(name: string): void {
  if (name === '' || name === '__proto__' || name.length > 10_000 || !isWellFormed(name))
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${JSON.stringify(name.slice(0, 40))} cannot name an array of an npz file; use a short plain name`,
      { name },
    );
}

/** No surrogate without its partner, which UTF-8 cannot hold. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
