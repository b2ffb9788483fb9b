/** Builds of the core that are part of a bundle: two of them, piece by piece in turn, deflated, in base64 (scripts/build-core.mjs). */
import { inflateSync } from '../../build/inflate.js';

export interface Embedded {
  readonly deflated: string;
  /** Bytes of the plain build and of the relaxed one. */
  readonly lengths: readonly [simd: number, relaxed: number];
  readonly pieces: number;
}

type Builds = readonly [simd: Uint8Array<ArrayBuffer>, relaxed: Uint8Array<ArrayBuffer>];

/** Kept, for the other build and the next engine: to inflate them takes as long as to compile them. */
const KNOWN = new WeakMap<Embedded, Builds>();

/** The bytes of one of the builds. */
export function extract(part: Embedded, build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  const builds = KNOWN.get(part) ?? inflated(part);
  KNOWN.set(part, builds);
  return builds[build === 'simd' ? 0 : 1];
}

function inflated({ deflated, lengths, pieces }: Embedded): Builds {
  const text = atob(deflated);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const both = inflateSync(bytes, { out: new Uint8Array(lengths[0] + lengths[1]) });
  const builds: Builds = [new Uint8Array(lengths[0]), new Uint8Array(lengths[1])];
  let from = 0;
  for (let i = 0; i < pieces; i++)
    for (const build of builds) {
      const [first, end] = [Math.floor((build.length * i) / pieces), Math.floor((build.length * (i + 1)) / pieces)];
      build.set(both.subarray(from, from + end - first), first);
      from += end - first;
    }
  return builds;
}
