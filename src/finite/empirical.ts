/** Kernels of one finite network: empiricalNngp and empiricalNtk. */
import { InfiniteWidthError } from '../errors';
import { checkedOptions } from '../layers/checks';
import { type NDArray, showShape } from '../ndarray';
import type { Network } from '../spec';
import { nngpOf, ntkOf } from './contraction';
import { checkOutputs, forward } from './forward';
import { arrange, layoutOf, type OutputAxes } from './layout';
import { FINITE_OPTIONS, type FiniteInput, type PairOptions, sidesOf } from './options';
import type { Params } from './params';

export interface EmpiricalOptions extends PairOptions, OutputAxes {}

/** Both passes, one where x2 is x1, and what becomes of the output's axes. */
function open(
  caller: string,
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2: FiniteInput | null | undefined,
  options: EmpiricalOptions,
) {
  const [own, other] = sidesOf(checkedOptions(caller, options, [...FINITE_OPTIONS, 'traceAxes', 'diagonalAxes']));
  const first = forward(net, params, x1, own);
  const second = x2 === null || x2 === undefined || x2 === x1 ? first : forward(net, params, x2, other);
  for (const { output } of new Set([first, second])) checkOutputs(output.data, params);
  const [shape1, shape2] = [first.output.shape, second.output.shape];
  if (shape1.slice(1).join() !== shape2.slice(1).join())
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the outputs for x1 have shape ${showShape(shape1)}, for x2 ${showShape(shape2)}; all but the first axis must agree`,
      { x1: shape1, x2: shape2 },
    );
  return { first, second, layout: layoutOf(shape1, options), n1: shape1[0], n2: shape2[0] };
}

/**
 * f(x1) f(x2)ᵀ over the traced output axes: [n1, n2], then each other output axis twice (once if diagonal).
 * @throws as `apply`; ERR_ARGUMENT for axes that do not exist, or are named twice
 */
export function empiricalNngp(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2?: FiniteInput | null,
  options: EmpiricalOptions = {},
): NDArray {
  const { first, second, layout, n1, n2 } = open('empiricalNngp', net, params, x1, x2, options);
  return arrange(layout, n1, n2, nngpOf(first, second, layout));
}

/**
 * J(x1) J(x2)ᵀ averaged over the traced output axes: [n1, n2], then each other output axis twice (once if diagonal).
 * @throws as `apply`; ERR_ARGUMENT for axes that do not exist, or are named twice
 */
export function empiricalNtk(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2?: FiniteInput | null,
  options: EmpiricalOptions = {},
): NDArray {
  const { first, second, layout, n1, n2 } = open('empiricalNtk', net, params, x1, x2, options);
  return arrange(layout, n1, n2, ntkOf(first, second, layout));
}
