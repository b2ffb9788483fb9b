/** Strict reading of arguments on node:util's tokeniser: every mistake is a UsageError that names the remedy. */
import { parseArgs } from 'node:util';
import type { OptionSpec, OptionValues } from './command';
import { UsageError } from './errors';

/** @throws UsageError for an unknown or repeated option, a missing or unwanted value, an argument that is no option */
export function parseOptions(args: readonly string[], specs: readonly OptionSpec[]): OptionValues {
  const options = Object.fromEntries(specs.map(({ name, value }) => [name, { type: value ? 'string' : 'boolean' } as const]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`unexpected argument "${token.value}"; options begin with --`);
    if (token.kind !== 'option') continue;
    const spec = specs.find(({ name }) => name === token.name);
    if (!spec || !token.rawName.startsWith('--'))
      throw unknown(
        'option',
        token.rawName,
        specs.map(({ name }) => `--${name}`),
      );
    if (spec.name in values) throw new UsageError(`--${spec.name} is given twice`);
    values[spec.name] = spec.value ? optionValue(spec, token.value, token.inlineValue === true) : switchOf(spec, token.value);
  }
  return values;
}

function optionValue({ name, value }: OptionSpec, given: string | undefined, inline: boolean): string {
  if (given === undefined || given === '' || (!inline && given.startsWith('--')))
    throw new UsageError(`--${name} needs a value: --${name} ${value}`);
  return given;
}

function switchOf({ name }: OptionSpec, given: string | undefined): true {
  if (given !== undefined) throw new UsageError(`--${name} takes no value, got "${given}"`);
  return true;
}

/** A UsageError that suggests the nearest of `known`, if one is near. */
export function unknown(what: string, given: string, known: readonly string[]): UsageError {
  const [nearest] = known.map((name) => ({ name, distance: editDistance(given, name) })).sort((a, b) => a.distance - b.distance);
  const near = nearest && nearest.distance <= Math.max(2, Math.floor(nearest.name.length / 3));
  return new UsageError(`unknown ${what} "${given}"${near ? `; did you mean ${nearest.name}?` : ''}`);
}

/** Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  return rows[a.length][b.length];
}

/** A value that must be there. */
export function required(options: OptionValues, name: string): string {
  const value = options[name];
  if (typeof value === 'string') return value;
  throw new UsageError(`--${name} is needed`);
}

export const optional = (options: OptionValues, name: string): string | undefined => options[name] as string | undefined;

/** One of a few words. */
export function choice<T extends string>(options: OptionValues, name: string, choices: readonly T[]): T | undefined {
  const value = options[name];
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw new UsageError(`--${name} is ${listOf(choices)}, got "${value}"`);
}

/** Words with commas between them, each once. */
export function choices<T extends string>(options: OptionValues, name: string, known: readonly T[]): T[] | undefined {
  const value = optional(options, name);
  if (value === undefined) return undefined;
  const words = value.split(',').map((word) => word.trim()) as T[];
  if (words.every((word) => known.includes(word)) && new Set(words).size === words.length) return words;
  throw new UsageError(`--${name} takes ${listOf(known)}, each once, with commas between; got "${value}"`);
}

/** A finite number that is at least `least`. */
export function numberOption(options: OptionValues, name: string, least: number): number | undefined {
  const value = optional(options, name);
  if (value === undefined) return undefined;
  const number = numberIn(value, least);
  if (number !== null) return number;
  throw new UsageError(`--${name} is a number of at least ${least}, got "${value}"`);
}

/** The same, or several with commas between them. */
export function numbersOption(options: OptionValues, name: string, least: number): number[] | undefined {
  const value = optional(options, name);
  if (value === undefined) return undefined;
  const numbers = value.split(',').map((word) => numberIn(word, least));
  if (numbers.every((number) => number !== null)) return numbers;
  throw new UsageError(`--${name} is a number of at least ${least}, or several with commas between; got "${value}"`);
}

function numberIn(word: string, least: number): number | null {
  const number = Number(word);
  return word.trim() !== '' && Number.isFinite(number) && number >= least ? number : null;
}

const listOf = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')}${words.length > 1 ? ' or ' : ''}${words[words.length - 1]}`;
