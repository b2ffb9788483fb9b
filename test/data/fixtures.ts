/** Files made by numpy (test/fixtures/data/make.py) and what numpy reads from them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { InfiniteWidthError } from '../../src/errors';
import type { NDArray, TypedArray } from '../../src/ndarray';

interface Plain {
  shape: number[];
  data: (number | string)[];
}

const folder = new URL('../fixtures/data/', import.meta.url);

export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

const expectedValues = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<string, Plain & Record<string, Plain>>;

const NAMED: Record<string, number> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN, '-0.0': -0 };

const values = ({ shape, data }: Plain): { shape: number[]; data: number[] } => ({
  shape,
  data: data.map((value) => (typeof value === 'string' ? NAMED[value] : value)),
});

export const names = (pattern: RegExp): string[] => Object.keys(expectedValues).filter((name) => pattern.test(name));
export const expectedOf = (name: string): { shape: number[]; data: number[] } => values(expectedValues[name]);
export const expectedArrays = (name: string): Record<string, { shape: number[]; data: number[] }> =>
  Object.fromEntries(Object.entries(expectedValues[name] as Record<string, Plain>).map(([key, plain]) => [key, values(plain)]));

/** Shape and values, to be compared with `toStrictEqual` (which tells -0 from 0). */
export const plain = ({ data, shape }: NDArray): { shape: readonly number[]; data: number[] } => ({ shape, data: Array.from(data) });

/** The InfiniteWidthError that `run` throws; anything else fails the test. */
export function failure(run: () => unknown): InfiniteWidthError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InfiniteWidthError);
  return thrown as InfiniteWidthError;
}

export const codeOf = (run: () => unknown): string => failure(run).code;

export function isConsistent({ data, shape }: NDArray): boolean {
  return (
    (data as TypedArray).length === shape.reduce((a, b) => a * b, 1) && shape.every((length) => Number.isInteger(length) && length >= 0)
  );
}

/** An npy file with a header of the test's own. */
export function npyFile(header: string, payload: Uint8Array = new Uint8Array(), version = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version[0] === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...version, ...length, ...text, ...payload]);
}

export const concat = (...parts: (Uint8Array | number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
