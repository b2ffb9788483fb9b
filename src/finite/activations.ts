/** Activations of finite networks: what the backends know by a code, and functions of single numbers for the others. */
import type { Pointwise } from '../backends/finite';
import { scalarFunction } from '../backends/js-finite';
import { InfiniteWidthError } from '../errors';
import * as code from '../pointwise';
import { type ActivationLayer, SIGMOID_LIKE } from '../spec';

export interface Activation {
  value(x: number): number;
  /** Almost everywhere; 0 from the left at a kink. */
  slope(x: number): number;
}

export const SELU_SCALE = 1.0507009873554805;
export const SELU_ALPHA = 1.6732632423543772;

const operation = (of: number, ...params: number[]): Pointwise => {
  const padded = [...params, 0, 0, 0].slice(0, 3);
  return { code: of, value: padded, slope: padded };
};

/** Σ coefₖ xᵏ, everywhere or where x ≥ 0. */
function polynomial(coef: readonly number[], of = code.POLYNOMIAL): Pointwise {
  const derivative = coef.slice(1).map((c, k) => (k + 1) * c);
  const listed = (list: readonly number[]) => [list.length, ...list];
  return { code: of, value: listed(coef), slope: listed(derivative.length > 0 ? derivative : [0]) };
}

const power = (degree: number): number[] => Array.from({ length: degree + 1 }, (_, k) => Number(k === degree));

/** Null for those that backends do not have: hermite, and functions of the user's own. */
export function pointwiseOf(layer: ActivationLayer): Pointwise | null {
  switch (layer.kind) {
    case 'relu':
      return operation(code.RECTIFIED, 0, 1);
    case 'abs':
      return operation(code.RECTIFIED, -1, 1);
    case 'leakyRelu':
      return operation(code.RECTIFIED, layer.alpha, 1);
    case 'abRelu':
      return operation(code.RECTIFIED, layer.a, layer.b);
    case 'sign':
      return operation(code.SIGN);
    case 'erf':
      return operation(code.ERF, layer.a, layer.b, layer.c);
    case 'sigmoidLike':
      return operation(code.ERF, SIGMOID_LIKE.a, SIGMOID_LIKE.b, SIGMOID_LIKE.c);
    case 'gelu':
      return operation(layer.approximate ? code.TANH_GELU : code.GELU);
    case 'sin':
      return operation(code.SINE, layer.a, layer.b, layer.c);
    case 'cos':
      return operation(code.COSINE, layer.a, layer.b, layer.c);
    case 'rbf':
      return operation(code.SINE, Math.SQRT2, Math.sqrt(2 * layer.gamma), Math.PI / 4);
    case 'gabor':
      return operation(code.GABOR);
    case 'exp':
      return operation(code.EXP, layer.a, layer.b);
    case 'gaussian':
      return operation(code.GAUSSIAN, layer.a, layer.b);
    case 'tanh':
      return operation(code.TANH);
    case 'sigmoid':
      return operation(code.SIGMOID);
    case 'softplus':
      return operation(code.SOFTPLUS);
    case 'silu':
      return operation(code.SILU);
    case 'elu':
      return operation(code.ELU, 1, layer.alpha);
    case 'selu':
      return operation(code.ELU, SELU_SCALE, SELU_ALPHA);
    case 'polynomial':
      return polynomial(layer.coef);
    case 'monomial':
      return polynomial(power(layer.degree));
    case 'rectifiedMonomial':
      return polynomial(power(layer.degree), code.RECTIFIED_POLYNOMIAL);
    default:
      return null;
  }
}

/** Normalised probabilists' Hermite polynomial of degree n. */
function hermite(n: number, x: number): number {
  let [below, value] = [0, 1];
  for (let k = 0; k < n; k++) [below, value] = [value, (x * value - Math.sqrt(k) * below) / Math.sqrt(k + 1)];
  return value;
}

/** Central difference for functions given without a derivative. */
const differentiated = (fn: (x: number) => number): ((x: number) => number) => {
  return (x) => {
    const step = 6e-6 * Math.max(1, Math.abs(x));
    return (fn(x + step) - fn(x - step)) / (2 * step);
  };
};

/** @throws ERR_UNSUPPORTED for an activation that is known by its kernel only */
export function activationOf(layer: ActivationLayer): Activation {
  const pointwise = pointwiseOf(layer);
  if (pointwise) return { value: scalarFunction(pointwise, false), slope: scalarFunction(pointwise, true) };
  switch (layer.kind) {
    case 'hermite':
      return {
        value: (x) => hermite(layer.degree, x),
        slope: (x) => (layer.degree === 0 ? 0 : Math.sqrt(layer.degree) * hermite(layer.degree - 1, x)),
      };
    case 'elementwise':
      if (layer.fn) return { value: layer.fn, slope: differentiated(layer.fn) };
      break;
    case 'elementwiseNumerical':
      return { value: layer.fn, slope: layer.df ?? differentiated(layer.fn) };
  }
  throw new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    `${layer.kind} is known by its kernel only and has no finite network; use elementwise({ fn, … }) with the function itself`,
    { kind: layer.kind },
  );
}
