/** Linear systems with a symmetric positive definite matrix, by products with it alone. */
import { InfiniteWidthError, throwIfAborted } from '../errors';
import { type ArrayLike2D, allocate, checkFinite, dtypeOf, type NDArray } from '../ndarray';
import type { LinearAlgebra } from './contract';
import { unitScale } from './layout';
import { asMatrix } from './operands';
import {
  addScaled,
  arrayOf,
  type Block,
  blockOf,
  dot,
  largestOf,
  lengthOf,
  type Multiply,
  operatorOf,
  type SymmetricOperator,
} from './operator';

export interface ConjugateGradientOptions {
  /** Stops where ‖b − A·x‖ ≤ tolerance·‖b‖, for every right-hand side. Default 1e-10 in float64, 1e-5 in float32. */
  readonly tolerance?: number;
  /** Default 10·n, at least 1. */
  readonly maxIterations?: number;
  /** Start, in the shape of b. Default 0. */
  readonly x0?: ArrayLike2D;
  /** M⁻¹·r for a symmetric positive definite M near A, such as lowRankPreconditioner gives. Default none. */
  readonly preconditioner?: Multiply;
  /** After every iteration: the largest ‖b − A·x‖/‖b‖, as the recurrence knows it. */
  readonly onIteration?: (iteration: number, residual: number) => void;
  /** Stops between two iterations. */
  readonly signal?: AbortSignal;
}

export interface ConjugateGradientResult {
  /** In the shape of b. */
  readonly x: NDArray;
  readonly iterations: number;
  /** ‖b − A·x‖/‖b‖ of every right-hand side, as the recurrence knows it. */
  readonly residuals: readonly number[];
}

/**
 * A⁻¹·b by preconditioned conjugate gradients (Hestenes & Stiefel 1952; Golub & Van Loan 2013, §11.5), every right-hand side by itself but all
 * products with A together. What rounding allows is about ε·cond(A): a smaller tolerance may be met by the recurrence and not by x.
 * @param a symmetric positive definite, [n, n], or what multiplies by it
 * @param b [n] or [n, m]
 * @throws ERR_NOT_POSITIVE_DEFINITE with `{ curvature }` where pᵀA·p ≤ 0 is met; ERR_NOT_CONVERGED with `{ x, iterations, residuals }`, so that nothing
 *   is lost; ERR_NON_FINITE, also where products or x leave the range of the dtype; ERR_SHAPE, ERR_ARGUMENT; AbortError
 */
