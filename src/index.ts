export { AbortError, type ErrorCode, InfiniteWidthError } from './errors';
export { kernel, kernelSync } from './kernel';
export { dense } from './layers/dense';
export { abRelu, abs, erf, leakyRelu, relu, sigmoidLike } from './layers/elementwise';
export { flatten, identity, serial } from './layers/structure';
