/** The step in K and Θ of every activation. Where q₁, q₂, ρ, s stand, see LEGEND. */
import { type ActivationLayer, type DegreeLayer, type ExponentialLayer, SIGMOID_LIKE, type SineLayer } from '../spec';
import { constant, show, steps, sum, times } from './terms';

export function activationFormula(layer: ActivationLayer): string {
  switch (layer.kind) {
    case 'relu':
      return steps('√(q₁q₂) (s + ρ (π − arccos ρ))/2π', 'Θ (π − arccos ρ)/2π');
    case 'abs':
      return rectified(-1, 1);
    case 'leakyRelu':
      return rectified(layer.alpha, 1);
    case 'abRelu':
      return rectified(layer.a, layer.b);
    case 'erf':
      return erf(layer.a, layer.b, layer.c);
    case 'sigmoidLike':
      return erf(SIGMOID_LIKE.a, SIGMOID_LIKE.b, SIGMOID_LIKE.c);
    case 'sign':
      return steps('2 arcsin(ρ)/π', '0');
    case 'gelu':
      return steps(
        '((K² + q₁q₂ δ²)/(P δ) + K arctan(K/δ))/2π + K/4',
        'Θ (1/4 + arctan(K/δ)/2π + K (1/δ² + (1 − q₁q₂)/P + 1)/(2π δ))',
        'P = (1 + q₁)(1 + q₂), δ = √(P − K²)',
      );
    case 'gabor':
      return steps(
        'exp(−(S + D + 2 K)/2N) (exp(2 K/N) − 1)/(2 √(N))',
        'Θ exp(−(S + D + 2 K)/2N) ((A − B) + exp(2 K/N) (A + B))/(2 N² √(N))',
        'S = q₁ + q₂, D = 4 (q₁q₂ − K²), N = 2 S + D + 1, A = 1 + 2 S + 4 (K² + q₁q₂), B = 4 K (D + 3 S + 2)',
      );
    case 'sin':
    case 'cos':
      return sine(layer);
    case 'rbf':
      return steps(`exp(${times(-layer.gamma, 'd') || '0'})`, times(2 * layer.gamma, 'Θ K′') || '0', 'd = q₁ + q₂ − 2 K');
    case 'exp':
    case 'gaussian':
      return exponential(layer);
    case 'expNormalized': {
      const power = `exp(${sum(times(layer.gamma, 'ρ'), constant(layer.gamma * layer.shift))})`;
      return steps(`√(q₁q₂) ${power}`, times(layer.gamma, `Θ ${power}`) || '0');
    }
    case 'hermite':
    case 'monomial':
    case 'rectifiedMonomial':
      return power(layer);
    case 'polynomial':
      return steps(
        'Σ_l r_l(q₁) r_l(q₂) ρ^l',
        'Θ Σ_l l r_l(q₁) r_l(q₂) ρ^(l−1)/√(q₁q₂)',
        `r_l(q) = Σ_i c_(2i+l) (2i + l)!/(2^i i! √(l!)) q^((2i+l)/2), c = [${layer.coef.map(show).join(', ')}]`,
      );
    case 'elementwise':
      return steps('nngpFn(K, q₁, q₂)', `Θ ${layer.dNngpFn ? 'dNngpFn' : '∂nngpFn/∂K'}(K, q₁, q₂)`);
    default:
      return steps('E[φ(u) φ(v)]', 'Θ E[φ′(u) φ′(v)]', `φ = ${numerical(layer)}`);
  }
}

/** Activations without a closed form, as functions of x. */
function numerical(layer: ActivationLayer): string {
  switch (layer.kind) {
    case 'sigmoid':
      return '1/(1 + exp(−x))';
    case 'softplus':
      return 'log(1 + exp(x))';
    case 'silu':
      return 'x/(1 + exp(−x))';
    case 'elu':
      return `x for x > 0, otherwise ${times(layer.alpha, '(exp(x) − 1)') || '0'}`;
    case 'selu':
      return '1.0507 x for x > 0, otherwise 1.0507 · 1.67326 (exp(x) − 1)';
    case 'elementwiseNumerical':
      return `${layer.fn.name || 'fn'}(x)`;
    default:
      return `${layer.kind}(x)`;
  }
}

/** φ(x) = (a + b)/2 x + (b − a)/2 |x|, and E|u||v| = (2/π)√(q₁q₂)(s + ρ arcsin ρ). */
function rectified(a: number, b: number): string {
  const linear = ((a + b) / 2) ** 2;
  const kink = (b - a) ** 2 / (2 * Math.PI);
  const nngp = sum(times(linear, 'K'), times(kink, '√(q₁q₂) (s + ρ arcsin ρ)'));
  return steps(nngp, `Θ (${sum(constant(linear), times(kink, 'arcsin ρ'))})`);
}

