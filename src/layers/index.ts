/** Every layer function. */
export { type AggregateOptions, aggregate } from './aggregate';
export { type GlobalSelfAttentionOptions, globalSelfAttention } from './attention';
export { type ConvOptions, type ConvTransposeOptions, conv, convLocal, convTranspose } from './conv';
export { type DenseOptions, dense } from './dense';
export { type ConstantArray, type DotGeneralOptions, dotGeneral } from './dot-general';
export { type DropoutOptions, dropout } from './dropout';
export * from './elementwise';
export { type FanInConcatOptions, fanInConcat, fanInProd, fanInSum, fanOut } from './fan';
export { type ImageResizeOptions, imageResize } from './image-resize';
export { index, slice } from './index-layer';
export { type LayerNormOptions, layerNorm } from './layer-norm';
export { type AvgPoolOptions, avgPool, globalAvgPool, globalSumPool, type SumPoolOptions, sumPool } from './pool';
export { flatten, identity, parallel, repeat, serial } from './structure';
