/**
 * What a network is: frozen plain data, one object per layer, with a canonical JSON form and a hash. Layers are made by the
 * functions of layers/; `parseNetwork` reads the JSON back.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { InfiniteWidthError } from './errors';
import { show } from './show';

export type Parameterization = 'ntk' | 'standard';

export interface DenseLayer {
  readonly kind: 'dense';
  readonly outDim: number;
  readonly wStd: number;
  /** null: no bias at all, which in the standard parameterization differs from a bias of standard deviation 0. */
  readonly bStd: number | null;
  readonly parameterization: Parameterization;
  readonly s: readonly [number, number];
}
export type Padding = 'VALID' | 'SAME' | 'CIRCULAR';

export interface ConvLayer {
  readonly kind: 'conv' | 'convLocal' | 'convTranspose';
  readonly outChan: number;
  /** One length per spatial axis. */
  readonly filterShape: readonly number[];
  /** null: 1 along every axis. */
  readonly strides: readonly number[] | null;
  readonly padding: Padding;
  /** null: 1 along every axis. */
  readonly dilation: readonly number[] | null;
  readonly groups: number;
  readonly wStd: number;
  readonly bStd: number | null;
  readonly parameterization: Parameterization;
  readonly s: readonly [number, number];
}
export interface PoolLayer {
  readonly kind: 'avgPool' | 'sumPool';
  readonly windowShape: readonly number[];
  /** null: 1 along every axis. */
  readonly strides: readonly number[] | null;
  readonly padding: Padding;
  /** avgPool only: divide by the window's overlap with the image instead of its size. */
  readonly normalizeEdges: boolean;
}
export interface LayerNormLayer {
  readonly kind: 'layerNorm';
  /** Axes of [n, …, channels] that are normalised together; the channel axis is one of them. */
  readonly axis: readonly number[];
  readonly eps: number;
}
export interface DropoutLayer {
  readonly kind: 'dropout';
  /** Probability of keeping an activation, in (0, 1]. */
  readonly rate: number;
  readonly mode: 'train' | 'test';
}
export type AttentionMechanism = 'SOFTMAX' | 'IDENTITY' | 'ABS' | 'RELU';
export type PositionalEmbedding = 'NONE' | 'SUM' | 'CONCAT';
export interface AttentionLayer {
  readonly kind: 'globalSelfAttention';
  readonly nChanOut: number;
  readonly nChanKey: number;
  readonly nChanVal: number;
  readonly nHeads: number;
  readonly linearScaling: boolean;
  readonly wKeyStd: number;
  readonly wValueStd: number;
  readonly wQueryStd: number;
  readonly wOutStd: number;
  readonly bStd: number | null;
  readonly attentionMechanism: AttentionMechanism;
  readonly posEmbType: PositionalEmbedding;
  readonly posEmbPNorm: number;
  /** null: no correlation between locations. */
  readonly posEmbDecayFn: ((distance: number) => number) | null;
  /** null: as many as the input has. */
  readonly nChanPosEmb: number | null;
  readonly wPosEmbStd: number;
  readonly valPosEmb: boolean;
}
export interface AggregateLayer {
  readonly kind: 'aggregate';
  /** Axes of [n, …, channels] that the pattern contracts; null: all spatial ones. */
  readonly aggregateAxis: readonly number[] | null;
  readonly implementation: 'DENSE' | 'SPARSE';
}
/** A constant as plain data. */
export interface Constant {
  readonly data: readonly number[];
  readonly shape: readonly number[];
}
export interface DotGeneralLayer {
  readonly kind: 'dotGeneral';
  /** The constant, and on which side of the input it stands. */
  readonly constant: Constant;
  readonly side: 'lhs' | 'rhs';
  /** ((contracted axes of the left factor, of the right), (batch axes of the left, of the right)), as in XLA. */
  readonly dimensionNumbers: readonly [readonly [readonly number[], readonly number[]], readonly [readonly number[], readonly number[]]];
}
export interface ImageResizeLayer {
  readonly kind: 'imageResize';
  /** Shape of the result, [n, …, channels]; −1 keeps an axis. */
  readonly shape: readonly number[];
  readonly method: 'linear' | 'nearest';
  readonly antialias: boolean;
}
/** One axis of an index: a position (which drops the axis), or a slice; null stands for Python's None inside a slice, as in `a[::2]`. */
export type IndexEntry = number | { readonly start: number | null; readonly stop: number | null; readonly step: number | null } | '...';
export interface IndexLayer {
  readonly kind: 'index';
  readonly idx: readonly IndexEntry[];
}

