/**
 * Theory of deep networks: how far finite networks are from the infinite limit, and how signals and gradients pass through depth.
 *
 * ```ts
 * import { erf } from 'infinite-width';
 * import { criticalLine, meanField, ntkMoments } from 'infinite-width/theory';
 *
 * criticalLine(erf(), { bStd: 0.3 });                  // { wStd, qStar }
 * meanField(erf(), { wStd: 1.5, bStd: 0.3 }).phase;    // 'chaotic'
 * ntkMoments({ widths: [784, 100, 100, 1], wStd: Math.SQRT2, parameterization: 'ntk', trainBiases: false, squaredNorm: 1 }).ratio;
 * ```
 */
export { type Catapult, type CatapultOptions, catapult } from './catapult';
export { type CriticalLineOptions, type CriticalPoint, criticalLine } from './critical-line';
export { type Eigenlearning, type EigenlearningOptions, eigenlearning } from './eigenlearning';
export { type MeanField, type MeanFieldOptions, meanField } from './mean-field';
export { type NtkAsymptotics, type NtkAsymptoticsOptions, ntkAsymptotics } from './ntk-asymptotics';
export { type NtkDispersionLimitOptions, ntkDispersionLimit, type Phase } from './ntk-dispersion-limit';
export { type NtkMoments, type NtkMomentsOptions, ntkMoments } from './ntk-moments';
export { type PhaseDiagram, type PhaseDiagramOptions, phaseDiagram, phaseDiagramSync } from './phase-diagram';
