import { bringGraphs } from '../graphs';
import type { LayerNormLayer } from '../spec';
import { axisNumbers, badArgument, checkedOptions, positiveNumber } from './checks';

export interface LayerNormOptions {
  /** Axis or axes of [n, …, channels] that are normalised together; the channel axis must be among them. Default -1: channels alone. */
  axis?: number | readonly number[];
  /** Added to the variance. Default 1e-12. */
  eps?: number;
}

/**
 * Layer normalisation, without the trained scale and shift that usually follow it.
 *
 * With spatial axes (or the sample axis, 0) named beside the channels, variances are averaged over them first.
 * @nngp K' = K / √((m₁ + eps)(m₂ + eps))
 * @ntk Θ' = Θ / √((m₁ + eps)(m₂ + eps))
 * @where m₁, m₂ are the variances of the two samples, averaged over the axes named
 * @cost one multiplication per location pair; the roots are taken once per row
 * @source Ba et al. 2016, arXiv 1607.06450, in the limit of many channels
 * @throws ERR_ARGUMENT for axes without the channel axis or an eps that is not positive; in a kernel ERR_NOT_GAUSSIAN
 * @reference stax.LayerNorm
 */
export function layerNorm(options: LayerNormOptions = {}): LayerNormLayer {
  bringGraphs();
  const { axis = -1, eps = 1e-12 } = checkedOptions('layerNorm', options, ['axis', 'eps']);
  const axes = axisNumbers(axis, 'layerNorm', 'axis');
  // Only -1 is the channel axis whatever the rank; positive axes are judged when the rank is known.
  if (axes.every((number) => number < -1 || number === 0))
    throw badArgument('layerNorm', 'axis', 'a list with the channel axis in it', axis, 'add -1: without it there is no limiting kernel');
  return Object.freeze({ kind: 'layerNorm', axis: axes, eps: positiveNumber(eps, 'layerNorm', 'eps', 'a tiny one like 1e-300 does as 0') });
}
