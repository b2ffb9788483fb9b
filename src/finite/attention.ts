/** globalSelfAttention of a finite network on a tape, and along a line of parameters: sample by sample. */
import type { LinearAlgebra } from '../linalg/contract';
import type { TypedArray } from '../ndarray';
import type { AttentionLayer } from '../spec';
import { type AttentionState, type Head, SampleAttention, silenced } from './attention-forward';
import type { AttentionParams } from './params';
import type { Series } from './series';
import { channelsOf, type Tape, type Tensor } from './tape';

/** Gradients of one sample, by parameter. */
type Gradients = Record<string, Float64Array>;

/** Of every sample, 1 where a location is masked. */
type SampleMasks = readonly (Uint8Array | null)[] | null;

/** @throws ERR_NOT_POSITIVE_DEFINITE for embeddings whose covariance has no Cholesky factor */
export function attend(
  tape: Tape,
  entry: number,
  layer: AttentionLayer,
  params: AttentionParams,
  x: Tensor,
  masks: SampleMasks = null,
): Tensor {
  const one = new SampleAttention(tape.la, layer, [params], x.shape.slice(1, -1), channelsOf(x));
  const samples = x.shape[0];
  const [size, width] = [one.locations * one.channels, one.locations * layer.nChanOut];
  const data = tape.zeros(samples * width);
  const states = Array.from({ length: samples }, (_, n) => {
    const state = one.forward([Float64Array.from(x.data.subarray(n * size, (n + 1) * size))], 0, masks?.[n] ?? null);
    data.set(state.output[0], n * width);
    return state;
  });
  /** The tape asks twice for one cotangent: for the parameters, then for the input. */
  let last: { readonly cotangent: TypedArray; readonly all: ReturnType<typeof gradientsOf>[] } | null = null;
  const backward = (cotangent: TypedArray) => {
    if (last?.cotangent !== cotangent) {
      const all = states.map((state, n) =>
        gradientsOf(one, params, state, Float64Array.from(cotangent.subarray(n * width, (n + 1) * width))),
      );
      last = { cotangent, all };
    }
    return last.all;
  };
  const names = Object.keys(params);
  const perSample = (cotangent: TypedArray) => {
    const all = backward(cotangent);
    const length = names.reduce((sum, name) => sum + all[0].gradients[name].length, 0);
    const gradient = tape.zeros(samples * length);
    all.forEach(({ gradients }, n) => {
      let at = n * length;
      for (const name of names) {
        gradient.set(gradients[name], at);
        at += gradients[name].length;
      }
    });
    return { gradient, length };
  };
  const output = { data, shape: [...x.shape.slice(0, -1), layer.nChanOut] };
  const dx = (cotangent: TypedArray) => {
    const result = tape.zeros(x.data.length);
    backward(cotangent).forEach(({ input }, n) => {
      result.set(input, n * size);
    });
    return [result];
  };
  return tape.record(output, [x], tape.oneByOne(data.length, dx), { entry, blocks: [], perSample });
}

/** Outputs along params + t·direction. @param x of shape [n, …, channels] */
export function attendSeries(
  la: LinearAlgebra,
  layer: AttentionLayer,
  params: AttentionParams,
  direction: AttentionParams,
  x: { readonly coefficients: Series; readonly shape: readonly number[] },
  degree: number,
  masks: SampleMasks = null,
): { coefficients: Series; shape: readonly number[] } {
  const { coefficients, shape } = x;
  const [samples, channels] = [shape[0], shape[shape.length - 1]];
  const one = new SampleAttention(la, layer, degree > 0 ? [params, direction] : [params], shape.slice(1, -1), channels);
  const [size, width] = [one.locations * one.channels, one.locations * layer.nChanOut];
  const outputs = Array.from({ length: degree + 1 }, () => new Float64Array(samples * width));
  for (let n = 0; n < samples; n++) {
    const { output } = one.forward(
      coefficients.map((own) => own.subarray(n * size, (n + 1) * size)),
      degree,
      masks?.[n] ?? null,
    );
    output.forEach((own, k) => {
      outputs[k].set(own, n * width);
    });
  }
  return { coefficients: outputs, shape: [...shape.slice(0, -1), layer.nChanOut] };
}

