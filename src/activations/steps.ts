/** Activations as steps of the recursion, and the operation of each step of kind 'dual'. */
import type { Step } from '../infer';
import type { ActivationLayer, Layer } from '../spec';
import type { Operation } from './operation';
import { engineOf, isBrought } from './registry';

/** φ = 0; whoever gives it brings erf. */
export const NOTHING: Step = { kind: 'erf', a: 0, b: 1 };

/** The piecewise linear activations; null for others. */
function rectifiedSteps(layer: Layer): Step[] | null {
  switch (layer.kind) {
    case 'relu':
      return [{ kind: 'rectified', a: 0, b: 1 }];
    case 'abs':
      return [{ kind: 'rectified', a: -1, b: 1 }];
    case 'leakyRelu':
      return [{ kind: 'rectified', a: layer.alpha, b: 1 }];
    case 'abRelu':
      return [layer.a === 0 && layer.b === 0 ? NOTHING : { kind: 'rectified', a: layer.a, b: layer.b }];
    default:
      return null;
  }
}

/** Whether a layer is an activation that the engines have. */
export const isActivation = (layer: Layer): layer is ActivationLayer => rectifiedSteps(layer) !== null || isBrought(layer.kind);

/** The steps that an activation takes: one, or two where it adds a constant. @throws ERR_UNSUPPORTED */
export function stepsOf(layer: ActivationLayer): Step[] {
  return rectifiedSteps(layer) ?? engineOf(layer).steps?.(layer) ?? [{ kind: 'dual', activation: layer }];
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
  const known = KNOWN.get(activation) ?? (engineOf(activation).operation?.(activation) as Operation);
  KNOWN.set(activation, known);
  return known;
}
