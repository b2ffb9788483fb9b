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
import '../whole';

export * from './main';
