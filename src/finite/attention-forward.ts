/**
 * globalSelfAttention of a finite network (Hron et al. 2020, arXiv 2006.10540; conventions of neural-tangents), of one sample and as a
 * series along a line of parameters; a series of one coefficient is the layer itself.
 */
import { positionalCovariance, weigh } from '../covariance/attention';
import { InfiniteWidthError } from '../errors';
import { locationsOf } from '../graph';
import type { LinearAlgebra } from '../linalg/contract';
import type { NDArray, TypedArray } from '../ndarray';
import type { AttentionLayer } from '../spec';
import type { AttentionParams } from './params';
import { convolved, exponential, masked, plus, power, type Series, scaled, times } from './series';

/** op(A)·op(B) in doubles: op(A) is m × k, op(B) k × n. */
export type Product = (a: Float64Array, b: Float64Array, m: number, k: number, n: number, turnA?: boolean, turnB?: boolean) => Float64Array;

/** Multiplications below which a loop costs less than a call of gemm. */
const SMALL = 2048;

const productBy =
  (la: LinearAlgebra): Product =>
  (a, b, m, k, n, turnA = false, turnB = false) => {
    const out = new Float64Array(m * n);
    if (m * k * n >= SMALL) {
      la.gemm(turnA ? 't' : 'n', turnB ? 't' : 'n', m, n, k, 1, a, turnA ? m : k, b, turnB ? k : n, 0, out, n);
      return out;
    }
    for (let i = 0; i < m; i++)
      for (let p = 0; p < k; p++) {
        const value = turnA ? a[p * m + i] : a[i * k + p];
        if (turnB) for (let j = 0; j < n; j++) out[i * n + j] += value * b[j * k + p];
        else for (let j = 0; j < n; j++) out[i * n + j] += value * b[p * n + j];
      }
    return out;
  };

/** A layer's params, and the direction in which they move, in doubles. */
type Line = { readonly [K in keyof AttentionParams]: { readonly data: Float64Array; readonly shape: readonly number[] } };

const inDoubles = (params: AttentionParams): Line =>
  Object.fromEntries(
    (Object.entries(params) as [string, NDArray][]).map(([name, { data, shape }]) => [
      name,
      { data: data instanceof Float64Array ? data : Float64Array.from(data), shape },
    ]),
  ) as unknown as Line;

export interface Head {
  readonly keys: Series;
  readonly queries: Series;
  readonly values: Series;
  readonly scores: Series;
  readonly weights: Series;
}

export interface AttentionState {
  readonly embedded: Series;
  readonly valueInput: Series;
  readonly joined: Series;
  readonly heads: readonly Head[];
  readonly output: Series;
  /** 1 where a location of the sample is masked. */
  readonly mask: Uint8Array | null;
}

type MatrixName = 'queryMatrices' | 'keyMatrices' | 'valMatrices';

export class SampleAttention {
  readonly locations: number;
  readonly keyed: number;
  readonly valued: number;
  readonly scale: number;
  readonly factor: number;
  readonly product: Product;
  private readonly lines: readonly Line[];
  /** Positional embeddings as they enter: correlated, with their standard deviation. */
  private readonly positions: Series | null;

  /** @param lines params, and the direction in which they move if they do */
  constructor(
    la: LinearAlgebra,
    readonly layer: AttentionLayer,
    lines: readonly AttentionParams[],
    spatial: readonly number[],
    readonly channels: number,
    private readonly root = positionalRoot(layer, spatial),
  ) {
    const { nHeads, nChanKey, nChanVal } = layer;
    this.product = productBy(la);
    this.lines = lines.map(inDoubles);
    const [{ keyMatrices, valMatrices }] = this.lines;
    this.locations = locationsOf(spatial);
    this.keyed = keyMatrices.shape[1];
    this.valued = valMatrices.shape[1];
    this.scale = (layer.wQueryStd * layer.wKeyStd) / (this.keyed * nChanKey ** (layer.linearScaling ? 1 : 0.5));
    this.factor = (layer.wOutStd * layer.wValueStd) / Math.sqrt(nChanVal * nHeads * this.valued);
    const posEmb = this.lines.map((own) => own.posEmb?.data);
    this.positions = posEmb[0] ? posEmb.map((own) => this.correlate(own as Float64Array, false).map((v) => layer.wPosEmbStd * v)) : null;
  }

  forward(input: Series, degree = 0, mask: Uint8Array | null = null): AttentionState {
    const { layer, locations, product } = this;
    const { nHeads, nChanVal, nChanOut } = layer;
    const embedded = this.embed(input, mask);
    const valueInput = layer.valPosEmb ? embedded : input;
    const heads = Array.from({ length: nHeads }, (_, h) => this.head(h, embedded, valueInput, degree, mask));
    const mixed = heads.map(({ weights, values }) =>
      convolved(weights, values, degree, (a, b) => product(a, b, locations, locations, nChanVal)),
    );
    const joined = interleaved(mixed);
    const wOut = this.lines.map((own) => own.wOut.data);
    const linear = convolved(joined, wOut, degree, (a, b) => product(a, b, locations, nChanVal * nHeads, nChanOut));
    const output = scaled(linear, this.factor);
    for (const [k, { b }] of this.lines.slice(0, degree + 1).entries()) if (b) this.addBias(output[k], b.data);
    return { embedded, valueInput, joined, heads, output, mask };
  }

  private addBias(output: Float64Array, b: TypedArray): void {
    for (let at = 0; at < output.length; at++) output[at] += (this.layer.bStd ?? 0) * b[at % b.length];
  }

