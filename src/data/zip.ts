/**
 * Zip archives (PKWARE APPNOTE 6.3) as npz files use them: one volume, entries stored or deflated, no encryption, no zip64 sizes.
 * The central directory is the one truth; local headers must agree with it, entries may not overlap, nothing may precede or follow.
 */
import { InfiniteWidthError } from '../errors';
import { malformed, showBytes, tooLarge, viewOf } from './bytes';
import { crc32, inflate, MAX_EXPANSION } from './gzip';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;
const UNKNOWN = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;

export interface ZipEntry {
  readonly name: string;
  /** Decompresses, and checks size and CRC. @throws ERR_FORMAT */
  read(): Uint8Array;
}

interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

interface CentralHeader {
  readonly name: string;
  readonly rawName: Uint8Array;
  /** Byte offset of the local header. */
  readonly local: number;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

/** True for bytes that begin as a zip archive does, an empty one included. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

/**
 * The entries of an archive in the order of its directory, all headers checked, nothing decompressed yet.
 * @throws ERR_FORMAT for a damaged archive or sizes that cannot be true; ERR_UNSUPPORTED for encryption, zip64 and other methods;
 *   ERR_OUT_OF_MEMORY when all entries together declare more than `maxBytes`
 */
export function zipEntries(bytes: Uint8Array, maxBytes: number, source: string): ZipEntry[] {
  const directory = findDirectory(bytes, source);
  const records = readDirectory(bytes, directory, source);
  const total = records.reduce((sum, record) => sum + record.size, 0);
  if (total > maxBytes) throw tooLarge(source, `the ${records.length} entries, decompressed,`, total, maxBytes);
  const starts = new Map(records.map((record) => [record, checkLocal(bytes, record, directory, source)]));
  checkDisjoint(records, starts, source);
  return records.map((record) => ({ name: record.name, read: () => content(bytes, record, starts.get(record)!, source) }));
}

function findDirectory(bytes: Uint8Array, source: string): Directory {
  const view = viewOf(bytes);
  for (let at = bytes.length - END_SIZE; at >= Math.max(0, bytes.length - END_SIZE - 0xffff); at--) {
    if (view.getUint32(at, true) !== END || view.getUint16(at + 20, true) !== bytes.length - END_SIZE - at) continue;
    const [disk, firstDisk, here, count] = [4, 6, 8, 10].map((field) => view.getUint16(at + field, true));
    const size = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    if (count === 0xffff || size === UNKNOWN || start === UNKNOWN) throw zip64(source);
    if (disk !== 0 || firstDisk !== 0 || here !== count)
      throw malformed(source, at + 4, 'an archive of one volume', showBytes(bytes, at + 4, 8));
    if (start + size !== at) throw malformed(source, at + 12, `a directory that ends at byte ${at}`, `one at ${start} of ${size} bytes`);
    return { start, end: at, count };
  }
  throw malformed(source, bytes.length, "the zip archive's end record (50 4b 05 06) as the last thing in the file", 'none');
}

function readDirectory(bytes: Uint8Array, { start, end, count }: Directory, source: string): CentralHeader[] {
  const records: CentralHeader[] = [];
  let at = start;
  while (at < end) {
    if (at + CENTRAL_SIZE > end || viewOf(bytes).getUint32(at, true) !== CENTRAL)
      throw malformed(source, at, 'a directory entry (50 4b 01 02)', showBytes(bytes, at, 4));
    const [record, next] = readHeader(bytes, at, end, source);
    records.push(record);
    at = next;
  }
  if (records.length !== count) throw malformed(source, end + 10, `a count of ${records.length} entries`, String(count));
  return records;
}

function readHeader(bytes: Uint8Array, at: number, end: number, source: string): [record: CentralHeader, next: number] {
  const view = viewOf(bytes);
  const u16 = (field: number): number => view.getUint16(at + field, true);
  const u32 = (field: number): number => view.getUint32(at + field, true);
  const nameEnd = at + CENTRAL_SIZE + u16(28);
  const next = nameEnd + u16(30) + u16(32);
  if (next > end) throw malformed(source, at + 28, 'a directory entry that ends within the directory', `one that ends at byte ${next}`);
  const rawName = bytes.subarray(at + CENTRAL_SIZE, nameEnd);
  const name = decodeName(rawName, at + CENTRAL_SIZE, source);
  const record = { name, rawName, flags: u16(8), method: u16(10), crc: u32(16), compressed: u32(20), size: u32(24), local: u32(42) };
  if (record.compressed === UNKNOWN || record.size === UNKNOWN || record.local === UNKNOWN) throw zip64(source);
  checkHeader(record, at, source);
  return [record, next];
}

function checkHeader({ name, flags, method, compressed, size }: CentralHeader, at: number, source: string): void {
  if (flags & ENCRYPTED) throw unsupported(source, `entry ${name} is encrypted`, 'write it without a password');
  if (method !== STORED && method !== DEFLATED)
    throw unsupported(source, `entry ${name} is compressed by method ${method}`, 'write it with np.savez or np.savez_compressed');
  const possible = method === STORED ? size === compressed : size <= compressed * MAX_EXPANSION;
  if (!possible)
    throw malformed(source, at + 24, `a size that ${compressed} compressed bytes can have for entry ${name}`, `a declared size of ${size}`);
}

function decodeName(raw: Uint8Array, at: number, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw malformed(source, at, 'an entry name in UTF-8', showBytes(raw, 0, 16));
  }
}

