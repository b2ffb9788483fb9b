/** Which output entries of two samples a kernel pairs, and where the pairs stand in the result. */
import { InfiniteWidthError } from '../errors';
import { badArgument } from '../layers/checks';
import { type NDArray, showShape, type TypedArray } from '../ndarray';
import { show } from '../show';

export interface OutputAxes {
  /** Output axes over whose equal entries the kernel is averaged; default the last. They vanish from the result. */
  readonly traceAxes?: readonly number[];
  /** Output axes of which only equal entries are computed; they stand once in the result. */
  readonly diagonalAxes?: readonly number[];
}

/** Output entries per sample, sorted by what becomes of their axes. */
export interface Layout {
  /** For each pair (group, traced, entry) of indices the output's place. */
  place(group: number, traced: number, entry: number): number;
  readonly groups: number;
  readonly traced: number;
  readonly entries: number;
  /** Lengths of the axes that stand once and twice, in the order of the output's axes. */
  readonly axes: readonly { readonly length: number; readonly twice: boolean }[];
}

/** @throws ERR_ARGUMENT for what is no list */
export function checkedAxes<T extends OutputAxes>(options: T): T {
  for (const name of ['traceAxes', 'diagonalAxes'] as const) {
    const axes = options[name];
    if (axes !== undefined && !Array.isArray(axes))
      throw badArgument('the kernel', name, 'a list of output axes', axes, 'write [-1], not -1');
  }
  return options;
}

/** @throws ERR_ARGUMENT for axes that do not exist or are named twice, or the sample axis */
export function layoutOf(shape: readonly number[], axes: OutputAxes): Layout {
  const { traceAxes = [-1], diagonalAxes = [] } = checkedAxes(axes);
  const resolve = (axis: number) => {
    const resolved = axis < 0 ? axis + shape.length : axis;
    if (Number.isInteger(resolved) && resolved > 0 && resolved < shape.length) return resolved;
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `traceAxes and diagonalAxes name output axes other than the samples'; ${show(axis)} is none of ${showShape(shape)}`,
      { axis, shape },
    );
  };
  const [traced, single] = [traceAxes.map(resolve), diagonalAxes.map(resolve)];
  const twice = [...traced, ...single].find((axis, k, all) => all.indexOf(axis) < k);
  if (twice !== undefined)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `axis ${twice} of the outputs is named twice in traceAxes and diagonalAxes; name it once`,
      {
        traceAxes,
        diagonalAxes,
      },
    );
  const kinds = shape.slice(1).map((_, k) => (traced.includes(k + 1) ? 'traced' : single.includes(k + 1) ? 'group' : 'entry'));
  const lengths = shape.slice(1);
  const count = (kind: string) => lengths.reduce((product, length, k) => (kinds[k] === kind ? product * length : product), 1);
  return {
    groups: count('group'),
    traced: count('traced'),
    entries: count('entry'),
    axes: lengths.flatMap((length, k) => (kinds[k] === 'traced' ? [] : [{ length, twice: kinds[k] === 'entry' }])),
    place(group, trace, entry) {
      const rest: Record<string, number> = { group, traced: trace, entry };
      let [at, unit] = [0, 1];
      for (let k = lengths.length - 1; k >= 0; k--) {
        at += (rest[kinds[k]] % lengths[k]) * unit;
        rest[kinds[k]] = Math.floor(rest[kinds[k]] / lengths[k]);
        unit *= lengths[k];
      }
      return at;
    },
  };
}

/** Puts kernels [group, entry, entry', n1, n2] into the layout of the result: [n1, n2, …axes]. */
export function arrange(layout: Layout, n1: number, n2: number, kernels: TypedArray): NDArray {
  const shape = [n1, n2, ...layout.axes.flatMap(({ length, twice }) => (twice ? [length, length] : [length]))];
  const data = kernels instanceof Float32Array ? new Float32Array(kernels.length) : new Float64Array(kernels.length);
  const per = kernels.length / (n1 * n2);
  for (let place = 0; place < per; place++) {
    let rest = place;
    let [group, left, right, groupUnit, unit] = [0, 0, 0, 1, 1];
    for (let k = layout.axes.length - 1; k >= 0; k--) {
      const { length, twice } = layout.axes[k];
      if (twice) {
        right += (rest % length) * unit;
        rest = Math.floor(rest / length);
        left += (rest % length) * unit;
        unit *= length;
      } else {
        group += (rest % length) * groupUnit;
        groupUnit *= length;
      }
      rest = Math.floor(rest / length);
    }
    const from = ((group * layout.entries + left) * layout.entries + right) * n1 * n2;
    for (let pair = 0; pair < n1 * n2; pair++) data[pair * per + place] = kernels[from + pair];
  }
  return { data, shape };
}