export function conjugateGradient(
  la: LinearAlgebra,
  a: SymmetricOperator,
  b: ArrayLike2D,
  options: ConjugateGradientOptions = {},
): ConjugateGradientResult {
  const right = asMatrix(b, 'b', true);
  checkFinite(right, 'b');
  const { rows: n, columns: count } = right;
  const operator = operatorOf(la, a, n, dtypeOf(right.data), 'a');
  const {
    tolerance = operator.dtype === 'float64' ? 1e-10 : 1e-5,
    maxIterations = Math.max(1, 10 * n),
    x0,
    preconditioner,
    onIteration,
    signal,
  } = options;
  checkPositive(tolerance, 'tolerance');
  checkPositive(maxIterations, 'maxIterations');
  const block = (data: NDArray): Block => blockOf(data, { data: allocate(operator.dtype, 0, 'b'), count }, n, 'b');
  const r = block({ data: right.data, shape: [n, count] });
  // Powers of two that bring the largest of b to 1, so that no scalar product of residuals leaves the range.
  const scales = columns(count).map((j) => unitScale(largestOf(r.data, j * n, n)));
  scaleColumns(r, scales);
  const norms = columns(count).map((j) => lengthOf(r.data, j * n, n));
  const x: Block = x0 ? block(startOf(x0, n, count)) : { data: allocate(operator.dtype, n * count, 'the solution'), count };
  scaleColumns(x, scales);
  if (x0) addScaled(-1, operator.multiply(x).data, r.data);
  const precondition = (residual: Block): Block =>
    preconditioner ? blockOf(preconditioner(arrayOf(residual, n)), residual, n, 'preconditioner') : residual;

  const residuals = (): number[] => columns(count).map((j) => lengthOf(r.data, j * n, n) / (norms[j] || 1));
  const result = (iterations: number): ConjugateGradientResult => {
    const inverse = scales.map((scale) => 1 / scale);
    const { data } = arrayOf(scaleColumns({ data: x.data.slice(), count }, inverse), n);
    if (!data.every(Number.isFinite)) throw notFinite('the solution', iterations);
    return { x: { data, shape: [...right.shape] }, iterations, residuals: residuals() };
  };
  const p: Block = { data: precondition(r).data.slice(), count };
  let rho = columns(count).map((j) => dot(r.data, p.data, j * n, j * n, n));
  let open = residuals().map((residual) => !(residual <= tolerance));
  for (let iteration = 1; open.some(Boolean); iteration++) {
    throwIfAborted(signal);
    if (iteration > maxIterations) throw notConverged(result(iteration - 1), tolerance);
    const q = operator.multiply(p);
    for (const j of columns(count)) {
      if (!open[j]) continue;
      const curvature = dot(p.data, q.data, j * n, j * n, n);
      if (!Number.isFinite(curvature)) throw notFinite('pᵀA·p', iteration);
      if (curvature <= 0) throw notPositiveDefinite(curvature, iteration);
      const step = rho[j] / curvature;
      addScaled(step, p.data, x.data, j * n, j * n, n);
      addScaled(-step, q.data, r.data, j * n, j * n, n);
    }
    const now = residuals();
    open = open.map((was, j) => was && !(now[j] <= tolerance));
    onIteration?.(iteration, Math.max(...now));
    if (!open.some(Boolean)) return result(iteration);
    const z = precondition(r);
    rho = columns(count).map((j) => {
      if (!open[j]) return rho[j];
      const next = dot(r.data, z.data, j * n, j * n, n);
      for (let i = j * n; i < (j + 1) * n; i++) p.data[i] = z.data[i] + (next / rho[j]) * p.data[i];
      return next;
    });
  }
  return result(0);
}

/** Vector j times scales[j], in place. */
function scaleColumns(block: Block, scales: readonly number[]): Block {
  const n = block.data.length / block.count;
  for (let i = 0; i < block.data.length; i++) block.data[i] *= scales[Math.floor(i / n)];
  return block;
}

const columns = (count: number): number[] => Array.from({ length: count }, (_, j) => j);

function startOf(x0: ArrayLike2D, n: number, count: number): NDArray {
  const { data, rows, columns: width } = asMatrix(x0, 'x0', true);
  checkFinite({ data, shape: [rows, width] }, 'x0');
  if (rows === n && width === count) return { data, shape: [n, count] };
  throw new InfiniteWidthError('ERR_SHAPE', `x0 has shape [${rows}, ${width}] and b [${n}, ${count}]; they must agree`, {
    x0: [rows, width],
    b: [n, count],
  });
}

function checkPositive(value: number, name: string): void {
  if (value > 0) return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `conjugateGradient: ${name} must be positive, got ${value}`, { [name]: value });
}

const notPositiveDefinite = (curvature: number, iteration: number): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `a is not positive definite: pᵀA·p is ${curvature} in iteration ${iteration}; add a ridge to its diagonal, and see that the preconditioner is positive definite too`,
    { curvature, iteration },
  );

const notFinite = (what: string, iteration: number): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_NON_FINITE',
    `conjugateGradient: ${what} is not finite in iteration ${iteration}; bring a nearer to norm 1, and see that what multiplies gives numbers`,
    { iteration },
  );

function notConverged(result: ConjugateGradientResult, tolerance: number): InfiniteWidthError {
  const worst = Math.max(...result.residuals);
  return new InfiniteWidthError(
    'ERR_NOT_CONVERGED',
    `conjugateGradient: after ${result.iterations} iterations the residual is ${worst.toExponential(2)} of b, where ${tolerance} is asked for; raise maxIterations or tolerance, add a ridge, or give a preconditioner (lowRankPreconditioner)`,
    { ...result },
  );
}
