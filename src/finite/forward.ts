/** A network of finite width, the caller's parameters and inputs checked. */
import { routinesOf } from '../backends/finite';
import { contextOf } from '../context';
import { InfiniteWidthError } from '../errors';
import { nameOf, type TracedLayer } from '../inference/state';
import { maskOf } from '../jobs/inputs';
import { canonical } from '../layers/canonical';
import { asNDArray, checkFinite, type DType, isArrayList, type NDArray, type TypedArray } from '../ndarray';
import type { Network } from '../spec';
import type { Surroundings } from './fixed-maps';
import { Masks } from './masks';
import type { FiniteInput, FiniteOptions } from './options';
import { hasParams, type Params, paramSpecs, readParams } from './params';
import { inferFinite, type Pass, ready, runNetwork } from './pass';
import { Tape, type Tensor } from './tape';

/** A network, inputs and options, checked. */
export interface Opened {
  readonly around: Surroundings;
  readonly arrays: readonly NDArray[];
  readonly isList: boolean;
}

/** @throws ERR_SHAPE, ERR_NON_FINITE, ERR_ARGUMENT for several outputs, … as inference */
export function open(net: Network, x: FiniteInput, options: FiniteOptions): Opened {
  const isList = isArrayList(x);
  const arrays = isList ? x.map((part, k) => asNDArray(part, `x[${k}]`)) : [asNDArray(x, 'x')];
  const inferred = inferFinite(canonical(net), isList ? arrays.map(({ shape }) => shape) : arrays[0].shape);
  const names = arrays.map((_, k) => (isList ? `x[${k}]` : 'x'));
  const read = Masks.of(inferred.graph, arrays, maskOf(options.maskConstant, 0), names);
  return { around: { ...options, ...inferred, masks: read.masks }, arrays: read.arrays, isList };
}

/**
 * Runs a network forwards.
 * @throws as `open`; ERR_SHAPE where parameters do not fit the network, ERR_UNSUPPORTED for layers without a finite network
 */
export function forward(net: Network, params: Params, x: FiniteInput, options: FiniteOptions = {}): Pass {
  const { around, arrays, isList } = open(net, x, options);
  checkParams(around.layers, readParams(params));
  const routines = routinesOf(contextOf('finite networks', options.engine).backend);
  const tape = new Tape(routines, commonType(arrays, params));
  const own = (data: TypedArray): TypedArray => tape.own(data);
  const inputs = arrays.map(({ data, shape }): Tensor => ({ data: own(data), shape }));
  const entries = params.map((entry) => ready(routines, entry, own));
  return runNetwork(tape, net, around, entries, isList ? inputs : inputs[0]);
}

/** @throws ERR_NON_FINITE for outputs that are none, naming the parameter that is none if there is one */
export function checkOutputs(output: TypedArray, params: Params): void {
  if (output.every(Number.isFinite)) return;
  checkFiniteParams(params);
  throw new InfiniteWidthError(
    'ERR_NON_FINITE',
    'the outputs are beyond the range of their numbers; use smaller inputs or parameters, or float64',
  );
}

/** @throws ERR_NON_FINITE naming entry and array */
export function checkFiniteParams(params: Params): void {
  params.forEach((entry, k) => {
    for (const [name, array] of Object.entries(entry) as [string, NDArray][]) checkFinite(array, `${name} of entry ${k} of params`);
  });
}

/** float32 if all inputs and parameters are, otherwise float64. */
export const commonType = (arrays: readonly NDArray[], params: Params): DType =>
  [...arrays, ...paramArrays(params)].every(({ data }) => data instanceof Float32Array) ? 'float32' : 'float64';

export const paramArrays = (params: Params): NDArray[] => params.flatMap((entry) => Object.values(entry) as NDArray[]);

/** @throws ERR_SHAPE naming the layer and the array that does not fit */
export function checkParams(layers: readonly TracedLayer[], params: Params): void {
  const owners = layers.filter(hasParams);
  if (params.length !== owners.length)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the network has ${owners.length} layers with parameters and params has ${params.length} entries; make them with init(net, seed, inputShape)`,
      { expected: owners.length, got: params.length },
    );
  owners.forEach((traced, k) => {
    const own = params[k] as unknown as Record<string, NDArray | undefined>;
    const specs = paramSpecs(traced.layer, traced.before, traced.shape);
    const unknown = Object.keys(own).find((name) => specs.every((spec) => spec.name !== name));
    if (unknown !== undefined)
      throw new InfiniteWidthError(
        'ERR_SHAPE',
        `${nameOf(traced)}: entry ${k} of params has ${unknown}, which this layer does not; it has ${specs.map(({ name }) => name).join(', ')}`,
        { position: traced.position, name: unknown },
      );
    for (const { name, shape } of specs)
      if (own[name]?.shape.join() !== shape.join())
        throw new InfiniteWidthError(
          'ERR_SHAPE',
          `${nameOf(traced)}: ${name} has shape [${own[name]?.shape.join(', ') ?? 'none'}], [${shape.join(', ')}] is needed`,
          { position: traced.position, name, expected: shape },
        );
  });
}