/** Gradients of ⟨cotangent, output⟩ of one sample. */
function gradientsOf(
  one: SampleAttention,
  params: AttentionParams,
  state: AttentionState,
  cotangent: Float64Array,
): { input: Float64Array; gradients: Gradients } {
  const { layer, locations, keyed, valued, factor, product } = one;
  const { nHeads, nChanVal, nChanKey, nChanOut } = layer;
  const [embedded, valueInput, joined] = [state.embedded[0], state.valueInput[0], state.joined[0]];
  const width = nChanVal * nHeads;
  const gradients: Gradients = { wOut: product(joined, cotangent, width, locations, nChanOut, true).map((value) => factor * value) };
  if (params.b) gradients.b = columnSums(cotangent, nChanOut).map((value) => (layer.bStd ?? 0) * value);
  for (const name of ['queryMatrices', 'keyMatrices', 'valMatrices'] as const)
    if (params[name]) gradients[name] = new Float64Array(params[name].data.length);
  const dJoined = product(cotangent, one.wOut, locations, nChanOut, width, false, true);
  const dEmbedded = new Float64Array(embedded.length);
  const dValueInput = new Float64Array(valueInput.length);
  /** Of y = x W with W of head h: adds the gradient of W, and that of x. */
  const spread = (
    name: 'queryMatrices' | 'keyMatrices' | 'valMatrices',
    h: number,
    x: Float64Array,
    dy: Float64Array,
    inputs: number,
    outputs: number,
    dx: Float64Array,
  ) => {
    addInto(gradients[name], product(x, dy, inputs, locations, outputs, true), h * inputs * outputs);
    addInto(dx, product(dy, one.matrix(name, h), locations, outputs, inputs, false, true), 0);
  };
  state.heads.forEach((head, h) => {
    const dMixed = Float64Array.from({ length: locations * nChanVal }, (_, at) => factor * dJoined[at * nHeads + h]);
    const dWeights = product(dMixed, head.values[0], locations, nChanVal, locations, false, true);
    const dValues = product(head.weights[0], dMixed, locations, locations, nChanVal, true);
    const dScores = weighBack(head, dWeights, locations, layer.attentionMechanism).map((value) => one.scale * value);
    const dQueries = product(dScores, head.keys[0], locations, locations, nChanKey);
    const dKeys = product(dScores, head.queries[0], locations, locations, nChanKey, true);
    if (layer.linearScaling) addInto(dKeys, dQueries, 0);
    else spread('queryMatrices', h, embedded, dQueries, keyed, nChanKey, dEmbedded);
    spread('keyMatrices', h, embedded, dKeys, keyed, nChanKey, dEmbedded);
    spread('valMatrices', h, valueInput, dValues, valued, nChanVal, dValueInput);
  });
  if (layer.valPosEmb) addInto(dEmbedded, dValueInput, 0);
  const { input, posEmb } = split(one, dEmbedded);
  if (!layer.valPosEmb) addInto(input, dValueInput, 0);
  if (params.posEmb && posEmb) {
    const seen = silenced(posEmb, state.mask, posEmb.length / locations);
    gradients.posEmb = one.correlate(seen, true).map((value) => layer.wPosEmbStd * value);
  }
  return { input, gradients };
}

/** Cotangents of the input and of the embeddings from those of both together. */
function split({ layer, locations, channels }: SampleAttention, d: Float64Array): { input: Float64Array; posEmb: Float64Array | null } {
  if (layer.posEmbType === 'NONE') return { input: d, posEmb: null };
  if (layer.posEmbType === 'SUM') return { input: d.slice(), posEmb: d };
  const total = d.length / locations;
  const part = (first: number, count: number) =>
    Float64Array.from({ length: locations * count }, (_, at) => d[Math.floor(at / count) * total + first + (at % count)]);
  return { input: part(0, channels), posEmb: part(channels, total - channels) };
}

function addInto(target: Float64Array, source: Float64Array, from: number): void {
  for (let at = 0; at < source.length; at++) target[from + at] += source[at];
}

function columnSums(a: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  a.forEach((value, at) => {
    sums[at % width] += value;
  });
  return sums;
}

/** Cotangents of the scores from those of the weights. */
function weighBack(
  { scores: [scores], weights: [weights] }: Head,
  dWeights: Float64Array,
  length: number,
  mechanism: AttentionLayer['attentionMechanism'],
): Float64Array {
  if (mechanism === 'IDENTITY') return dWeights;
  if (mechanism === 'ABS') return dWeights.map((d, at) => d * Math.sign(scores[at]));
  if (mechanism === 'RELU') return dWeights.map((d, at) => (scores[at] > 0 ? d : 0));
  const result = new Float64Array(dWeights.length);
  for (let i = 0; i < result.length; i += length) {
    let level = 0;
    for (let j = i; j < i + length; j++) level += dWeights[j] * weights[j];
    for (let j = i; j < i + length; j++) result[j] = weights[j] * (dWeights[j] - level);
  }
  return result;
}