/** Williams (1997). */
function erf(a: number, b: number, c: number): string {
  const b2 = b * b;
  const q = `(1 + ${show(2 * b2)} q₁)(1 + ${show(2 * b2)} q₂)`;
  const nngp = sum(times((2 * a * a) / Math.PI, `arcsin(${times(2 * b2, 'K') || '0'}/√(${q}))`), constant(c * c));
  return steps(nngp, times((4 * a * a * b2) / Math.PI, `Θ/√(${q} − ${times(4 * b2 * b2, 'K²') || '0'})`) || '0');
}

/** cos(x) is sin(x + π/2): the second exponential changes its sign. */
function sine({ kind, a, b, c }: SineLayer): string {
  const [outer, inner] = [(a * a) / 2, (b * b) / 2];
  const second = (kind === 'sin' ? -1 : 1) * Math.cos(2 * c);
  const exponential = (argument: string) => `exp(${times(-inner, argument) || '0'})`;
  const of = (sign: number) => sum(exponential('(q₁ + q₂ − 2 K)'), times(sign * second, exponential('(q₁ + q₂ + 2 K)')));
  return steps(times(outer, `(${of(1)})`) || '0', times(outer * b * b, `Θ (${of(-1)})`) || '0');
}

function exponential({ kind, a, b }: ExponentialLayer): string {
  if (kind === 'exp') return steps(times(a * a, `exp(${times(b * b, '((q₁ + q₂)/2 + K)') || '0'})`) || '0', times(b * b, 'Θ K′') || '0');
  const q = (symbol: string) => `(${sum('1', times(-2 * b, symbol))})`;
  const delta = `δ = √(${sum(`${q('q₁')}${q('q₂')}`, times(-4 * b * b, 'K²'))})`;
  return steps(times(a * a, '1/δ') || '0', times(4 * a * a * b * b, 'Θ K/δ³') || '0', delta);
}

/** K to a power, in superscripts. */
const kTo = (n: number): string => (n === 0 ? '' : n === 1 ? 'K' : `K${superscript(n)}`);
const superscript = (n: number): string => String(n).replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]);

const MOST_TERMS = 5;

function power({ kind, degree: n }: DegreeLayer): string {
  if (kind === 'hermite') return hermite(n);
  if (kind === 'monomial' && n <= MOST_TERMS) return steps(moment(n), n === 0 ? '0' : times(n * n, `Θ (${moment(n - 1)})`));
  if (kind === 'monomial')
    return steps(`Σ_l n!²/(l! (2^m m!)²) (q₁q₂)^m K^l over l = n, n − 2, …`, `n² Θ times K′ of degree ${n - 1}`, `n = ${n}, m = (n − l)/2`);
  if (n <= 2) return steps(arcCosine(n), n === 0 ? '0' : times(n * n, `Θ ${arcCosine(n - 1)}`));
  return steps(
    '(q₁q₂)^(n/2) J_n/2π',
    'n² Θ (q₁q₂)^((n−1)/2) J_(n−1)/2π',
    `n = ${n}, θ = arccos ρ, J_n = (−1)^n sin(θ)^(2n+1) (1/sin(θ) d/dθ)^n ((π − θ)/sin(θ))`,
  );
}

const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));

/** E[uⁿvⁿ] by Isserlis' theorem. */
const moment = (n: number): string => series(n, factorial(n) ** 2, (m) => (m === 1 ? 'q₁q₂' : `(q₁q₂)${superscript(m)}`));

/** Σ scale/(l! (2ᵐ m!)²) xᵐ Kˡ over l = n, n − 2, …, with m = (n − l)/2 and xᵐ as text. */
function series(n: number, scale: number, pairs: (m: number) => string): string {
  const terms: string[] = [];
  for (let l = n, m = 0; l >= 0; l -= 2, m++) {
    const symbol = [m > 0 ? pairs(m) : '', kTo(l)].filter(Boolean).join(' ');
    terms.push(times(scale / (factorial(l) * (2 ** m * factorial(m)) ** 2), symbol) || '1');
  }
  return sum(...terms);
}

function hermite(n: number): string {
  const shift = 'w = (q₁ − 1)(q₂ − 1)';
  if (n > MOST_TERMS)
    return steps(
      `Σ_l n!/(l! (2^m m!)²) w^m K^l over l = n, n − 2, …`,
      `n Θ times K′ of degree ${n - 1}`,
      `n = ${n}, m = (n − l)/2, ${shift}`,
    );
  const of = (k: number) => series(k, factorial(k), (m) => (m === 1 ? 'w' : `w${superscript(m)}`));
  return steps(of(n), n === 0 ? '0' : times(n, n === 1 ? 'Θ' : `Θ (${of(n - 1)})`), ...(n > 1 ? [shift] : []));
}

/** Cho & Saul (2009), orders 0 to 2. */
const arcCosine = (n: number): string =>
  ['(π − arccos ρ)/2π', '√(q₁q₂) (s + ρ (π − arccos ρ))/2π', 'q₁q₂ (3 ρ s + (1 + 2 ρ²) (π − arccos ρ))/2π'][n];
