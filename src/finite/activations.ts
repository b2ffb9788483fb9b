/** Activations and their derivatives on single numbers, for finite networks. */
import { scaledErfc } from '../duals/numerical/normal';
import { InfiniteWidthError } from '../errors';
import { type ActivationLayer, SIGMOID_LIKE } from '../spec';

export interface Activation {
  value(x: number): number;
  /** Almost everywhere; 0 from the left at a kink. */
  slope(x: number): number;
}

const rectified = (a: number, b: number): Activation => ({
  value: (x) => (x > 0 ? b * x : a * x),
  slope: (x) => (x > 0 ? b : a),
});

/** erf(x), to 1e-15. */
export function erfOf(x: number): number {
  if (Math.abs(x) > 1) return Math.sign(x) * (1 - Math.exp(-x * x) * scaledErfc(Math.abs(x)));
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const scaledErf = (a: number, b: number, c: number): Activation => ({
  value: (x) => a * erfOf(b * x) + c,
  slope: (x) => a * b * (2 / Math.sqrt(Math.PI)) * Math.exp(-b * b * x * x),
});

const sine = (a: number, b: number, c: number): Activation => ({
  value: (x) => a * Math.sin(b * x + c),
  slope: (x) => a * b * Math.cos(b * x + c),
});

const normalDistribution = (x: number): number => 0.5 * (1 + erfOf(x * Math.SQRT1_2));
const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

export const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : 1 - 1 / (1 + Math.exp(x)));

/** Normalised probabilists' Hermite polynomial of degree n, and n − 1 for the derivative. */
function hermite(n: number, x: number): number {
  let [below, value] = [0, 1];
  for (let k = 0; k < n; k++) [below, value] = [value, (x * value - Math.sqrt(k) * below) / Math.sqrt(k + 1)];
  return value;
}

const horner = (coef: readonly number[], x: number): number => coef.reduceRight((sum, c) => sum * x + c, 0);

export const SELU_SCALE = 1.0507009873554805;
export const SELU_ALPHA = 1.6732632423543772;

const elu = (scale: number, alpha: number): Activation => ({
  value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
  slope: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
});

/** The tanh form of gelu, as neural-tangents' approximate: true. */
const approximateGelu: Activation = {
  value: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  slope(x) {
    const inner = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
    return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
  },
};

/** Central difference for functions given without a derivative. */
const differentiated = (fn: (x: number) => number): ((x: number) => number) => {
  return (x) => {
    const step = 6e-6 * Math.max(1, Math.abs(x));
    return (fn(x + step) - fn(x - step)) / (2 * step);
  };
};

/** @throws ERR_UNSUPPORTED for an activation that is known by its kernel only */
export function activationOf(layer: ActivationLayer): Activation {
  switch (layer.kind) {
    case 'relu':
      return rectified(0, 1);
    case 'abs':
      return rectified(-1, 1);
    case 'leakyRelu':
      return rectified(layer.alpha, 1);
    case 'abRelu':
      return rectified(layer.a, layer.b);
    case 'erf':
      return scaledErf(layer.a, layer.b, layer.c);
    case 'sigmoidLike':
      return scaledErf(SIGMOID_LIKE.a, SIGMOID_LIKE.b, SIGMOID_LIKE.c);
    case 'gelu':
      if (layer.approximate) return approximateGelu;
      return { value: (x) => x * normalDistribution(x), slope: (x) => normalDistribution(x) + x * normalDensity(x) };
    case 'sin':
      return sine(layer.a, layer.b, layer.c);
    case 'cos':
      return sine(layer.a, layer.b, layer.c + Math.PI / 2);
    case 'rbf':
      return sine(Math.SQRT2, Math.sqrt(2 * layer.gamma), Math.PI / 4);
    case 'gabor':
      return {
        value: (x) => Math.exp(-x * x) * Math.sin(x),
        slope: (x) => Math.exp(-x * x) * (Math.cos(x) - 2 * x * Math.sin(x)),
      };
    case 'exp':
      return { value: (x) => layer.a * Math.exp(layer.b * x), slope: (x) => layer.a * layer.b * Math.exp(layer.b * x) };
    case 'gaussian':
      return {
        value: (x) => layer.a * Math.exp(layer.b * x * x),
        slope: (x) => 2 * layer.a * layer.b * x * Math.exp(layer.b * x * x),
      };
    case 'hermite':
      return {
        value: (x) => hermite(layer.degree, x),
        slope: (x) => (layer.degree === 0 ? 0 : Math.sqrt(layer.degree) * hermite(layer.degree - 1, x)),
      };
    case 'monomial':
      return { value: (x) => x ** layer.degree, slope: (x) => (layer.degree === 0 ? 0 : layer.degree * x ** (layer.degree - 1)) };
    case 'rectifiedMonomial':
      return {
        value: (x) => (x >= 0 ? x ** layer.degree : 0),
        slope: (x) => (x >= 0 && layer.degree > 0 ? layer.degree * x ** (layer.degree - 1) : 0),
      };
    case 'polynomial':
      return {
        value: (x) => horner(layer.coef, x),
        slope: (x) =>
          horner(
            layer.coef.slice(1).map((c, k) => (k + 1) * c),
            x,
          ),
      };
    case 'sign':
      return { value: Math.sign, slope: () => 0 };
    case 'tanh':
      return { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 };
    case 'sigmoid':
      return { value: logistic, slope: (x) => logistic(x) * logistic(-x) };
    case 'softplus':
      return { value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: logistic };
    case 'silu':
      return { value: (x) => x * logistic(x), slope: (x) => logistic(x) * (1 + x * logistic(-x)) };
    case 'elu':
      return elu(1, layer.alpha);
    case 'selu':
      return elu(SELU_SCALE, SELU_ALPHA);
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
