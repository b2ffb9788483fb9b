import { bringGraphs } from '../graphs';
import { type AttentionLayer, type AttentionMechanism, type PositionalEmbedding, standardDeviation } from '../spec';
import { bias, checkedOptions, flag, oneOf, optionalFunction, positiveNumber, wholeNumber } from './checks';

export interface GlobalSelfAttentionOptions {
  /** true: keys·queries are divided by nChanKey and share their weights; false: by its root, with independent weights. Default true. */
  linearScaling?: boolean;
  /** Standard deviation of the key weights. Default 1. */
  wKeyStd?: number;
  /** Standard deviation of the value weights. Default 1. */
  wValueStd?: number;
  /** Standard deviation of the query weights. Default 1. */
  wQueryStd?: number;
  /** Standard deviation of the output weights. Default 1. */
  wOutStd?: number;
  /** Standard deviation of the output biases; left out or null: no bias. */
  bStd?: number | null;
  /** What is done to keys·queries: 'SOFTMAX' over locations, 'IDENTITY', 'ABS' or 'RELU'. Default 'SOFTMAX'. */
  attentionMechanism?: AttentionMechanism;
  /** Random positional embeddings: 'NONE', added ('SUM') or appended as channels ('CONCAT'). Default 'NONE'. */
  posEmbType?: PositionalEmbedding;
  /** Distance of two locations = Σ |difference|^p over the spatial axes, without a root. Default 2. */
  posEmbPNorm?: number;
  /** Covariance of the embeddings of two locations, a function of their distance. Default null: 1 at distance 0, otherwise 0. Not JSON. */
  posEmbDecayFn?: ((distance: number) => number) | null;
  /** Channels of appended embeddings. Default null: as many as the input has. */
  nChanPosEmb?: number | null;
  /** Standard deviation of the embeddings. Default 1. */
  wPosEmbStd?: number;
  /** Values see the embeddings too. Default false. */
  valPosEmb?: boolean;
}

const NAMES = [
  'linearScaling',
  'wKeyStd',
  'wValueStd',
  'wQueryStd',
  'wOutStd',
  'bStd',
  'attentionMechanism',
  'posEmbType',
  'posEmbPNorm',
  'posEmbDecayFn',
  'nChanPosEmb',
  'wPosEmbStd',
  'valPosEmb',
] as const;

/**
 * Self-attention between all locations, with infinitely many heads. Always in the NTK parameterization.
 *
 * With `linearScaling` every sample has attention weights of its own, constant in the limit. Without it the limit has a closed form for
 * 'IDENTITY' only.
 * @nngp linearScaling: K' = v² G₁ K G₂ᵀ + b²; G = ζ(u K̃ of the sample with itself); otherwise: K' = u² v² c K̃ + b²; c = Σ_ij K̃(i, j)
 *   K(i, j)
 * @ntk linearScaling: Θ' = v² G₁ Θ G₂ᵀ + 2 (K' − b²) + b²; otherwise: Θ' = u² v² ((Σ K̃ Θ + Σ K Θ̃) K̃ + c (Θ̃ + 4 K̃)) + b²
 * @where u = wQueryStd · wKeyStd, v = wOutStd · wValueStd, ζ the mechanism; K̃ = α K + β R, Θ̃ = α Θ + β R with R the covariance of the
 *   embeddings; 'NONE': α = 1, β = 0; 'SUM': α = 1, β = wPosEmbStd²; 'CONCAT': α = C/(C + C_pos), β = wPosEmbStd² C_pos/(C + C_pos); with
 *   valPosEmb the values' K and Θ are K̃ and Θ̃
 * @param nChanOut channels of the output
 * @param nChanKey channels of keys and queries; no influence on the kernel
 * @param nChanVal channels of values; no influence on the kernel
 * @param nHeads number of heads; no influence on the kernel
 * @cost for d locations 4 d³ flops for K and for Θ each with linearScaling, O(d²) without
 * @source Hron et al. 2020, arXiv 2006.10540
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_UNSUPPORTED without linearScaling for a mechanism other than
 *   'IDENTITY', ERR_SHAPE without spatial axes
 * @reference stax.GlobalSelfAttention
 */
export function globalSelfAttention(
  nChanOut: number,
  nChanKey: number,
  nChanVal: number,
  nHeads: number,
  options: GlobalSelfAttentionOptions = {},
): AttentionLayer {
  bringGraphs();
  const kind = 'globalSelfAttention';
  const o = checkedOptions(kind, options, NAMES);
  const width = (value: number, name: string) => wholeNumber(value, kind, name, 1);
  const std = (value: number | undefined, name: string) => standardDeviation(value ?? 1, kind, name);
  return Object.freeze({
    kind,
    nChanOut: width(nChanOut, 'nChanOut'),
    nChanKey: width(nChanKey, 'nChanKey'),
    nChanVal: width(nChanVal, 'nChanVal'),
    nHeads: width(nHeads, 'nHeads'),
    linearScaling: flag(o.linearScaling ?? true, kind, 'linearScaling'),
    wKeyStd: std(o.wKeyStd, 'wKeyStd'),
    wValueStd: std(o.wValueStd, 'wValueStd'),
    wQueryStd: std(o.wQueryStd, 'wQueryStd'),
    wOutStd: std(o.wOutStd, 'wOutStd'),
    bStd: bias(o.bStd ?? null, kind),
    attentionMechanism: oneOf(o.attentionMechanism ?? 'SOFTMAX', kind, 'attentionMechanism', ['SOFTMAX', 'IDENTITY', 'ABS', 'RELU']),
    posEmbType: oneOf(o.posEmbType ?? 'NONE', kind, 'posEmbType', ['NONE', 'SUM', 'CONCAT']),
    posEmbPNorm: positiveNumber(o.posEmbPNorm ?? 2, kind, 'posEmbPNorm'),
    posEmbDecayFn: optionalFunction(o.posEmbDecayFn, kind, 'posEmbDecayFn'),
    nChanPosEmb: o.nChanPosEmb === null || o.nChanPosEmb === undefined ? null : width(o.nChanPosEmb, 'nChanPosEmb'),
    wPosEmbStd: std(o.wPosEmbStd, 'wPosEmbStd'),
    valPosEmb: flag(o.valPosEmb ?? false, kind, 'valPosEmb'),
  });
}
