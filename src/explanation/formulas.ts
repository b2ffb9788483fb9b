/** Layers in words, and the step of the kernel recursion that each stands for. */
import type { AttentionLayer, ConvLayer, DenseLayer, Layer, PoolLayer } from '../spec';
import { activationFormula } from './activations';
import { alike, constant, product, show, steps, sum, times } from './terms';

/** Symbols of the formulas. */
export const LEGEND = [
  'K, Θ    NNGP and NTK of a pair of samples before the layer, K′, Θ′ after it; at the input K = x₁·x₂/features, Θ = 0',
  'q₁, q₂  variances of the two samples before the layer; ρ = K/√(q₁q₂), s = √(1 − ρ²)',
  'i, j    locations in the two samples; K(i, j) between them, K without them for every pair alike',
] as const;

/** "dense 512 (wStd 1, no bias)", "conv 64 3×3 (wStd 1, no bias, SAME)", "leakyRelu 0.1", "erf a=2 b=1 c=0". */
export function describeLayer(layer: Layer): string {
  switch (layer.kind) {
    case 'dense':
      return `dense ${layer.outDim} (${weights(layer)})`;
    case 'conv':
    case 'convLocal':
    case 'convTranspose':
      return `${layer.kind} ${layer.outChan} ${product(layer.filterShape)} (${[weights(layer), ...windowWords(layer)].join(', ')})`;
    case 'avgPool':
    case 'sumPool': {
      const words = [...windowWords(layer), ...(layer.normalizeEdges ? ['edges normalized'] : [])];
      return `${layer.kind} ${product(layer.windowShape)}${words.length > 0 ? ` (${words.join(', ')})` : ''}`;
    }
    case 'leakyRelu':
      return `leakyRelu ${show(layer.alpha)}`;
    case 'abRelu':
      return `abRelu ${show(layer.a)}, ${show(layer.b)}`;
    case 'hermite':
    case 'monomial':
    case 'rectifiedMonomial':
      return `${layer.kind} ${layer.degree}`;
    case 'polynomial':
      return `polynomial ${layer.coef.map(show).join(', ')}`;
    case 'dropout':
      return `dropout ${show(layer.rate)} (${layer.mode})`;
    case 'fanOut':
      return `fanOut ${layer.num}`;
    case 'globalSelfAttention':
      return describeAttention(layer);
    case 'dotGeneral':
      return `dotGeneral ${layer.side} [${layer.constant.shape.join(', ')}]`;
    case 'imageResize':
      return `imageResize [${layer.shape.join(', ')}] (${layer.method}${layer.method === 'linear' && !layer.antialias ? ', no antialias' : ''})`;
    case 'index':
      return `index [${layer.idx.map(entry).join(', ')}]`;
    case 'layerNorm':
      return `layerNorm axis=${layer.axis.join(',')} eps=${show(layer.eps)}`;
    default:
      return [layer.kind, ...scalars(layer)].join(' ');
  }
}

/** "a=2 b=1" of the fields that are left. */
const scalars = (layer: Layer): string[] =>
  Object.entries(layer)
    .filter(([name, value]) => name !== 'kind' && value !== null && typeof value !== 'function')
    .map(([name, value]) => `${name}=${typeof value === 'number' ? show(value) : String(value)}`);

function weights({ wStd, bStd, s }: DenseLayer | ConvLayer): string {
  const multipliers = s[0] === 1 && s[1] === 1 ? '' : `, s [${s.join(', ')}]`;
  return `wStd ${show(wStd)}, ${biasWords(bStd)}${multipliers}`;
}

const biasWords = (bStd: number | null): string => (bStd === null ? 'no bias' : `bStd ${show(bStd)}`);

function windowWords(layer: ConvLayer | PoolLayer): string[] {
  const words: string[] = [];
  if (layer.strides) words.push(`strides ${product(layer.strides)}`);
  if ('dilation' in layer && layer.dilation) words.push(`dilation ${product(layer.dilation)}`);
  if ('groups' in layer && layer.groups > 1) words.push(`${layer.groups} groups`);
  if (layer.padding !== 'VALID') words.push(layer.padding);
  return words;
}

