/** For every family of activations, what brings it to the engines: called by its layer functions, and all of them by bringActivations. */

import * as pairs from '../backends/pair-activations';
import { addOperation } from '../backends/pair-step';
import { TabulatedPair } from '../backends/tabulated-pair';
import { numericalDual, tabulated } from '../duals/numerical/index';
import type { Step } from '../infer';
import * as op from '../opcodes';
import { type ActivationLayer, SIGMOID_LIKE } from '../spec';
import { elementwiseDual } from './elementwise';
import { hostOperation } from './host';
import type { Operation } from './operation';
import { hermiteOperation, monomialOperation, polynomialOperation, rectifiedMonomialOperation, signOperation } from './polynomial';
import { type ActivationEngine, bring } from './registry';
import * as smooth from './smooth';
import { NOTHING } from './steps';
import { tabulatedOperation } from './tabulated';

const own = (activation: ActivationLayer): Step[] => [{ kind: 'dual', activation }];
/** The step of an activation, or of φ = 0. */
const unlessZero = (activation: ActivationLayer & { readonly a: number }): Step[] => (activation.a === 0 ? [NOTHING] : own(activation));

export function bringErf(): void {
  addOperation(op.ERF, pairs.erf);
  addOperation(op.ERF_PRECISE, pairs.erfPrecise);
  const shift = (c: number): Step[] => (c === 0 ? [] : [{ kind: 'shift', c }]);
  bring('erf', { steps: ({ a, b, c }) => [{ kind: 'erf', a, b }, ...shift(c)] });
  bring('sigmoidLike', { steps: () => [{ kind: 'erf', a: SIGMOID_LIKE.a, b: SIGMOID_LIKE.b }, ...shift(SIGMOID_LIKE.c)] });
}

/** tanh, sigmoid, softplus, silu, elu, selu */
export function bringTabulated(): void {
  const engine: ActivationEngine = {
    steps(activation) {
      const offset = tabulated(activation)?.offset ?? 0;
      return [...own(activation), ...(offset === 0 ? [] : [{ kind: 'shift', c: offset } as const])];
    },
    operation: (activation) => tabulatedOperation(tabulated(activation)!),
    dual: numericalDual,
    tables: tabulated,
    pair: (activation, odd) => new TabulatedPair(activation, odd),
  };
  for (const kind of ['tanh', 'sigmoid', 'softplus', 'silu', 'elu', 'selu'] as const) bring(kind, engine);
}

export function bringExponential(): void {
  bringErf();
  addOperation(op.EXPONENTIAL, pairs.exponential);
  bring('exp', { steps: unlessZero, operation: smooth.expOperation });
  bring('expNormalized', { operation: smooth.expNormalizedOperation });
  bring('rbf', { operation: smooth.rbfOperation });
}

export function bringGaussian(): void {
  bringErf();
  addOperation(op.GAUSSIAN, pairs.gaussian);
  bring('gaussian', { steps: unlessZero, operation: smooth.gaussianOperation });
}

export function bringSine(): void {
  bringErf();
  addOperation(op.SINE, pairs.sine);
  for (const kind of ['sin', 'cos'] as const) bring(kind, { steps: unlessZero, operation: smooth.sineOperation });
}

export function bringGabor(): void {
  addOperation(op.GABOR, pairs.gabor);
  bring('gabor', { operation: () => smooth.gaborOperation });
}

export function bringGelu(): void {
  addOperation(op.GELU, pairs.gelu);
  bring('gelu', { operation: () => smooth.geluOperation });
}

export function bringSign(): void {
  addOperation(op.SIGN, pairs.sign);
  bring('sign', { operation: () => signOperation });
}

export function bringPolynomial(): void {
  bringErf();
  addOperation(op.POLYNOMIAL, pairs.polynomial);
  bring('polynomial', { steps: (layer) => (layer.coef.every((x) => x === 0) ? [NOTHING] : own(layer)), operation: polynomialOperation });
  bring('hermite', { operation: hermiteOperation });
  bring('monomial', {
    steps: (layer) => (layer.degree === 1 ? [{ kind: 'rectified', a: 1, b: 1 }] : own(layer)),
    operation: monomialOperation,
  });
}

export function bringRectifiedMonomial(): void {
  addOperation(op.RECTIFIED_MONOMIAL, pairs.rectifiedMonomial);
  bring('rectifiedMonomial', {
    steps: (layer) => (layer.degree === 1 ? [{ kind: 'rectified', a: 0, b: 1 }] : own(layer)),
    operation: rectifiedMonomialOperation,
  });
}

export const bringElementwise = (): void => bring('elementwise', { operation: hosted, dual: elementwiseDual });
export const bringNumerical = (): void => bring('elementwiseNumerical', { operation: hosted, dual: numericalDual });
const hosted = (activation: ActivationLayer): Operation => hostOperation(activation);

export function bringActivations(): void {
  for (const family of [bringErf, bringTabulated, bringExponential, bringGaussian, bringSine, bringGabor, bringGelu]) family();
  for (const family of [bringSign, bringPolynomial, bringRectifiedMonomial, bringElementwise, bringNumerical]) family();
}
