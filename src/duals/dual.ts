/** The dual of an activation in doubles: what the pass over rows and the reference engines ask of every activation. */
import { InfiniteWidthError } from '../errors';
import type { ActivationLayer } from '../spec';

/** The dual of an activation φ, prepared for use. (u, v) is a mean-zero Gaussian pair of variances q1, q2 ≥ 0 and covariance k. */
export interface Dual {
  /** E[φ(u)²], u ~ N(0, q): the layer's variance map. */
  variance(q: number): number;
  /** E[φ(u)φ(v)]. `d` = q1 + q2 − 2k, given apart because k cannot show it when it is small. */
  nngp(k: number, q1: number, q2: number, d: number): number;
  /** E[φ'(u)φ'(v)], φ' almost everywhere: jumps of φ add nothing. */
  factor(k: number, q1: number, q2: number, d: number): number;
  /** E[(φ(u) − φ(v))²] = q1' + q2' − 2k'; exactly 0 where d = 0. */
  distance(k: number, q1: number, q2: number, d: number): number;
}

/** The dual of any activation. @throws ERR_UNSUPPORTED for one that has none */
export function dualOf(activation: ActivationLayer): Dual {
  throw new InfiniteWidthError('ERR_UNSUPPORTED', `${activation.kind} has no dual yet`, { kind: activation.kind });
}
