import { describe, expect, it } from 'vitest';
import { describeLayer, formulaOf } from '../../src/explanation/formulas';
import * as layers from '../../src/layers';
import type { ActivationLayer, Layer } from '../../src/spec';
import { EXAMPLES } from '../layers/examples';
import { evaluateStep } from './evaluate';

const { abRelu, abs, cos, dense, elu, erf, exp, gabor, gaussian, gelu, hermite, leakyRelu, monomial, rbf, rectifiedMonomial } = layers;
const { relu, sigmoidLike, sign, sin } = layers;

/** Nodes and weights of Gauss and Legendre on [-1, 1], by Newton's method. */
function gaussLegendre(n: number): readonly (readonly [number, number])[] {
  return Array.from({ length: n }, (_, k) => {
    let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let i = 0; i < 30; i++) {
      let [p, before] = [1, 0];
      for (let j = 0; j < n; j++) [p, before] = [((2 * j + 1) * x * p - j * before) / (j + 1), p];
      slope = (n * (x * p - before)) / (x * x - 1);
      x -= p / slope;
    }
    return [x, 2 / ((1 - x * x) * slope * slope)] as const;
  });
}

const NODES = gaussLegendre(60);
const RADIUS = 11;

/** E[f(u) f(v)] in polar coordinates, with the rays on which u or v change their signs as ends of pieces. */
function expectation(f: (x: number) => number, q1: number, q2: number, rho: number): number {
  const s = Math.sqrt(1 - rho * rho);
  const turn = Math.atan2(-rho, s);
  const rays = [Math.PI / 2, -Math.PI / 2, turn, turn + Math.PI].map((t) => (t + 2 * Math.PI) % (2 * Math.PI)).sort((a, b) => a - b);
  let total = 0;
  rays.forEach((from, i) => {
    const half = ((rays[i + 1] ?? rays[0] + 2 * Math.PI) - from) / 2;
    for (const [x, wx] of NODES)
      for (const [y, wy] of NODES) {
        const [t, r] = [from + half * (1 + x), (RADIUS * (1 + y)) / 2];
        const [u, v] = [r * Math.cos(t), r * (rho * Math.cos(t) + s * Math.sin(t))];
        total += ((wx * wy * half * RADIUS) / 2) * r * Math.exp((-r * r) / 2) * f(Math.sqrt(q1) * u) * f(Math.sqrt(q2) * v);
      }
  });
  return total / (2 * Math.PI);
}

/** The error function, by its series: arguments stay below 10. */
function erfOf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const normal = (x: number) => (1 + erfOf(x / Math.SQRT2)) / 2;
const step = (x: number) => Number(x > 0);
const B = 1 / 2.4020563531719796;
const hermiteOf = (k: number, x: number): number => (k === 0 ? 1 : k === 1 ? x : x * hermiteOf(k - 1, x) - (k - 1) * hermiteOf(k - 2, x));

/** Layer, function, derivative almost everywhere. */
const ACTIVATIONS: readonly (readonly [ActivationLayer, (x: number) => number, (x: number) => number])[] = [
  [relu(), (x) => Math.max(x, 0), step],
  [abs(), Math.abs, Math.sign],
  [leakyRelu(-0.3), (x) => (x > 0 ? x : -0.3 * x), (x) => (x > 0 ? 1 : -0.3)],
  [abRelu(0.5, 2), (x) => (x > 0 ? 2 * x : 0.5 * x), (x) => (x > 0 ? 2 : 0.5)],
  [abRelu(0, 0), () => 0, () => 0],
  [sign(), Math.sign, () => 0],
  [rectifiedMonomial(0), step, () => 0],
  [rectifiedMonomial(1), (x) => Math.max(x, 0), step],
  [rectifiedMonomial(2), (x) => Math.max(x, 0) ** 2, (x) => 2 * Math.max(x, 0)],
  [erf({ a: 2, b: 0.5, c: -1 }), (x) => 2 * erfOf(0.5 * x) - 1, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x * 0.25)],
  [sigmoidLike(), (x) => 0.5 * erfOf(B * x) + 0.5, (x) => (B / Math.sqrt(Math.PI)) * Math.exp(-x * x * B * B)],
  [gelu(), (x) => x * normal(x), (x) => normal(x) + x * density(x)],
  [sin({ a: 2, b: 0.5, c: 0.25 }), (x) => 2 * Math.sin(0.5 * x + 0.25), (x) => Math.cos(0.5 * x + 0.25)],
  [cos({ a: 2, b: 0.5, c: 0.25 }), (x) => 2 * Math.cos(0.5 * x + 0.25), (x) => -Math.sin(0.5 * x + 0.25)],
  [
    rbf({ gamma: 0.3 }),
    (x) => Math.SQRT2 * Math.sin(Math.sqrt(0.6) * x + Math.PI / 4),
    (x) => Math.SQRT2 * Math.sqrt(0.6) * Math.cos(Math.sqrt(0.6) * x + Math.PI / 4),
  ],
  [gabor(), (x) => Math.exp(-x * x) * Math.sin(x), (x) => Math.exp(-x * x) * (Math.cos(x) - 2 * x * Math.sin(x))],
  [exp({ a: 2, b: 0.5 }), (x) => 2 * Math.exp(0.5 * x), (x) => Math.exp(0.5 * x)],
  [gaussian({ a: 2, b: -0.5 }), (x) => 2 * Math.exp(-0.5 * x * x), (x) => -2 * x * Math.exp(-0.5 * x * x)],
  ...[0, 1, 2, 3, 4, 5].map((n) => {
    let norm = 1;
    for (let k = 2; k <= n; k++) norm *= Math.sqrt(k);
    return [hermite(n), (x: number) => hermiteOf(n, x) / norm, (x: number) => (n === 0 ? 0 : (n * hermiteOf(n - 1, x)) / norm)] as const;
  }),
  ...[0, 1, 2, 3, 4, 5].map((n) => [monomial(n), (x: number) => x ** n, (x: number) => (n === 0 ? 0 : n * x ** (n - 1))] as const),
];

