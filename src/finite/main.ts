/** The names of `infinite-width/finite`, for whose entry (index.ts) everything is brought beside them. */
export { apply } from './apply';
export { type Dispersion, type DispersionOptions, ntkDispersion, ntkDispersionSync } from './dispersion';
export { type EmpiricalOptions, empiricalNngp, empiricalNtk } from './empirical';
export { empiricalNtkVp } from './gradients';
export { type InitOptions, init } from './init';
export { type ClassBlocks, classBlocks, relativeChange } from './kernel-change';
export type { OutputAxes } from './layout';
export {
  type Estimate,
  type MonteCarloField,
  type MonteCarloOptions,
  type MonteCarloResult,
  monteCarloEstimates,
  monteCarloKernel,
  monteCarloKernelSync,
} from './monte-carlo';
export type { FiniteInput, FiniteOptions, PairOptions } from './options';
export type { Distribution } from './orthogonal';
export type { AttentionParams, LayerParams, LinearParams, Params } from './params';
export type { Rng } from './rng';
export { type Expansion, linearize, taylorExpand } from './taylor';
export { type Checkpoint, type Optimizer, type Training, type TrainOptions, train, trainSync } from './train';