  private head(h: number, embedded: Series, valueInput: Series, degree: number, mask: Uint8Array | null): Head {
    const { layer, locations, keyed, valued, product } = this;
    const { nChanKey, nChanVal } = layer;
    const seen = (x: Series, name: MatrixName, inputs: number, outputs: number) =>
      convolved(x, this.matrices(name, h), degree, (a, b) => product(a, b, locations, inputs, outputs));
    const keys = seen(embedded, 'keyMatrices', keyed, nChanKey);
    const queries = layer.linearScaling ? keys : seen(embedded, 'queryMatrices', keyed, nChanKey);
    const dots = convolved(queries, keys, degree, (a, b) => product(a, b, locations, nChanKey, locations, false, true));
    const scores = scaled(dots, this.scale);
    const values = seen(valueInput, 'valMatrices', valued, nChanVal);
    return { keys, queries, values, scores, weights: weightsOf(scores, locations, layer.attentionMechanism, degree, mask) };
  }

  private matrices(name: MatrixName, h: number): Series {
    return this.lines.map((own) => {
      const { data, shape } = own[name] as Line['wOut'];
      const size = shape[1] * shape[2];
      return data.subarray(h * size, (h + 1) * size);
    });
  }

  /** The matrix of head h in the params themselves. */
  matrix(name: MatrixName, h: number): Float64Array {
    return this.matrices(name, h)[0];
  }

  /** wOut of the params themselves. */
  get wOut(): Float64Array {
    return this.lines[0].wOut.data;
  }

  /** L·e, or Lᵀ·e, for embeddings e of all locations with L Lᵀ their covariance. */
  correlate(e: Float64Array, turned: boolean): Float64Array {
    const { locations, root } = this;
    return root ? this.product(root, e, locations, locations, e.length / locations, turned) : e;
  }

  /** Inputs with the positional embeddings added or appended: none where a location is masked. */
  private embed(x: Series, mask: Uint8Array | null): Series {
    const { layer, locations, channels } = this;
    if (!this.positions) return x;
    const width = this.positions[0].length / locations;
    const positions = this.positions.map((own) => silenced(own, mask, width));
    if (layer.posEmbType === 'SUM') return plus(x, positions);
    const total = channels + width;
    return Array.from({ length: Math.max(x.length, positions.length) }, (_, k) => {
      const joined = new Float64Array(locations * total);
      for (let i = 0; i < locations; i++) {
        if (x[k]) joined.set(x[k].subarray(i * channels, (i + 1) * channels), i * total);
        if (positions[k]) joined.set(positions[k].subarray(i * width, (i + 1) * width), i * total + channels);
      }
      return joined;
    });
  }
}

/** Zeros for the numbers of masked locations, of which each has `width`. */
export const silenced = (values: Float64Array, mask: Uint8Array | null, width: number): Float64Array =>
  mask ? values.map((value, at) => (mask[Math.floor(at / width)] ? 0 : value)) : values;

/** Numbers of several heads side by side, the head last. */
function interleaved(parts: readonly Series[]): Series {
  const heads = parts.length;
  return parts[0].map((first, k) => {
    const joined = new Float64Array(first.length * heads);
    parts.forEach((part, h) => {
      part[k].forEach((value, at) => {
        joined[at * heads + h] = value;
      });
    });
    return joined;
  });
}

/** ζ of every row of scores; masked locations get no weight, unless all are and ζ is softmax: then it is even. */
function weightsOf(
  scores: Series,
  length: number,
  mechanism: AttentionLayer['attentionMechanism'],
  degree: number,
  mask: Uint8Array | null,
): Series {
  const [start] = scores;
  if (scores.length === 1) {
    const weights = start.slice();
    for (let i = 0; i < weights.length; i += length) weigh(weights.subarray(i, i + length), mechanism, mask);
    return [weights];
  }
  const kept = start.map((_, at) => (mask?.[at % length] ? 0 : 1));
  if (mechanism === 'IDENTITY') return masked(scores, kept);
  if (mechanism === 'ABS')
    return masked(
      scores,
      start.map((score, at) => kept[at] * Math.sign(score)),
    );
  if (mechanism === 'RELU')
    return masked(
      scores,
      start.map((score, at) => (score > 0 ? kept[at] : 0)),
    );
  if (mask?.every((m) => m === 1)) return [start.map(() => 1 / length)];
  const row = (at: number) => start.subarray(at - (at % length), at - (at % length) + length).filter((_, j) => !mask?.[j]);
  const lowered = scores.map((own, k) => (k === 0 ? own.map((score, at) => score - Math.max(...row(at))) : own));
  const weights = masked(exponential(masked(lowered, kept), degree), kept);
  const sums = weights.map((own) => own.map((_, at) => sumOf(own.subarray(at - (at % length), at - (at % length) + length))));
  return times(weights, power(sums, -1, degree), degree);
}

const sumOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** L with L Lᵀ the covariance of the embeddings of two locations; null where they are independent. @throws ERR_NOT_POSITIVE_DEFINITE */
function positionalRoot(layer: AttentionLayer, spatial: readonly number[]): Float64Array | null {
  if (layer.posEmbType === 'NONE' || layer.posEmbDecayFn === null) return null;
  const l = positionalCovariance(layer, spatial);
  const n = locationsOf(spatial);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = j > i ? 0 : l[i * n + j];
      for (let p = 0; p < Math.min(i, j); p++) sum -= j > i ? 0 : l[i * n + p] * l[j * n + p];
      if (i === j && !(sum > 0)) throw notPositive(i, sum);
      l[i * n + j] = i === j ? Math.sqrt(sum) : j < i ? sum / l[j * n + j] : 0;
    }
  return l;
}

const notPositive = (index: number, pivot: number): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `posEmbDecayFn gives no covariance of the positional embeddings that a finite network could draw: the pivot of location ${index} is ${pivot}; use a function with a positive definite matrix, such as exp(−distance)`,
    { index, pivot },
  );
