/** Builds of the core that are part of a bundle: two of them, piece by piece in turn, deflated, in base64 (scripts/build-core.mjs). */
import { inflateSync } from '../../build/inflate.js';

export interface Embedded {
  readonly deflated: string;
  /** Bytes of the plain build and of the relaxed one. */
  readonly lengths: readonly [simd: number, relaxed: number];
  readonly pieces: number;
}

/** The bytes of one of the builds. */
export function extract({ deflated, lengths, pieces }: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const text = atob(deflated);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const both = inflateSync(bytes, { out: new Uint8Array(lengths[0] + lengths[1]) });
  const own = build === 'simd' ? 0 : 1;
  const result = new Uint8Array(lengths[own]);
  let from = 0;
  for (let i = 0; i < pieces; i++)
    lengths.forEach((length, k) => {
      const [first, end] = [Math.floor((length * i) / pieces), Math.floor((length * (i + 1)) / pieces)];
      if (k === own) result.set(both.subarray(from, from + end - first), first);
      from += end - first;
    });
  return result;
}
