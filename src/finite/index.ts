/** Networks of finite width: parameters and outputs. */
export { apply } from './apply';
export { type Dispersion, type DispersionOptions, ntkDispersion } from './dispersion';
export { type EmpiricalOptions, empiricalNngp, empiricalNtk } from './empirical';
export type { FiniteInput, FiniteOptions } from './forward';
export { empiricalNtkVp, linearize } from './gradients';
export { init } from './init';
export { type Estimate, type MonteCarloOptions, type MonteCarloResult, monteCarloEstimates, monteCarloKernel } from './monte-carlo';
export type { AttentionParams, LayerParams, LinearParams, Params } from './params';
export { type Checkpoint, type Optimizer, type Training, type TrainOptions, train } from './train';
