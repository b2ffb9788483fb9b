/**
 * Files in and out. Output appears whole or not at all: it goes to a temporary name beside the target and is renamed. Pipes and devices
 * are written as they are.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readArray } from '../data/index';
import { InfiniteWidthError } from '../errors';
import type { DType, NDArray } from '../ndarray';
import type { Io } from './command';
import { UsageError } from './errors';

/** An error of the file system in words, with its own code (ENOENT, EACCES, …). */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(action: string, path: string, cause: unknown) {
    const { code = 'EIO', message } = cause as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'no such file or directory',
      EACCES: 'permission denied',
      EISDIR: 'it is a directory',
      ENOTDIR: 'a part of the path is no directory',
      ENOSPC: 'the disk is full',
    };
    super(`cannot ${action} ${path}: ${reasons[code] ?? message}`, { cause });
    this.code = code;
    this.details = { path };
  }
}

/** The bytes of a file. @throws FileError */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new FileError('read', path, cause);
  }
}

/**
 * An array from a file of any format that `readArray` knows; `archive.npz:name` picks an array of an archive.
 * @throws FileError, and ERR_FORMAT, ERR_UNSUPPORTED, ERR_ARGUMENT, ERR_OUT_OF_MEMORY of the readers
 */
export function readInput(spec: string, dtype?: DType): NDArray {
  const [path, entry] = splitEntry(spec);
  const bytes = readBytes(path);
  try {
    return readArray(bytes, basename(path), { entry, dtype });
  } catch (cause) {
    if (!(cause instanceof InfiniteWidthError)) throw cause;
    const { code, message, details } = cause;
    throw new InfiniteWidthError(code, `cannot read ${path}: ${message.replace(` [${code}]`, '')}`, { ...details, path }, { cause });
  }
}

/** A colon separates the entry unless the whole is a file's name. */
function splitEntry(spec: string): [path: string, entry: string | undefined] {
  const match = /^(.*\.npz(?:\.gz)?):([^/\\]+)$/i.exec(spec);
  return match && !isFile(spec) ? [match[1], match[2]] : [spec, undefined];
}

export const isFile = (path: string): boolean => statsOf(path)?.isFile() === true;

/** Of what a path leads to, links followed; null where that is nothing. */
function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** A file that is being made. Opening it proves that it can be written before the work starts. */
export interface PendingFile {
  /** Writes, flushes and gives the file its name. @throws FileError, leaving nothing behind */
  commit(bytes: Uint8Array): void;
  /** Forgets the file, unless it was committed. */
  discard(): void;
}

/** Opens `path` for output; '-' is standard output. @throws FileError, UsageError for a terminal */
export function openOutput(path: string, { stdout }: Io): PendingFile {
  if (path === '-') {
    if (stdout.isTTY) throw new UsageError('--out - would write binary data to the terminal; redirect it or name a file');
    return { commit: (bytes) => void stdout.write(bytes), discard() {} };
  }
  return openFile(path);
}

function openFile(path: string): PendingFile {
  const there = statsOf(path);
  if (there?.isDirectory()) throw new FileError('write', path, { code: 'EISDIR' });
  // The file that a link leads to is replaced, not the link.
  return there && !there.isFile() ? openSpecial(path) : openRegular(path, there ? realpathSync(path) : path);
}

function openRegular(path: string, target: string): PendingFile {
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const handle = attempt('write', path, () => openSync(temporary, 'wx'));
  const close = () => {
    process.off('exit', discard);
    closeSync(handle);
  };
  let open = true;
  const discard = () => {
    if (!open) return;
    open = false;
    close();
    rmSync(temporary, { force: true });
  };
  // Whatever ends the process: a second SIGINT, standard output that was closed.
  process.on('exit', discard);
  const commit = (bytes: Uint8Array) => {
    try {
      writeAll(handle, bytes);
      fsyncSync(handle);
      renameSync(temporary, target);
    } catch (cause) {
      discard();
      throw new FileError('write', path, cause);
    }
    open = false;
    close();
  };
  return { commit, discard };
}

/** A pipe or a device, which a file cannot take the place of. */
function openSpecial(path: string): PendingFile {
  const handle = attempt('write', path, () => openSync(path, 'w'));
  let open = true;
  const discard = () => {
    if (open) closeSync(handle);
    open = false;
  };
  const commit = (bytes: Uint8Array) => {
    attempt('write', path, () => writeAll(handle, bytes));
    discard();
  };
  return { commit, discard };
}

/** Writes a text as a whole, in folders that are made where they lack. @throws FileError */
export function writeWhole(path: string, text: string): void {
  attempt('write', path, () => mkdirSync(dirname(path), { recursive: true }));
  openFile(path).commit(new TextEncoder().encode(text));
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, Math.min(bytes.length - done, 1 << 30));
}

function attempt<T>(action: string, path: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    throw new FileError(action, path, cause);
  }
}
