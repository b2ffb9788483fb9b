/** The names of `infinite-width/theory`, for whose entry (index.ts) everything is brought beside them. */
export { type Catapult, type CatapultOptions, catapult } from './catapult';
export { type CriticalLineOptions, type CriticalPoint, criticalLine } from './critical-line';
export { type Eigenlearning, type EigenlearningOptions, eigenlearning } from './eigenlearning';
export { type MeanField, type MeanFieldOptions, meanField } from './mean-field';
export { type NtkAsymptotics, type NtkAsymptoticsOptions, ntkAsymptotics } from './ntk-asymptotics';
export { type NtkDispersionLimitOptions, ntkDispersionLimit, type Phase } from './ntk-dispersion-limit';
export { type NtkMoments, type NtkMomentsOptions, ntkMoments } from './ntk-moments';
export { type PhaseDiagram, type PhaseDiagramOptions, phaseDiagram, phaseDiagramSync } from './phase-diagram';
