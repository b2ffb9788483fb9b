/** Layers without parameters of finite networks, forwards and backwards. */
import { locationsOf, type Sparse } from '../graph';
import type { TypedArray } from '../ndarray';
import type { ActivationLayer, LayerNormLayer } from '../spec';
import { activationOf, pointwiseOf } from './activations';
import { channelsOf, type Tape, type Tensor } from './tape';

export function activate(tape: Tape, layer: ActivationLayer, x: Tensor): Tensor {
  const data = mapped(tape, layer, false, x.data);
  let slopes: TypedArray | null = null;
  return tape.record({ data, shape: x.shape }, [x], (cotangents) => {
    slopes ??= mapped(tape, layer, true, x.data);
    return [timesEach(cotangents, slopes)];
  });
}

/** φ(x) or φ'(x) */
function mapped(tape: Tape, layer: ActivationLayer, slope: boolean, x: TypedArray): TypedArray {
  const out = tape.zeros(x.length);
  const operation = pointwiseOf(layer);
  if (operation) {
    tape.routines.pointwise(operation, slope, x, out);
    return out;
  }
  const activation = activationOf(layer);
  const f = slope ? activation.slope : activation.value;
  for (let at = 0; at < out.length; at++) out[at] = f(x[at]);
  return out;
}

/** Every run of a's length times a, in place: cotangents have one reader. */
function timesEach(runs: TypedArray, a: TypedArray): TypedArray {
  for (let first = 0; first < runs.length; first += a.length) for (let at = 0; at < a.length; at++) runs[first + at] *= a[at];
  return runs;
}

export const reshape = (tape: Tape, x: Tensor, shape: readonly number[]): Tensor =>
  tape.record({ data: x.data.slice(), shape }, [x], (cotangents) => [cotangents]);

/** Every channel's locations times a matrix, one for all samples or one for each: pooling, resizing, indexing, dotGeneral. */
export function mix(tape: Tape, matrix: Sparse | readonly Sparse[], x: Tensor, shape: readonly number[]): Tensor {
  const channels = channelsOf(x);
  const each = (body: (source: number, target: number, weight: number) => void) => {
    for (let n = 0; n < x.shape[0]; n++) {
      const { rows, cols, starts, columns, weights } = 'rows' in matrix ? matrix : matrix[n];
      for (let o = 0; o < rows; o++)
        for (let e = starts[o]; e < starts[o + 1]; e++) body((n * cols + columns[e]) * channels, (n * rows + o) * channels, weights[e]);
    }
  };
  const data = tape.zeros(locationsOf(shape));
  each((source, target, weight) => {
    for (let c = 0; c < channels; c++) data[target + c] += weight * x.data[source + c];
  });
  const backward = tape.oneByOne(data.length, (cotangent) => {
    const dx = tape.zeros(x.data.length);
    each((source, target, weight) => {
      for (let c = 0; c < channels; c++) dx[source + c] += weight * cotangent[target + c];
    });
    return [dx];
  });
  return tape.record({ data, shape }, [x], backward);
}

/** Samples chosen or reordered. */
export function choose(tape: Tape, samples: ArrayLike<number>, x: Tensor): Tensor {
  const size = locationsOf(x.shape.slice(1));
  const data = tape.zeros(samples.length * size);
  const each = (body: (source: number, target: number) => void) => {
    for (let i = 0; i < samples.length; i++) body(samples[i] * size, i * size);
  };
  each((source, target) => {
    data.set(x.data.subarray(source, source + size), target);
  });
  const backward = tape.oneByOne(data.length, (cotangent) => {
    const dx = tape.zeros(x.data.length);
    each((source, target) => {
      for (let at = 0; at < size; at++) dx[source + at] += cotangent[target + at];
    });
    return [dx];
  });
  return tape.record({ data, shape: [samples.length, ...x.shape.slice(1)] }, [x], backward);
}

export function add(tape: Tape, parts: readonly Tensor[]): Tensor {
  const data = parts[0].data.slice();
  for (const part of parts.slice(1)) for (let at = 0; at < data.length; at++) data[at] += part.data[at];
  return tape.record({ data, shape: parts[0].shape }, parts, (cotangent) => parts.map(() => cotangent.slice()));
}

