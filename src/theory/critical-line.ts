import type { Dual } from '../duals/dual';
import { InfiniteWidthError } from '../errors';
import { checkedOptions, positiveNumber } from '../layers/checks';
import { type ActivationLayer, standardDeviation } from '../spec';
import { dualWhereItExists } from './activation';
import { bracketedRoot } from './bracketed-root';
import { CRITICAL } from './mean-field';
import { growsLinearly, LARGE, noise, SMALL, settle } from './variance-map';

export interface CriticalLineOptions {
  /** Standard deviation of the biases. */
  bStd: number;
  /** Variance of the first pre-activation. Default 1; see meanField. */
  q0?: number;
}

/** A point of the critical line. */
export interface CriticalPoint {
  /** wStd with χ₁ = 1. */
  readonly wStd: number;
  /** The variance at depth there; Infinity where it grows without end (ReLU with a bias), q0 where every variance stays (ReLU without). */
  readonly qStar: number;
}

/** Octaves that are searched, either way from q0. */
const REACH = 64;

/**
 * The wStd at which gradients neither vanish nor explode, for a given bStd: on the line σ_w²(q) = 1/E[φ'²], σ_b²(q) = q − σ_w²(q) E[φ²]
 * (Xiao, Pennington & Schoenholz 2020, arXiv 1912.13053) the point with this σ_b, to which the variance goes from q0.
 * @throws ERR_ARGUMENT where there is none: for φ with jumps, and where the variance leaves the line, as for gelu and silu at small bStd;
 * ERR_UNSUPPORTED for an activation without a dual
 */
export function criticalLine(activation: ActivationLayer, options: CriticalLineOptions): CriticalPoint {
  const caller = 'criticalLine';
  const { bStd, q0 = 1 } = checkedOptions(caller, options, ['bStd', 'q0']);
  standardDeviation(bStd, caller, 'bStd');
  positiveNumber(q0, caller, 'q0', 'it is a variance');
  const dual = dualWhereItExists(activation, caller);
  for (const w of candidates(dual, bStd * bStd, q0)) {
    const wStd = Math.sqrt(w);
    const destination = settle(dual, { w: wStd * wStd, b: bStd * bStd }, q0);
    if (destination === 'unbounded' || destination === 'unsettled') continue;
    const qStar = destination === 'infinite' ? Infinity : destination;
    if (Math.abs(w / criticalVariance(dual, Math.min(LARGE, Math.max(SMALL, qStar))) - 1) <= CRITICAL) return { wStd, qStar };
  }
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `criticalLine: ${activation.kind} with bStd ${bStd} has no wStd with χ₁ = 1 at the variance that it reaches from q0 = ${q0}; use another bStd or q0, or meanField for the phases around it`,
    { kind: activation.kind, bStd, q0 },
  );
}

/** σ_w² = 1/E[φ'²] at variance q. */
const criticalVariance = (dual: Dual, q: number): number => 1 / dual.factor(q, q, q, 0);

/**
 * σ_w² of the places where the line may have the given σ_b²: at q0 itself, at 0, in the direction in which they are if σ_b²(q) increases
 * with q, as it mostly does, at infinity, in the other direction.
 */
function* candidates(dual: Dual, b: number, q0: number): Generator<number> {
  const missing = (q: number): number => q - criticalVariance(dual, q) * dual.variance(q) - b;
  const first = missing(q0);
  if (Math.abs(first) <= noise(q0)) yield criticalVariance(dual, q0);
  if (b === 0 && dual.variance(SMALL) <= 1e-50) yield criticalVariance(dual, SMALL);
  const direction = first < 0 ? 1 : -1;
  for (const q of crossings(missing, q0, direction)) yield criticalVariance(dual, q);
  if (growsLinearly(dual)) yield criticalVariance(dual, LARGE);
  for (const q of crossings(missing, q0, -direction)) yield criticalVariance(dual, q);
}

/** Changes of sign of f, looked for 1, 2, 4, … octaves from q0; few, since duals by quadrature pay for every octave that they see. */
function* crossings(f: (q: number) => number, q0: number, direction: number): Generator<number> {
  let before: { log: number; value: number } | undefined;
  for (let octaves = 0; octaves <= REACH; octaves = Math.max(1, 2 * octaves)) {
    const log = Math.log(q0) + direction * octaves * Math.LN2;
    const value = f(Math.exp(log));
    if (!(Math.abs(value) > noise(Math.exp(log)))) continue;
    if (before && before.value > 0 !== value > 0)
      yield Math.exp(bracketedRoot((t) => f(Math.exp(t)), before.log, log, before.value, value));
    before = { log, value };
  }
}
