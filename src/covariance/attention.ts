/**
 * Kernels of global self-attention (Hron et al. 2020, arXiv 2006.10540). K̃ = αK + βR interpolates with the positional covariance R.
 *   1/d scaling (linearScaling):  G = ζ(QK·K̃) of each sample's own covariance;  K' = OV² G₁KG₂ᵀ + b²,  T' = OV² G₁TG₂ᵀ + b² + 2(K' − b²)
 *   1/√d scaling, ζ = identity:   K' = s c K̃ + b²,  T' = s((ΣK̃T + ΣKT̃) K̃ + c(T̃ + 4K̃)) + b²,  c = ΣK̃K, s = (QK·OV)²
 */
import { type GraphNode, locationsOf } from '../graph';
import { indicesOf } from '../inference/matrices';
import type { AttentionLayer } from '../spec';

type Attention = Extract<GraphNode, { op: 'attention' }>;

/** α and β, and R over the locations of two samples (0 where either is masked); null without embeddings. */
export interface Embedding {
  readonly alpha: number;
  readonly beta: number;
  readonly r: Float64Array;
}

export function embeddingOf(
  { options, channels, spatial }: Attention,
  mask1: Uint8Array | null,
  mask2: Uint8Array | null,
): Embedding | null {
  if (options.posEmbType === 'NONE') return null;
  const embedded = options.nChanPosEmb ?? channels;
  const isSum = options.posEmbType === 'SUM';
  const alpha = isSum ? 1 : channels / (channels + embedded);
  const beta = options.wPosEmbStd ** 2 * (isSum ? 1 : embedded / (channels + embedded));
  const r = positionalCovariance(options, spatial);
  const length = locationsOf(spatial);
  return { alpha, beta, r: r.map((value, at) => (mask1?.[Math.floor(at / length)] || mask2?.[at % length] ? 0 : value)) };
}

/** R over all pairs of locations. */
export function positionalCovariance(options: AttentionLayer, spatial: readonly number[]): Float64Array {
  const locations = [...indicesOf(spatial)];
  return Float64Array.from(locations.flatMap((x, i) => locations.map((y, j) => correlation(options, x, y, i === j))));
}

function correlation({ posEmbDecayFn, posEmbPNorm }: AttentionLayer, x: readonly number[], y: readonly number[], same: boolean): number {
  if (posEmbDecayFn === null) return same ? 1 : 0;
  return posEmbDecayFn(x.reduce((sum, position, k) => sum + Math.abs(position - y[k]) ** posEmbPNorm, 0));
}

/** αa + βR */
export const embed = (a: Float64Array, embedding: Embedding | null): Float64Array =>
  embedding ? a.map((value, at) => embedding.alpha * value + embedding.beta * embedding.r[at]) : a;

/** G of one sample from its own covariances k. */
export function attentionWeights(node: Attention, k: Float64Array, mask: Uint8Array | null): Float64Array {
  const { attentionMechanism, wKeyStd, wQueryStd } = node.options;
  const weights = embed(k, embeddingOf(node, mask, mask)).map((value) => wKeyStd * wQueryStd * value);
  const length = Math.sqrt(weights.length);
  for (let i = 0; i < length; i++) weigh(weights.subarray(i * length, (i + 1) * length), attentionMechanism, mask);
  return weights;
}

/** One location's weights over all locations, in place. Masked ones get none, unless all are: then softmax is even. */
export function weigh(row: Float64Array, mechanism: AttentionLayer['attentionMechanism'], mask: Uint8Array | null): void {
  const replace = (value: (x: number, j: number) => number) => row.set(row.map((x, j) => (mask?.[j] ? 0 : value(x, j))));
  if (mechanism !== 'SOFTMAX')
    return replace({ IDENTITY: (x: number) => x, ABS: Math.abs, RELU: (x: number) => Math.max(x, 0) }[mechanism]);
  if (mask?.every((m) => m === 1)) return void row.fill(1 / row.length);
  const largest = row.reduce((most, x, j) => (mask?.[j] ? most : Math.max(most, x)), Number.NEGATIVE_INFINITY);
  replace((x) => Math.exp(x - largest));
  const total = row.reduce((a, b) => a + b, 0);
  replace((x) => x / total);
}

/** out = G₁ a G₂ᵀ for square matrices. */
function weighted(g1: Float64Array, g2: Float64Array, a: Float64Array): Float64Array {
  const [rows, cols] = [Math.sqrt(g1.length), Math.sqrt(g2.length)];
  const half = new Float64Array(rows * cols);
  const out = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let p = 0; p < cols; p++) for (let j = 0; j < cols; j++) half[i * cols + p] += a[i * cols + j] * g2[p * cols + j];
  for (let o = 0; o < rows; o++)
    for (let i = 0; i < rows; i++) for (let p = 0; p < cols; p++) out[o * cols + p] += g1[o * rows + i] * half[i * cols + p];
  return out;
}

/** K' and T' from K and T; weights are those of the two samples. */
export function attend(
  node: Attention,
  k: Float64Array,
  t: Float64Array | null,
  embedding: Embedding | null,
  weights: () => readonly [Float64Array, Float64Array],
): { k: Float64Array; t: Float64Array | null } {
  const { options } = node;
  const bias = (options.bStd ?? 0) ** 2;
  const ov = options.wOutStd * options.wValueStd;
  if (!options.linearScaling) return attendByRoot(node, k, t, embedding, (options.wKeyStd * options.wQueryStd * ov) ** 2, bias);
  const [g1, g2] = weights();
  const valued = (a: Float64Array) => weighted(g1, g2, options.valPosEmb ? embed(a, embedding) : a);
  const next = valued(k).map((value) => ov * ov * value + bias);
  return { k: next, t: t && valued(t).map((value, at) => ov * ov * value + bias + 2 * (next[at] - bias)) };
}

function attendByRoot(node: Attention, k: Float64Array, t: Float64Array | null, embedding: Embedding | null, s: number, bias: number) {
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  const both = node.options.valPosEmb || !embedding;
  const kt = embed(k, embedding);
  const c = dot(kt, both ? kt : k);
  const next = kt.map((value) => s * c * value + bias);
  if (!t) return { k: next, t: null };
  const tt = embed(t, embedding);
  const cross = both ? 2 * dot(kt, tt) : dot(kt, t) + dot(k, tt);
  return { k: next, t: kt.map((value, at) => s * (cross * value + c * (tt[at] + 4 * value)) + bias) };
}