describe('formulas of activations, read as they are printed, are the expectations they stand for', () => {
  it.each(ACTIVATIONS.map(([layer, f, df]) => [describeLayer(layer), layer, f, df] as const))('%s', (_name, layer, f, df) => {
    for (const [q1, q2, rho] of [
      [1.3, 0.7, 0.6],
      [0.4, 2.1, -0.85],
      [1, 1, 0],
    ]) {
      const [K, Θ] = [rho * Math.sqrt(q1 * q2), 0.37];
      const formula = formulaOf(layer, 3);
      const { nngp, ntk } = evaluateStep(formula, { K, Θ, 'q₁': q1, 'q₂': q2, ρ: rho, s: Math.sqrt(1 - rho * rho) });
      // The constants in the formulas have six digits.
      const scale = 1e-5 * Math.sqrt(expectation(f, q1, q1, 0.999999) * expectation(f, q2, q2, 0.999999));
      expect(Math.abs(nngp - expectation(f, q1, q2, rho))).toBeLessThanOrEqual(scale + 1e-9);
      const slope = 1e-5 * Math.sqrt(expectation(df, q1, q1, 0.999999) * expectation(df, q2, q2, 0.999999));
      expect(Math.abs(ntk - Θ * expectation(df, q1, q2, rho))).toBeLessThanOrEqual(slope + 1e-9);
    }
  });
});

describe('layers in words and formulas', () => {
  const all = Object.values(EXAMPLES)
    .flat()
    .filter((net): net is Layer => !['serial', 'parallel', 'repeat'].includes(net.kind));

  it('are there for every kind, on one line, without undefined or NaN', () => {
    for (const layer of all)
      for (const text of [describeLayer(layer), formulaOf(layer, 6)]) {
        expect(text).not.toMatch(/undefined|NaN|Infinity|null|\n|object/);
        expect(text.length).toBeGreaterThan(2);
      }
    for (const layer of all) {
      expect(describeLayer(layer).startsWith(layer.kind)).toBe(true);
      expect(formulaOf(layer, 6)).toMatch(/^K′ = .+ {3}Θ′ /);
    }
  });

  it.each<[Layer, string, string]>([
    [dense(512, { wStd: 2 }), 'dense 512 (wStd 2, no bias)', 'K′ = 4 K   Θ′ = K′ + 4 Θ'],
    [
      layers.conv(64, [3, 3], { strides: [2, 2], dilation: [1, 2], padding: 'SAME', groups: 2, bStd: 0.1, parameterization: 'standard' }),
      'conv 64 3×3 (wStd 1, bStd 0.1, strides 2×2, dilation 1×2, 2 groups, SAME)',
      'K′ = A K + 0.01   Θ′ = 27 A K + A Θ + 1   with A K(i, j) = Σ_f K(2i + (1, 2)f, 2j + (1, 2)f)/9, f in 3×3',
    ],
    [
      layers.avgPool([2, 2], { strides: [2, 2] }),
      'avgPool 2×2 (strides 2×2)',
      'K′ = Σ_f Σ_g K(2i + f, 2j + g)/16   Θ′ likewise   with f, g in 2×2',
    ],
    [
      layers.globalSelfAttention(8, 1, 1, 1, { wQueryStd: 2, wOutStd: 3, bStd: 0.5, posEmbType: 'CONCAT', nChanPosEmb: 2, wPosEmbStd: 2 }),
      'globalSelfAttention 8 (SOFTMAX, 1/d, bStd 0.5, embeddings CONCAT)',
      'K′ = 9 G₁ K G₂ᵀ + 0.25   Θ′ = 9 G₁ Θ G₂ᵀ + 2 K′ − 0.25   with G = softmax(2 K̃) of each sample with itself, ' +
        'K̃ = 0.75 K + R, Θ̃ = 0.75 Θ, R the covariance of the embeddings',
    ],
    [
      layers.index([':', layers.slice(null, null, -2), 0]),
      'index [:, ::-2, 0]',
      'K′ = K(source(i), source(j))   Θ′ = Θ(source(i), source(j))',
    ],
    [elu({ alpha: 0.7 }), 'elu alpha=0.7', 'K′ = E[φ(u) φ(v)]   Θ′ = Θ E[φ′(u) φ′(v)]   with φ = x for x > 0, otherwise 0.7 (exp(x) − 1)'],
    [gaussian(), 'gaussian a=1 b=-1', 'K′ = 1/δ   Θ′ = 4 Θ K/δ³   with δ = √((1 + 2 q₁)(1 + 2 q₂) − 4 K²)'],
  ])('%#', (layer, words, formula) => {
    expect(describeLayer(layer)).toBe(words);
    expect(formulaOf(layer, 6)).toBe(formula);
  });
});
