/** Checks that the layer functions share. Each names layer, parameter, value and remedy. */
import { InfiniteWidthError } from '../errors';
import { show } from '../show';
import { finiteParameter, type Padding, type Parameterization, standardDeviation } from '../spec';

/** ERR_ARGUMENT "layer: name must be …, got …; remedy". */
export function badArgument(layer: string, name: string, needs: string, value: unknown, remedy = ''): InfiniteWidthError {
  const message = `${layer}: ${name} must be ${needs}, got ${show(value)}${remedy && `; ${remedy}`}`;
  return new InfiniteWidthError('ERR_ARGUMENT', message, { layer, name, value });
}

/** What to do about an argument of a combinator that is no network. */
export const networkRemedy = (value: unknown, combinator: string): string =>
  Array.isArray(value) ? `spread the list: ${combinator}(...layers)` : 'call the layer function: relu(), not relu';

/** The options of a function: an object with none but the names given. Values of undefined count as left out. */
export function checkedOptions<T extends object>(layer: string, options: T, names: readonly (keyof T & string)[]): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || 'kind' in options)
    throw badArgument(layer, 'the options', `an object of ${names.join(', ')}`, options, `write { ${names[0]}: … }`);
  const unknown = Object.keys(options).find((key) => !(names as readonly string[]).includes(key));
  const { signal, onProgress } = options as { signal?: unknown; onProgress?: unknown };
  if ((signal ?? null) !== null && typeof (signal as AbortSignal).aborted !== 'boolean')
    throw badArgument(layer, 'signal', 'an AbortSignal', signal, 'write controller.signal, or AbortSignal.timeout(1000)');
  if ((onProgress ?? null) !== null && typeof onProgress !== 'function') throw badArgument(layer, 'onProgress', 'a function', onProgress);
  if (unknown === undefined) return options;
  const message = `${layer}: there is no option ${unknown}; the options are ${names.join(', ')}`;
  throw new InfiniteWidthError('ERR_ARGUMENT', message, { layer, name: unknown, options: names });
}

/** A whole number from `least` on that doubles hold exactly. */
export function wholeNumber(value: unknown, layer: string, name: string, least: number, remedy = ''): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return (value as number) + 0;
  throw badArgument(layer, name, least === 1 ? 'a positive integer' : `an integer from ${least} on`, value, remedy);
}

/** An axis of [n, …, channels], counted from the front or, negative, from the back. */
export function axisNumber(value: unknown, layer: string, name: string): number {
  if (Number.isSafeInteger(value)) return (value as number) + 0;
  throw badArgument(layer, name, 'an axis of [n, …, channels], an integer', value, '-1 is the channel axis');
}

/** One axis or several, none twice. */
export function axisNumbers(value: number | readonly number[], layer: string, name: string): readonly number[] {
  const axes = (Array.isArray(value) ? value : [value]).map((axis) => axisNumber(axis, layer, name));
  if (new Set(axes).size === axes.length && axes.length > 0) return Object.freeze(axes);
  throw badArgument(layer, name, 'one or more different axes', value);
}

/** Positive integers, one per spatial axis; `rank` of them where it is given. */
export function lengths(value: unknown, layer: string, name: string, rank?: number): readonly number[] {
  if (!Array.isArray(value))
    throw badArgument(layer, name, 'an array with one positive integer per spatial axis', value, 'write [3, 3], not 3');
  if (rank !== undefined && value.length !== rank)
    throw badArgument(
      layer,
      name,
      `an array of ${rank}, as many as the window has spatial axes`,
      value,
      'leave it out for 1 along every axis',
    );
  return Object.freeze(value.map((length) => wholeNumber(length, layer, name, 1)));
}

/** Strides or dilation: null where it is 1 along every axis, so that equal networks have equal data. */
export function steps(value: readonly number[] | null | undefined, layer: string, name: string, rank: number): readonly number[] | null {
  if (value === null || value === undefined) return null;
  const checked = lengths(value, layer, name, rank);
  return checked.every((step) => step === 1) ? null : checked;
}

/** One of some words. */
export function oneOf<T extends string>(value: T, layer: string, name: string, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw badArgument(layer, name, words.map((word) => `'${word}'`).join(' or '), value);
}

/** true or false, not something that merely counts as one of them. */
export function flag(value: unknown, layer: string, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw badArgument(layer, name, 'true or false', value);
}

/** A function, or null where it is left out. */
export function optionalFunction<F extends (...args: number[]) => number>(
  value: F | null | undefined,
  layer: string,
  name: string,
): F | null {
  if (value === null || value === undefined || typeof value === 'function') return value ?? null;
  throw badArgument(layer, name, 'a function', value, 'JSON cannot hold functions: give it in code');
}

/** A finite number above 0. */
export function positiveNumber(value: unknown, layer: string, name: string, remedy = ''): number {
  const number = finiteParameter(value, layer, name);
  if (number > 0) return number;
  throw badArgument(layer, name, 'above 0', value, remedy);
}

/** A finite number that is not negative. */
export function notNegative(value: unknown, layer: string, name: string, remedy = ''): number {
  const number = finiteParameter(value, layer, name);
  if (number >= 0) return number;
  throw badArgument(layer, name, '0 or more', value, remedy);
}

export const padding = (value: Padding, layer: string): Padding => oneOf(value, layer, 'padding', ['VALID', 'SAME', 'CIRCULAR']);

/** A bias: null for none. */
export const bias = (value: number | null, layer: string): number | null =>
  value === null ? null : standardDeviation(value, layer, 'bStd');

export const parameterizationOf = (value: Parameterization, layer: string): Parameterization =>
  oneOf(value, layer, 'parameterization', ['ntk', 'standard']);

/** The width multipliers [in, out]. */
export function widthMultipliers(value: readonly [number, number], layer: string): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw badArgument(layer, 's', 'a pair of width multipliers [in, out]', value);
  return Object.freeze([positiveNumber(value[0], layer, 's[0]'), positiveNumber(value[1], layer, 's[1]')] as [number, number]);
}
