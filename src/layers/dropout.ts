import { bringGraphs } from '../graphs';
import { type DropoutLayer, finiteParameter } from '../spec';
import { badArgument, checkedOptions, oneOf } from './checks';

export interface DropoutOptions {
  /** 'train' (default) draws masks; 'test' leaves the input as it is. */
  mode?: 'train' | 'test';
}

/**
 * Dropout: keeps each activation with probability `rate`, independently, and divides by it.
 *
 * The mask is the same for a sample and itself, so only entries of one sample with itself change: the variances, and the diagonal of a
 * kernel of x1 with itself (x2 left out, or a copy of x1). The result is not Gaussian: put an affine layer after it.
 * @nngp K'(i, i) = K(i, i)/rate for one sample with itself; all other entries stay
 * @ntk Θ'(i, i) = Θ(i, i)/rate for one sample with itself; all other entries stay
 * @param rate probability of KEEPING an activation, in (0, 1]
 * @cost nothing for pairs of different samples
 * @source Srivastava et al. 2014; Novak et al. 2020, arXiv 1912.02803
 * @throws ERR_ARGUMENT for a rate outside (0, 1]
 * @reference stax.Dropout
 */
export function dropout(rate: number, options: DropoutOptions = {}): DropoutLayer {
  bringGraphs();
  const { mode = 'train' } = checkedOptions('dropout', options, ['mode']);
  const keep = finiteParameter(rate, 'dropout', 'rate');
  if (!(keep > 0 && keep <= 1))
    throw badArgument(
      'dropout',
      'rate',
      'the probability of keeping an activation, above 0 and at most 1',
      rate,
      'to drop a tenth, write 0.9',
    );
  return Object.freeze({ kind: 'dropout', rate: keep, mode: oneOf(mode, 'dropout', 'mode', ['train', 'test']) });
}