function describeAttention(layer: AttentionLayer): string {
  const words = [layer.attentionMechanism, layer.linearScaling ? '1/d' : '1/√d', biasWords(layer.bStd)];
  if (layer.posEmbType !== 'NONE') words.push(`embeddings ${layer.posEmbType}${layer.valPosEmb ? ' in values too' : ''}`);
  return `globalSelfAttention ${layer.nChanOut} (${words.join(', ')})`;
}

const entry = (one: Extract<Layer, { readonly kind: 'index' }>['idx'][number]): string =>
  typeof one === 'object' ? `${one.start ?? ''}:${one.stop ?? ''}${one.step === null ? '' : `:${one.step}`}` : String(one);

/** The step in K and Θ. @param channels of the finite network before the layer */
export function formulaOf(layer: Layer, channels: number): string {
  switch (layer.kind) {
    case 'dense':
      return affine(layer, '', channels / layer.s[0], 1);
    case 'conv':
    case 'convLocal':
    case 'convTranspose':
      return convolution(layer, channels);
    case 'avgPool':
    case 'sumPool':
      return pooling(layer);
    case 'globalAvgPool':
      return alike('mean of K(i, j) over all i, j');
    case 'globalSumPool':
      return alike('sum of K(i, j) over all i, j');
    case 'flatten':
      return alike('mean of K(i, i) over locations');
    case 'identity':
    case 'fanOut':
      return steps('K', 'Θ');
    case 'fanInSum':
      return steps('Σ_b K_b', 'Σ_b Θ_b', 'b the branches');
    case 'fanInProd':
      return steps('∏_b K_b', 'Σ_b Θ_b ∏_(c≠b) K_c', 'b, c the branches');
    case 'fanInConcat':
      return alike(
        'Σ_b C_b K_b/Σ_b C_b along channels, otherwise K_b within branch b and 0 between branches',
        'C_b the channels of branch b',
      );
    case 'layerNorm':
      return steps(
        'K/√((m₁ + ε)(m₂ + ε))',
        'Θ/√((m₁ + ε)(m₂ + ε))',
        `m₁, m₂ = q₁, q₂ averaged over axes ${layer.axis.join(', ')}, ε = ${show(layer.eps)}`,
      );
    case 'dropout':
      return layer.mode === 'test' ? steps('K', 'Θ') : alike(`${times(1 / layer.rate, 'K(i, i)')} for a sample with itself, otherwise K`);
    case 'globalSelfAttention':
      return attention(layer, channels);
    case 'aggregate':
      return steps('P₁ᵀ K P₂', 'P₁ᵀ Θ P₂', 'P₁, P₂ the patterns of the samples');
    case 'dotGeneral':
    case 'imageResize':
      return steps('P₁ K P₂ᵀ', 'P₁ Θ P₂ᵀ', `P₁, P₂ the matrix of ${layer.kind} on the locations`);
    case 'index':
      return steps('K(source(i), source(j))', 'Θ(source(i), source(j))');
    default:
      return activationFormula(layer);
  }
}

/** K′ = w² A K + b² with an operator A on locations, '' for none. N channels per filter tap, F taps. */
function affine(
  { wStd, bStd, parameterization }: DenseLayer | ConvLayer,
  operator: string,
  fanIn: number,
  taps: number,
  where = '',
): string {
  const w2 = wStd * wStd;
  const nngp = sum(times(w2, `${operator}K`), constant((bStd ?? 0) ** 2));
  const ntk =
    parameterization === 'ntk'
      ? sum('K′', times(w2, `${operator}Θ`))
      : sum(times(fanIn * taps, `${operator}K`), times(w2, `${operator}Θ`), bStd === null ? '' : '1');
  return steps(nngp, ntk, where);
}

