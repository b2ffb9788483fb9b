/**
 * Bounded decompression (RFC 1951, RFC 1952). Compressed data is fed in small chunks, so what a chunk can expand to is bounded
 * (deflate expands at most 1032 times), and reading stops with a typed error as soon as the output passes its limit.
 */
import { Gunzip, Inflate } from 'fflate/browser';
import { InfiniteWidthError } from '../errors';
import { allocateBytes, malformed, showBytes, tooLarge, viewOf } from './bytes';

/** 258 bytes from two bits: no deflate stream does better. */
export const MAX_EXPANSION = 1032;
const CHUNK = 1 << 14;
/** A stored block is the longest run of input without output: 4 chunks. Beyond 8 the stream has ended or is padding. */
const MAX_SILENT_CHUNKS = 8;

const CRC_TABLE = /* @__PURE__ */ crcTable();

function crcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
}

/** CRC-32 (RFC 1952 §8) of `bytes`, continuing from `crc`. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let c = ~crc;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

export const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Inflates a raw deflate stream.
 * @param limit most bytes of output; one more throws what `overflow` makes
 * @throws ERR_FORMAT for data that is not deflate, or goes on long after its end
 */
export function inflate(compressed: Uint8Array, limit: number, overflow: () => InfiniteWidthError, source: string): Uint8Array {
  const output = new Output(limit, overflow);
  feed(new Inflate((piece) => output.push(piece)), compressed, output, source);
  return output.join(source);
}

/**
 * Decompresses a gzip file of one or several members, checking the CRC and the length of each.
 * @throws ERR_FORMAT for damaged or truncated data or bytes after its end, ERR_OUT_OF_MEMORY above `maxBytes`
 */
export function gunzip(bytes: Uint8Array, maxBytes: number, source = 'gzip file'): Uint8Array {
  if (bytes.length < 18) throw malformed(source, bytes.length, 'at least 18 bytes of gzip', 'the end of the file');
  const view = viewOf(bytes);
  const output = new Output(maxBytes, () => tooLarge(source, 'the decompressed data', maxBytes + 1, maxBytes));
  let crc = 0;
  let length = 0;
  const closeMember = (end: number): void => {
    if (view.getUint32(end - 8, true) !== crc || view.getUint32(end - 4, true) !== length % 2 ** 32)
      throw malformed(source, end - 8, 'the CRC and length of the data before it', showBytes(bytes, end - 8, 8));
    crc = length = 0;
  };
  const stream: GunzipMembers = new Gunzip((piece) => {
    crc = crc32(piece, crc);
    length += piece.length;
    output.push(piece);
  });
  stream.onmember = closeMember;
  feed(stream, bytes, output, source);
  closeMember(bytes.length);
  return output.join(source);
}

/** The bytes themselves, or what they decompress to when they begin with gzip's magic. @throws as `gunzip` */
export function plainBytes(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return isGzip(bytes) ? gunzip(bytes, maxBytes) : bytes;
}

/** `onmember` gets the offset at which each member after the first begins. */
type GunzipMembers = Gunzip & { onmember?: (offset: number) => void };

function feed(stream: Inflate | Gunzip, bytes: Uint8Array, output: Output, source: string): void {
  let silent = 0;
  for (let at = 0; at === 0 || at < bytes.length; at += CHUNK) {
    const before = output.length;
    try {
      stream.push(bytes.subarray(at, at + CHUNK), at + CHUNK >= bytes.length);
    } catch (cause) {
      if (cause instanceof InfiniteWidthError) throw cause;
      const end = Math.min(at + CHUNK, bytes.length);
      throw malformed(source, at, `compressed (deflate) data up to byte ${end}`, `an error: ${(cause as Error).message}`);
    }
    silent = output.length > before ? 0 : silent + 1;
    if (silent > MAX_SILENT_CHUNKS) throw malformed(source, at, 'compressed data', `${silent * CHUNK} bytes that decompress to nothing`);
  }
}

class Output {
  length = 0;
  private readonly pieces: Uint8Array[] = [];
  constructor(
    private readonly limit: number,
    private readonly overflow: () => InfiniteWidthError,
  ) {}

  push(piece: Uint8Array): void {
    this.length += piece.length;
    if (this.length > this.limit) throw this.overflow();
    if (piece.length > 0) this.pieces.push(piece);
  }

  join(purpose: string): Uint8Array {
    if (this.pieces.length === 1) return this.pieces[0];
    const whole = allocateBytes(this.length, purpose);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
