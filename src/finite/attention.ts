/** globalSelfAttention of a finite network (Hron et al. 2020, arXiv 2006.10540; conventions of neural-tangents), sample by sample. */
import { weigh } from '../covariance/attention';
import { InfiniteWidthError } from '../errors';
import { locationsOf } from '../graph';
import type { TypedArray } from '../ndarray';
import type { AttentionLayer } from '../spec';
import type { AttentionParams } from './params';
import { channelsOf, type Tape, type Tensor } from './tape';

/** op(A)·op(B) in doubles, small matrices. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number, turnA = false, turnB = false): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const value = turnA ? a[p * m + i] : a[i * k + p];
      for (let j = 0; j < n; j++) out[i * n + j] += value * (turnB ? b[j * k + p] : b[p * n + j]);
    }
  return out;
}

interface Head {
  readonly keys: Float64Array;
  readonly queries: Float64Array;
  readonly values: Float64Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
}

/** Gradients of one sample, by parameter. */
type Gradients = Record<string, Float64Array>;

/** @throws ERR_UNSUPPORTED for embeddings with a decay, which need a Cholesky factor of their covariance */
export function attend(tape: Tape, entry: number, layer: AttentionLayer, params: AttentionParams, x: Tensor): Tensor {
  if (layer.posEmbType !== 'NONE' && layer.posEmbDecayFn !== null)
    throw new InfiniteWidthError(
      'ERR_UNSUPPORTED',
      'positional embeddings with posEmbDecayFn have a kernel but no finite network here; leave it out',
    );
  const one = new SampleAttention(layer, params, locationsOf(x.shape.slice(1, -1)), channelsOf(x));
  const samples = x.shape[0];
  const [size, width] = [one.locations * one.channels, one.locations * layer.nChanOut];
  const inputs = Array.from({ length: samples }, (_, n) => x.data.subarray(n * size, (n + 1) * size));
  const data = tape.zeros(samples * width);
  const states = inputs.map((input, n) => {
    const state = one.forward(input);
    data.set(state.output, n * width);
    return state;
  });
  const backward = (cotangent: TypedArray) => states.map((state, n) => one.backward(state, cotangent.subarray(n * width, (n + 1) * width)));
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

class SampleAttention {
  private readonly keyed: number;
  private readonly valued: number;
  private readonly scale: number;
  private readonly factor: number;

  constructor(
    private readonly layer: AttentionLayer,
    private readonly params: AttentionParams,
    readonly locations: number,
    readonly channels: number,
  ) {
    const { nHeads, nChanKey, nChanVal } = layer;
    this.keyed = params.keyMatrices.shape[1];
    this.valued = params.valMatrices.shape[1];
    this.scale = (layer.wQueryStd * layer.wKeyStd) / (this.keyed * nChanKey ** (layer.linearScaling ? 1 : 0.5));
    this.factor = (layer.wOutStd * layer.wValueStd) / Math.sqrt(nChanVal * nHeads * this.valued);
  }

  forward(input: TypedArray) {
    const { layer, params, locations } = this;
    const { nHeads, nChanVal, nChanOut } = layer;
    const embedded = this.embed(input);
    const valueInput = layer.valPosEmb ? embedded : Float64Array.from(input);
    const joined = new Float64Array(locations * nChanVal * nHeads);
    const heads = Array.from({ length: nHeads }, (_, h) => {
      const head = this.head(h, embedded, valueInput);
      const mixed = product(head.weights, head.values, locations, locations, nChanVal);
      for (let at = 0; at < mixed.length; at++) joined[at * nHeads + h] = mixed[at];
      return head;
    });
    const bias = params.b?.data;
    const output = product(joined, params.wOut.data, locations, nChanVal * nHeads, nChanOut).map(
      (value, at) => this.factor * value + (bias ? (layer.bStd ?? 0) * bias[at % nChanOut] : 0),
    );
    return { embedded, valueInput, joined, heads, output };
  }

  private head(h: number, embedded: Float64Array, valueInput: Float64Array): Head {
    const { layer, locations, keyed, valued } = this;
    const { nChanKey, nChanVal } = layer;
    const keys = product(embedded, this.matrix('keyMatrices', h), locations, keyed, nChanKey);
    const queries = layer.linearScaling ? keys : product(embedded, this.matrix('queryMatrices', h), locations, keyed, nChanKey);
    const scores = product(queries, keys, locations, nChanKey, locations, false, true).map((dot) => this.scale * dot);
    const values = product(valueInput, this.matrix('valMatrices', h), locations, valued, nChanVal);
    return { keys, queries, values, scores, weights: weighted(scores, locations, layer.attentionMechanism) };
  }

  /** Gradients of ⟨cotangent, output⟩. */
  backward(state: ReturnType<SampleAttention['forward']>, cotangent: TypedArray): { input: Float64Array; gradients: Gradients } {
    const { layer, params, locations, keyed, valued, factor } = this;
    const { nHeads, nChanVal, nChanKey, nChanOut } = layer;
    const { embedded, valueInput, joined, heads } = state;
    const width = nChanVal * nHeads;
    const gradients: Gradients = { wOut: product(joined, cotangent, width, locations, nChanOut, true).map((value) => factor * value) };
    if (params.b) gradients.b = columnSums(cotangent, nChanOut).map((value) => (layer.bStd ?? 0) * value);
    for (const name of ['queryMatrices', 'keyMatrices', 'valMatrices'] as const)
      if (params[name]) gradients[name] = new Float64Array(params[name].data.length);
    const dJoined = product(cotangent, params.wOut.data, locations, nChanOut, width, false, true);
    const dEmbedded = new Float64Array(embedded.length);
    const dValueInput = new Float64Array(valueInput.length);
    heads.forEach((head, h) => {
      const dMixed = Float64Array.from({ length: locations * nChanVal }, (_, at) => factor * dJoined[at * nHeads + h]);
      const dWeights = product(dMixed, head.values, locations, nChanVal, locations, false, true);
      const dValues = product(head.weights, dMixed, locations, locations, nChanVal, true);
      const dScores = weighBack(head, dWeights, locations, layer.attentionMechanism).map((value) => this.scale * value);
      const dQueries = product(dScores, head.keys, locations, locations, nChanKey);
      const dKeys = product(dScores, head.queries, locations, locations, nChanKey, true);
      if (layer.linearScaling) addInto(dKeys, dQueries, 0);
      else this.spread('queryMatrices', h, embedded, dQueries, keyed, nChanKey, dEmbedded, gradients);
      this.spread('keyMatrices', h, embedded, dKeys, keyed, nChanKey, dEmbedded, gradients);
      this.spread('valMatrices', h, valueInput, dValues, valued, nChanVal, dValueInput, gradients);
    });
    if (layer.valPosEmb) addInto(dEmbedded, dValueInput, 0);
    const { input, posEmb } = this.split(dEmbedded);
    if (!layer.valPosEmb) addInto(input, dValueInput, 0);
    if (params.posEmb && posEmb) gradients.posEmb = posEmb;
    return { input, gradients };
  }

  private matrix(name: 'queryMatrices' | 'keyMatrices' | 'valMatrices', h: number): TypedArray {
    const { data, shape } = this.params[name] as { data: TypedArray; shape: readonly number[] };
    return data.subarray(h * shape[1] * shape[2], (h + 1) * shape[1] * shape[2]);
  }

  /** Of y = x W with W of head h: adds the gradient of W, and that of x. */
  private spread(
    name: 'queryMatrices' | 'keyMatrices' | 'valMatrices',
    h: number,
    x: Float64Array,
    dy: Float64Array,
    inputs: number,
    outputs: number,
    dx: Float64Array,
    gradients: Gradients,
  ): void {
    addInto(gradients[name], product(x, dy, inputs, this.locations, outputs, true), h * inputs * outputs);
    addInto(dx, product(dy, this.matrix(name, h), this.locations, outputs, inputs, false, true), 0);
  }

  /** Inputs with the positional embeddings added or appended. */
  private embed(x: TypedArray): Float64Array {
    const { layer, locations, channels } = this;
    const posEmb = this.params.posEmb?.data;
    if (layer.posEmbType === 'NONE' || !posEmb) return Float64Array.from(x);
    if (layer.posEmbType === 'SUM') return Float64Array.from(x, (value, at) => value + layer.wPosEmbStd * posEmb[at]);
    const width = posEmb.length / locations;
    return Float64Array.from({ length: locations * (channels + width) }, (_, at) => {
      const [i, c] = [Math.floor(at / (channels + width)), at % (channels + width)];
      return c < channels ? x[i * channels + c] : layer.wPosEmbStd * posEmb[i * width + c - channels];
    });
  }

  private split(d: Float64Array): { input: Float64Array; posEmb: Float64Array | null } {
    const { layer, locations, channels } = this;
    if (layer.posEmbType === 'NONE') return { input: d, posEmb: null };
    const scaled = (value: number) => layer.wPosEmbStd * value;
    if (layer.posEmbType === 'SUM') return { input: d.slice(), posEmb: d.map(scaled) };
    const total = d.length / locations;
    const part = (first: number, count: number) =>
      Float64Array.from({ length: locations * count }, (_, at) => d[Math.floor(at / count) * total + first + (at % count)]);
    return { input: part(0, channels), posEmb: part(channels, total - channels).map(scaled) };
  }
}

function addInto(target: Float64Array, source: Float64Array, from: number): void {
  for (let at = 0; at < source.length; at++) target[from + at] += source[at];
}

function columnSums(a: TypedArray, width: number): Float64Array {
  const sums = new Float64Array(width);
  a.forEach((value, at) => {
    sums[at % width] += value;
  });
  return sums;
}

/** ζ of every row of scores. */
function weighted(scores: Float64Array, length: number, mechanism: AttentionLayer['attentionMechanism']): Float64Array {
  const weights = scores.slice();
  for (let i = 0; i < weights.length; i += length) weigh(weights.subarray(i, i + length), mechanism, null);
  return weights;
}

/** Cotangents of the scores from those of the weights. */
function weighBack(
  { scores, weights }: Head,
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
