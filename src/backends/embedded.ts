/** Builds of the core that are part of a bundle: the plain one and after it the relaxed one, packed, in base64 (scripts/build-core.mjs). */
import { unpack } from './unpack';

export interface Embedded {
  readonly packed: string;
  /** Bytes of the plain build and of the relaxed one. */
  readonly lengths: readonly [simd: number, relaxed: number];
}

/** The bytes of one of the builds. */
export function extract({ packed, lengths: [simd, relaxed] }: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return build === 'simd' ? unpack(bytes, simd) : unpack(bytes, simd + relaxed).slice(simd);
}
