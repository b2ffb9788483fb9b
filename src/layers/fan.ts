/** Branches: fanOut makes them, parallel treats them, the fan-ins join them. */
import { bringGraphs } from '../graphs';
import type { FanInConcatLayer, FanOutLayer, PlainLayer } from '../spec';
import { axisNumber, checkedOptions, wholeNumber } from './checks';

/**
 * Copies its input into `num` branches, for `parallel` to treat.
 *
 * A residual block is `serial(fanOut(2), parallel(identity(), branch), fanInSum())`.
 * @nngp K' = K in every branch
 * @ntk Θ' = Θ in every branch
 * @param num number of branches
 * @cost nothing
 * @source He et al. 2016, arXiv 1512.03385
 * @throws ERR_ARGUMENT for a number that is not a positive integer; in a kernel ERR_OUT_OF_MEMORY for more than 500,000 branches
 * @reference stax.FanOut
 */
export function fanOut(num: number): FanOutLayer {
  bringGraphs();
  return Object.freeze({ kind: 'fanOut', num: wholeNumber(num, 'fanOut', 'num', 1) });
}

/**
 * The sum of all branches.
 *
 * Branches count as independent given what they branched from, which holds when each (but at most one) ends in a layer of parameters of
 * its own.
 * @nngp K' = Σ_b K_b
 * @ntk Θ' = Σ_b Θ_b
 * @where b runs over the branches
 * @cost one addition per branch and location pair
 * @source He et al. 2016, arXiv 1512.03385; Novak et al. 2020, arXiv 1912.02803
 * @throws in a kernel ERR_SHAPE for branches of different shapes, ERR_NOT_GAUSSIAN for one that does not end in an affine layer,
 *   ERR_ARGUMENT where there are no branches or their width multipliers differ
 * @reference stax.FanInSum
 */
export function fanInSum(): PlainLayer {
  bringGraphs();
  return Object.freeze({ kind: 'fanInSum' });
}

/**
 * The elementwise product of all branches, as in gates.
 *
 * The result is not Gaussian. Branches count as independent, which holds when each (but at most one) ends in a layer of parameters of its
 * own.
 * @nngp K' = ∏_b K_b
 * @ntk Θ' = Σ_b Θ_b ∏_{c ≠ b} K_c
 * @where b, c run over the branches
 * @cost two multiplications and an addition per branch and location pair
 * @source the product rule; Novak et al. 2020, arXiv 1912.02803
 * @throws in a kernel ERR_SHAPE for branches of different shapes, ERR_ARGUMENT where there are no branches
 * @reference stax.FanInProd
 */
export function fanInProd(): PlainLayer {
  bringGraphs();
  return Object.freeze({ kind: 'fanInProd' });
}

export interface FanInConcatOptions {
  /** Axis of [n, …, channels] along which branches stand side by side. Default -1: channels. */
  axis?: number;
}

/**
 * The branches side by side along one axis.
 *
 * Along channels the result is not Gaussian: put an affine layer after it. Along a spatial axis branches must be Gaussian and are
 * independent of each other. Along the sample axis (0) the samples of all branches follow each other.
 * @nngp channels: K' = Σ_b C_b K_b / Σ_b C_b; spatial axis: K_b on its own locations, 0 between branches; samples: likewise
 * @ntk Θ' likewise from Θ
 * @where C_b the channels of branch b in the finite network
 * @cost one multiplication and addition per branch and location pair along channels, nothing otherwise
 * @source Szegedy et al. 2015, arXiv 1409.4842; Novak et al. 2020, arXiv 1912.02803
 * @throws ERR_ARGUMENT for an axis that is not an integer; in a kernel ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT as fanInSum
 * @reference stax.FanInConcat
 */
export function fanInConcat(options: FanInConcatOptions = {}): FanInConcatLayer {
  bringGraphs();
  const { axis = -1 } = checkedOptions('fanInConcat', options, ['axis']);
  return Object.freeze({ kind: 'fanInConcat', axis: axisNumber(axis, 'fanInConcat', 'axis') });
}
