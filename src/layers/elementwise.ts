/** All activations. Each needs a Gaussian input: a parameterized layer before it. */
export {
  type ElementwiseNumericalOptions,
  type ElementwiseOptions,
  elementwise,
  elementwiseNumerical,
} from './activations/custom';
export {
  type ExpNormalizedOptions,
  type ExpOptions,
  exp,
  expNormalized,
  type GaussianOptions,
  gaussian,
} from './activations/exponential';
export { type EluOptions, elu, type GeluOptions, gelu, selu, silu, softplus } from './activations/gated';
export { hermite, monomial, polynomial } from './activations/polynomial';
export { abRelu, abs, leakyRelu, rectifiedMonomial, relu, sign } from './activations/rectified';
export { type ErfOptions, erf, sigmoid, sigmoidLike, tanh } from './activations/sigmoidal';
export { cos, gabor, type RbfOptions, rbf, type SineOptions, sin } from './activations/waves';
