/** Taylor polynomials of a network in its parameters, and products of its Jacobian with a direction. */
import { InfiniteWidthError } from '../errors';
import { checkedOptions } from '../layers/checks';
import { asNDArray, type DType, isArrayList, type NDArray } from '../ndarray';
import { show } from '../show';
import type { Network } from '../spec';
import { checkOutputs, commonType } from './forward';
import { FINITE_OPTIONS, type FiniteInput, type FiniteOptions } from './options';
import { mapParams, type Params, readParams } from './params';
import { forwardSeries } from './series-forward';

/** Like `apply` of the network it came from; its options go before those it was made with. */
export type Expansion = (p: Params, x: FiniteInput, options?: FiniteOptions) => NDArray;

/**
 * The network's Taylor polynomial of some degree about `params`: Σ_k (1/k!) dᵏ/dtᵏ f(params + t(p − params), x) at t = 0, k ≤ degree.
 * Exact, in one walk forwards whose cost grows with degree². Where activations have kinks the derivatives are those to either side.
 * @param degree 0, 1, 2, …
 * @returns a function of (p, x), like `apply` for that network
 * @throws ERR_ARGUMENT for a degree that is none; when called as `apply`, and ERR_UNSUPPORTED for a degree above 1 of activations given by
 *   the user's own functions
 */
export function taylorExpand(net: Network, params: Params, degree: number, options: FiniteOptions = {}): Expansion {
  if (!Number.isInteger(degree) || degree < 0)
    throw new InfiniteWidthError('ERR_ARGUMENT', `degree is a natural number, got ${show(degree)}`, { degree });
  checkedOptions('taylorExpand', options, FINITE_OPTIONS);
  const start = readParams(params);
  return (p, x, own = {}) => {
    checkedOptions('the expansion', own, FINITE_OPTIONS);
    const { coefficients, shape } = forwardSeries(net, params, difference(readParams(p), start), x, degree, { ...options, ...own });
    const sum = coefficients[0].slice();
    for (const term of coefficients.slice(1)) for (let at = 0; at < sum.length; at++) sum[at] += term[at];
    checkOutputs(sum, [...params, ...p]);
    return inType(typeOf(x, [...params, ...p]), sum, shape);
  };
}

/**
 * The network linearised at `params`: f(p, x) = f(params, x) + J(params, x)(p − params), that is `taylorExpand` of degree 1.
 * @returns a function of (p, x), like `apply` for that network
 */
export const linearize = (net: Network, params: Params, options: FiniteOptions = {}): Expansion => taylorExpand(net, params, 1, options);

/** J u: how the outputs change along `direction`, which has the shapes of params. */
export function pushForward(net: Network, params: Params, direction: Params, x: FiniteInput, options: FiniteOptions): NDArray {
  const { coefficients, shape } = forwardSeries(net, params, direction, x, 1, options);
  return inType(typeOf(x, params), coefficients[1] ?? new Float64Array(coefficients[0].length), shape);
}

const typeOf = (x: FiniteInput, params: Params): DType => commonType(isArrayList(x) ? x : [asNDArray(x, 'x')], params);

const inType = (dtype: DType, data: Float64Array, shape: readonly number[]): NDArray => ({
  data: dtype === 'float32' ? Float32Array.from(data) : data,
  shape: [...shape],
});

/** p − q, in doubles. @throws ERR_SHAPE where p lacks something that q has */
function difference(p: Params, q: Params): Params {
  return mapParams(p, ({ data, shape }, k, name) => {
    const other = (q[k] as unknown as Record<string, NDArray | undefined> | undefined)?.[name];
    if (other?.data.length !== data.length)
      throw new InfiniteWidthError('ERR_SHAPE', `entry ${k} of the parameters has ${name} of another shape than the expansion's`, {
        entry: k,
        name,
        shape,
        expected: other?.shape,
      });
    return { data: Float64Array.from(data, (value, at) => value - other.data[at]), shape };
  });
}
