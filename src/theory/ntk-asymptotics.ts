/**
 * The NTK of wide networks at depth: entries, spectrum, condition number, mean predictor (Xiao, Pennington & Schoenholz 2020, arXiv 1912.13053;
 * every row of its table derived again and checked by recursion).
 */
import { InfiniteWidthError } from '../errors';
import { badArgument, checkedOptions, positiveNumber, wholeNumber } from '../layers/checks';
import { type ActivationLayer, standardDeviation } from '../spec';
import { meanField } from './mean-field';
import type { Phase } from './ntk-dispersion-limit';

export interface NtkAsymptoticsOptions {
  /** Standard deviations of weights (before division by √fan-in) and biases; bStd 0 by default. */
  wStd: number;
  bStd?: number;
  /** Variance of the first pre-activation, from which q* is looked for; default 1. See meanField. */
  q0?: number;
  /** l, layers with weights. */
  depth: number;
  /** m, training samples. */
  samples: number;
  /**
   * 'fullyConnected' (default); 'flatten' and 'pooling': convolutions with circular padding, then flatten() or globalAvgPool(), and a dense layer.
   * The second is like the first to leading order.
   */
  network?: 'fullyConnected' | 'flatten' | 'pooling';
  /** d, locations before 'pooling', which needs it. */
  locations?: number;
  /** Probability of keeping in a dropout layer after the last activation; default 1, none. */
  keep?: number;
}

/** To leading order in l for inputs in general position, before the last pooling where `diagonal` and `offDiagonal` are concerned. */
export interface NtkAsymptotics {
  readonly phase: Phase;
  /** Θ(x, x) = q*(χ₁ˡ − 1)/(χ₁ − 1), and l q* on the critical line: exact. */
  readonly diagonal: number;
  /**
   * Θ(x, x'): q* / (1 − χ₁) in the ordered phase, q* c* / (1 − χ_c*) in the chaotic one; on the critical line (l/3) q*, or (l/4) q* where φ has a kink, and what
   * depends on the data does not grow with l.
   */
  readonly offDiagonal: number;
  /** Largest eigenvalue of the m × m kernel. */
  readonly largest: number;
  /**
   * 2/largest, below which gradient descent f ← f − η Θ (f − y) converges: 2/(m p*) in the ordered phase with p* the entries, 6/((m + 2) l q*) on
   * the critical line, 2/p of a diagonal p in the chaotic one (d times that after pooling). `maxLearningRate` of the prediction functions counts in
   * steps on ½ mean (f − y)², yTrainSize times as long.
   */
  readonly maxLearningRate: number;
  /** The other m − 1. In the ordered phase l χ₁ˡ (over d) times a factor that depends on the data but not on l, given without that factor. */
  readonly bulk: number;
  /** κ = largest/bulk. */
  readonly conditionNumber: number;
  /**
   * How the mean prediction Θ* Θ⁻¹Y for centred Y goes with depth, without a factor that depends on the data but not on l: 1 in the ordered phase,
   * 1/l on the critical line, l (χ(c*) / χ₁)ˡ in the chaotic one; d times that after pooling on the last two.
   */
  readonly predictor: number;
}

const NAMES = ['wStd', 'bStd', 'q0', 'depth', 'samples', 'network', 'locations', 'keep'] as const;
const NETWORKS: readonly unknown[] = ['fullyConnected', 'flatten', 'pooling'];

/**
 * The NTK (in the NTK parameterization) of `serial(dense(…), φ, dense(…), φ, …, dense(…))` and of convolutional networks at depth, on inputs whose first
 * pre-activations have the variance q*.
 *
 * With pooling an entry is the mean over d × d pairs of locations, d of which are diagonal: what is above the level of `offDiagonal` is divided
 * by d. Dropout adds r = (1/keep − 1)(Θ(x, x) − σ_b²) to the diagonal, a ridge.
 * @throws as `meanField`; ERR_ARGUMENT for options out of range, and where q* is 0 or Infinity (ReLU off its critical point), the activation
 *   jumps, or is linear
 */
export function ntkAsymptotics(activation: ActivationLayer, options: NtkAsymptoticsOptions): NtkAsymptotics {
  const caller = 'ntkAsymptotics';
  const {
    wStd,
    bStd = 0,
    q0 = 1,
    depth,
    samples,
    network = 'fullyConnected',
    locations,
    keep = 1,
  } = checkedOptions(caller, options, NAMES);
  wholeNumber(depth, caller, 'depth', 1);
  wholeNumber(samples, caller, 'samples', 1);
  standardDeviation(wStd, caller, 'wStd');
  if (!NETWORKS.includes(network)) throw badArgument(caller, 'network', "'fullyConnected', 'flatten' or 'pooling'", network);
  if ((network === 'pooling') !== (locations !== undefined))
    throw badArgument(caller, 'locations', "given for network 'pooling', and for no other", locations);
  const d = wholeNumber(locations ?? 1, caller, 'locations', 1);
  if (!(positiveNumber(keep, caller, 'keep') <= 1)) throw badArgument(caller, 'keep', 'at most 1', keep, 'it is a probability');
  const field = meanField(activation, { wStd, bStd, q0 });
  const { qStar, cStar, chi1, chiC, curvature, phase } = field;
  requireEntries(caller, activation, { qStar, chi1, curvature });
  const diagonal = qStar * (phase === 'critical' ? depth : geometric(chi1, depth));
  const offDiagonal = {
    ordered: qStar / (1 - chi1),
    critical: (qStar * depth) / (curvature === Number.POSITIVE_INFINITY ? 4 : 3),
    chaotic: (qStar * cStar) / (1 - chiC),
  }[phase];
  const ridge = keep < 1 ? (1 / keep - 1) * (diagonal - bStd * bStd) : 0;
  const spread = phase === 'ordered' ? depth * chi1 ** depth : diagonal - offDiagonal;
  const bulk = (spread + ridge) / d;
  const largest = bulk + samples * offDiagonal;
  const forgets = { ordered: 1, critical: d / depth, chaotic: d * depth * (chiC / chi1) ** depth }[phase];
  const conditionNumber = 1 + (samples * offDiagonal) / bulk;
  return { phase, diagonal, offDiagonal, largest, maxLearningRate: 2 / largest, bulk, conditionNumber, predictor: forgets };
}

/** (χˡ − 1)/(χ − 1) */
const geometric = (chi: number, depth: number): number => Math.expm1(depth * Math.log(chi)) / (chi - 1);

/** @throws ERR_ARGUMENT where entries vanish or are infinite, or correlations stay as they are */
function requireEntries(
  caller: string,
  { kind }: ActivationLayer,
  { qStar, chi1, curvature }: { readonly qStar: number; readonly chi1: number; readonly curvature: number },
): void {
  const why =
    chi1 === Number.POSITIVE_INFINITY
      ? 'jumps, so gradients have no second moment'
      : !(qStar > 0 && qStar < Number.POSITIVE_INFINITY)
        ? `has pre-activations of variance ${qStar} at depth, so entries vanish or grow without end`
        : curvature === 0
          ? 'is linear, so correlations stay as they are'
          : null;
  if (why === null) return;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${caller}: ${kind} ${why}; take the kernel itself at the depth you need, or other wStd and bStd (criticalLine finds them)`,
    { kind, qStar, chi1 },
  );
}
