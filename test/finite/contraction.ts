/**
 * Jacobian contraction, the reference implementation of empirical NTKs: the whole Jacobian by differences of fourth order, one parameter at a
 * time, to 1e-9 of its size; then J₁ J₂ᵀ.
 */
import type { NDArray, Network } from '../../src';
import { apply, type FiniteOptions, type Params } from '../../src/finite';

export const arraysOf = (params: Params): Float64Array[] =>
  params.flatMap((entry) => Object.values(entry).map(({ data }: NDArray) => data as Float64Array));

/** d apply/dp for every parameter: rows of outputs. */
export function jacobian(net: Network, params: Params, x: NDArray, options: FiniteOptions = {}): number[][] {
  const h = 1e-3;
  return arraysOf(params).flatMap((data) =>
    Array.from(data, (value, at) => {
      const outputs = (step: number) => {
        data[at] = value + step;
        const { data: f } = apply(net, params, x, options);
        data[at] = value;
        return f;
      };
      const [f2, f1, b1, b2] = [outputs(2 * h), outputs(h), outputs(-h), outputs(-2 * h)];
      return Array.from(f1, (v, i) => (8 * (v - b1[i]) - (f2[i] - b2[i])) / (12 * h));
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
