/** init(net, seed, inputShape): the parameters of a finite network, drawn from a stream of their own for every layer. */
import { inferGraph } from '../inference/walk';
import { sizeOf } from '../ndarray';
import type { Network } from '../spec';
import { checkDistribution, type Distribution, orthogonalized } from './orthogonal';
import { hasParams, type LayerParams, type Params, paramSpecs } from './params';
import { normals } from './random';

export interface InitOptions {
  /** Which of the networks of this seed. Default 0. */
  readonly sample?: number;
  /** Of the weights: 'gaussian' (default), or 'orthogonal', semi-orthogonal matrices [fan-in, outputs]. Biases are normal. */
  readonly distribution?: Distribution;
}

/**
 * Random parameters: of variance 1 in the NTK parameterization, w²/fan-in and b² in the standard one; independent and normal, or weights
 * that are orthogonal matrices of the same variance.
 * @param seed an integer; @param inputShape [n, …, channels] (n does not matter), or a list of shapes for parallel inputs
 * @returns one entry per layer with parameters, in the order in which they stand, depth first
 * @throws ERR_SHAPE, ERR_ARGUMENT, … as `kernel` would
 */
export function init(
  net: Network,
  seed: number | bigint,
  inputShape: readonly number[] | readonly (readonly number[])[],
  { sample = 0, distribution = 'gaussian' }: InitOptions = {},
): Params {
  checkDistribution(distribution);
  const owners = inferGraph(net, inputShape).layers.filter(hasParams);
  return owners.map(({ layer, before, shape }, k): LayerParams => {
    let from = 0;
    const arrays = paramSpecs(layer, before, shape).map((spec) => {
      const count = sizeOf(spec.shape);
      const drawn = normals({ seed, sample, layer: k }, from, count, 'float64') as Float64Array;
      const data = distribution === 'orthogonal' ? orthogonalized(drawn, spec) : drawn;
      from += count;
      if (spec.std !== 1) for (let at = 0; at < count; at++) data[at] *= spec.std;
      return [spec.name, { data, shape: spec.shape }] as const;
    });
    return Object.fromEntries(arrays) as unknown as LayerParams;
  });
}
