/** LAPACK's and the reference BLAS's test ratios, computed in double precision by plain loops. */

type Entry = (i: number, j: number) => number;

/** Compact copy, so that the loops below run over arrays. */
export function compact(rows: number, columns: number, entry: Entry): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = entry(i, j);
  return out;
}

/** max with NaN as the worst. */
export const worse = (a: number, b: number): number => (b <= a ? a : Number.isNaN(b) ? Infinity : b);

/**
 * xMMCH: the worst |result − (alpha·A·B + beta·C)| in units of the spacing of 1 times its gauge |alpha|·|A|·|B| + |beta|·|C|, over the entries
 * that `counted` admits. `eps` is the unit roundoff, half that spacing. B is given transposed (n × k).
 */
export function blasRatio(
  [m, n, k]: readonly [number, number, number],
  eps: number,
  alpha: number,
  a: Float64Array,
  bt: Float64Array,
  beta: number,
  c: Entry,
  result: Entry,
  counted: (i: number, j: number) => boolean = () => true,
): number {
  let worst = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      if (!counted(i, j)) continue;
      let sum = 0;
      let gauge = 0;
      for (let kk = 0; kk < k; kk++) {
        const term = a[i * k + kk] * bt[j * k + kk];
        sum += term;
        gauge += Math.abs(term);
      }
      const start = beta === 0 ? 0 : beta * c(i, j);
      const expected = (alpha === 0 ? 0 : alpha * sum) + start;
      const error = Math.abs(result(i, j) - expected);
      if (error !== 0) worst = worse(worst, error / (2 * eps * (Math.abs(alpha) * gauge + Math.abs(start))));
    }
  return worst;
}

/** Largest column sum of a compact matrix of order n. */
function norm1(n: number, matrix: Float64Array): number {
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sums[j] += Math.abs(matrix[i * n + j]);
  return sums.reduce(worse, 0);
}

/** DPOT01: ‖L·Lᵀ − A‖₁ / (n·‖A‖₁·eps), `l` lower triangular. */
export function choleskyRatio(n: number, eps: number, a: Entry, l: Entry): number {
  const matrix = compact(n, n, a);
  const factor = compact(n, n, (i, j) => (j <= i ? l(i, j) : 0));
  const residual = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = -matrix[i * n + j];
      for (let k = 0; k <= j; k++) sum += factor[i * n + k] * factor[j * n + k];
      residual[i * n + j] = sum;
      residual[j * n + i] = sum;
    }
  if (n === 0) return 0;
  return norm1(n, residual) / (n * norm1(n, matrix) * eps);
}

/** DGET02: the worst ‖b − A·x‖₁ / (‖A‖₁·‖x‖₁·eps) over the right-hand sides. */
export function solveRatio(n: number, nrhs: number, eps: number, a: Entry, x: Entry, b: Entry): number {
  const matrix = compact(n, n, a);
  const solution = compact(nrhs, n, (j, i) => x(i, j));
  const norm = norm1(n, matrix);
  let worst = 0;
  for (let j = 0; j < nrhs && n > 0; j++) {
    let residual = 0;
    let size = 0;
    for (let i = 0; i < n; i++) {
      let sum = b(i, j);
      for (let k = 0; k < n; k++) sum -= matrix[i * n + k] * solution[j * n + k];
      residual += Math.abs(sum);
      size += Math.abs(x(i, j));
    }
    worst = worse(worst, residual / (norm * size * eps));
  }
  return worst;
}

/** DSTT21: ‖A − Z·diag(w)·Zᵀ‖₁ / (n·‖A‖₁·ulp) and ‖I − Z·Zᵀ‖₁ / (n·ulp), with ulp = 2·eps the spacing of 1. */
export function eigenRatios(n: number, eps: number, a: Entry, w: ArrayLike<number>, z: Entry): readonly [number, number] {
  if (n === 0) return [0, 0];
  const matrix = compact(n, n, a);
  const vectors = compact(n, n, z);
  const residual = new Float64Array(n * n);
  const orthogonality = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = -matrix[i * n + j];
      let product = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) {
        const term = vectors[i * n + k] * vectors[j * n + k];
        product += term;
        sum += term * w[k];
      }
      residual[i * n + j] = residual[j * n + i] = sum;
      orthogonality[i * n + j] = orthogonality[j * n + i] = product;
    }
  const size = norm1(n, residual);
  return [size === 0 ? 0 : size / (n * norm1(n, matrix) * 2 * eps), norm1(n, orthogonality) / (n * 2 * eps)];
}
