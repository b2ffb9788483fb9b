/** Activations with a closed-form dual. Each needs a Gaussian input: a parameterized layer before it. */
import { type AbReluLayer, type ErfLayer, finiteParameter, type LeakyReluLayer, type PlainLayer } from '../spec';

/** max(x, 0). Dual: arc-cosine kernel of order 1 (Cho & Saul 2009). */
export const relu = (): PlainLayer => Object.freeze({ kind: 'relu' });

/** |x| */
export const abs = (): PlainLayer => Object.freeze({ kind: 'abs' });

/** ½ erf(x / 2.4020563531719796) + ½, close to the logistic sigmoid. */
export const sigmoidLike = (): PlainLayer => Object.freeze({ kind: 'sigmoidLike' });

/** α min(x, 0) + max(x, 0). @throws ERR_ARGUMENT for a slope that is not finite */
export const leakyRelu = (alpha: number): LeakyReluLayer =>
  Object.freeze({ kind: 'leakyRelu', alpha: finiteParameter(alpha, 'leakyRelu', 'alpha') });

/** a min(x, 0) + b max(x, 0). @throws ERR_ARGUMENT for a slope that is not finite */
export const abRelu = (a: number, b: number): AbReluLayer =>
  Object.freeze({ kind: 'abRelu', a: finiteParameter(a, 'abRelu', 'a'), b: finiteParameter(b, 'abRelu', 'b') });

/** a erf(b x) + c. Dual: arcsine kernel (Williams 1997). @throws ERR_ARGUMENT for a parameter that is not finite */
export function erf({ a = 1, b = 1, c = 0 }: { a?: number; b?: number; c?: number } = {}): ErfLayer {
  return Object.freeze({
    kind: 'erf',
    a: finiteParameter(a, 'erf', 'a'),
    b: finiteParameter(b, 'erf', 'b'),
    c: finiteParameter(c, 'erf', 'c'),
  });
}
