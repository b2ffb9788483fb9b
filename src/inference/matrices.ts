/** Maps between locations as sparse matrices: index, imageResize, dotGeneral. */
import { InfiniteWidthError } from '../errors';
import { locationsOf, type Sparse } from '../graph';
import { showShape } from '../ndarray';
import type { DotGeneralLayer, ImageResizeLayer, IndexEntry, IndexLayer } from '../spec';
import { nameOf, type PlacedLayer } from './state';

/** Rows as lists of (column, weight). */
export function sparse(cols: number, rows: readonly (readonly (readonly [column: number, weight: number])[])[]): Sparse {
  const starts = Int32Array.from([0, ...rows.map(({ length }) => length)]);
  for (let i = 0; i < rows.length; i++) starts[i + 1] += starts[i];
  const entries = rows.flat();
  const columns = Int32Array.from(entries, ([column]) => column);
  return { rows: rows.length, cols, starts, columns, weights: Float64Array.from(entries, ([, weight]) => weight) };
}

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const index = shape.map(() => 0);
  for (let count = locationsOf(shape); count > 0; count--) {
    yield index.slice();
    for (let k = shape.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0;
  }
}

export const offsetOf = (index: readonly number[], shape: readonly number[]): number =>
  index.reduce((offset, i, k) => offset * shape[k] + i, 0);

type Rows = (readonly [column: number, weight: number])[][];

/** Locations that are held, some hundred bytes each. */
const MOST_LOCATIONS = 2 ** 22;

/** @throws ERR_OUT_OF_MEMORY before any is made */
function checkLocations(to: readonly number[]): void {
  if (locationsOf(to) <= MOST_LOCATIONS) return;
  throw new InfiniteWidthError(
    'ERR_OUT_OF_MEMORY',
    `an image of ${showShape(to)} has ${locationsOf(to)} locations; at most ${MOST_LOCATIONS} are held: make smaller ones`,
    { to },
  );
}

/** The matrix that acts on each axis by its own rows. */
function product(axes: readonly Rows[], from: readonly number[]): Sparse {
  const to = axes.map(({ length }) => length);
  const rows: Rows = [];
  for (const index of indicesOf(to)) {
    let row: (readonly [number, number])[] = [[0, 1]];
    index.forEach((o, k) => {
      row = row.flatMap(([column, weight]) => axes[k][o].map(([i, w]) => [column * from[k] + i, weight * w] as const));
    });
    rows.push(row);
  }
  return sparse(locationsOf(from), rows);
}

const identityRows = (length: number): Rows => Array.from({ length }, (_, i) => [[i, 1]]);

/** Resizing as jax.image.resize does it: pixel centres at i + ½, weights normalised, a wider triangle where antialiasing shrinks. */
export function resizeMatrix(
  from: readonly number[],
  to: readonly number[],
  method: ImageResizeLayer['method'],
  antialias: boolean,
): Sparse {
  checkLocations(to);
  const axes = from.map((length, k) => (length === to[k] ? identityRows(length) : resizeRows(length, to[k], method, antialias)));
  return product(axes, from);
}

function resizeRows(from: number, to: number, method: ImageResizeLayer['method'], antialias: boolean): Rows {
  const scale = from / to;
  return Array.from({ length: to }, (_, o) => {
    if (method === 'nearest') return [[Math.floor((o + 0.5) * scale), 1] as const];
    const [centre, width] = [(o + 0.5) * scale - 0.5, antialias ? Math.max(scale, 1) : 1];
    const weights = Array.from({ length: from }, (_, i) => Math.max(0, 1 - Math.abs(centre - i) / width));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.flatMap((weight, i) => (weight > 0 ? [[i, weight / total] as const] : []));
  });
}

export interface Selection {
  /** Samples and locations that are kept, in order, and the lengths of the spatial axes that remain. */
  readonly samples: readonly number[];
  readonly matrix: Sparse;
  readonly spatial: readonly number[];
}

/** NumPy's basic indexing of [n, …spatial, channels]. @throws ERR_ARGUMENT, ERR_SHAPE */
export function selection(shape: readonly number[], placed: PlacedLayer<IndexLayer>): Selection {
  const entries = expandEllipsis(placed.layer.idx, shape, placed);
  const chosen = entries.map((entry, axis) => positions(entry, shape[axis], axis, placed));
  const [samples, channels] = [chosen[0], chosen[shape.length - 1]];
  if (typeof entries[0] === 'number')
    throw refused(placed, 'the sample axis cannot be dropped; take a slice of length 1', { idx: placed.layer.idx });
  if (channels.length !== shape[shape.length - 1] || channels.some((c, i) => c !== i))
    throw refused(placed, 'the channel axis is infinitely wide and cannot be indexed; leave it whole', { idx: placed.layer.idx });
  const axes = chosen.slice(1, -1);
  const from = shape.slice(1, -1);
  const matrix = product(
    axes.map((positions) => positions.map((i) => [[i, 1] as const])),
    from,
  );
  return { samples, matrix, spatial: axes.filter((_, k) => typeof entries[k + 1] !== 'number').map(({ length }) => length) };
}

const refused = (placed: PlacedLayer, why: string, details: Record<string, unknown>): InfiniteWidthError =>
  new InfiniteWidthError('ERR_ARGUMENT', `${nameOf(placed)}: ${why}`, { position: placed.position, ...details });

const WHOLE: IndexEntry = { start: null, stop: null, step: null };

