/** numpy's npy format (NEP 1; versions 1.0, 2.0 and 3.0), read and written. */
import { InfiniteWidthError } from '../errors';
import { type ArrayLike2D, allocate, asNDArray, type DType, type NDArray, sizeOf, type TypedArray } from '../ndarray';
import {
  allocateBytes,
  type Bytes,
  countElements,
  malformed,
  type ReadLimits,
  type ReadOptions,
  readLimits,
  showBytes,
  toBytes,
  viewOf,
} from './bytes';
import { decodeElements, hostLittleEndian, itemSize, targetDtype } from './decode';
import { plainBytes } from './gzip';
import { MAX_DIMENSIONS, parseNpyHeader } from './npy-header';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The header of a plain array of 64 dimensions is below 2,000 bytes. */
const MAX_HEADER = 1 << 16;
/** numpy ≥ 1.23 leaves room for the first length to grow to this many digits. */
const GROWTH_DIGITS = 21;
const HEADER_ALIGN = 64;

/** True for bytes that begin as an npy file does. */
export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/**
 * Reads an npy file, gzipped or not: C or Fortran order, either byte order. Float32 and float64 are kept; float16, bool and
 * integers become float64, unless `dtype` is given.
 * @returns the array in row-major order, owning its data
 * @throws ERR_FORMAT for a malformed or truncated file or bytes after its end; ERR_DTYPE for complex, object, string and structured
 *   types and integers beyond 2 ** 53; ERR_OUT_OF_MEMORY for a declared size above `maxBytes`, before it is allocated
 */
export function readNpy(bytes: Bytes, options?: ReadOptions): NDArray {
  const limits = readLimits(options);
  return parseNpy(plainBytes(toBytes(bytes), limits.maxBytes), limits, 'npy file');
}

/** `readNpy` of plain bytes; messages call them `source`. */
export function parseNpy(bytes: Uint8Array, limits: ReadLimits, source: string): NDArray {
  const [start, end] = headerRange(bytes, source);
  const { code, littleEndian, fortranOrder, shape } = parseNpyHeader(headerText(bytes, start, end, source), start, source);
  if (!shape.every(Number.isSafeInteger) && shape.includes(0))
    throw malformed(source, start, 'lengths up to 2 ** 53', `shape (${shape.join(', ')})`);
  const dtype = targetDtype(code, limits);
  const count = countElements(shape, dtype, limits.maxBytes, source);
  const expected = count * itemSize(code);
  const payload = bytes.subarray(end);
  if (payload.length < expected)
    throw malformed(
      source,
      bytes.length,
      `${expected} bytes of data for shape (${shape.join(', ')})`,
      `the end of the file after ${payload.length}`,
    );
  if (payload.length > expected)
    throw malformed(
      source,
      end + expected,
      'the end of the file',
      `${payload.length - expected} more bytes`,
      'save each array in a file of its own',
    );
  const data = decodeElements(payload, code, littleEndian, dtype, source);
  return { data: fortranOrder ? toRowMajor(data, shape, dtype) : data, shape };
}

/** First byte of the header's text and the byte after it. */
function headerRange(bytes: Uint8Array, source: string): [start: number, end: number] {
  if (!isNpy(bytes)) throw malformed(source, 0, 'the magic string 93 4e 55 4d 50 59 of npy', showBytes(bytes, 0, 6));
  const major = bytes[6];
  if (!(major >= 1 && major <= 3) || bytes[7] !== 0) throw malformed(source, 6, 'version 1.0, 2.0 or 3.0', showBytes(bytes, 6, 2));
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw malformed(source, 8, 'the length of the header', showBytes(bytes, 8, 4));
  const length = major === 1 ? viewOf(bytes).getUint16(8, true) : viewOf(bytes).getUint32(8, true);
  if (length > bytes.length - start)
    throw malformed(source, 8, 'a header that ends within the file', `a header length of ${length} in a file of ${bytes.length} bytes`);
  if (length > MAX_HEADER) throw malformed(source, 8, `a header of at most ${MAX_HEADER} bytes`, `a header length of ${length}`);
  return [start, start + length];
}

function headerText(bytes: Uint8Array, start: number, end: number, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
  } catch {
    throw malformed(source, start, 'a header of ASCII text', 'other bytes');
  }
}

/** From column-major to row-major. */
function toRowMajor(data: TypedArray, shape: readonly number[], dtype: DType): TypedArray {
  if (shape.filter((length) => length !== 1).length < 2) return data;
  const out = allocate(dtype, data.length, 'reordering a Fortran-order array');
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const last = shape.length - 1;
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < out.length; ) {
    for (let i = 0; i < shape[last]; i++) out[to++] = data[from + i * strides[last]];
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * Writes an npy file, byte for byte what `numpy.save` writes for the same float32 or float64 array in C order (version 1.0, data at
 * a multiple of 64 bytes). Nested number arrays are written as float64.
 * @throws ERR_SHAPE, ERR_DTYPE for what is not an array; ERR_OUT_OF_MEMORY
 */
export function writeNpy(array: ArrayLike2D): Uint8Array<ArrayBuffer> {
  return encodeNpy(asNDArray(array, 'array'), 'array');
}

/** `writeNpy` of an array that messages call `name`. */
export function encodeNpy({ data, shape }: NDArray, name: string): Uint8Array<ArrayBuffer> {
  if (shape.length > MAX_DIMENSIONS)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} has ${shape.length} dimensions; npy files hold ${MAX_DIMENSIONS} at most, so reshape it`,
      {
        name,
        dimensions: shape.length,
      },
    );
  const header = npyHeader(data, shape);
  const file = allocateBytes(header.length + data.byteLength, `the npy file of ${name}`);
  file.set(header);
  if (hostLittleEndian) file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  else setLittleEndian(viewOf(file), header.length, data);
  return file;
}

function npyHeader(data: TypedArray, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const descr = data instanceof Float32Array ? '<f4' : '<f8';
  const growth = shape.length === 0 ? '' : ' '.repeat(GROWTH_DIGITS - String(shape[0]).length);
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  const unpadded = 10 + text.length + 1;
  const total = unpadded + HEADER_ALIGN - (unpadded % HEADER_ALIGN);
  const header = new Uint8Array(total).fill(0x20);
  header.set([...MAGIC, 1, 0, (total - 10) & 255, (total - 10) >> 8]);
  header.set(new TextEncoder().encode(text), 10);
  header[total - 1] = 0x0a;
  return header;
}

function setLittleEndian(view: DataView, start: number, data: TypedArray): void {
  const size = data.BYTES_PER_ELEMENT;
  for (let i = 0; i < data.length; i++)
    if (size === 4) view.setFloat32(start + i * size, data[i], true);
    else view.setFloat64(start + i * size, data[i], true);
}
