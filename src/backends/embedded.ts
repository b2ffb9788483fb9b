/** Builds of the core that are part of a bundle: the relaxed one and after it the plain one, packed, in base64 (scripts/build-core.mjs). */
import { unpack } from './unpack';

export interface Embedded {
  readonly packed: string;
  /** Bytes of the relaxed build and of the plain one. */
  readonly lengths: readonly [relaxed: number, simd: number];
}

/** Kept, for the next engine: to unpack them takes as long as to compile them. */
const KNOWN = new WeakMap<Embedded, Map<string, Uint8Array<ArrayBuffer>>>();

/** The bytes of one of the builds. */
export function extract(part: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const known = KNOWN.get(part) ?? new Map();
  KNOWN.set(part, known);
  const bytes = known.get(build) ?? unpacked(part, build);
  known.set(build, bytes);
  return bytes;
}

function unpacked({ packed, lengths: [relaxed, simd] }: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return build === 'relaxed-simd' ? unpack(bytes, relaxed) : unpack(bytes, relaxed + simd).slice(relaxed);
}
