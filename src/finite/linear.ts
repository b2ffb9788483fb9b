/** dense, conv, convLocal and convTranspose of finite networks: patches times weights. */
import type { WeightMatrix } from '../backends/finite';
import { locationsOf } from '../graph';
import type { TypedArray } from '../ndarray';
import type { ConvLayer, DenseLayer } from '../spec';
import { rescaling } from './params';
import { channelsOf, type Tape, type Tensor, type WeightBlock } from './tape';

/** Parameters of dense and conv layers as products read them: w has a row for every input of a sum. */
export interface Weights {
  readonly w: WeightMatrix;
  readonly b?: TypedArray;
}

export function dense(tape: Tape, entry: number, layer: DenseLayer, params: Weights, x: Tensor): Tensor {
  const fanIn = channelsOf(x);
  const out = params.w.columns;
  const places = locationsOf(x.shape.slice(1, -1));
  const [scale, biasScale] = rescaling(layer, fanIn);
  const rows = x.shape[0] * places;
  const data = tape.zeros(rows * out);
  params.w.multiply('n', rows, scale, x.data, data);
  addBias(data, params.b, biasScale);
  const block: WeightBlock = {
    ...{ places, fanIn, out, scale, rows: x.data, biasScale: params.b ? biasScale : 0 },
    delta: (cotangent) => cotangent,
    accumulate(delta, gradients) {
      tape.la.gemm('t', 'n', fanIn, out, rows, scale, x.data, fanIn, delta, out, 1, gradients.w, out);
      if (gradients.b) addRows(delta, biasScale, gradients.b);
    },
  };
  const backward = (cotangents: TypedArray) => {
    const count = cotangents.length / out;
    const dx = tape.zeros(count * fanIn);
    params.w.multiply('t', count, scale, cotangents, dx, rows);
    return [dx];
  };
  return tape.record({ data, shape: [...x.shape.slice(0, -1), out] }, [x], backward, { entry, blocks: [block], perSample: null });
}

/** @param taps for each tap of the filter the input location of every output location, −1 outside */
export function convolve(
  tape: Tape,
  entry: number,
  layer: ConvLayer,
  params: Weights,
  taps: readonly Int32Array[],
  x: Tensor,
  spatial: readonly number[],
): Tensor {
  const geometry = geometryOf(layer, taps, x, params);
  const { to, outputs } = geometry;
  const shape = [x.shape[0], ...spatial, outputs];
  const data = tape.zeros(locationsOf(shape));
  const blocks = layer.kind === 'convLocal' ? localBlocks(tape, geometry, params, data) : groupBlocks(tape, geometry, params, data);
  addBias(data, params.b, geometry.biasScale);
  const backward = (cotangents: TypedArray) => {
    const samples = cotangents.length / (to * outputs);
    const dx = tape.zeros((samples / x.shape[0]) * x.data.length);
    for (const { block, weights, scatter } of blocks) {
      const delta = block.delta(cotangents);
      const rows = delta.length / block.out;
      const patches = tape.zeros(rows * block.fanIn);
      weights.multiply('t', rows, block.scale, delta, patches, (x.shape[0] * rows) / samples);
      scatter(patches, dx, samples);
    }
    return [dx];
  };
  return tape.record({ data, shape }, [x], backward, { entry, blocks: blocks.map(({ block }) => block), perSample: null });
}

function geometryOf(layer: ConvLayer, taps: readonly Int32Array[], x: Tensor, { w, b }: Weights) {
  const channels = channelsOf(x);
  const perGroup = channels / layer.groups;
  const outputs = w.columns;
  const from = locationsOf(x.shape.slice(1, -1));
  const fanIn = perGroup * taps.length;
  const [scale, biasScale] = rescaling(layer, fanIn);
  return {
    x,
    taps,
    channels,
    perGroup,
    groups: layer.groups,
    outputs,
    from,
    to: taps[0].length,
    fanIn,
    scale,
    biasScale,
    hasBias: b !== undefined,
  };
}

type Geometry = ReturnType<typeof geometryOf>;

interface Piece {
  readonly block: WeightBlock;
  readonly weights: WeightMatrix;
  /** Adds cotangents of the patches of so many samples into those of the input. */
  readonly scatter: (patches: TypedArray, dx: TypedArray, samples: number) => void;
}

