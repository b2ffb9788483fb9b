/** init(net, seed, inputShape): the parameters of a finite network, drawn from a stream of their own for every layer. */
import { inferGraph } from '../inference/walk';
import { sizeOf } from '../ndarray';
import type { Network } from '../spec';
import { hasParams, type LayerParams, type Params, paramSpecs } from './params';
import { normals } from './random';

/**
 * Independent normal parameters: of variance 1 in the NTK parameterization, w²/fan-in and b² in the standard one.
 * @param seed an integer; @param inputShape [n, …, channels] (n does not matter), or a list of shapes for parallel inputs
 * @param sample which of the networks of this seed
 * @returns one entry per layer with parameters, in the order in which they stand, depth first
 * @throws ERR_SHAPE, ERR_ARGUMENT, … as `kernel` would
 */
export function init(
  net: Network,
  seed: number | bigint,
  inputShape: readonly number[] | readonly (readonly number[])[],
  { sample = 0 }: { sample?: number } = {},
): Params {
  const owners = inferGraph(net, inputShape).layers.filter(hasParams);
  return owners.map(({ layer, before, shape }, k): LayerParams => {
    let from = 0;
    const arrays = paramSpecs(layer, before, shape).map((spec) => {
      const count = sizeOf(spec.shape);
      const data = normals({ seed, sample, layer: k }, from, count, 'float64') as Float64Array;
      from += count;
      if (spec.std !== 1) for (let at = 0; at < count; at++) data[at] *= spec.std;
      return [spec.name, { data, shape: spec.shape }] as const;
    });
    return Object.fromEntries(arrays) as unknown as LayerParams;
  });
}
