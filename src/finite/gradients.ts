/** Products of a network's Jacobian with vectors: gradients (Jᵀv) and directional derivatives (J u). */
import type { NDArray, TypedArray } from '../ndarray';
import type { Network } from '../spec';
import { type FiniteInput, type FiniteOptions, forward } from './forward';
import type { LayerParams, Params } from './params';
import type { Pass } from './pass';
import type { ParamUse } from './tape';

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
  return params.map(
    (entry, k) =>
      Object.fromEntries(
        Object.entries(entry).map(([name, { shape }]) => [name, { data: gradients[k][name], shape }]),
      ) as unknown as LayerParams,
  );
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

/** J u: how the outputs change along `direction`, which has the shapes of params. One walk back for every output of a sample. */
export function pushForward(pass: Pass, direction: Params): TypedArray {
  const { tape, output } = pass;
  const samples = output.shape[0];
  const size = output.data.length / samples;
  const result = tape.zeros(output.data.length);
  const moved = new Map<unknown, TypedArray>();
  for (let place = 0; place < size; place++) {
    tape.backward(output, tape.unit(output, place), (use, own) => {
      const change = changesOf(use, own, direction[use.entry], samples, moved);
      for (let n = 0; n < samples; n++) result[n * size + place] += change[n];
    });
  }
  return result;
}

/** ⟨gradient of every sample, direction⟩ of one layer. */
function changesOf(
  use: ParamUse,
  cotangent: TypedArray,
  direction: LayerParams,
  samples: number,
  moved: Map<unknown, TypedArray>,
): Float64Array {
  const changes = new Float64Array(samples);
  for (const block of use.blocks) {
    let change = moved.get(block);
    if (!change) {
      change = block.along(direction as unknown as Record<string, NDArray>);
      moved.set(block, change);
    }
    const delta = block.delta(cotangent);
    const per = delta.length / samples;
    for (let at = 0; at < delta.length; at++) changes[Math.floor(at / per)] += delta[at] * change[at];
  }
  if (use.perSample) {
    const { gradient, length } = use.perSample(cotangent);
    const flat = Object.values(direction).flatMap((array) => Array.from((array as NDArray).data));
    for (let n = 0; n < samples; n++) for (let at = 0; at < length; at++) changes[n] += gradient[n * length + at] * flat[at];
  }
  return changes;
}

/**
 * Θ(x1, x2)·v without the kernel: the gradient at x2, then the derivative at x1 along it.
 * @param v cotangents of the outputs for x2, [n2, …outputs]; @returns [n1, …outputs]
 * @throws as `apply`
 */
export function empiricalNtkVp(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2: FiniteInput | null | undefined,
  v: NDArray,
  options: FiniteOptions = {},
): NDArray {
  const first = forward(net, params, x1, options);
  const second = x2 === null || x2 === undefined || x2 === x1 ? first : forward(net, params, x2, options);
  const cotangent = second.tape.zeros(v.data.length);
  cotangent.set(v.data);
  return { data: pushForward(first, pullBack(second, params, cotangent)), shape: [...first.output.shape] };
}

/**
 * The network linearised at `params`: f(p, x) = f(params, x) + J(params, x)(p − params).
 * @returns a function of (p, x), like `apply` for that network
 */
export function linearize(net: Network, params: Params, options: FiniteOptions = {}): (p: Params, x: FiniteInput) => NDArray {
  return (p, x) => {
    const pass = forward(net, params, x, options);
    const change = pushForward(pass, difference(p, params));
    for (let at = 0; at < change.length; at++) change[at] += pass.output.data[at];
    return { data: change, shape: [...pass.output.shape] };
  };
}

const difference = (p: Params, q: Params): Params =>
  p.map(
    (entry, k) =>
      Object.fromEntries(
        (Object.entries(entry) as [string, NDArray][]).map(([name, { data, shape }]) => {
          const other = (q[k] as unknown as Record<string, NDArray>)[name].data;
          return [name, { data: Float64Array.from(data, (value, at) => value - other[at]), shape }];
        }),
      ) as unknown as LayerParams,
  );