/** One block for each group of channels, shared by all locations: patch [tap, channel]. */
function groupBlocks(tape: Tape, g: Geometry, params: Weights, data: TypedArray): Piece[] {
  const { x, taps, channels, perGroup, groups, outputs, from, to, fanIn, scale, biasScale, hasBias } = g;
  const out = outputs / groups;
  const count = x.shape[0] * to;
  return Array.from({ length: groups }, (_, group) => {
    const first = group * perGroup;
    const each = (samples: number, body: (patch: number, at: number) => void) => {
      for (let n = 0; n < samples; n++)
        taps.forEach((tap, f) => {
          for (let o = 0; o < to; o++)
            if (tap[o] >= 0) body(((n * to + o) * taps.length + f) * perGroup, (n * from + tap[o]) * channels + first);
        });
    };
    const rows = tape.zeros(count * fanIn);
    each(x.shape[0], (patch, at) => {
      for (let c = 0; c < perGroup; c++) rows[patch + c] = x.data[at + c];
    });
    const weights = params.w.part(0, fanIn, group, groups);
    const result = tape.zeros(count * out);
    weights.multiply('n', count, scale, rows, result);
    putColumns(result, count, outputs, group * out, out, data);
    const block: WeightBlock = {
      ...{ places: to, fanIn, out, rows, scale, biasScale: hasBias ? biasScale : 0 },
      delta: (cotangents) => columns(tape, cotangents, cotangents.length / outputs, outputs, group * out, out),
      accumulate(delta, gradients) {
        const own = tape.zeros(fanIn * out);
        tape.la.gemm('t', 'n', fanIn, out, count, scale, rows, fanIn, delta, out, 0, own, out);
        putColumns(own, fanIn, outputs, group * out, out, gradients.w);
        if (gradients.b) addRows(delta, biasScale, gradients.b.subarray(group * out, (group + 1) * out));
      },
    };
    const scatter = (patches: TypedArray, dx: TypedArray, samples: number) =>
      each(samples, (patch, at) => {
        for (let c = 0; c < perGroup; c++) dx[at + c] += patches[patch + c];
      });
    return { block, weights, scatter };
  });
}

/** One block for each location: patch [channel, tap], as XLA lays local weights out. */
function localBlocks(tape: Tape, g: Geometry, params: Weights, data: TypedArray): Piece[] {
  const { x, taps, channels, outputs, from, to, fanIn, scale, biasScale, hasBias } = g;
  const samples = x.shape[0];
  return Array.from({ length: to }, (_, o) => {
    const each = (count: number, body: (patch: number, at: number) => void) => {
      for (let n = 0; n < count; n++)
        taps.forEach((tap, f) => {
          if (tap[o] >= 0) for (let c = 0; c < channels; c++) body(n * fanIn + c * taps.length + f, (n * from + tap[o]) * channels + c);
        });
    };
    const rows = tape.zeros(samples * fanIn);
    each(samples, (patch, at) => {
      rows[patch] = x.data[at];
    });
    const weights = params.w.part(o * fanIn, fanIn, 0, 1);
    const result = tape.zeros(samples * outputs);
    weights.multiply('n', samples, scale, rows, result);
    for (let n = 0; n < samples; n++) data.set(result.subarray(n * outputs, (n + 1) * outputs), (n * to + o) * outputs);
    const block: WeightBlock = {
      ...{ places: 1, fanIn, out: outputs, rows, scale, biasScale: hasBias ? biasScale : 0 },
      delta(cotangent) {
        const count = cotangent.length / (to * outputs);
        const own = tape.zeros(count * outputs);
        for (let n = 0; n < count; n++) own.set(cotangent.subarray((n * to + o) * outputs, (n * to + o + 1) * outputs), n * outputs);
        return own;
      },
      accumulate(delta, gradients) {
        const own = gradients.w.subarray(o * fanIn * outputs, (o + 1) * fanIn * outputs);
        tape.la.gemm('t', 'n', fanIn, outputs, samples, scale, rows, fanIn, delta, outputs, 1, own, outputs);
        if (gradients.b) addRows(delta, biasScale, gradients.b.subarray(o * outputs, (o + 1) * outputs));
      },
    };
    const scatter = (patches: TypedArray, dx: TypedArray, count: number) =>
      each(count, (patch, at) => {
        dx[at] += patches[patch];
      });
    return { block, weights, scatter };
  });
}

/** Columns [first, first + count) of a matrix. */
function columns(tape: Tape, a: TypedArray, rows: number, width: number, first: number, count: number): TypedArray {
  if (count === width) return a;
  const own = tape.zeros(rows * count);
  for (let r = 0; r < rows; r++) own.set(a.subarray(r * width + first, r * width + first + count), r * count);
  return own;
}

/** Adds a matrix into those columns of another. */
function putColumns(own: TypedArray, rows: number, width: number, first: number, count: number, target: TypedArray): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < count; c++) target[r * width + first + c] += own[r * count + c];
}

/** Adds the bias, [1, …, channels] or one whole image, to every sample. */
function addBias(out: TypedArray, bias: TypedArray | undefined, scale: number): void {
  if (bias) for (let at = 0; at < out.length; at++) out[at] += scale * bias[at % bias.length];
}

/** sum += scale · Σ rows */
function addRows(rows: TypedArray, scale: number, sum: TypedArray): void {
  for (let at = 0; at < rows.length; at++) sum[at % sum.length] += scale * rows[at];
}
