/** Bytes of an entry of dist/ with the chunks it imports. */
export function entrySize(name: string): { raw: number; gzip: number };
/** Paths of an entry and, transitively, of every chunk it imports. */
export function chunksOf(entry: string, seen?: Set<string>): Set<string>;
/** Bytes of a file with the chunks it imports. */
export function sizeOf(path: string): { raw: number; gzip: number };
