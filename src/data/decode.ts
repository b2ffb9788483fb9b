/** Numbers of any stored type, in either byte order, as float32 or float64. */
import { InfiniteWidthError } from '../errors';
import { allocate, type DType, type TypedArray } from '../ndarray';
import { allocateBytes, type ReadLimits } from './bytes';

/** numpy's kind and item size: b bool, f float, i signed, u unsigned. */
export type ElementCode = 'b1' | 'f2' | 'f4' | 'f8' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8';

export const itemSize = (code: ElementCode): number => Number(code[1]);

/** The type `code` is read as: float32 for f4, float64 for all else, unless the caller asked. */
export const targetDtype = (code: ElementCode, limits: ReadLimits): DType => limits.dtype ?? (code === 'f4' ? 'float32' : 'float64');

/** Byte order of this machine. */
export const hostLittleEndian = /* @__PURE__ */ (() => new Uint8Array(new Uint16Array([1]).buffer)[0] === 1)();

type Wrap = (buffer: ArrayBufferLike, offset: number, length: number) => ArrayLike<number>;

/** Types whose elements a typed array yields as they are; the others need a loop. */
const WRAP: Partial<Record<ElementCode, Wrap>> = {
  f4: (b, o, n) => new Float32Array(b, o, n),
  f8: (b, o, n) => new Float64Array(b, o, n),
  i1: (b, o, n) => new Int8Array(b, o, n),
  i2: (b, o, n) => new Int16Array(b, o, n),
  i4: (b, o, n) => new Int32Array(b, o, n),
  u1: (b, o, n) => new Uint8Array(b, o, n),
  u2: (b, o, n) => new Uint16Array(b, o, n),
  u4: (b, o, n) => new Uint32Array(b, o, n),
};

/**
 * Decodes all of `payload` into an array of its own.
 * @param payload a whole number of items of type `code`
 * @throws ERR_DTYPE for a 64-bit integer beyond 2 ** 53, or a finite number beyond float32 when float32 was asked for
 */
export function decodeElements(payload: Uint8Array, code: ElementCode, littleEndian: boolean, dtype: DType, source: string): TypedArray {
  const count = payload.length / itemSize(code);
  if ((code === 'f4' && dtype === 'float32') || (code === 'f8' && dtype === 'float64')) {
    const { buffer } = hostOrder(payload, code, littleEndian, true);
    return dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
  }
  const out = allocate(dtype, count, source);
  const raw = hostOrder(payload, code, littleEndian, false);
  const wrap = WRAP[code];
  if (wrap) out.set(wrap(raw.buffer, raw.byteOffset, count));
  else if (code === 'b1') for (let i = 0; i < count; i++) out[i] = raw[i] === 0 ? 0 : 1;
  else if (code === 'f2') decodeHalves(new Uint16Array(raw.buffer, raw.byteOffset, count), out);
  else decodeIntegers64(new Uint32Array(raw.buffer, raw.byteOffset, 2 * count), code === 'i8', out, source);
  if (code === 'f8') checkNarrowing(new Float64Array(raw.buffer, raw.byteOffset, count), out, source);
  return out;
}

/** The payload in this machine's byte order at an offset typed arrays accept; copied when `own`, swapped or unaligned. */
function hostOrder(payload: Uint8Array, code: ElementCode, littleEndian: boolean, own: boolean): Uint8Array {
  const size = itemSize(code);
  const swap = size > 1 && littleEndian !== hostLittleEndian;
  if (!own && !swap && payload.byteOffset % size === 0) return payload;
  const bytes = allocateBytes(payload.length, 'decoding');
  bytes.set(payload);
  if (swap) swapBytes(bytes, size);
  return bytes;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size)
    for (let i = start, j = start + size - 1; i < j; i++, j--) {
      const byte = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = byte;
    }
}

/** IEEE 754 binary16. */
function decodeHalves(halves: Uint16Array, out: TypedArray): void {
  for (let i = 0; i < halves.length; i++) {
    const exponent = (halves[i] >> 10) & 31;
    const fraction = halves[i] & 1023;
    const sign = halves[i] >> 15 ? -1 : 1;
    if (exponent === 31) out[i] = fraction === 0 ? sign * Infinity : NaN;
    else out[i] = sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  }
}

function decodeIntegers64(words: Uint32Array, signed: boolean, out: TypedArray, source: string): void {
  const low = hostLittleEndian ? 0 : 1;
  for (let i = 0; i < out.length; i++) {
    const lo = words[2 * i + low];
    const hi = signed ? words[2 * i + 1 - low] | 0 : words[2 * i + 1 - low];
    if (hi > 0x200000 || hi < -0x200000 || (hi === 0x200000 && lo > 0))
      throw new InfiniteWidthError(
        'ERR_DTYPE',
        `${source}: element ${i} is the integer ${(BigInt(hi) << 32n) + BigInt(lo)}, beyond 2 ** 53, which float64 cannot hold exactly; ` +
          'save a.astype(np.float64) if rounding is wanted',
        { source, index: i },
      );
    out[i] = hi * 0x100000000 + lo;
  }
}

function checkNarrowing(wide: Float64Array, narrow: TypedArray, source: string): void {
  for (let i = 0; i < wide.length; i++)
    if (Number.isFinite(wide[i]) && !Number.isFinite(narrow[i]))
      throw new InfiniteWidthError('ERR_DTYPE', `${source}: element ${i} is ${wide[i]}, beyond float32; read it with dtype: 'float64'`, {
        source,
        index: i,
        value: wide[i],
      });
}
