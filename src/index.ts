/**
 * infinite-width: neural networks of infinite width as kernels.
 *
 * ```ts
 * import { dense, fit, relu, serial } from 'infinite-width';
 *
 * const net = serial(dense(512, { wStd: Math.SQRT2, bStd: 0.1 }), relu(), dense(1));
 * const model = await fit(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]);
 * const { mean } = await model.predict([[0.1, 0.9]]);
 * ```
 */

export { inLanes } from './activations/elementwise';
export type { Capabilities, EngineContext, EngineOptions } from './context';
export type { Lanes } from './duals/lanes';
export { estimateError } from './duals/numerical/index';
export { createEngine, type Engine } from './engine';
export { AbortError, type ErrorCode, InfiniteWidthError } from './errors';
export { type Explanation, explain } from './explain';
export {
  type Input,
  type KernelField,
  type KernelFields,
  type KernelOptions,
  type KernelResult,
  kernel,
  kernelSync,
  type Progress,
} from './kernel';
export * from './layers/index';
export { parseNetwork } from './layers/parse';
export type { ArrayLike2D, DType, NDArray, TypedArray } from './ndarray';
export type { EngineChoice } from './plan';
export * from './predict/index';
export type {
  AbReluLayer,
  ActivationLayer,
  AggregateLayer,
  AttentionLayer,
  AttentionMechanism,
  Constant,
  ConvLayer,
  DegreeLayer,
  DenseLayer,
  DotGeneralLayer,
  DropoutLayer,
  ElementwiseLayer,
  ElementwiseNumericalLayer,
  EluLayer,
  ErfLayer,
  ExpNormalizedLayer,
  ExponentialLayer,
  FanInConcatLayer,
  FanOutLayer,
  GeluLayer,
  ImageResizeLayer,
  IndexEntry,
  IndexLayer,
  Layer,
  LayerNormLayer,
  LeakyReluLayer,
  Network,
  Padding,
  Parameterization,
  PlainLayer,
  PolynomialLayer,
  PoolLayer,
  PositionalEmbedding,
  RbfLayer,
  RepeatLayer,
  SerialLayer,
  SimpleActivationLayer,
  SineLayer,
} from './spec';
export { canonicalJson, hash } from './spec';