export function multiply(tape: Tape, parts: readonly Tensor[]): Tensor {
  const product = (skipped: number): TypedArray => {
    const data = tape.zeros(parts[0].data.length).fill(1);
    parts.forEach((part, k) => {
      if (k !== skipped) for (let at = 0; at < data.length; at++) data[at] *= part.data[at];
    });
    return data;
  };
  return tape.record({ data: product(-1), shape: parts[0].shape }, parts, (cotangents) =>
    parts.map((_, k) => timesEach(cotangents.slice(), product(k))),
  );
}

export function concatenate(tape: Tape, axis: number, parts: readonly Tensor[]): Tensor {
  const along = axis < 0 ? axis + parts[0].shape.length : axis;
  const shape = parts[0].shape.map((length, k) => (k === along ? parts.reduce((sum, part) => sum + part.shape[k], 0) : length));
  const outer = shape.slice(0, along).reduce((a, b) => a * b, 1);
  const runs = parts.map((part) => part.data.length / outer);
  const width = runs.reduce((a, b) => a + b, 0);
  const starts = runs.map((_, k) => runs.slice(0, k).reduce((a, b) => a + b, 0));
  const data = tape.zeros(outer * width);
  for (let o = 0; o < outer; o++)
    parts.forEach((part, k) => {
      data.set(part.data.subarray(o * runs[k], (o + 1) * runs[k]), o * width + starts[k]);
    });
  const backward = tape.oneByOne(data.length, (cotangent) =>
    parts.map((part, k) => {
      const own = tape.zeros(part.data.length);
      for (let o = 0; o < outer; o++) own.set(cotangent.subarray(o * width + starts[k], o * width + starts[k] + runs[k]), o * runs[k]);
      return own;
    }),
  );
  return tape.record({ data, shape }, parts, backward);
}

/** Mean 0 and variance 1 over the axes, ε added to the variance. @param kept 0 for numbers that take no part, which become 0 */
export function normalize(tape: Tape, { axis, eps }: LayerNormLayer, x: Tensor, kept: Uint8Array | null = null): Tensor {
  const { groupOf, count } = groups(x.shape, axis);
  const sizes = sizesOf(groupOf, count, kept);
  const mean = (values: (at: number) => number): Float64Array => {
    const sums = new Float64Array(count);
    for (let at = 0; at < x.data.length; at++) if (kept?.[at] !== 0) sums[groupOf[at]] += values(at) / sizes[groupOf[at]];
    return sums;
  };
  const means = mean((at) => x.data[at]);
  const inverse = mean((at) => (x.data[at] - means[groupOf[at]]) ** 2).map((variance) => 1 / Math.sqrt(variance + eps));
  const data = tape.zeros(x.data.length);
  for (let at = 0; at < data.length; at++) if (kept?.[at] !== 0) data[at] = (x.data[at] - means[groupOf[at]]) * inverse[groupOf[at]];
  const backward = tape.oneByOne(data.length, (cotangent) => {
    const [level, tilt] = [mean((at) => cotangent[at]), mean((at) => cotangent[at] * data[at])];
    const dx = tape.zeros(data.length);
    for (let at = 0; at < dx.length; at++) {
      const group = groupOf[at];
      dx[at] = inverse[group] * (cotangent[at] - level[group] - data[at] * tilt[group]);
    }
    return [dx];
  });
  return tape.record({ data, shape: x.shape }, [x], backward);
}

/** How many numbers of each group take part. */
export function sizesOf(groupOf: Int32Array, count: number, kept: Uint8Array | null): Float64Array {
  const sizes = new Float64Array(count);
  groupOf.forEach((group, at) => {
    if (kept?.[at] !== 0) sizes[group]++;
  });
  return sizes;
}

/** For each number the group of those that share its coordinates outside `axis`. */
export function groups(shape: readonly number[], axis: readonly number[]): { groupOf: Int32Array; count: number } {
  const axes = axis.map((k) => (k < 0 ? k + shape.length : k));
  const count = shape.reduce((product, length, k) => (axes.includes(k) ? product : product * length), 1);
  const groupOf = Int32Array.from({ length: locationsOf(shape) }, (_, at) => {
    let [rest, unit, group] = [at, 1, 0];
    for (let k = shape.length - 1; k >= 0; k--) {
      if (!axes.includes(k)) {
        group += (rest % shape[k]) * unit;
        unit *= shape[k];
      }
      rest = Math.floor(rest / shape[k]);
    }
    return group;
  });
  return { groupOf, count };
}
