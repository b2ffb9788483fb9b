/** Combinators, and the layers that only rearrange. */
import { InfiniteWidthError } from '../errors';
import { show } from '../show';
import type { Network, PlainLayer, RepeatLayer, SerialLayer } from '../spec';
import { networkRemedy, wholeNumber } from './checks';

/**
 * Leaves its input as it is: the short cut of a residual block.
 * @nngp K' = K
 * @ntk Θ' = Θ
 * @cost nothing
 * @source none needed
 * @throws nothing
 * @reference stax.Identity
 */
export const identity = (): PlainLayer => Object.freeze({ kind: 'identity' });

/**
 * All axes but the first become one: [n, h, w, c] → [n, h·w·c].
 *
 * Only covariances of equal locations are needed below it, so networks of convolutions that end in it carry d entries per pair instead of
 * d². The result is not Gaussian: put a dense layer after it. As the first layer it makes a feature vector of an image.
 * @nngp K' = mean of K(i, i) over the locations
 * @ntk Θ' = mean of Θ(i, i) over the locations
 * @cost one addition per location
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws in a kernel ERR_SHAPE where x1 and x2 have different spatial sizes
 * @reference stax.Flatten
 */
export const flatten = (): PlainLayer => Object.freeze({ kind: 'flatten' });

/**
 * The layers one after another.
 * @nngp the steps of the layers in order
 * @ntk the steps of the layers in order
 * @param layers networks, combinators included; none at all is the identity
 * @cost the sum of its layers
 * @source Neal 1994; Lee et al. 2018, arXiv 1711.00165; Jacot et al. 2018, arXiv 1806.07572
 * @throws ERR_ARGUMENT if an argument is not a network
 * @reference stax.serial
 */
export function serial(...layers: Network[]): SerialLayer {
  return Object.freeze({ kind: 'serial', layers: checkedNetworks('serial', layers) });
}

/**
 * One network for each branch: those that fanOut makes, or a list of inputs.
 * @nngp the step of network b on branch b
 * @ntk the step of network b on branch b
 * @param layers as many networks as there are branches
 * @cost the sum of its networks
 * @source He et al. 2016, arXiv 1512.03385
 * @throws ERR_ARGUMENT if an argument is not a network or there is none; in a kernel ERR_ARGUMENT for another number of branches
 * @reference stax.parallel
 */
export function parallel(...layers: Network[]): SerialLayer {
  if (layers.length === 0)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      'parallel: there must be a network for every branch, got none; identity() leaves a branch as it is',
      {},
    );
  return Object.freeze({ kind: 'parallel', layers: checkedNetworks('parallel', layers) });
}

/**
 * The same network `n` times one after another, each with weights of its own: `serial(net, net, …)` in little data.
 * @nngp n times the steps of the network
 * @ntk n times the steps of the network
 * @param layer any network that can follow itself
 * @param n how often, from 0 on
 * @cost n times its network
 * @source none needed
 * @throws ERR_ARGUMENT if the first argument is not a network or the second not an integer from 0 on; in a kernel ERR_OUT_OF_MEMORY for
 *   more than 500,000 layers
 * @reference stax.repeat
 */
export function repeat(layer: Network, n: number): RepeatLayer {
  const [checked] = checkedNetworks('repeat', [layer]);
  return Object.freeze({ kind: 'repeat', layer: checked, n: wholeNumber(n, 'repeat', 'n', 0) });
}

function checkedNetworks(combinator: string, layers: readonly Network[]): readonly Network[] {
  layers.forEach((layer, i) => {
    if (typeof (layer as { kind?: unknown } | null)?.kind === 'string') return;
    const remedy = networkRemedy(layer, combinator);
    throw new InfiniteWidthError('ERR_ARGUMENT', `${combinator}: argument ${i} is not a layer but ${show(layer)}; ${remedy}`, { index: i });
  });
  return Object.freeze([...layers]);
}
