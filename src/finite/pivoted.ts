/** Pivoted Cholesky factors of small matrices that may be singular, in a workspace of doubles, without allocation. */

/** Share of the largest diagonal entry below which a row depends on the others. */
const DEPENDENT = 1e-13;
/** Of the remaining rows the first is taken whose pivot is this share of the largest: rounding errors then choose no order. */
const NEAR_LARGEST = 0.9;

/**
 * L with scale·A = L Lᵀ: LAPACK's pstrf. A (lower triangle) and L are n × n at offsets of `memory`. Row order[r] is the r-th pivot: the first
 * `rank` of them are independent, and row order[r] of L ends in column r. Columns from `rank` on are 0.
 * @param left scratch of n
 * @returns the rank; where A is not finite L is NaN
 */
export function pivotedFactor(
  memory: Float64Array,
  a: number,
  l: number,
  n: number,
  scale: number,
  order: Int32Array,
  left: Float64Array,
): number {
  memory.fill(0, l, l + n * n);
  let [largest, trace] = [0, 0];
  for (let i = 0; i < n; i++) {
    order[i] = i;
    left[i] = scale * memory[a + i * n + i];
    if (left[i] > largest) largest = left[i];
    trace += left[i];
  }
  if (!(trace < Number.POSITIVE_INFINITY)) {
    memory.fill(Number.NaN, l, l + n * n);
    return n;
  }
  const limit = DEPENDENT * largest;
  let rank = 0;
  for (; rank < n; rank++) {
    const place = nextPivot(order, left, rank, n);
    const pivot = order[place];
    if (!(left[pivot] > limit)) break;
    order[place] = order[rank];
    order[rank] = pivot;
    const root = Math.sqrt(left[pivot]);
    const own = l + pivot * n;
    memory[own + rank] = root;
    for (let k = rank + 1; k < n; k++) {
      const i = order[k];
      const row = l + i * n;
      let sum = scale * memory[i > pivot ? a + i * n + pivot : a + pivot * n + i];
      for (let p = 0; p < rank; p++) sum -= memory[row + p] * memory[own + p];
      sum /= root;
      memory[row + rank] = sum;
      left[i] -= sum * sum;
    }
  }
  return rank;
}

function nextPivot(order: Int32Array, left: Float64Array, rank: number, n: number): number {
  let largest = 0;
  for (let k = rank; k < n; k++) if (left[order[k]] > largest) largest = left[order[k]];
  for (let k = rank; k < n; k++) if (left[order[k]] >= NEAR_LARGEST * largest) return k;
  return rank;
}

/**
 * Rows of c become weight · c A⁻¹ on the independent rows of A, 0 elsewhere, A = L Lᵀ factored by `pivotedFactor`. c is rows × n, rows ldc apart.
 * @param scratch n numbers
 */
export function solvePivoted(
  memory: Float64Array,
  l: number,
  n: number,
  rank: number,
  order: Int32Array,
  c: number,
  rows: number,
  ldc: number,
  weight: number,
  scratch: Float64Array,
): void {
  for (let r = 0; r < rows; r++) {
    const row = c + r * ldc;
    for (let i = 0; i < rank; i++) {
      const own = l + order[i] * n;
      let sum = memory[row + order[i]];
      for (let j = 0; j < i; j++) sum -= memory[own + j] * scratch[j];
      scratch[i] = sum / memory[own + i];
    }
    memory.fill(0, row, row + n);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = scratch[i];
      for (let j = i + 1; j < rank; j++) sum -= memory[l + order[j] * n + i] * scratch[j];
      scratch[i] = sum / memory[l + order[i] * n + i];
      memory[row + order[i]] = weight * scratch[i];
    }
  }
}
