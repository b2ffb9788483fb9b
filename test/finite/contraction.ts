/**
 * Jacobian contraction, the reference implementation of empirical NTKs: the whole Jacobian by differences of eighth order, one parameter at a
 * time; then J₁ J₂ᵀ. Steps of 1/64 leave (1/64)⁸ f⁽⁹⁾/630 of truncation and 64 roundings, both below 1e-12 of the size of these networks' Jacobians.
 */
import type { NDArray, Network } from '../../src';
import { apply, type FiniteOptions, type Params } from '../../src/finite';

export const arraysOf = (params: Params): Float64Array[] =>
  params.flatMap((entry) => Object.values(entry).map(({ data }: NDArray) => data as Float64Array));

/** Of f(h) − f(−h), f(2h) − f(−2h), … in the first derivative (Fornberg 1988). */
const DIFFERENCES = [4 / 5, -1 / 5, 4 / 105, -1 / 280];

/** d apply/dp for every parameter: rows of outputs. */
export function jacobian(net: Network, params: Params, x: NDArray, options: FiniteOptions = {}): number[][] {
  const h = 1 / 64;
  return arraysOf(params).flatMap((data) =>
    Array.from(data, (value, at) => {
      const outputs = (step: number) => {
        data[at] = value + step;
        const { data: f } = apply(net, params, x, options);
        data[at] = value;
        return f;
      };
      const sums = DIFFERENCES.map((weight, k) => {
        const [ahead, behind] = [outputs((k + 1) * h), outputs(-(k + 1) * h)];
        return Array.from(ahead, (v, i) => (weight * (v - behind[i])) / h);
      });
      return sums[0].map((_, i) => sums.reduce((sum, own) => sum + own[i], 0));
    }),
  );
}

/** Θ over all pairs of outputs, [n1, n2, outputs, outputs]. */
export function contraction(j1: readonly number[][], j2: readonly number[][], n1: number, n2: number): Float64Array {
  const outputs = j1[0].length / n1;
  const kernel = new Float64Array(n1 * n2 * outputs * outputs);
  for (let a = 0; a < n1; a++)
    for (let b = 0; b < n2; b++)
      for (let o = 0; o < outputs; o++)
        for (let p = 0; p < outputs; p++)
          kernel[((a * n2 + b) * outputs + o) * outputs + p] = j1.reduce(
            (sum, row, k) => sum + row[a * outputs + o] * j2[k][b * outputs + p],
            0,
          );
  return kernel;
}
