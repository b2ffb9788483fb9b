/** Finite networks in plain TypeScript: doubles, rounded when they are stored. */
import { scalar } from '../duals/scalar';
import { normals } from '../finite/random';
import type { LinearAlgebra } from '../linalg/contract';
import { POLYNOMIAL, pointwiseSlope, pointwiseValue, RECTIFIED_POLYNOMIAL } from '../pointwise';
import type { FiniteRoutines, Pointwise } from './finite';
import { hostMatrix } from './host-matrix';

/** φ, or φ', as a function of one number. */
export function scalarFunction({ code, value, slope }: Pointwise, isSlope: boolean): (x: number) => number {
  const params = isSlope ? slope : value;
  if (code === POLYNOMIAL) return (x) => horner(params, x);
  if (code === RECTIFIED_POLYNOMIAL) return (x) => (x < 0 ? 0 : horner(params, x));
  const [a, b, c] = params;
  const at = isSlope ? pointwiseSlope : pointwiseValue;
  return (x) => at(scalar, code, x, a, b, c);
}

/** In the core's order. */
function horner([count, ...coef]: readonly number[], x: number): number {
  let sum = 0;
  for (let k = count - 1; k >= 0; k--) sum = sum * x + coef[k];
  return sum;
}

export const createJsRoutines = (linalg: LinearAlgebra): FiniteRoutines => ({
  linalg,
  normals,
  pointwise(operation, slope, x, out) {
    const f = scalarFunction(operation, slope);
    for (let at = 0; at < x.length; at++) out[at] = f(x[at]);
  },
  openArena: (dtype) => ({
    draw: ({ stream, from, rows, columns, std }) =>
      hostMatrix(linalg, normals(stream, from, rows * columns, dtype), rows, columns, columns, std),
    clear() {},
    close() {},
  }),
});
