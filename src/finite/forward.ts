/** A network of finite width, the caller's parameters and inputs checked. */
import { routinesOf } from '../backends/finite';
import { defaultContext, type EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import { nameOf, type TracedLayer } from '../inference/state';
import { asNDArray, checkFinite, type DType, dtypeOf, isArrayList, type NDArray, type TypedArray } from '../ndarray';
import type { Network } from '../spec';
import { hasParams, type Params, paramSpecs } from './params';
import { inferFinite, type Pass, ready, runNetwork } from './pass';
import { Tape, type Tensor } from './tape';

/** [n, …, channels], nested numbers, or a list of arrays for a network that begins with parallel branches. */
export type FiniteInput = NDArray | readonly NDArray[] | readonly (readonly number[])[];

export interface FiniteOptions {
  /** Whose linear algebra runs the network. */
  readonly engine?: EngineContext;
}

/**
 * Runs a network forwards.
 * @throws ERR_SHAPE where parameters do not fit the network, ERR_UNSUPPORTED for layers without a finite network, ERR_ARGUMENT for several outputs
 */
export function forward(net: Network, params: Params, x: FiniteInput, { engine }: FiniteOptions = {}): Pass {
  const arrays = isArrayList(x) ? x.map((part, k) => asNDArray(part, `x[${k}]`)) : [asNDArray(x, 'x')];
  for (const [k, array] of arrays.entries()) checkFinite(array, isArrayList(x) ? `x[${k}]` : 'x');
  const dtype: DType = [...arrays, ...paramArrays(params)].every(({ data }) => data instanceof Float32Array) ? 'float32' : 'float64';
  const inferred = inferFinite(net, isArrayList(x) ? arrays.map(({ shape }) => shape) : arrays[0].shape);
  checkParams(inferred.layers, params);
  const routines = routinesOf((engine ?? defaultContext()).backend);
  const own = (data: TypedArray): TypedArray => (dtypeOf(data) === dtype ? data : Float64Array.from(data));
  const inputs: Tensor[] = arrays.map(({ data, shape }) => ({ data: own(data), shape }));
  const entries = params.map((entry) => ready(routines, entry, own));
  return runNetwork(new Tape(routines, dtype), net, inferred, entries, isArrayList(x) ? inputs : inputs[0]);
}

export const paramArrays = (params: Params): NDArray[] => params.flatMap((entry) => Object.values(entry) as NDArray[]);

/** @throws ERR_SHAPE naming the layer and the array that does not fit */
function checkParams(layers: readonly TracedLayer[], params: Params): void {
  const owners = layers.filter(hasParams);
  if (params.length !== owners.length)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the network has ${owners.length} layers with parameters and params has ${params.length} entries; make them with init(net, seed, inputShape)`,
      { expected: owners.length, got: params.length },
    );
  owners.forEach((traced, k) => {
    const own = params[k] as unknown as Record<string, NDArray | undefined>;
    for (const { name, shape } of paramSpecs(traced.layer, traced.before, traced.shape))
      if (own[name]?.shape.join() !== shape.join())
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `${nameOf(traced)}: ${name} has shape [${own[name]?.shape.join(', ') ?? 'none'}], [${shape.join(', ')}] is needed`,
          { position: traced.position, name, expected: shape },
        );
  });
}
