/**
 * tanh, softplus and silu: everything made of the logistic function σ. σ(x) = Σ wᵢ Φ(x/sᵢ) (constants.ts): a logistic variable is a
 * normal one whose standard deviation is itself random (Andrews and Mallows 1974; Stefanski 1991). The dual of a mixture is the
 * double sum of the duals of its parts, with Aᵢ = q₁ + sᵢ², Bⱼ = q₂ + sⱼ² and δ² = Aᵢ Bⱼ − k²:
 *   σ':    E[σ'σ'] = Σ wᵢwⱼ / (2πδ),    and E[σσ] is its integral over k
 *   silu:  E[φ'φ'] = E[σσ] + Σ wᵢwⱼ k (sᵢ²/Aᵢ + sⱼ²/Bⱼ + sᵢ²sⱼ²/δ²) / (2πδ)
 * where δ² = q₁q₂ sin²θ + sᵢ²q₂ + sⱼ²q₁ + sᵢ²sⱼ² has no cancellation. These sums are too slow for every pair; they fill tables.
 */
import { chordMeans } from './chords';
import { SIGMA, WEIGHT } from './constants';
import { normalExpectation } from './normal';
import { meanDecay, type Shape, sineSquared } from './shape';

const COUNT = SIGMA.length;
const SQUARE = /* @__PURE__ */ Float64Array.from(SIGMA, (s) => s * s);
const TWO_PI = 2 * Math.PI;

/** E[σ'(u)σ'(v)] at the chords. */
function logisticDensity(q1: number, q2: number, chords: Float64Array): Float64Array {
  return chords.map((c) => {
    const across = q1 * q2 * sineSquared(c);
    let total = 0;
    for (let i = 0; i < COUNT; i++) {
      const base = across + SQUARE[i] * q2;
      const step = q1 + SQUARE[i];
      let inner = 0;
      for (let j = 0; j < COUNT; j++) inner += WEIGHT[j] / Math.sqrt(base + step * SQUARE[j]);
      total += WEIGHT[i] * inner;
    }
    return total / TWO_PI;
  });
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** E[σ(u)σ(v)] at the chords, from its value at ρ = ±1 and E[σ'(u)σ'(v)]. */
function logisticProduct(q1: number, q2: number, sign: 1 | -1, chords: Float64Array, density: Float64Array): Float64Array {
  const r1 = Math.sqrt(q1);
  const r2 = Math.sqrt(q2);
  const end = normalExpectation((z) => logistic(r1 * z) * logistic(sign * r2 * z), Math.max(r1, r2));
  const means = chordMeans(density, chords);
  return means.map((mean, at) => end - 0.5 * sign * r1 * r2 * chords[at] ** 2 * mean);
}

/** E[φ'φ'] of silu at the chords: the sums of both parts share their roots. */
function siluFactors(q1: number, q2: number, sign: 1 | -1, chords: Float64Array): Float64Array {
  const radii = sign * Math.sqrt(q1) * Math.sqrt(q2);
  const density = new Float64Array(chords.length);
  const others = SQUARE.map((b) => b / (q2 + b));
  const excess = chords.map((c, at) => {
    const across = q1 * q2 * sineSquared(c);
    let total = 0;
    for (let i = 0; i < COUNT; i++) {
      const a = SQUARE[i];
      const share = a / (q1 + a);
      let [inner, plain] = [0, 0];
      for (let j = 0; j < COUNT; j++) {
        const b = SQUARE[j];
        const inverse = 1 / Math.sqrt(across + a * q2 + b * q1 + a * b);
        const part = WEIGHT[j] * inverse;
        plain += part;
        inner += part * (share + others[j] + a * b * inverse * inverse);
      }
      density[at] += (WEIGHT[i] * plain) / TWO_PI;
      total += WEIGHT[i] * inner;
    }
    return (radii * (1 - 0.5 * c * c) * total) / TWO_PI;
  });
  return logisticProduct(q1, q2, sign, chords, density).map((product, at) => product + excess[at]);
}

/** (tanh x − tanh y)/(x − y), x and y of one sign: 2 e^{−2y}(1 − e^{−2(x − y)})/((1 + e^{−2x})(1 + e^{−2y})) for x ≥ y ≥ 0. */
function tanhQuotient(x: number, y: number): number {
  const high = Math.max(Math.abs(x), Math.abs(y));
  const low = Math.min(Math.abs(x), Math.abs(y));
  const decay = Math.exp(-2 * low);
  return (4 * decay * meanDecay(2 * (high - low))) / ((1 + Math.exp(-2 * high)) * (1 + decay));
}

/** (log(1 + eˣ) − log(1 + eʸ))/(x − y). */
function softplusQuotient(x: number, y: number): number {
  if (x > 0 || y > 0) return 1 - softplusQuotient(-x, -y);
  const high = Math.max(x, y);
  const low = Math.min(x, y);
  if (high === low) return logistic(x);
  return Math.log1p((-Math.exp(high) * Math.expm1(low - high)) / (1 + Math.exp(low))) / (high - low);
}

export const TANH: Shape = {
  odd: true,
  origin: 0,
  positive: false,
  growth: 0,
  kinked: false,
  reach: 6,
  value: Math.tanh,
  quotient: tanhQuotient,
  factors: (q1, q2, _sign, chords) => logisticDensity(4 * q1, 4 * q2, chords).map((f) => 16 * f),
};

export const SOFTPLUS: Shape = {
  odd: false,
  origin: Math.LN2,
  positive: true,
  growth: 1,
  kinked: false,
  reach: 6,
  value: (x) => (Math.abs(x) < 1 ? Math.log1p(0.5 * Math.expm1(x)) : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - Math.LN2),
  quotient: softplusQuotient,
  factors: (q1, q2, sign, chords) => logisticProduct(q1, q2, sign, chords, logisticDensity(q1, q2, chords)),
};

export const SILU: Shape = {
  odd: false,
  origin: 0,
  positive: false,
  growth: 1,
  kinked: false,
  reach: 6,
  value: (x) => x * logistic(x),
  quotient(x, y) {
    const half = 0.5 * Math.tanh(0.5 * Math.abs(x)) + 0.25 * Math.abs(y) * tanhQuotient(0.5 * x, 0.5 * y);
    return x > 0 || y > 0 ? 0.5 + half : 0.5 - half;
  },
  factors: siluFactors,
};
