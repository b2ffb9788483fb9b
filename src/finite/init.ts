/** init(net, seed, inputShape): the parameters of a finite network, drawn from a stream of their own for every layer. */
import { routinesOf } from '../backends/finite';
import { contextOf, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { type InputShapes, inferGraph } from '../inference/walk';
import { resultDtype } from '../inputs';
import { canonical } from '../layers/canonical';
import { checkedOptions } from '../layers/checks';
import { type DType, sizeOf } from '../ndarray';
import { show } from '../show';
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

const OPTIONS = ['sample', 'dtype', 'distribution', 'engine'] as const;

/** @throws ERR_SHAPE unless all lengths are positive integers; samples, which do not matter, may be any, -1 too */
function checkedShapes(shapes: InputShapes): InputShapes {
  const isShape = (shape: unknown) =>
    Array.isArray(shape) && shape.length > 1 && shape.slice(1).every((n) => Number.isSafeInteger(n) && n > 0);
  if (isShape(shapes) || (Array.isArray(shapes) && shapes.length > 0 && shapes.every(isShape))) return shapes;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `inputShape is a list of positive integers [n, …, channels], or a list of such lists for parallel inputs; got ${show(shapes)}`,
    { inputShape: shapes },
  );
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
  options: InitOptions = {},
): Params {
  const { sample = 0, dtype = 'float64', distribution = 'gaussian', engine } = checkedOptions('init', options, OPTIONS);
  checkDistribution(distribution);
  resultDtype(dtype, []);
  const routines = routinesOf(contextOf('init', engine).backend);
  const owners = inferGraph(canonical(net), checkedShapes(inputShape)).layers.filter(hasParams);
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
