/** Chebyshev interpolation and Gauss–Legendre quadrature. */

/** cos(π(i + ½)/n), the Chebyshev nodes of the first kind. */
export function chebyshevNodes(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / n));
}

/** [n, n]: row k gives the k-th Chebyshev coefficient of the interpolant from the values at the nodes. */
export function chebyshevTransform(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const k = Math.floor(at / n);
    return (Math.cos((Math.PI * k * ((at % n) + 0.5)) / n) * (k === 0 ? 1 : 2)) / n;
  });
}

/** [n, n]: row k gives the coefficient of xᵏ from those of T₀ … T_{n−1}. */
export function monomialTransform(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  const at = (k: number, j: number): number => (k < 0 || j < 0 ? 0 : matrix[k * n + j]);
  matrix[0] = 1;
  if (n > 1) matrix[n + 1] = 1;
  for (let j = 2; j < n; j++) for (let k = 0; k <= j; k++) matrix[k * n + j] = 2 * at(k - 1, j - 1) - at(k, j - 2);
  return matrix;
}

/** Σ coefs[at + k] T_k(x), k < n. */
export function chebyshevSum(coefs: Float64Array | readonly number[], at: number, n: number, x: number): number {
  let b1 = 0;
  let b2 = 0;
  for (let k = n - 1; k > 0; k--) {
    const b0 = coefs[at + k] + 2 * x * b1 - b2;
    b2 = b1;
    b1 = b0;
  }
  return coefs[at] + x * b1 - b2;
}

export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Gauss–Legendre on [0, 1], by Newton's method from Tricomi's estimates of the zeros. */
export function gaussLegendre(n: number): Quadrature {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 6; step++) {
      let before = 1;
      let value = x;
      for (let k = 2; k <= n; k++) {
        const next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
        before = value;
        value = next;
      }
      slope = (n * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    nodes[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}
