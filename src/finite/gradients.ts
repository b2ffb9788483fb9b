/** Products of a network's Jacobian with vectors: gradients Jᵀv, and J Jᵀv. */
import { InfiniteWidthError } from '../errors';
import { checkedOptions } from '../layers/checks';
import { asNDArray, checkFinite, type NDArray, showShape, type TypedArray } from '../ndarray';
import type { Network } from '../spec';
import { checkOutputs, forward } from './forward';
import { FINITE_OPTIONS, type FiniteInput, type PairOptions, sidesOf } from './options';
import { type LayerParams, mapParams, type Params } from './params';
import type { Pass } from './pass';
import type { ParamUse } from './tape';
import { pushForward } from './taylor';

/** Arrays of one layer's shape, by name. */
type Arrays = Record<string, TypedArray>;

/** Jᵀv: the gradient of ⟨cotangent, outputs⟩ with respect to every parameter, in the shapes of params. */
export function pullBack(pass: Pass, params: Params, cotangent: TypedArray): Params {
  const gradients = params.map((entry): Arrays => mapArrays(entry, ({ data }) => pass.tape.zeros(data.length)));
  pass.tape.backward(pass.output, cotangent, (use, own) => {
    const target = gradients[use.entry];
    for (const block of use.blocks) block.accumulate(block.delta(own), target);
    if (use.perSample) addSamples(use, own, target);
  });
  return mapParams(params, ({ shape }, k, name) => ({ data: gradients[k][name], shape }));
}

const mapArrays = (entry: LayerParams, of: (array: NDArray) => TypedArray): Arrays =>
  Object.fromEntries(Object.entries(entry).map(([name, array]) => [name, of(array as NDArray)]));

function addSamples({ perSample }: ParamUse, cotangent: TypedArray, target: Arrays): void {
  if (!perSample) return;
  const { gradient, length } = perSample(cotangent);
  for (let first = 0; first < gradient.length; first += length) {
    let at = first;
    for (const array of Object.values(target)) for (let i = 0; i < array.length; i++) array[i] += gradient[at++];
  }
}

/**
 * Θ(x1, x2)·v without the kernel: the gradient at x2, then the derivative at x1 along it.
 * @param v cotangents of the outputs for x2, [n2, …outputs]; @returns [n1, …outputs]
 * @throws as `apply`; ERR_SHAPE for a v that is not like the outputs
 */
export function empiricalNtkVp(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2: FiniteInput | null | undefined,
  v: NDArray,
  options: PairOptions = {},
): NDArray {
  const [first, other] = sidesOf(checkedOptions('empiricalNtkVp', options, FINITE_OPTIONS));
  const direction = asNDArray(v, 'v');
  const same = x2 === null || x2 === undefined || x2 === x1;
  const pass = forward(net, params, same ? x1 : x2, same ? first : other);
  checkOutputs(pass.output.data, params);
  checkFinite(direction, 'v');
  if (showShape(direction.shape) !== showShape(pass.output.shape))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `v has shape ${showShape(direction.shape)} and the outputs for x2 ${showShape(pass.output.shape)}; they must be equal`,
      { v: direction.shape, outputs: pass.output.shape },
    );
  const cotangent = pass.tape.zeros(direction.data.length);
  cotangent.set(direction.data);
  return pushForward(net, params, pullBack(pass, params, cotangent), x1, first);
}
