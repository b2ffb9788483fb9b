import { type DenseLayer, type Parameterization, standardDeviation } from '../spec';
import { bias, checkedOptions, parameterizationOf, wholeNumber, widthMultipliers } from './checks';

export interface DenseOptions {
  /** Standard deviation of the weights (before 1/√fan-in). Default 1. */
  wStd?: number;
  /** Standard deviation of the biases; left out or null: no bias. In the standard parameterization 0 is a trained bias that starts at 0. */
  bStd?: number | null;
  /** 'ntk' (default) or 'standard' (Sohl-Dickstein et al. 2020, arXiv 2001.07301). */
  parameterization?: Parameterization;
  /**
   * Width multipliers [in, out] of the improved standard parameterization; a chain: each `in` equals the `out` before it. Default [1, 1].
   */
  s?: readonly [number, number];
}

/**
 * A fully connected layer. On images it acts at every location alone, as a 1×1 convolution.
 *
 * In the standard parameterization N is the number of input channels of the base network: the actual number divided by s[0].
 * @nngp K' = w² K + b²
 * @ntk Θ' = K' + w² Θ ('ntk'); Θ' = N K + w² Θ + 1 if there is a bias ('standard')
 * @param outDim width; it changes the kernel only through the next layer's fan-in in the standard parameterization
 * @cost two multiplications and three additions
 * @source Lee et al. 2018, arXiv 1711.00165; Jacot et al. 2018, arXiv 1806.07572
 * @throws ERR_ARGUMENT for a width that is not a positive integer, a negative or non-finite standard deviation
 * @reference stax.Dense
 */
export function dense(outDim: number, options: DenseOptions = {}): DenseLayer {
  const given = checkedOptions('dense', options, ['wStd', 'bStd', 'parameterization', 's']);
  const { wStd = 1, bStd = null, parameterization = 'ntk', s = [1, 1] } = given;
  return Object.freeze({
    kind: 'dense',
    outDim: wholeNumber(outDim, 'dense', 'outDim', 1),
    wStd: standardDeviation(wStd, 'dense', 'wStd'),
    bStd: bias(bStd, 'dense'),
    parameterization: parameterizationOf(parameterization, 'dense'),
    s: widthMultipliers(s, 'dense'),
  });
}
