/** Builds of the core that are part of a bundle: the relaxed one and after it the plain one, packed, in base64 (scripts/build-core.mjs). */
import { unpack } from './unpack';

export interface Embedded {
  readonly packed: string;
  /** Bytes of the relaxed build and of the plain one. */
  readonly lengths: readonly [relaxed: number, simd: number];
}

/** The bytes of one of the builds. */
export function extract({ packed, lengths: [relaxed, simd] }: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return build === 'relaxed-simd' ? unpack(bytes, relaxed) : unpack(bytes, relaxed + simd).slice(relaxed);
}
