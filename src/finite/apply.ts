/** apply(net, params, x): the outputs of a finite network. */
import { checkedOptions } from '../layers/checks';
import type { NDArray } from '../ndarray';
import type { Network } from '../spec';
import { checkOutputs, forward } from './forward';
import { FINITE_OPTIONS, type FiniteInput, type FiniteOptions } from './options';
import type { Params } from './params';

/**
 * The network's outputs.
 * @param params of `init`, or arrays of the same shapes; @param x [n, …, channels]
 * @returns [n, …, outputs], float32 if all inputs and parameters are, otherwise float64
 * @throws ERR_SHAPE where parameters do not fit the network, ERR_NON_FINITE for inputs, parameters or outputs that are none,
 *   ERR_UNSUPPORTED for layers without a finite network
 */
export function apply(net: Network, params: Params, x: FiniteInput, options: FiniteOptions = {}): NDArray {
  const { data, shape } = forward(net, params, x, checkedOptions('apply', options, FINITE_OPTIONS)).output;
  checkOutputs(data, params);
  return { data: data.slice(), shape: [...shape] };
}
