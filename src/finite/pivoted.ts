/** Pivoted Cholesky factors of small matrices that may be singular, in a workspace of doubles, without allocation. */

/** Share of the largest diagonal entry below which a row depends on the others. */
const DEPENDENT = 1e-13;
/** Of the remaining rows the first is taken whose pivot is this share of the largest: rounding errors then choose no order. */
const NEAR_LARGEST = 0.9;

/** Places of a matrix and its factor: A (lower triangle) and L n × n, the pivots' order n numbers. */
export interface Factored {
  readonly n: number;
  readonly matrix: number;
  readonly factor: number;
  readonly order: number;
}

/**
 * L with scale·A = Pᵀ L Lᵀ P: LAPACK's pstrf. Row i of L belongs to row order[i] of A and ends in column min(i, rank − 1); the first `rank`
 * rows are the pivots.
 * @param left scratch of n
 * @returns the rank; where A is not finite it is n, and L NaN
 */
export function pivotedFactor(memory: Float64Array, { n, matrix, factor, order }: Factored, scale: number, left: Float64Array): number {
  memory.fill(0, factor, factor + n * n);
  let [largest, trace] = [0, 0];
  for (let i = 0; i < n; i++) {
    memory[order + i] = i;
    left[i] = scale * memory[matrix + i * n + i];
    if (left[i] > largest) largest = left[i];
    trace += left[i];
  }
  if (!(trace < Number.POSITIVE_INFINITY)) {
    memory.fill(Number.NaN, factor, factor + n * n);
    return n;
  }
  for (let rank = 0; rank < n; rank++) {
    const place = nextPivot(left, rank, n);
    if (!(left[place] > DEPENDENT * largest)) return rank;
    exchange(memory, factor, order, n, rank, place);
    [left[rank], left[place]] = [left[place], left[rank]];
    const own = factor + rank * n;
    const root = Math.sqrt(left[rank]);
    const pivot = memory[order + rank];
    memory[own + rank] = root;
    for (let i = rank + 1; i < n; i++) {
      const row = factor + i * n;
      const other = memory[order + i];
      let sum = scale * memory[matrix + (other > pivot ? other * n + pivot : pivot * n + other)];
      for (let p = 0; p < rank; p++) sum -= memory[row + p] * memory[own + p];
      sum /= root;
      memory[row + rank] = sum;
      left[i] -= sum * sum;
    }
  }
  return n;
}

function nextPivot(left: Float64Array, rank: number, n: number): number {
  let largest = 0;
  for (let i = rank; i < n; i++) if (left[i] > largest) largest = left[i];
  for (let i = rank; i < n; i++) if (left[i] >= NEAR_LARGEST * largest) return i;
  return rank;
}

/** Rows i and j as far as they are made. */
function exchange(memory: Float64Array, factor: number, order: number, n: number, i: number, j: number): void {
  if (i === j) return;
  swap(memory, order + i, order + j);
  for (let p = 0; p < i; p++) swap(memory, factor + i * n + p, factor + j * n + p);
}

function swap(memory: Float64Array, i: number, j: number): void {
  const value = memory[i];
  memory[i] = memory[j];
  memory[j] = value;
}

/**
 * Rows of c become weight · c (L Lᵀ)⁻¹ on the pivots, 0 elsewhere. c is rows × n, rows ldc apart.
 * @param scratch n numbers
 */
export function solvePivoted(
  memory: Float64Array,
  { n, factor, order }: Factored,
  rank: number,
  c: number,
  rows: number,
  ldc: number,
  weight: number,
  scratch: Float64Array,
): void {
  for (let row = c; row < c + rows * ldc; row += ldc) {
    for (let i = 0; i < rank; i++) {
      const own = factor + i * n;
      let sum = memory[row + memory[order + i]];
      for (let j = 0; j < i; j++) sum -= memory[own + j] * scratch[j];
      scratch[i] = sum / memory[own + i];
    }
    memory.fill(0, row, row + n);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = scratch[i];
      for (let j = i + 1; j < rank; j++) sum -= memory[factor + j * n + i] * scratch[j];
      scratch[i] = sum / memory[factor + i * n + i];
      memory[row + memory[order + i]] = weight * scratch[i];
    }
  }
}
