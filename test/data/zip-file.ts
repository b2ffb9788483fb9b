/** Builds zip archives whose headers can be made to lie. */
import { deflateSync } from 'fflate';
import { crc32 } from '../../src/data/gzip';
import { concat } from './fixtures';

export interface Entry {
  name: string;
  content: Uint8Array;
  /** Deflated unless 0. */
  method?: number;
  flags?: number;
  crc?: number;
  size?: number;
  compressed?: number;
  /** Overrides of the local header only. */
  local?: { size?: number; name?: string; method?: number };
  /** Offset written in the directory. */
  offset?: number;
}

export interface Archive {
  count?: number;
  directoryOffset?: number;
  comment?: Uint8Array;
  disk?: number;
}

const u16 = (n: number): number[] => [n & 255, (n >> 8) & 255];
const u32 = (n: number): number[] => [...u16(n % 65536), ...u16(Math.floor(n / 65536))];

export function zipFile(entries: readonly Entry[], archive: Archive = {}): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const { name, content, method = 8, flags = 0, local = {}, ...rest } of entries) {
    const data = method === 0 ? content : deflateSync(content);
    const { crc = crc32(content), size = content.length, compressed = data.length, offset = at } = rest;
    const encoded = new TextEncoder().encode(name);
    const localName = new TextEncoder().encode(local.name ?? name);
    const head = [0x50, 0x4b, 3, 4, ...u16(20), ...u16(flags), ...u16(local.method ?? method), 0, 0, 33, 0];
    const sizes = [...u32(crc), ...u32(compressed)];
    locals.push(concat(head, sizes, u32(local.size ?? size), u16(localName.length), [0, 0], localName, data));
    const tail = [...u16(encoded.length), ...new Array(12).fill(0), ...u32(offset)];
    central.push(concat([0x50, 0x4b, 1, 2, 20, 0, 20, 0], u16(flags), u16(method), [0, 0, 33, 0], sizes, u32(size), tail, encoded));
    at += locals[locals.length - 1].length;
  }
  const directory = concat(...central);
  const { count = entries.length, directoryOffset = at, comment = new Uint8Array(), disk = 0 } = archive;
  const end = [0x50, 0x4b, 5, 6, ...u16(disk), 0, 0, ...u16(count), ...u16(count), ...u32(directory.length), ...u32(directoryOffset)];
  return concat(...locals, directory, end, u16(comment.length), comment);
}
