/** Activations of the user's own. They hold functions, so a network with one has no JSON. */
import { bringElementwise, bringNumerical } from '../../activations/bring';
import type { ElementwiseLayer, ElementwiseNumericalLayer } from '../../spec';
import { badArgument, checkedOptions, optionalFunction, wholeNumber } from '../checks';

export interface ElementwiseOptions {
  /** The activation itself, for finite networks. Default null: kernels only. */
  fn?: ((x: number) => number) | null;
  /** E[fn(u) fn(v)] as a function of (K, q1, q2) = (E[uv], E[u²], E[v²]). Required. */
  nngpFn?: (k: number, q1: number, q2: number) => number;
  /** E[fn'(u) fn'(v)] of the same arguments. Default null: nngpFn is differentiated in K. */
  dNngpFn?: ((k: number, q1: number, q2: number) => number) | null;
}

/**
 * An activation by its dual, a function of your own.
 *
 * Runs on the JavaScript path, whatever the engine. If fn has jumps, give dNngpFn: the derivative of nngpFn also counts the jumps.
 * @nngp K' = nngpFn(K, q1, q2)
 * @ntk Θ' = Θ dNngpFn(K, q1, q2)
 * @cost one call of each function
 * @source Daniely et al. 2016, arXiv 1602.05897
 * @throws ERR_ARGUMENT where nngpFn is missing or a function is none; in a kernel ERR_NOT_GAUSSIAN; ERR_UNSUPPORTED when its JSON is
 *   asked for
 * @reference stax.Elementwise
 */
export function elementwise(options: ElementwiseOptions): ElementwiseLayer {
  bringElementwise();
  const { fn, nngpFn, dNngpFn } = checkedOptions('elementwise', options, ['fn', 'nngpFn', 'dNngpFn']);
  if (typeof nngpFn !== 'function')
    throw badArgument(
      'elementwise',
      'nngpFn',
      'the function (k, q1, q2) => E[fn(u) fn(v)]',
      nngpFn,
      'with fn alone use elementwiseNumerical(fn, deg)',
    );
  return Object.freeze({
    kind: 'elementwise',
    fn: optionalFunction(fn, 'elementwise', 'fn'),
    nngpFn,
    dNngpFn: optionalFunction(dNngpFn, 'elementwise', 'dNngpFn'),
  });
}

export interface ElementwiseNumericalOptions {
  /** The derivative of fn. Default null: the factor is found without it. */
  df?: ((x: number) => number) | null;
}

/**
 * Any scalar function of your own, by quadrature.
 * @nngp K' = E[fn(u) fn(v)]
 * @ntk Θ' = Θ E[fn'(u) fn'(v)]
 * @param fn the activation
 * @param deg number of quadrature nodes at least; more are taken where fn needs them
 * @cost that of an evaluation by src/duals/numerical
 * @source Han et al. 2022, arXiv 2209.04121; the method is that of src/duals/numerical
 * @throws ERR_ARGUMENT for a function that is none or a deg that is not a positive integer; in a kernel ERR_NOT_GAUSSIAN; ERR_UNSUPPORTED
 *   when its JSON is asked for
 * @reference stax.ElementwiseNumerical
 */
export function elementwiseNumerical(
  fn: (x: number) => number,
  deg: number,
  options: ElementwiseNumericalOptions = {},
): ElementwiseNumericalLayer {
  bringNumerical();
  const { df } = checkedOptions('elementwiseNumerical', options, ['df']);
  if (typeof fn !== 'function') throw badArgument('elementwiseNumerical', 'fn', 'a function of one number', fn);
  return Object.freeze({
    kind: 'elementwiseNumerical',
    fn,
    deg: wholeNumber(deg, 'elementwiseNumerical', 'deg', 1),
    df: optionalFunction(df, 'elementwiseNumerical', 'df'),
  });
}
