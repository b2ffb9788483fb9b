/** Activations of series: y = φ(u) with the derivatives of φ of every order, almost everywhere where there are kinks. */
import { InfiniteWidthError } from '../errors';
import { type ActivationLayer, SIGMOID_LIKE } from '../spec';
import { activationOf, SELU_ALPHA, SELU_SCALE } from './activations';
import {
  antiderivative,
  exponential,
  hyperbolicTangent,
  logisticOf,
  masked,
  naturalPower,
  plus,
  type Series,
  scaled,
  shifted,
  sine,
  solved,
  times,
} from './series';

/**
 * φ(u) up to t^degree.
 * @throws ERR_UNSUPPORTED for degrees above 1 of a function that the user gave; as activationOf
 */
export function activatedSeries(layer: ActivationLayer, u: Series, degree: number): Series {
  const { value, slope } = activationOf(layer);
  if (u.length === 1 || degree === 0) return [u[0].map(value)];
  if (degree === 1) return [u[0].map(value), u[1].map((step, i) => slope(u[0][i]) * step)];
  const rule = ruleOf(layer);
  if (rule) return rule(u, degree);
  throw new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    `${layer.kind}: of a function of your own only value and slope are known, which gives degrees 0 and 1, not ${degree}; use an activation of the library`,
    { kind: layer.kind, degree },
  );
}

type Rule = (u: Series, degree: number) => Series;

/** One of two, by the sign of u₀. */
const pieces =
  (isRight: (x: number) => boolean, left: Rule, right: Rule): Rule =>
  (u, degree) => {
    const on = u[0].map((x) => (isRight(x) ? 1 : 0));
    const off = on.map((x) => 1 - x);
    return plus(masked(left(masked(u, off), degree), off), masked(right(masked(u, on), degree), on));
  };

const isPositive = (x: number) => x > 0;
const rectified = (a: number, b: number): Rule =>
  pieces(
    isPositive,
    (u) => scaled(u, a),
    (u) => scaled(u, b),
  );
const constant =
  (value: (x: number) => number): Rule =>
  (u) => [u[0].map(value)];

const { value: erfOf } = activationOf({ kind: 'erf', a: 1, b: 1, c: 0 });
const { value: logistic } = activationOf({ kind: 'sigmoid' });

/** erf' = 2/√π exp(−x²) */
const erf: Rule = (u, degree) =>
  antiderivative(u, degree, u[0].map(erfOf), scaled(exponential(scaled(times(u, u, degree), -1), degree), 2 / Math.sqrt(Math.PI)));
const scaledErf =
  (a: number, b: number, c: number): Rule =>
  (u, degree) =>
    shifted(scaled(erf(scaled(u, b), degree), a), c);
const waves =
  (a: number, b: number, c: number): Rule =>
  (u, degree) =>
    scaled(sine(shifted(scaled(u, b), c), degree), a);
const sigmoid: Rule = (u, degree) => logisticOf(u, degree, u[0].map(logistic));
/** a exp(b x²) */
const bell =
  (a: number, b: number): Rule =>
  (u, degree) =>
    scaled(exponential(scaled(times(u, u, degree), b), degree), a);
/** α (eˣ − 1) left of 0. */
const elu = (scale: number, alpha: number): Rule =>
  pieces(
    isPositive,
    (u, degree) => {
      const start = u[0].map((x) => scale * alpha * Math.expm1(x));
      return solved(u, degree, start, (y, k) => (k === 0 ? y[0].map((value) => value + scale * alpha) : y[k]));
    },
    (u) => scaled(u, scale),
  );
const gelu: Rule = (u, degree) => times(u, scaledErf(0.5, Math.SQRT1_2, 0.5)(u, degree), degree);
const approximateGelu: Rule = (u, degree) => {
  const inner = scaled(plus(u, scaled(naturalPower(u, 3, degree), 0.044715)), Math.sqrt(2 / Math.PI));
  return scaled(times(u, shifted(hyperbolicTangent(inner, degree), 1), degree), 0.5);
};

/** Normalised Hermite polynomials by their recursion. */
const hermite =
  (n: number): Rule =>
  (u, degree) => {
    let [below, value]: [Series, Series] = [[new Float64Array(u[0].length)], [new Float64Array(u[0].length).fill(1)]];
    for (let k = 0; k < n; k++)
      [below, value] = [value, scaled(plus(times(u, value, degree), scaled(below, -Math.sqrt(k))), 1 / Math.sqrt(k + 1))];
    return value;
  };

const horner =
  (coef: readonly number[]): Rule =>
  (u, degree) =>
    coef.reduceRight((sum: Series, c) => shifted(times(sum, u, degree), c), [new Float64Array(u[0].length)]);

/** null where derivatives of second order are not known. */
function ruleOf(layer: ActivationLayer): Rule | null {
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
      return layer.approximate ? approximateGelu : gelu;
    case 'sin':
      return waves(layer.a, layer.b, layer.c);
    case 'cos':
      return waves(layer.a, layer.b, layer.c + Math.PI / 2);
    case 'rbf':
      return waves(Math.SQRT2, Math.sqrt(2 * layer.gamma), Math.PI / 4);
    case 'gabor':
      return (u, degree) => times(bell(1, -1)(u, degree), sine(u, degree), degree);
    case 'exp':
      return (u, degree) => scaled(exponential(scaled(u, layer.b), degree), layer.a);
    case 'gaussian':
      return bell(layer.a, layer.b);
    case 'hermite':
      return hermite(layer.degree);
    case 'monomial':
      return (u, degree) => naturalPower(u, layer.degree, degree);
    case 'rectifiedMonomial':
      return pieces(
        (x) => x >= 0,
        constant(() => 0),
        (u, degree) => naturalPower(u, layer.degree, degree),
      );
    case 'polynomial':
      return horner(layer.coef);
    case 'sign':
      return constant(Math.sign);
    case 'tanh':
      return hyperbolicTangent;
    case 'sigmoid':
      return sigmoid;
    case 'softplus':
      return (u, degree) => antiderivative(u, degree, u[0].map(activationOf(layer).value), sigmoid(u, degree));
    case 'silu':
      return (u, degree) => times(u, sigmoid(u, degree), degree);
    case 'elu':
      return elu(1, layer.alpha);
    case 'selu':
      return elu(SELU_SCALE, SELU_ALPHA);
    default:
      return null;
  }
}
