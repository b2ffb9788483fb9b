import type { Dual } from '../duals/dual';
import { InfiniteWidthError } from '../errors';
import { checkedOptions, positiveNumber } from '../layers/checks';
import { type ActivationLayer, standardDeviation } from '../spec';
import { dualWhereItExists } from './activation';
import { type CorrelationMap, correlationMap, curvatureAtOne, fixedMargin } from './correlation-map';
import type { Phase } from './ntk-dispersion-limit';
import { LARGE, SMALL, settle, type Variances } from './variance-map';

export interface MeanFieldOptions {
  /** Standard deviation of the weights before division by √fan-in. */
  wStd: number;
  /** Standard deviation of the biases. Default 0. */
  bStd?: number;
  /** Variance of the first pre-activation, from which the depth recursion starts. Default 1. Matters only where there are several q*. */
  q0?: number;
}

/**
 * Signal propagation through wide and deep networks of one activation φ; (u, v) below is a Gaussian pair of variances q* and
 * correlation c.
 */
export interface MeanField {
  /** Variance of a pre-activation at depth: q* = σ_w² E[φ(u)²] + σ_b²; 0 or Infinity where it decays or grows without end. */
  readonly qStar: number;
  /**
   * Correlation of two inputs at depth, the attracting fixed point of C(c) = (σ_w² E[φ(u)φ(v)] + σ_b²)/q*; 1 exactly where chi1 ≤ 1 or
   * q* = Infinity.
   */
  readonly cStar: number;
  /** χ₁ = C'(1) = σ_w² E[φ'(u)²]: what a layer does to the squared norm of a gradient. Infinity where φ jumps. */
  readonly chi1: number;
  /** χ_c* = σ_w² E[φ'(u)φ'(v)] at c = c*. */
  readonly chiC: number;
  /** ξ₁ = 1/|log χ₁|, layers over which gradients vanish or explode by a factor of e. */
  readonly xi1: number;
  /** ξ_c = −1/log χ_c*, layers over which correlations approach c*; Infinity where they do so as a power of depth. */
  readonly xiC: number;
  /** ξ_* = 1/(log χ₁ − log χ_c*), layers over which the NTK forgets the data in the chaotic phase; Infinity in the others. */
  readonly xiStar: number;
  /** C''(1) = σ_w² q* E[φ''(u)²]; Infinity where φ has a kink. */
  readonly curvature: number;
  /** 'ordered' χ₁ < 1, 'critical' χ₁ = 1 to within 1e-9, 'chaotic' χ₁ > 1. */
  readonly phase: Phase;
}

export type Propagation = Omit<MeanField, 'curvature'>;

/** |χ₁ − 1| up to which a network counts as critical. */
export const CRITICAL = 1e-9;

/**
 * Mean-field theory of `serial(dense(…), activation, dense(…), …)` and the convolutional networks of the same variances.
 *
 * Poole et al. 2016, arXiv 1606.05340; Schoenholz et al. 2017, arXiv 1611.01232; in the notation of Xiao, Pennington & Schoenholz 2020,
 * arXiv 1912.13053. Where φ grows like |x| and q* = Infinity (ReLU beyond wStd = √2), correlations tend to 1 as a power of depth for
 * every wStd (a linear φ keeps them): chi1 and chiC are then the limits of their definitions at large variance, cStar is 1 and xiC
 * Infinity. At q* = 0 chi1 is the limit at small variance. The accuracy is that of the activation's dual; the curvature is extrapolated,
 * to about 1e-9.
 * @throws ERR_ARGUMENT for options out of range, and where there is no limit: the variance grows faster than geometrically, or does not
 * settle; ERR_NON_FINITE where an expectation at q* does not exist; ERR_UNSUPPORTED for an activation without a dual
 */
export function meanField(activation: ActivationLayer, options: MeanFieldOptions): MeanField {
  const caller = 'meanField';
  const { wStd, bStd = 0, q0 = 1 } = checkedOptions(caller, options, ['wStd', 'bStd', 'q0']);
  standardDeviation(wStd, caller, 'wStd');
  standardDeviation(bStd, caller, 'bStd');
  positiveNumber(q0, caller, 'q0', 'it is a variance');
  const dual = dualWhereItExists(activation, caller);
  const { map, ...propagation } = propagate(dual, activation.kind, { w: wStd * wStd, b: bStd * bStd }, q0);
  return { ...propagation, curvature: curvatureAtOne(map) };
}

/** All but the curvature, and the map that gives it. */
export function propagate(dual: Dual, kind: string, variances: Variances, q0: number): Propagation & { readonly map: CorrelationMap } {
  const destination = settle(dual, variances, q0);
  if (destination === 'unbounded' || destination === 'unsettled') throw noLimit(destination, kind, variances, q0);
  const qStar = destination === 'infinite' ? Infinity : destination;
  const map = correlationMap(dual, variances.w, Math.min(LARGE, Math.max(SMALL, qStar)));
  const chi1 = map.slope(0);
  if (Number.isNaN(chi1)) throw noSlope(kind, qStar);
  const phase: Phase = Math.abs(chi1 - 1) <= CRITICAL ? 'critical' : chi1 < 1 ? 'ordered' : 'chaotic';
  if (phase === 'critical') return { qStar, cStar: 1, chi1, chiC: chi1, xi1: Infinity, xiC: Infinity, xiStar: Infinity, phase, map };
  const xi1 = 1 / Math.abs(Math.log(chi1));
  if (phase === 'ordered') return { qStar, cStar: 1, chi1, chiC: chi1, xi1, xiC: xi1, xiStar: Infinity, phase, map };
  if (qStar === Infinity) return { qStar, cStar: 1, chi1, chiC: chi1, xi1, xiC: Infinity, xiStar: Infinity, phase, map };
  const margin = fixedMargin(map);
  const chiC = map.slope(margin);
  if (Number.isNaN(chiC)) throw noSlope(kind, qStar);
  return { qStar, cStar: 1 - margin, chi1, chiC, xi1, xiC: -1 / Math.log(chiC), xiStar: 1 / Math.log(chi1 / chiC), phase, map };
}

const noSlope = (kind: string, qStar: number): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_NON_FINITE',
    `mean field of ${kind}: E[φ'(u)φ'(v)] is not a number at the variance ${qStar} of pre-activations; use a smaller wStd, or check the functions given to the activation`,
    { kind, qStar },
  );

function noLimit(why: 'unbounded' | 'unsettled', kind: string, { w, b }: Variances, q0: number): InfiniteWidthError {
  const [wStd, bStd] = [Math.sqrt(w), Math.sqrt(b)];
  const cause =
    why === 'unbounded'
      ? 'grows faster than geometrically with depth, so there is no limit; use a smaller wStd, bStd or q0'
      : 'does not settle: the fixed point next to q0 repels; use another wStd or q0';
  const message = `mean field of ${kind}, wStd ${wStd}, bStd ${bStd}: from q0 = ${q0} the variance of pre-activations ${cause}`;
  return new InfiniteWidthError('ERR_ARGUMENT', message, { kind, wStd, bStd, q0 });
}
