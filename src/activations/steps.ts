/** Activations as steps of the recursion, and the operation of each step of kind 'dual'. */
import { tabulated } from '../duals/numerical/index';
import type { Step } from '../infer';
import { type ActivationLayer, SIGMOID_LIKE } from '../spec';
import { hostOperation } from './host';
import type { Operation } from './operation';
import { hermiteOperation, monomialOperation, polynomialOperation, rectifiedMonomialOperation, signOperation } from './polynomial';
import {
  expNormalizedOperation,
  expOperation,
  gaborOperation,
  gaussianOperation,
  geluOperation,
  rbfOperation,
  sineOperation,
} from './smooth';
import { tabulatedOperation } from './tabulated';

/** φ = 0 */
const NOTHING: Step = { kind: 'erf', a: 0, b: 1 };

/** The steps that an activation takes: one, or two where it adds a constant. */
export function stepsOf(layer: ActivationLayer): Step[] {
  switch (layer.kind) {
    case 'relu':
      return [{ kind: 'rectified', a: 0, b: 1 }];
    case 'abs':
      return [{ kind: 'rectified', a: -1, b: 1 }];
    case 'leakyRelu':
      return [{ kind: 'rectified', a: layer.alpha, b: 1 }];
    case 'abRelu':
      return [layer.a === 0 && layer.b === 0 ? NOTHING : { kind: 'rectified', a: layer.a, b: layer.b }];
    case 'sigmoidLike':
      return [
        { kind: 'erf', a: SIGMOID_LIKE.a, b: SIGMOID_LIKE.b },
        { kind: 'shift', c: SIGMOID_LIKE.c },
      ];
    case 'erf':
      return [{ kind: 'erf', a: layer.a, b: layer.b }, ...(layer.c === 0 ? [] : [{ kind: 'shift', c: layer.c } as const])];
    case 'exp':
    case 'gaussian':
    case 'sin':
    case 'cos':
      return [layer.a === 0 ? NOTHING : { kind: 'dual', activation: layer }];
    case 'polynomial':
      return [layer.coef.every((x) => x === 0) ? NOTHING : { kind: 'dual', activation: layer }];
    case 'monomial':
      return [layer.degree === 1 ? { kind: 'rectified', a: 1, b: 1 } : { kind: 'dual', activation: layer }];
    case 'rectifiedMonomial':
      return [layer.degree === 1 ? { kind: 'rectified', a: 0, b: 1 } : { kind: 'dual', activation: layer }];
    default: {
      const offset = tabulated(layer)?.offset ?? 0;
      return [{ kind: 'dual', activation: layer }, ...(offset === 0 ? [] : [{ kind: 'shift', c: offset } as const])];
    }
  }
}

/** A step as the interpreters take it: an activation that has a step of another kind, or none, is replaced. */
export function settledSteps(step: Step): Step[] {
  if (step.kind !== 'dual') return [step];
  const steps = stepsOf(step.activation);
  return steps.some((own) => own.kind === 'dual') ? [step] : steps;
}

const KNOWN = new WeakMap<ActivationLayer, Operation>();

/** The operation of an activation that is a step of its own, the same for every call. */
export function operationOf(activation: ActivationLayer): Operation {
  const known = KNOWN.get(activation) ?? makeOperation(activation);
  KNOWN.set(activation, known);
  return known;
}

function makeOperation(activation: ActivationLayer): Operation {
  switch (activation.kind) {
    case 'exp':
      return expOperation(activation);
    case 'gaussian':
      return gaussianOperation(activation);
    case 'rbf':
      return rbfOperation(activation);
    case 'expNormalized':
      return expNormalizedOperation(activation);
    case 'sin':
    case 'cos':
      return sineOperation(activation);
    case 'gabor':
      return gaborOperation;
    case 'gelu':
      return geluOperation;
    case 'sign':
      return signOperation;
    case 'polynomial':
      return polynomialOperation(activation);
    case 'hermite':
      return hermiteOperation(activation);
    case 'monomial':
      return monomialOperation(activation);
    case 'rectifiedMonomial':
      return rectifiedMonomialOperation(activation);
    default: {
      const tables = tabulated(activation);
      return tables ? tabulatedOperation(tables) : hostOperation(activation);
    }
  }
}