function expandEllipsis(idx: readonly IndexEntry[], shape: readonly number[], placed: PlacedLayer): readonly IndexEntry[] {
  const given = idx.filter((entry) => entry !== '...').length;
  if (given > shape.length)
    throw new InfiniteWidthError('ERR_SHAPE', `${nameOf(placed)} indexes ${given} axes of ${showShape(shape)}`, {
      position: placed.position,
      shape,
      idx,
    });
  const rest = Array.from({ length: shape.length - given }, () => WHOLE);
  const at = idx.indexOf('...');
  return at < 0 ? [...idx, ...rest] : [...idx.slice(0, at), ...rest, ...idx.slice(at + 1)];
}

/** Positions an entry chooses on an axis, as Python's slices do. */
function positions(entry: IndexEntry, length: number, axis: number, placed: PlacedLayer): number[] {
  if (entry === '...') return [];
  if (typeof entry === 'number') {
    const position = entry < 0 ? entry + length : entry;
    if (position >= 0 && position < length) return [position];
    throw new InfiniteWidthError('ERR_SHAPE', `${nameOf(placed)}: index ${entry} is outside axis ${axis} of length ${length}`, {
      position: placed.position,
      axis,
      length,
    });
  }
  const step = entry.step ?? 1;
  const clamp = (bound: number | null, missing: number) => {
    if (bound === null) return missing;
    const shifted = bound < 0 ? bound + length : bound;
    return step > 0 ? Math.min(Math.max(shifted, 0), length) : Math.min(Math.max(shifted, -1), length - 1);
  };
  const [first, end] = [clamp(entry.start, step > 0 ? 0 : length - 1), clamp(entry.stop, step > 0 ? length : -1)];
  const count = Math.max(0, Math.ceil((end - first) / step));
  if (count > 0) return Array.from({ length: count }, (_, k) => first + k * step);
  throw new InfiniteWidthError('ERR_SHAPE', `${nameOf(placed)} keeps nothing of axis ${axis} of length ${length}; widen the slice`, {
    position: placed.position,
    axis,
    length,
  });
}

/** One axis of a product: of the constant, of the input, or of both (contracted, or shared). */
interface ProductAxis {
  readonly constant: number | null;
  readonly input: number | null;
  readonly length: number;
}

/** XLA's dot_general with a constant, as a map between locations; samples come first and channels last whatever the order XLA gives. */
export function contraction(
  shape: readonly number[],
  placed: PlacedLayer<DotGeneralLayer>,
): { matrix: Sparse; spatial: readonly number[] } {
  const { constant, side, dimensionNumbers } = placed.layer;
  const [contract, shared] = dimensionNumbers.map(([left, right]) => {
    const [ofInput, ofConstant] = side === 'rhs' ? [left, right] : [right, left];
    if (ofInput.length !== ofConstant.length)
      throw refused(placed, 'dimensionNumbers pairs as many axes of one factor as of the other', {});
    return ofInput.map((input, k): ProductAxis => {
      const axis = input < 0 ? input + shape.length : input;
      if (axis <= 0 || axis >= shape.length - 1)
        throw new InfiniteWidthError(
          'ERR_UNSUPPORTED',
          `${nameOf(placed)} names axis ${input} of ${showShape(shape)} in dimensionNumbers; only spatial axes can meet the constant`,
          { position: placed.position, axis: input, shape },
        );
      if (shape[axis] !== constant.shape[ofConstant[k]])
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `${nameOf(placed)}: axis ${input} of ${showShape(shape)} meets axis ${ofConstant[k]} of a constant ${showShape(constant.shape)}`,
          { position: placed.position, shape, constant: constant.shape },
        );
      return { constant: ofConstant[k], input: axis, length: shape[axis] };
    });
  });
  const paired = [...contract, ...shared];
  const freeInput = shape.flatMap((length, input): ProductAxis[] =>
    input === 0 || input === shape.length - 1 || paired.some((axis) => axis.input === input) ? [] : [{ constant: null, input, length }],
  );
  const freeConstant = constant.shape.flatMap((length, k): ProductAxis[] =>
    paired.some((axis) => axis.constant === k) ? [] : [{ constant: k, input: null, length }],
  );
  const output = [...shared, ...(side === 'rhs' ? [...freeInput, ...freeConstant] : [...freeConstant, ...freeInput])];
  return { matrix: contractionMatrix(shape, constant, output, contract), spatial: output.map(({ length }) => length) };
}

function contractionMatrix(
  shape: readonly number[],
  constant: DotGeneralLayer['constant'],
  output: readonly ProductAxis[],
  contract: readonly ProductAxis[],
): Sparse {
  const from = shape.slice(1, -1);
  const rows: Rows = [];
  for (const index of indicesOf(output.map(({ length }) => length))) {
    const row: (readonly [number, number])[] = [];
    for (const inner of indicesOf(contract.map(({ length }) => length))) {
      const [at, place] = [constant.shape.map(() => 0), from.map(() => 0)];
      const put = (axes: readonly ProductAxis[], values: readonly number[]) =>
        axes.forEach((axis, k) => {
          if (axis.constant !== null) at[axis.constant] = values[k];
          if (axis.input !== null) place[axis.input - 1] = values[k];
        });
      put(output, index);
      put(contract, inner);
      const weight = constant.data[offsetOf(at, constant.shape)];
      if (weight !== 0) row.push([offsetOf(place, from), weight]);
    }
    rows.push(row);
  }
  return sparse(locationsOf(from), rows);
}
