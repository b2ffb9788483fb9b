/** Convolutions over any number of spatial axes, and their relatives. Images are [n, …spatial, channels]. */
import { bringGraphs } from '../graphs';
import type { ConvLayer, Padding, Parameterization } from '../spec';
import { standardDeviation } from '../spec';
import { badArgument, bias, checkedOptions, lengths, padding, parameterizationOf, steps, wholeNumber, widthMultipliers } from './checks';

export interface ConvTransposeOptions {
  /** One per spatial axis. Default null: 1 along every axis. */
  strides?: readonly number[] | null;
  /** 'VALID', 'SAME' (zeros outside, which count in the mean) or 'CIRCULAR' (wraps around). Default 'VALID'. */
  padding?: Padding;
  /** Standard deviation of the weights (before 1/√fan-in). Default 1. */
  wStd?: number;
  /** Standard deviation of the biases; left out or null: no bias. In the standard parameterization 0 is a trained bias that starts at 0. */
  bStd?: number | null;
  /** 'ntk' (default) or 'standard' (Sohl-Dickstein et al. 2020, arXiv 2001.07301). */
  parameterization?: Parameterization;
  /** Width multipliers [in, out] of the standard parameterization; a chain: each `in` equals the `out` before it. Default [1, 1]. */
  s?: readonly [number, number];
  /** Channels are split into so many groups that do not see each other; divides the channels on both sides. Default 1. */
  groups?: number;
}

export interface ConvOptions extends ConvTransposeOptions {
  /** Distance between the taps of the filter, one per spatial axis. Default null: 1 along every axis. */
  dilation?: readonly number[] | null;
}

const SHARED = ['strides', 'padding', 'wStd', 'bStd', 'parameterization', 's', 'groups'] as const;

/**
 * A convolution. In the infinite limit it averages covariances over the filter, both locations moving together.
 *
 * A filter without axes, `[]`, on [n, channels] is a dense layer. In the standard parameterization N is the number of input channels per
 * group divided by s[0]. `groups` does not change the kernel: it needs an input that is already wide, not raw channels.
 * @nngp K'(i, j) = w² A K(i, j) + b²; A K(i, j) = (1/F) Σ_f K(S i + f, S j + f)
 * @ntk Θ' = K' + w² A Θ ('ntk'); Θ' = F N A K + w² A Θ + 1 if there is a bias ('standard')
 * @where F taps f of the filter, S the strides; locations outside count as 0, or wrap around with 'CIRCULAR'
 * @param outChan channels of the output; they change the kernel only through the next layer's fan-in in the standard parameterization
 * @param filterShape one length per spatial axis
 * @cost at most F additions per location pair of the output, for K and for Θ each
 * @source Novak et al. 2019, arXiv 1810.05148; Arora et al. 2019, arXiv 1904.11955
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_SHAPE where the filter has other axes than the image or does not fit
 *   in it, ERR_UNSUPPORTED for groups on the input itself
 * @reference stax.Conv
 */
export const conv = (outChan: number, filterShape: readonly number[], options: ConvOptions = {}): ConvLayer =>
  convolution('conv', outChan, filterShape, options);

/**
 * A locally connected layer: a convolution whose filter is a different one at every location.
 *
 * Outputs at two different locations are independent of each other.
 * @nngp K'(i, i) as conv; K'(i, j) = 0 for i ≠ j
 * @ntk Θ'(i, i) as conv; Θ'(i, j) = 0 for i ≠ j
 * @param outChan channels of the output; they change the kernel only through the next layer's fan-in in the standard parameterization
 * @param filterShape one length per spatial axis
 * @cost as conv
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_SHAPE where the filter has other axes than the image or does not fit
 *   in it
 * @reference stax.ConvLocal
 */
export const convLocal = (outChan: number, filterShape: readonly number[], options: ConvOptions = {}): ConvLayer =>
  convolution('convLocal', outChan, filterShape, options);

/**
 * A transposed convolution, which spreads every location over a filter: it enlarges images.
 *
 * Still divided by the whole filter size, whatever part of it meets an output. 'CIRCULAR' folds back in what 'SAME' crops.
 * @nngp K'(i, j) = w² Aᵀ K(i, j) + b²; Aᵀ K(i, j) = (1/F) Σ K(p, q) over all p, q, f with S p + f = i + low and S q + f = j + low
 * @ntk Θ' = K' + w² Aᵀ Θ ('ntk'); Θ' = F N Aᵀ K + w² Aᵀ Θ + 1 if there is a bias ('standard')
 * @where F taps f, S the strides, low what the padding crops in front
 * @param outChan channels of the output; they change the kernel only through the next layer's fan-in in the standard parameterization
 * @param filterShape one length per spatial axis
 * @cost at most F additions per location pair of the output, for K and for Θ each
 * @source the transpose of the operator of arXiv 1810.05148
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_SHAPE where the filter has other axes than the image
 * @reference stax.ConvTranspose
 */
export const convTranspose = (outChan: number, filterShape: readonly number[], options: ConvTransposeOptions = {}): ConvLayer =>
  convolution('convTranspose', outChan, filterShape, options);

/** All three; the transpose has no dilation. */
export function convolution(kind: ConvLayer['kind'], outChan: number, filterShape: readonly number[], options: ConvOptions): ConvLayer {
  bringGraphs();
  const names = kind === 'convTranspose' && options?.dilation ? SHARED : ([...SHARED, 'dilation'] as const);
  checkedOptions(kind, options, names);
  const shape = lengths(filterShape, kind, 'filterShape');
  const { groups = 1, parameterization = 'ntk', s = [1, 1], wStd = 1, bStd = null } = options;
  const width = wholeNumber(outChan, kind, 'outChan', 1);
  if (width % wholeNumber(groups, kind, 'groups', 1) !== 0) throw badArgument(kind, 'groups', `a divisor of outChan = ${width}`, groups);
  return Object.freeze({
    kind,
    outChan: width,
    filterShape: shape,
    strides: steps(options.strides, kind, 'strides', shape.length),
    padding: padding(options.padding ?? 'VALID', kind),
    dilation: steps(options.dilation, kind, 'dilation', shape.length),
    groups,
    wStd: standardDeviation(wStd, kind, 'wStd'),
    bStd: bias(bStd, kind),
    parameterization: parameterizationOf(parameterization, kind),
    s: widthMultipliers(s, kind),
  });
}
