/** What the functions of mean-field theory are given: an activation, as its dual. */
import { type Dual, dualOf } from '../duals/dual';
import { InfiniteWidthError } from '../errors';
import { badArgument } from '../layers/checks';
import type { ActivationLayer } from '../spec';

const ACTIVATIONS: Readonly<Record<ActivationLayer['kind'], true>> = {
  relu: true,
  abs: true,
  leakyRelu: true,
  abRelu: true,
  sign: true,
  rectifiedMonomial: true,
  erf: true,
  sigmoidLike: true,
  tanh: true,
  sigmoid: true,
  gelu: true,
  silu: true,
  softplus: true,
  elu: true,
  selu: true,
  sin: true,
  cos: true,
  rbf: true,
  gabor: true,
  exp: true,
  gaussian: true,
  expNormalized: true,
  monomial: true,
  hermite: true,
  polynomial: true,
  elementwise: true,
  elementwiseNumerical: true,
};

/** The dual of an activation, NaN where an expectation does not exist. @throws ERR_ARGUMENT for anything else, ERR_UNSUPPORTED without a dual */
export function dualWhereItExists(activation: ActivationLayer, caller: string): Dual {
  if (typeof activation !== 'object' || activation === null || !Object.hasOwn(ACTIVATIONS, activation.kind))
    throw badArgument(
      caller,
      'the activation',
      'an activation layer',
      activation,
      'write relu() or tanh(), without the dense layers around it',
    );
  const dual = dualOf(activation);
  return {
    variance: (q) => orNaN(() => dual.variance(q)),
    nngp: (k, q1, q2, d) => orNaN(() => dual.nngp(k, q1, q2, d)),
    factor: (k, q1, q2, d) => orNaN(() => dual.factor(k, q1, q2, d)),
    distance: (k, q1, q2, d) => orNaN(() => dual.distance(k, q1, q2, d)),
  };
}

function orNaN(f: () => number): number {
  try {
    return f();
  } catch (error) {
    if (error instanceof InfiniteWidthError && error.code === 'ERR_NON_FINITE') return Number.NaN;
    throw error;
  }
}
