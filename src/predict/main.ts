/** The names of `infinite-width/predict`, for whose entry (index.ts) everything is brought beside them. */
export type { InputArray, MatrixInput, OutputArray, RegularizerOptions } from './arguments';
export { type FitOptions, fit, fitSync, load } from './fit';
export {
  type Gaussian,
  type GaussianName,
  type Gaussians,
  type GpInferenceOptions,
  type GpPredictOptions,
  gpInference,
  gpInferenceSync,
  type KernelPair,
} from './gp-inference';
export {
  type GradientDescentOptions,
  type GradientDescentRequest,
  type GradientDescentResult,
  gradientDescent,
  gradientDescentSync,
} from './gradient-descent';
export {
  type GradientDescentMseOptions,
  type GradientDescentMseRequest,
  type GradientDescentMseResult,
  gradientDescentMse,
  gradientDescentMseSync,
} from './gradient-descent-mse';
export {
  type EnsembleName,
  type EnsembleOptions,
  type EnsembleRequest,
  gradientDescentMseEnsemble,
  gradientDescentMseEnsembleSync,
} from './gradient-descent-mse-ensemble';
export { type LeaveOneOut, type LeaveOneOutOptions, leaveOneOut, leaveOneOutSync } from './leave-one-out';
export { type LogMarginalLikelihoodOptions, logMarginalLikelihood, logMarginalLikelihoodSync } from './log-marginal-likelihood';
export type { Loss, LossGradient } from './losses';
export { type MaxLearningRateOptions, maxLearningRate, maxLearningRateSync } from './max-learning-rate';
export { type CovarianceKind, Model, type ModelKernel, type Prediction, type PredictOptions } from './model';
export { type RidgePoint, type RidgeSweep, type RidgeSweepOptions, ridgeSweep, ridgeSweepSync } from './ridge-sweep';
export type { RunOptions } from './steps';
export type { Time } from './times';
