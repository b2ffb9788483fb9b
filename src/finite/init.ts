/** init(net, seed, inputShape): the parameters of a finite network, drawn from a stream of their own for every layer. */
import { routinesOf } from '../backends/finite';
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { inferGraph } from '../inference/walk';
import { type DType, sizeOf } from '../ndarray';
import type { Network } from '../spec';
import { checkDistribution, type Distribution, orthogonalized } from './orthogonal';
import { hasParams, type LayerParams, type Params, paramSpecs } from './params';

export interface InitOptions {
  /** Which of the networks of this seed; default 0. */
  readonly sample?: number;
  /** Default 'float64'. The two are different numbers, not roundings of each other. */
  readonly dtype?: DType;
  /** Of the weights: 'gaussian' (default), or 'orthogonal', semi-orthogonal matrices [fan-in, outputs]. Biases are normal. */
  readonly distribution?: Distribution;
  /** Whose backend draws: the numbers are the same to the bit. */
  readonly engine?: EngineContext;
}

/**
 * Random parameters: of variance 1 in the NTK parameterization, w²/fan-in and b² in the standard one; independent and normal, or weights
 * that are orthogonal matrices of the same variance.
 * @param seed an integer; @param inputShape [n, …, channels] (n does not matter), or a list of shapes for parallel inputs
 * @returns one entry per layer with parameters, in the order in which they stand, depth first
 * @throws ERR_DTYPE, ERR_OUT_OF_MEMORY; ERR_SHAPE, ERR_ARGUMENT, … as `kernel` would
 */
export function init(
  net: Network,
  seed: number | bigint,
  inputShape: readonly number[] | readonly (readonly number[])[],
  { sample = 0, dtype = 'float64', distribution = 'gaussian', engine }: InitOptions = {},
): Params {
  checkDistribution(distribution);
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new InfiniteWidthError('ERR_DTYPE', `dtype is 'float32' or 'float64', got ${String(dtype)}`, { dtype });
  const routines = routinesOf((engine ?? defaultContext()).backend);
  const owners = inferGraph(net, inputShape).layers.filter(hasParams);
  return owners.map(({ layer, before, shape }, k): LayerParams => {
    let from = 0;
    const arrays = paramSpecs(layer, before, shape).map((spec) => {
      const count = sizeOf(spec.shape);
      const drawn = routines.normals({ seed, sample, layer: k }, from, count, dtype);
      const data = distribution === 'orthogonal' ? orthogonalized(drawn, spec) : drawn;
      from += count;
      if (spec.std !== 1) for (let at = 0; at < count; at++) data[at] *= spec.std;
      return [spec.name, { data, shape: spec.shape }] as const;
    });
    return Object.fromEntries(arrays) as unknown as LayerParams;
  });
}