/** Offset of the entry's data. */
function checkLocal(bytes: Uint8Array, record: CentralHeader, directory: Directory, source: string): number {
  const { local, name, rawName } = record;
  if (local + LOCAL_SIZE > directory.start || viewOf(bytes).getUint32(local, true) !== LOCAL)
    throw malformed(source, local, `the header of entry ${name} (50 4b 03 04)`, showBytes(bytes, local, 4));
  const view = viewOf(bytes);
  const sizesKnown = !(view.getUint16(local + 6, true) & SIZES_FOLLOW);
  const agrees = (field: number, value: number): boolean => {
    const found = view.getUint32(local + field, true);
    return !sizesKnown || found === UNKNOWN || found === value;
  };
  if (
    view.getUint16(local + 8, true) !== record.method ||
    !agrees(14, record.crc) ||
    !agrees(18, record.compressed) ||
    !agrees(22, record.size)
  )
    throw malformed(source, local, `a header of entry ${name} that agrees with the directory`, 'another method, CRC or size');
  const nameLength = view.getUint16(local + 26, true);
  const localName = bytes.subarray(local + LOCAL_SIZE, local + LOCAL_SIZE + nameLength);
  if (nameLength !== rawName.length || !localName.every((byte, i) => byte === rawName[i]))
    throw malformed(source, local + LOCAL_SIZE, `the name ${name}, as in the directory`, showBytes(localName, 0, 16));
  const start = local + LOCAL_SIZE + nameLength + view.getUint16(local + 28, true);
  if (start + record.compressed > directory.start)
    throw malformed(
      source,
      start,
      `${record.compressed} bytes of entry ${name} before the directory`,
      `${Math.max(0, directory.start - start)} bytes`,
    );
  return start;
}

/** Entries that share data are how a small archive expands beyond all bounds. */
function checkDisjoint(records: readonly CentralHeader[], starts: ReadonlyMap<CentralHeader, number>, source: string): void {
  let end = 0;
  for (const record of [...records].sort((a, b) => a.local - b.local)) {
    if (record.local < end)
      throw malformed(source, record.local, `entry ${record.name} after the end of the one before it`, 'entries that overlap');
    end = starts.get(record)! + record.compressed;
  }
}

function content(bytes: Uint8Array, record: CentralHeader, start: number, source: string): Uint8Array {
  const { name, compressed, size, method } = record;
  const raw = bytes.subarray(start, start + compressed);
  const lying = (found: string): InfiniteWidthError => malformed(source, start, `${size} bytes for entry ${name}, as declared`, found);
  const data = method === STORED ? raw : inflate(raw, size, () => lying('more'), `${source}, entry ${name}`);
  if (data.length !== size) throw lying(`${data.length}`);
  if (crc32(data) !== record.crc) throw malformed(source, start, `data of entry ${name} with the CRC of the directory`, 'another CRC');
  return data;
}

function unsupported(source: string, what: string, remedy: string): InfiniteWidthError {
  return new InfiniteWidthError('ERR_UNSUPPORTED', `${source}: ${what}, which is not read; ${remedy}`, { source });
}

const zip64 = (source: string): InfiniteWidthError =>
  unsupported(source, 'it uses zip64 sizes (as numpy writes for entries of 2 GiB or more)', 'split it, or save npy files');
