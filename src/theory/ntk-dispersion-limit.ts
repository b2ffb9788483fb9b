import { badArgument, checkedOptions, flag, notNegative, oneOf } from '../layers/checks';

/** Whether gradients vanish with depth, keep their size, or explode. */
export type Phase = 'ordered' | 'critical' | 'chaotic';
export const PHASES: readonly Phase[] = ['ordered', 'critical', 'chaotic'];

export interface NtkDispersionLimitOptions {
  /** For ReLU: 'ordered' wStd < √2, 'critical' wStd = √2 (the edge of chaos), 'chaotic' wStd > √2. */
  phase: Phase;
  /**
   * Biases are 0 at initialisation. true: they are trained, in the standard parameterization. false: they are not, or the parameterization
   * is the NTK one, where a bias of standard deviation 0 has no gradient; the limit is then the same in every phase.
   */
  trainBiases: boolean;
  /** |x|²/(n₀/M): the squared norm of the input per input width over hidden width. Needed in the critical phase with trained biases only. */
  r?: number;
}

/**
 * lim E[Θ(x, x)²]/E[Θ(x, x)]² of a ReLU network of L weight layers and hidden widths M as L, M → ∞ with L/M = λ; ntkMoments is
 * 1 + O(1/M) of it. With φ_k(z) = Σ zʲ/(j + k)!, which has no cancellation at small λ:
 *
 * - weights only, and chaotic: R = e^(5λ) (1/3 + (4/3) φ₂(−6λ)) = 1 + 11λ/3 + O(λ²), → e^(5λ)/3;
 * - critical, trained biases: R = (r² e^(5λ) (1/3 + (4/3) φ₂(−6λ)) + 2 (1 + r) φ₂(5λ) + r J)/(1 + r)²,
 *   J = (2/3) φ₁(5λ) + (4/9) φ₂(5λ) + (2/9) φ₂(−λ);
 * - ordered, trained biases: R = 1.
 *
 * The expression e^(5λ)/(2λ) (1 − (1 − e^(−4λ))/(4λ)), which follows when paths cannot pair again between two layers (growth (1 + 1/M)ᵘ
 * instead of ((1 + 5/M)ᵘ + 2 (1 − 1/M)ᵘ)/3), agrees to first order in λ alone: it gives 55.99 where the limit is 76.97, at λ = 1.
 * Set-up of Seleznova & Kutyniok 2022, arXiv 2202.00553; rates e^(5λ) as in Hanin & Nica 2020, arXiv 1909.05989.
 * @param lambda depth over width, at least 0; 0 gives 1. Beyond λ ≈ 141 the limit is beyond doubles: Infinity.
 * @throws ERR_ARGUMENT
 */
export function ntkDispersionLimit(lambda: number, options: NtkDispersionLimitOptions): number {
  const caller = 'ntkDispersionLimit';
  notNegative(lambda, caller, 'lambda', 'it is depth/width');
  const { phase, trainBiases, r } = checkedOptions(caller, options, ['phase', 'trainBiases', 'r']);
  oneOf(phase, caller, 'phase', PHASES);
  if (r !== undefined) notNegative(r, caller, 'r', 'it is |x|² · M/n₀');
  const depth = Math.min(lambda, BEYOND);
  if (!flag(trainBiases, caller, 'trainBiases') || phase === 'chaotic') return weightsOnly(depth);
  if (phase === 'ordered') return 1;
  if (r === undefined) throw badArgument(caller, 'r', 'given in the critical phase with trained biases', r, 'it is |x|² · M/n₀');
  return critical(depth, r);
}

/** From here on e^(5λ) is Infinity. */
const BEYOND = 1000;

const weightsOnly = (lambda: number): number => Math.exp(5 * lambda) * (1 / 3 + (4 / 3) * phi2(-6 * lambda));

/** Weighed by r/(1 + r) and 1/(1 + r), so that a large r overflows nothing. */
function critical(lambda: number, r: number): number {
  const growth = phi2(5 * lambda);
  const mixed = (2 / 3) * phi1(5 * lambda) + (4 / 9) * growth + (2 / 9) * phi2(-lambda);
  const share = r / (1 + r);
  const rest = 1 / (1 + r);
  return part(share * share, weightsOnly(lambda)) + part(2 * rest, growth) + part(share * rest, mixed);
}

/** weight · value, 0 for weight 0 though the value may be Infinity. */
const part = (weight: number, value: number): number => (weight === 0 ? 0 : weight * value);

/** (e^z − 1)/z */
const phi1 = (z: number): number => (z === 0 ? 1 : Math.expm1(z) / z);

/** (e^z − 1 − z)/z² */
function phi2(z: number): number {
  if (Math.abs(z) > 1) return (Math.expm1(z) - z) / z / z;
  let term = 0.5;
  let total = term;
  for (let k = 3; Math.abs(term) > 1e-18; k++) {
    term *= z / k;
    total += term;
  }
  return total;
}
