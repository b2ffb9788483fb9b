/** What every reader shares: its input, its options, and the errors of a damaged or oversized file. */
import { InfiniteWidthError } from '../errors';
import { bytesPer, type DType, showShape } from '../ndarray';

/** File contents. */
export type Bytes = Uint8Array | ArrayBuffer;

export interface ReadOptions {
  /** Most bytes that decompressing, and the arrays that are returned, may each take; 2 ** 31 when left out. */
  maxBytes?: number;
  /** Converts to this type, rounding to nearest. When left out float32 and float64 are kept and all else becomes float64. */
  dtype?: DType;
}

export interface ReadLimits {
  readonly maxBytes: number;
  readonly dtype: DType | undefined;
}

const DEFAULT_MAX_BYTES = 2 ** 31;

/** The options with defaults. @throws ERR_ARGUMENT for a `maxBytes` that is no size, ERR_DTYPE for an unknown `dtype` */
export function readLimits({ maxBytes = DEFAULT_MAX_BYTES, dtype }: ReadOptions = {}): ReadLimits {
  if (typeof maxBytes !== 'number' || !(maxBytes >= 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `maxBytes must be a number of bytes, at least 0; got ${String(maxBytes)}`, { maxBytes });
  if (dtype !== undefined && dtype !== 'float32' && dtype !== 'float64')
    throw new InfiniteWidthError('ERR_DTYPE', `dtype must be 'float32' or 'float64'; got ${String(dtype)}`, { dtype });
  return { maxBytes, dtype };
}

/** A view of the input's bytes; nothing is copied. @throws ERR_ARGUMENT for anything but a Uint8Array or an ArrayBuffer */
export function toBytes(input: unknown): Uint8Array {
  if (input instanceof Uint8Array) return input;
  const tag = Object.prototype.toString.call(input).slice(8, -1);
  if (tag === 'ArrayBuffer') return new Uint8Array(input as ArrayBuffer);
  if (tag === 'Uint8Array') {
    const { buffer, byteOffset, byteLength } = input as Uint8Array;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  throw new InfiniteWidthError('ERR_ARGUMENT', `file contents must be a Uint8Array or an ArrayBuffer; got ${tag}`, { got: tag });
}

/** `length` zeroed bytes. @throws ERR_OUT_OF_MEMORY where the runtime refuses them */
export function allocateBytes(length: number, purpose: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new InfiniteWidthError(
      'ERR_OUT_OF_MEMORY',
      `${purpose} needs ${length} bytes, which this runtime refuses; split the data into several files`,
      { bytes: length, purpose },
      { cause },
    );
  }
}

const DAMAGED = 'the file is damaged, cut short or not of this format: copy, download or write it again';

/** ERR_FORMAT at a byte offset of `source`. */
export function malformed(source: string, byte: number, expected: string, found: string, remedy = DAMAGED): InfiniteWidthError {
  return new InfiniteWidthError('ERR_FORMAT', `${source}, byte ${byte}: expected ${expected}, found ${found}; ${remedy}`, {
    source,
    byte,
    expected,
    found,
  });
}

/** ERR_OUT_OF_MEMORY for a size that is declared, or was reached, beyond `maxBytes`. */
export function tooLarge(source: string, what: string, bytes: number, maxBytes: number): InfiniteWidthError {
  return new InfiniteWidthError(
    'ERR_OUT_OF_MEMORY',
    `${source}: ${what} takes ${bytes} bytes or more, above maxBytes = ${maxBytes}; pass a larger maxBytes if the file is trusted, or split it`,
    { source, bytes, maxBytes },
  );
}

/**
 * Number of elements of a declared shape, checked before anything is allocated for it.
 * @param shape non-negative safe integers
 * @throws ERR_OUT_OF_MEMORY if the array of `dtype` would exceed `maxBytes` (a product beyond 2 ** 53 included)
 */
export function countElements(shape: readonly number[], dtype: DType, maxBytes: number, source: string): number {
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const length of shape) {
    count *= length;
    if (count * bytesPer(dtype) > Math.min(maxBytes, Number.MAX_SAFE_INTEGER))
      throw tooLarge(source, `an array of shape ${showShape(shape)} in ${dtype}`, count * bytesPer(dtype), maxBytes);
  }
  return count;
}

/** The first bytes from `start` on, for a message. */
export function showBytes(bytes: Uint8Array, start: number, length: number): string {
  const shown = Array.from(bytes.subarray(start, start + length), (byte) => byte.toString(16).padStart(2, '0'));
  return shown.length === 0 ? 'the end of the file' : shown.join(' ');
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
