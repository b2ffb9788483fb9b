/** The names of `infinite-width`, for whose entry (index.ts) everything is brought beside them. */
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
export * from './predict/main';
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
