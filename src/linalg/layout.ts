/** How the backends walk the part of a matrix that a routine owns. */
import type { Triangle } from './contract';

/** A whole matrix, or one triangle of it with its diagonal. */
export type Part = 'full' | Triangle;

/** First and end column of the part of row i. */
export function columnsOf(part: Part, i: number, columns: number): readonly [number, number] {
  return [part === 'upper' ? Math.min(i, columns) : 0, part === 'lower' ? Math.min(i + 1, columns) : columns];
}

/**
 * The power of two that brings a row whose largest magnitude is `largest` to [1, 2), or as near as powers of two reach; 1 for
 * zero, infinities and NaN. Multiplying by it and by its inverse is exact.
 */
export function unitScale(largest: number): number {
  if (!(largest > 0 && largest < Infinity)) return 1;
  return 2 ** -Math.max(-1022, Math.min(1022, Math.floor(Math.log2(largest))));
}
