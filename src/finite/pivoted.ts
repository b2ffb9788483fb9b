/** Pivoted Cholesky factors of small matrices that may be singular, in a workspace of doubles, without allocation. */

/** Share of the largest diagonal entry below which a row depends on the others. */
const DEPENDENT = 1e-13;
/** Of the remaining rows the first is taken whose pivot is this share of the largest: rounding errors then choose no order. */
const NEAR_LARGEST = 0.9;

/** Zeros of a few places: a loop costs less than a call of `fill`. */
export function clear(memory: Float64Array, at: number, count: number): void {
  if (count > 64) memory.fill(0, at, at + count);
  else for (let end = at + count; at < end; at++) memory[at] = 0;
}

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
  clear(memory, factor, n * n);
  let largest = 0;
  let trace = 0;
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
    swap(left, rank, place);
    const own = factor + rank * n;
    const root = Math.sqrt(left[rank]);
    const pivot = memory[order + rank];
    memory[own + rank] = root;
    for (let i = rank + 1; i < n; i++) {
      const other = memory[order + i];
      memory[factor + i * n + rank] = scale * memory[matrix + (other > pivot ? other * n + pivot : pivot * n + other)];
    }
    subtractRow(memory, own, rank, n - rank - 1, n);
    for (let i = rank + 1; i < n; i++) {
      const entry = memory[factor + i * n + rank] / root;
      memory[factor + i * n + rank] = entry;
      left[i] -= entry * entry;
    }
  }
  return n;
}

/** From column `rank` of the `rows` rows after `own` their products with it, in the order of the columns: four rows hide each other's latency. */
function subtractRow(memory: Float64Array, own: number, rank: number, rows: number, n: number): void {
  let row = own + n;
  for (const end = row + (rows & ~3) * n; row < end; row += 4 * n) {
    const [second, third, fourth] = [row + n, row + 2 * n, row + 3 * n];
    let [a, b, c, d] = [memory[row + rank], memory[second + rank], memory[third + rank], memory[fourth + rank]];
    for (let p = 0; p < rank; p++) {
      const factor = memory[own + p];
      a -= memory[row + p] * factor;
      b -= memory[second + p] * factor;
      c -= memory[third + p] * factor;
      d -= memory[fourth + p] * factor;
    }
    memory[row + rank] = a;
    memory[second + rank] = b;
    memory[third + rank] = c;
    memory[fourth + rank] = d;
  }
  for (const end = row + (rows & 3) * n; row < end; row += n) {
    let sum = memory[row + rank];
    for (let p = 0; p < rank; p++) sum -= memory[row + p] * memory[own + p];
    memory[row + rank] = sum;
  }
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
    clear(memory, row, n);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = scratch[i];
      for (let j = i + 1; j < rank; j++) sum -= memory[factor + j * n + i] * scratch[j];
      scratch[i] = sum / memory[factor + i * n + i];
      memory[row + memory[order + i]] = weight * scratch[i];
    }
  }
}
