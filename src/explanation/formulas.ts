/** Layers in words, and the step of the kernel recursion that each stands for. */
import type { DenseLayer, PlacedLayer } from '../spec';

type Layer = PlacedLayer['layer'];

/** Symbols of the formulas. */
export const LEGEND = [
  'K, Θ    NNGP and NTK of a pair of samples before the layer, K′, Θ′ after it; at the input K = x₁·x₂/features, Θ = 0',
  'q₁, q₂  variances of the two samples before the layer; ρ = K/√(q₁q₂), s = √(1 − ρ²)',
] as const;

/** Six significant digits, no trailing zeros. */
const show = (x: number): string => String(Number(x.toPrecision(6)));

/** "dense 512", "leakyRelu 0.1", "erf a=2". */
export function describeLayer(layer: Layer): string {
  switch (layer.kind) {
    case 'dense': {
      const bias = layer.bStd === null ? 'no bias' : `bStd ${show(layer.bStd)}`;
      const widths = layer.s[0] === 1 && layer.s[1] === 1 ? '' : `, s [${layer.s.join(', ')}]`;
      return `dense ${layer.outDim} (wStd ${show(layer.wStd)}, ${bias}${widths})`;
    }
    case 'leakyRelu':
      return `leakyRelu ${show(layer.alpha)}`;
    case 'abRelu':
      return `abRelu ${show(layer.a)}, ${show(layer.b)}`;
    case 'erf':
      return `erf a=${show(layer.a)} b=${show(layer.b)} c=${show(layer.c)}`;
    default:
      return layer.kind;
  }
}

/** The step in K and Θ. @param fanIn channels before the layer */
export function formulaOf(layer: Layer, fanIn: number): string {
  switch (layer.kind) {
    case 'dense':
      return denseFormula(layer, fanIn);
    case 'relu':
      return 'K′ = √(q₁q₂) (s + ρ (π − arccos ρ))/2π   Θ′ = Θ (π − arccos ρ)/2π';
    case 'abs':
      return rectifiedFormula(-1, 1);
    case 'leakyRelu':
      return rectifiedFormula(layer.alpha, 1);
    case 'abRelu':
      return rectifiedFormula(layer.a, layer.b);
    case 'erf':
      return erfFormula(layer.a, layer.b, layer.c);
    case 'sigmoidLike':
      return erfFormula(0.5, 1 / 2.4020563531719796, 0.5);
    case 'flatten':
      return 'K′ = mean of K over locations   Θ′ likewise';
    case 'identity':
      return 'K′ = K   Θ′ = Θ';
  }
}

/** `factor` times a symbol, as it is written by hand; '' for 0. */
const times = (factor: number, symbol: string): string => (factor === 0 ? '' : factor === 1 ? symbol : `${show(factor)} ${symbol}`);

const sum = (...terms: readonly string[]): string => terms.filter(Boolean).join(' + ') || '0';

function denseFormula({ wStd, bStd, parameterization, s }: DenseLayer, fanIn: number): string {
  const w2 = wStd * wStd;
  const b2 = (bStd ?? 0) ** 2;
  const nngp = `K′ = ${sum(times(w2, 'K'), b2 === 0 ? '' : show(b2))}`;
  const ntk =
    parameterization === 'ntk'
      ? `Θ′ = ${sum('K′', times(w2, 'Θ'))}`
      : `Θ′ = ${sum(times(fanIn / s[0], 'K'), times(w2, 'Θ'), bStd === null ? '' : '1')}`;
  return `${nngp}   ${ntk}`;
}

/** φ(x) = (a + b)/2 x + (b − a)/2 |x|, and E|u||v| = (2/π)√(q₁q₂)(s + ρ arcsin ρ). */
function rectifiedFormula(a: number, b: number): string {
  const linear = ((a + b) / 2) ** 2;
  const kink = (b - a) ** 2 / (2 * Math.PI);
  const nngp = `K′ = ${sum(times(linear, 'K'), times(kink, '√(q₁q₂) (s + ρ arcsin ρ)'))}`;
  return `${nngp}   Θ′ = Θ (${sum(linear === 0 ? '' : show(linear), times(kink, 'arcsin ρ'))})`;
}

/** Williams (1997). */
function erfFormula(a: number, b: number, c: number): string {
  const b2 = b * b;
  const q = `(1 + ${show(2 * b2)} q₁)(1 + ${show(2 * b2)} q₂)`;
  const shift = c === 0 ? '' : show(c * c);
  const nngp = `K′ = ${sum(times((2 * a * a) / Math.PI, `arcsin(${times(2 * b2, 'K') || '0'}/√(${q}))`), shift)}`;
  return `${nngp}   Θ′ = ${times((4 * a * a * b2) / Math.PI, `Θ/√(${q} − ${times(4 * b2 * b2, 'K²') || '0'})`) || '0'}`;
}
