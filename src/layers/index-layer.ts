import { bringGraphs } from '../graphs';
import type { IndexEntry, IndexLayer } from '../spec';
import { badArgument } from './checks';

type Slice = Exclude<IndexEntry, number | string>;

/**
 * One axis of an index: `slice(1, 5)` is Python's `1:5`, `slice()` is `:`, `slice(null, null, -1)` is `::-1`.
 * @param start first position; negative: from the end; null: the first (the last for a negative step)
 * @param stop position before which it ends; null: after the last
 * @param step null: 1
 * @throws ERR_ARGUMENT for what is neither an integer nor null, and for a step of 0
 */
export function slice(start: number | null = null, stop: number | null = null, step: number | null = null): Slice {
  const [from, to, by] = [position(start, 'start'), position(stop, 'stop'), position(step, 'step')];
  if (by === 0) throw badArgument('index', 'step', 'an integer other than 0', step);
  return Object.freeze({ start: from, stop: to, step: by });
}

function position(value: number | null, name: string): number | null {
  if (value === null || value === undefined) return null;
  if (Number.isSafeInteger(value)) return value + 0;
  throw badArgument('index', name, 'an integer, or null where it is left out', value);
}

/**
 * Part of the samples and locations, as NumPy's basic indexing takes it from [n, …, channels].
 *
 * An entry is a position, which drops its axis; a slice, made by `slice(start, stop, step)` or written as a text like '1:5' or '::2'; or
 * '...' for as many whole axes as are missing. Axes that are not named stay. The sample axis cannot be dropped and the channel axis
 * cannot be indexed.
 * @nngp K'(i, j) = K(source(i), source(j))
 * @ntk Θ'(i, j) = Θ(source(i), source(j))
 * @param idx one entry, or an array with one per axis
 * @cost nothing: entries are chosen
 * @source NumPy, basic indexing
 * @throws ERR_ARGUMENT for an entry that is none, two '...', a step of 0, a position on the sample axis; in a kernel ERR_SHAPE for a
 *   position outside or an empty result, ERR_ARGUMENT for the channel axis
 * @reference stax.Index
 */
export function index(idx: IndexEntry | string | readonly (IndexEntry | string)[]): IndexLayer {
  bringGraphs();
  const entries = (Array.isArray(idx) ? idx : [idx]).map(entryOf);
  if (entries.filter((entry) => entry === '...').length > 1) throw badArgument('index', 'idx', "an index with '...' at most once", idx);
  if (typeof entries[0] === 'number')
    throw badArgument('index', 'idx[0]', 'a slice, for the sample axis cannot be dropped', entries[0], 'write slice(i, i + 1)');
  const last = entries[entries.length - 1];
  if (entries.includes('...') && last !== '...' && !isWhole(last))
    throw badArgument('index', 'the last entry', "':', for after '...' it is the channel axis", last, "put another ':' after it");
  return Object.freeze({ kind: 'index', idx: Object.freeze(entries) });
}

const isWhole = (entry: IndexEntry): boolean =>
  typeof entry === 'object' && (entry.start ?? 0) === 0 && entry.stop === null && (entry.step ?? 1) === 1;

function entryOf(entry: IndexEntry | string): IndexEntry {
  if (entry === '...') return entry;
  if (Number.isSafeInteger(entry)) return (entry as number) + 0;
  if (typeof entry === 'string' && /^\s*-?\d*\s*:\s*(-?\d+)?\s*(:\s*(-?\d+)?\s*)?$/.test(entry)) {
    const [start, stop, step] = entry.split(':').map((part) => (part.trim() === '' ? null : Number(part)));
    return slice(start, stop, step);
  }
  if (typeof entry === 'object' && entry !== null && Object.keys(entry).every((key) => ['start', 'stop', 'step'].includes(key)))
    return slice(entry.start, entry.stop, entry.step);
  throw badArgument('index', 'an entry', "an integer, slice(start, stop, step), a text like '1:5', or '...'", entry);
}