function convolution(layer: ConvLayer, channels: number): string {
  const taps = layer.filterShape.reduce((a, b) => a * b, 1);
  const fanIn = channels / layer.groups / layer.s[0];
  const mean = taps === 1 ? '' : `/${taps}`;
  if (layer.kind === 'convTranspose') {
    const at = (o: string, i: string) => `${scaled(layer.strides, i)} + f = ${o} + low`;
    return affine(
      layer,
      'Aᵀ ',
      fanIn,
      taps,
      `Aᵀ K(i, j) = Σ K(p, q)${mean} over ${at('i', 'p')}, ${at('j', 'q')}, f in ${product(layer.filterShape)}`,
    );
  }
  const at = (i: string) => `${scaled(layer.strides, i)} + ${scaled(layer.dilation, 'f')}`;
  const where = `A K(i, j) = Σ_f K(${at('i')}, ${at('j')})${mean}, f in ${product(layer.filterShape)}`;
  return affine(layer, 'A ', fanIn, taps, layer.kind === 'conv' ? where : `${where}; 0 for i ≠ j`);
}

/** "i", "2i", or "S i" with different steps along the axes. */
function scaled(factors: readonly number[] | null, symbol: string): string {
  if (factors === null) return symbol;
  return factors.every((factor) => factor === factors[0]) ? `${factors[0]}${symbol}` : `(${factors.join(', ')})${symbol}`;
}

function pooling({ kind, windowShape, strides, normalizeEdges }: PoolLayer): string {
  const size = windowShape.reduce((a, b) => a * b, 1);
  const [i, j] = [scaled(strides, 'i'), scaled(strides, 'j')];
  const divisor = kind === 'sumPool' ? '' : normalizeEdges ? '/(F_i F_j)' : `/${size * size}`;
  const where = `f, g in ${product(windowShape)}${normalizeEdges ? ', F_i how many of them lie inside' : ''}`;
  return alike(`Σ_f Σ_g K(${i} + f, ${j} + g)${divisor}`, where);
}

const MECHANISMS = { SOFTMAX: 'softmax', IDENTITY: '', ABS: 'abs', RELU: 'relu' } as const;

/** Hron et al. (2020), arXiv 2006.10540. */
function attention(layer: AttentionLayer, channels: number): string {
  const [u, v] = [layer.wQueryStd * layer.wKeyStd, layer.wOutStd * layer.wValueStd];
  const b2 = (layer.bStd ?? 0) ** 2;
  const embedded = layer.posEmbType === 'NONE' ? ['K', 'Θ'] : ['K̃', 'Θ̃'];
  const [keys, keysNtk] = embedded;
  const [values, valuesNtk] = layer.valPosEmb ? embedded : ['K', 'Θ'];
  const where = layer.posEmbType === 'NONE' ? [] : [interpolation(layer, channels)];
  if (layer.linearScaling) {
    const mechanism = `G = ${MECHANISMS[layer.attentionMechanism]}(${times(u, keys) || '0'}) of each sample with itself`;
    const nngp = sum(times(v * v, `G₁ ${values} G₂ᵀ`), constant(b2));
    return steps(nngp, sum(times(v * v, `G₁ ${valuesNtk} G₂ᵀ`), '2 K′', constant(-b2)), [mechanism, ...where].join(', '));
  }
  const scale = (u * v) ** 2;
  const cross = keys === values ? `2 Σ ${keys} ${keysNtk}` : `Σ ${keys} ${valuesNtk} + Σ ${values} ${keysNtk}`;
  const ntk = `((${cross}) ${keys} + c (${keysNtk} + 4 ${keys}))`;
  const c = `c = Σ_ij ${keys}(i, j) ${values}(i, j)`;
  return steps(sum(times(scale, `c ${keys}`), constant(b2)), sum(times(scale, ntk), constant(b2)), [c, ...where].join(', '));
}

/** The covariance of inputs with positional embeddings. */
function interpolation({ posEmbType, nChanPosEmb, wPosEmbStd }: AttentionLayer, channels: number): string {
  const own = nChanPosEmb ?? channels;
  const share = posEmbType === 'SUM' ? 1 : channels / (channels + own);
  const weight = wPosEmbStd ** 2 * (posEmbType === 'SUM' ? 1 : own / (channels + own));
  return `K̃ = ${sum(times(share, 'K'), times(weight, 'R'))}, Θ̃ = ${times(share, 'Θ')}, R the covariance of the embeddings`;
}
