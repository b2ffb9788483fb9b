/** The largest eigenvalue of a symmetric matrix, by Lanczos with full reorthogonalisation (Golub & Van Loan 2013, §10.3). */
import { allocate, dtypeOf, type TypedArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { genericStart, type Krylov, lanczosSteps } from './lanczos';

/** Steps after which the spectrum is resolved for every use here, and the relative change at which it is before. */
const MOST_STEPS = 400;
const SETTLED = 4e-16;

/** @param a order n, symmetric, finite. Yields after every product, so that a caller can look up. */
export function* largestEigenvalue(la: LinearAlgebra, n: number, a: TypedArray): Generator<void, number> {
  const multiply = (v: TypedArray): TypedArray => {
    const w = allocate(dtypeOf(a), n, 'a product');
    la.symv('lower', n, 1, a, n, v, 0, w);
    return w;
  };
  const krylov: Krylov = { basis: [], diagonal: [], beside: [] };
  let [largest, calm] = [Number.NEGATIVE_INFINITY, 0];
  for (const rest of lanczosSteps(multiply, genericStart(dtypeOf(a), n), krylov)) {
    const before = largest;
    largest = largestOfTridiagonal(krylov.diagonal, krylov.beside);
    yield;
    calm = Math.abs(largest - before) <= SETTLED * Math.abs(largest) ? calm + 1 : 0;
    if (calm === 3 || krylov.basis.length === Math.min(n, MOST_STEPS) || !(rest > 1e-14 * Math.abs(largest))) break;
  }
  return largest;
}

/** By bisection on the count of eigenvalues above x (Sturm sequences). */
function largestOfTridiagonal(d: readonly number[], e: readonly number[]): number {
  let high = d.reduce((most, x, i) => Math.max(most, x + Math.abs(e[i - 1] ?? 0) + Math.abs(e[i] ?? 0)), Number.NEGATIVE_INFINITY);
  let low = Math.max(...d);
  if (d.length === 1) return d[0];
  const isAbove = (x: number): boolean => {
    let q = 1;
    for (let i = 0; i < d.length; i++) {
      q = d[i] - x - (i > 0 ? e[i - 1] * (e[i - 1] / (q || Number.MIN_VALUE)) : 0);
      if (q > 0) return false;
    }
    return true;
  };
  for (let middle = 0.5 * (low + high); middle > low && middle < high; middle = 0.5 * (low + high)) {
    if (isAbove(middle)) high = middle;
    else low = middle;
  }
  return high;
}
