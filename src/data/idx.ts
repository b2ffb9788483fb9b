/** The idx format of the MNIST files (LeCun, Cortes and Burges): two zero bytes, a type, the number of dimensions, big-endian lengths. */
import type { NDArray } from '../ndarray';
import { type Bytes, countElements, malformed, type ReadLimits, type ReadOptions, readLimits, showBytes, toBytes, viewOf } from './bytes';
import { decodeElements, type ElementCode, itemSize, targetDtype } from './decode';
import { plainBytes } from './gzip';

const CODES: Readonly<Record<number, ElementCode>> = { 8: 'u1', 9: 'i1', 11: 'i2', 12: 'i4', 13: 'f4', 14: 'f8' };

/** True for bytes that begin as an idx file does. */
export const isIdx = (bytes: Uint8Array): boolean => bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] in CODES;

/**
 * Reads an idx file, gzipped or not. Float32 and float64 are kept, integers become float64, unless `dtype` is given. Values are as
 * stored: MNIST's pixels are 0 to 255.
 * @throws ERR_FORMAT for a malformed or truncated file or bytes after its end; ERR_OUT_OF_MEMORY for a declared size above `maxBytes`
 */
export function readIdx(bytes: Bytes, options?: ReadOptions): NDArray {
  const limits = readLimits(options);
  return parseIdx(plainBytes(toBytes(bytes), limits.maxBytes), limits);
}

/** `readIdx` of plain bytes. */
export function parseIdx(bytes: Uint8Array, limits: ReadLimits): NDArray {
  const source = 'idx file';
  if (!isIdx(bytes))
    throw malformed(source, 0, '00 00, a type (08, 09, 0b, 0c, 0d or 0e) and the number of dimensions', showBytes(bytes, 0, 4));
  const code = CODES[bytes[2]];
  const start = 4 + 4 * bytes[3];
  if (bytes.length < start) throw malformed(source, bytes.length, `${bytes[3]} lengths of 4 bytes each`, 'the end of the file');
  const view = viewOf(bytes);
  const shape = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + 4 * axis));
  const dtype = targetDtype(code, limits);
  const expected = countElements(shape, dtype, limits.maxBytes, source) * itemSize(code);
  if (bytes.length - start !== expected)
    throw malformed(source, start, `${expected} bytes of data for shape (${shape.join(', ')})`, `${bytes.length - start} bytes`);
  return { data: decodeElements(bytes.subarray(start), code, false, dtype, source), shape };
}