export interface AbReluLayer {
  readonly kind: 'abRelu';
  readonly a: number;
  readonly b: number;
}
export interface LeakyReluLayer {
  readonly kind: 'leakyRelu';
  readonly alpha: number;
}
export interface ErfLayer {
  readonly kind: 'erf';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
export interface GeluLayer {
  readonly kind: 'gelu';
  /** The tanh form in finite networks; the kernel is the same. */
  readonly approximate: boolean;
}
/** a·sin(b x + c), a·cos(b x + c) */
export interface SineLayer {
  readonly kind: 'sin' | 'cos';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
export interface RbfLayer {
  readonly kind: 'rbf';
  readonly gamma: number;
}
/** a·exp(b x), a·exp(b x²) */
export interface ExponentialLayer {
  readonly kind: 'exp' | 'gaussian';
  readonly a: number;
  readonly b: number;
}
export interface ExpNormalizedLayer {
  readonly kind: 'expNormalized';
  readonly gamma: number;
  readonly shift: number;
  readonly doClip: boolean;
}
export interface DegreeLayer {
  readonly kind: 'hermite' | 'monomial' | 'rectifiedMonomial';
  readonly degree: number;
}
export interface PolynomialLayer {
  readonly kind: 'polynomial';
  readonly coef: readonly number[];
}
export interface EluLayer {
  readonly kind: 'elu';
  readonly alpha: number;
}
/** The user's own dual: functions of (k, q1, q2) = (E[uv], E[u²], E[v²]). Not JSON. */
export interface ElementwiseLayer {
  readonly kind: 'elementwise';
  readonly fn: ((x: number) => number) | null;
  readonly nngpFn: (k: number, q1: number, q2: number) => number;
  /** ∂ nngpFn/∂k, that is E[φ'(u)φ'(v)]; null: by differentiation of nngpFn. */
  readonly dNngpFn: ((k: number, q1: number, q2: number) => number) | null;
}
/** Any scalar function, by quadrature. Not JSON. */
export interface ElementwiseNumericalLayer {
  readonly kind: 'elementwiseNumerical';
  readonly fn: (x: number) => number;
  readonly deg: number;
  readonly df: ((x: number) => number) | null;
}
export interface SimpleActivationLayer {
  readonly kind: 'relu' | 'abs' | 'sigmoidLike' | 'gabor' | 'sign' | 'tanh' | 'sigmoid' | 'softplus' | 'silu' | 'selu';
}
/** sigmoidLike as an erf layer: close to the logistic sigmoid. */
export const SIGMOID_LIKE = { a: 0.5, b: 1 / 2.4020563531719796, c: 0.5 } as const;
/** What acts on every number alone. */
export type ActivationLayer =
  | SimpleActivationLayer
  | AbReluLayer
  | LeakyReluLayer
  | ErfLayer
  | GeluLayer
  | SineLayer
  | RbfLayer
  | ExponentialLayer
  | ExpNormalizedLayer
  | DegreeLayer
  | PolynomialLayer
  | EluLayer
  | ElementwiseLayer
  | ElementwiseNumericalLayer;

export interface PlainLayer {
  readonly kind: 'identity' | 'flatten' | 'globalAvgPool' | 'globalSumPool' | 'fanInSum' | 'fanInProd';
}
export interface FanOutLayer {
  readonly kind: 'fanOut';
  readonly num: number;
}
export interface FanInConcatLayer {
  readonly kind: 'fanInConcat';
  /** Axis of [n, …, channels]. */
  readonly axis: number;
}
export interface SerialLayer {
  /** One after another, or side by side on a list of inputs. */
  readonly kind: 'serial' | 'parallel';
  readonly layers: readonly Network[];
}
export interface RepeatLayer {
  readonly kind: 'repeat';
  readonly layer: Network;
  readonly n: number;
}

/** A layer that is not a combinator. */
export type Layer =
  | DenseLayer
  | ConvLayer
  | PoolLayer
  | LayerNormLayer
  | DropoutLayer
  | AttentionLayer
  | AggregateLayer
  | DotGeneralLayer
  | ImageResizeLayer
  | IndexLayer
  | ActivationLayer
  | PlainLayer
  | FanOutLayer
  | FanInConcatLayer;

/** A layer, or several: both are networks. */
export type Network = Layer | SerialLayer | RepeatLayer;

/** JSON with sorted keys and no white space: equal networks have equal text. @throws ERR_UNSUPPORTED for a function of the user's own */
export function canonicalJson(net: Network): string {
  return JSON.stringify(net, function (this: { readonly kind?: unknown }, key, value: unknown) {
    if (typeof value === 'function') throw notJson(String(this.kind), key);
    return value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  });
}

const notJson = (layer: string, name: string): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    `${layer}: ${name} is a function, which JSON cannot hold, so this network has no text and no hash; keep the code that makes it, or use a layer without functions`,
    { layer, name },
  );

/** SHA-256 of the canonical JSON, in hexadecimal: the identity of a network. @throws ERR_UNSUPPORTED as canonicalJson */
export function hash(net: Network): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(net))));
}

/** A finite number, or ERR_ARGUMENT naming layer and parameter. −0 becomes 0, as in JSON. */
export function finiteParameter(value: unknown, layer: string, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${layer}: ${name} must be a finite number, got ${show(value)}`, { layer, name, value });
}

/** A standard deviation: finite and not negative. */
export function standardDeviation(value: unknown, layer: string, name: string): number {
  const std = finiteParameter(value, layer, name);
  if (std >= 0) return std;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${layer}: ${name} is a standard deviation and cannot be negative, got ${std}`, {
    layer,
    name,
    value,
  });
}
