import { bringGraphs } from '../graphs';
import type { Constant, DotGeneralLayer } from '../spec';
import { finiteParameter } from '../spec';
import { badArgument, checkedOptions } from './checks';

type Nested = number | readonly Nested[];
/** A number, nested number arrays, or an array with its shape. */
export type ConstantArray = Nested | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };
type DimensionNumbers = DotGeneralLayer['dimensionNumbers'];

export interface DotGeneralOptions {
  /** The constant as the left factor. Default null. */
  lhs?: ConstantArray | null;
  /** The constant as the right factor. Default null; without either the input stays as it is. */
  rhs?: ConstantArray | null;
  /**
   * [[contracted axes of the left factor, of the right], [batch axes of the left, of the right]], as in XLA. Default [[[], []], [[],
   * []]].
   */
  dimensionNumbers?: DimensionNumbers;
}

const NONE: DimensionNumbers = [
  [[], []],
  [[], []],
];

/**
 * A product with a constant along the axes named: `lax.dot_general`. Any linear map of locations.
 *
 * The result is [n, …spatial, channels] again; its spatial axes are the batch axes, then those left of the left factor, then those left
 * of the right. Only spatial axes of the input can take part.
 * @nngp K' = P₁ K P₂ᵀ
 * @ntk Θ' = P₁ Θ P₂ᵀ
 * @where P₁, P₂ are the matrix of the map on the locations of the two samples
 * @cost 2 flops per location pair, side and entry of the constant that is not 0 in a row of the map
 * @source XLA operation semantics, DotGeneral
 * @throws ERR_ARGUMENT for two constants, ragged arrays, axes that do not exist or do not pair up; in a kernel ERR_SHAPE for lengths that
 *   differ, ERR_UNSUPPORTED for the sample or channel axis
 * @reference stax.DotGeneral
 */
export function dotGeneral(options: DotGeneralOptions = {}): DotGeneralLayer {
  const { lhs = null, rhs = null, dimensionNumbers = NONE } = checkedOptions('dotGeneral', options, ['lhs', 'rhs', 'dimensionNumbers']);
  if (lhs !== null && rhs !== null)
    throw badArgument('dotGeneral', 'the constant', 'given once, as lhs or as rhs', options, 'the other factor is the input');
  const side = rhs === null ? 'lhs' : 'rhs';
  const constant = constantOf(lhs ?? rhs ?? 1, side);
  return dotWith(constant, side, dimensionNumbers);
}

/** The layer from its plain data. */
export function dotWith(constant: Constant, side: DotGeneralLayer['side'], dimensionNumbers: DimensionNumbers): DotGeneralLayer {
  bringGraphs();
  const [contracted, batch] = [axisPair(dimensionNumbers?.[0]), axisPair(dimensionNumbers?.[1])];
  const own = side === 'lhs' ? 0 : 1;
  const distinct = (which: number) =>
    new Set([...contracted[which], ...batch[which]]).size === contracted[which].length + batch[which].length;
  if (!distinct(0) || !distinct(1))
    throw badArgument('dotGeneral', 'dimensionNumbers', 'without an axis that stands twice', dimensionNumbers);
  const missing = [...contracted[own], ...batch[own]].find((axis) => axis >= constant.shape.length);
  if (missing !== undefined)
    throw badArgument('dotGeneral', 'dimensionNumbers', `axes of ${side}, whose shape is [${constant.shape.join(', ')}]`, missing);
  return Object.freeze({ kind: 'dotGeneral', constant, side, dimensionNumbers: Object.freeze([contracted, batch] as const) });
}

type AxisPair = readonly [readonly number[], readonly number[]];

/** Equally many axes of both factors. */
function axisPair(pair: unknown): AxisPair {
  const isAxes = (axes: unknown) => Array.isArray(axes) && axes.every((axis) => Number.isSafeInteger(axis) && axis >= 0);
  if (Array.isArray(pair) && pair.length === 2 && pair.every(isAxes) && pair[0].length === pair[1].length)
    return Object.freeze([Object.freeze([...pair[0]]), Object.freeze([...pair[1]])] as const);
  throw badArgument(
    'dotGeneral',
    'dimensionNumbers',
    '[[axes, axes], [axes, axes]], contracted and batch axes of the left and the right factor, counted from 0 and equally many of both',
    pair,
  );
}

/** Any constant as frozen plain data. */
export function constantOf(value: ConstantArray, name: string): Constant {
  const shape: number[] = [];
  const data: number[] = [];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const array = value as { readonly data: ArrayLike<number>; readonly shape: readonly number[] };
    if (!Array.isArray(array.shape) || !array.shape.every((length) => Number.isSafeInteger(length) && length >= 0) || !array.data)
      throw badArgument('dotGeneral', name, 'a number, nested arrays of numbers, or { data, shape }', value);
    shape.push(...array.shape);
    for (let i = 0; i < array.data.length; i++) data.push(array.data[i]);
  } else {
    for (let level = value as Nested; Array.isArray(level); level = level[0]) shape.push(level.length);
    flattenInto(data, value as Nested, shape, 0, name);
  }
  if (data.length !== shape.reduce((a, b) => a * b, 1))
    throw badArgument('dotGeneral', name, `${shape.reduce((a, b) => a * b, 1)} numbers for the shape [${shape.join(', ')}]`, data.length);
  return Object.freeze({ data: Object.freeze(data.map((x) => finiteParameter(x, 'dotGeneral', name))), shape: Object.freeze(shape) });
}

function flattenInto(data: number[], value: Nested, shape: readonly number[], depth: number, name: string): void {
  if (depth === shape.length && !Array.isArray(value)) data.push(value as number);
  else if (Array.isArray(value) && value.length === shape[depth]) for (const part of value) flattenInto(data, part, shape, depth + 1, name);
  else throw badArgument('dotGeneral', name, 'an array whose rows are equally long', value);
}
