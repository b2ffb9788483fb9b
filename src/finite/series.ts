/**
 * Truncated power series in one variable t whose coefficients are arrays: a[k][i] is the coefficient of t^k of number i. Coefficients that
 * are left out at the end are 0. Functions of a series y = f(u) follow from y' = s u' (Griewank & Walther 2008, chapter 13).
 */
export type Series = readonly Float64Array<ArrayBufferLike>[];

/** The coefficient, 0 beyond the end. */
export const coefficient = (a: Series, k: number): Float64Array => a[k] ?? new Float64Array(a[0].length);

export const plus = (a: Series, b: Series): Series =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, k) => {
    if (k >= a.length || k >= b.length) return (a[k] ?? b[k]).slice();
    return a[k].map((value, i) => value + b[k][i]);
  });

export const scaled = (a: Series, factor: number): Series => a.map((own) => own.map((value) => factor * value));

/** a + c */
export const shifted = (a: Series, c: number): Series => a.map((own, k) => (k === 0 ? own.map((value) => value + c) : own));

/** Numbers multiplied one by one, the same in every coefficient. */
export const masked = (a: Series, factors: ArrayLike<number>): Series => a.map((own) => own.map((value, i) => factors[i] * value));

/** What two coefficients give, bilinear. */
type Bilinear = (a: Float64Array, b: Float64Array) => Float64Array;

/** The series of a bilinear product up to t^degree: Σ_{i + j = k} a_i·b_j. */
export function convolved(a: Series, b: Series, degree: number, product: Bilinear): Series {
  return Array.from({ length: Math.min(a.length + b.length - 1, degree + 1) }, (_, k) => {
    let sum: Float64Array | null = null;
    for (let i = Math.max(0, k - b.length + 1); i <= Math.min(k, a.length - 1); i++) {
      const term = product(a[i], b[k - i]);
      if (sum) for (let at = 0; at < term.length; at++) sum[at] += term[at];
      else sum = term;
    }
    return sum as Float64Array;
  });
}

/** Number by number. */
export const times = (a: Series, b: Series, degree: number): Series => convolved(a, b, degree, (x, y) => x.map((value, i) => value * y[i]));

/** Coefficient k of a·b, of those known so far. */
function productAt(a: Series, b: Series, k: number): Float64Array {
  const sum = new Float64Array(a[0].length);
  for (let i = 0; i <= k; i++)
    if (i < a.length && k - i < b.length) for (let at = 0; at < sum.length; at++) sum[at] += a[i][at] * b[k - i][at];
  return sum;
}

/** y_k of y' = s u' from the coefficients of s up to k − 1: (1/k) Σ_j j u_j s_{k−j}. */
function integrated(u: Series, s: Series, k: number): Float64Array {
  const sum = new Float64Array(u[0].length);
  for (let j = 1; j <= k; j++)
    if (j < u.length && k - j < s.length) for (let at = 0; at < sum.length; at++) sum[at] += (j / k) * u[j][at] * s[k - j][at];
  return sum;
}

/**
 * y = f(u) from its start y₀ = f(u₀) and its slope.
 * @param slopeAt coefficient k of s = f'(u), from y up to that coefficient
 */
export function solved(u: Series, degree: number, start: Float64Array, slopeAt: (y: Series, k: number) => Float64Array): Series {
  if (u.length === 1) return [start];
  const y: Float64Array[] = [start];
  const s: Float64Array[] = [];
  for (let k = 1; k <= degree; k++) {
    s.push(slopeAt(y, k - 1));
    y.push(integrated(u, s, k));
  }
  return y;
}

/** ∫ s du + start, for a slope that is known. */
export const antiderivative = (u: Series, degree: number, start: Float64Array, s: Series): Series =>
  solved(u, degree, start, (_, k) => coefficient(s, k));

export const exponential = (u: Series, degree: number): Series => solved(u, degree, u[0].map(Math.exp), (y, k) => y[k]);

/** tanh' = 1 − tanh² */
export const hyperbolicTangent = (u: Series, degree: number): Series =>
  solved(u, degree, u[0].map(Math.tanh), (y, k) => productAt(y, y, k).map((square) => (k === 0 ? 1 : 0) - square));

/** σ' = σ − σ² */
export const logisticOf = (u: Series, degree: number, start: Float64Array): Series =>
  solved(u, degree, start, (y, k) => productAt(y, y, k).map((square, i) => y[k][i] - square));

export function sine(u: Series, degree: number): Series {
  const [sin, cos]: Float64Array[][] = [[u[0].map(Math.sin)], [u[0].map(Math.cos)]];
  for (let k = 1; k <= degree && u.length > 1; k++) {
    const next = integrated(u, cos, k);
    cos.push(integrated(u, sin, k).map((value) => -value));
    sin.push(next);
  }
  return sin;
}

/** u^p for u₀ > 0: y_k = Σ_j (p j − (k − j)) u_j y_{k−j} / (k u₀) */
export function power(u: Series, p: number, degree: number): Series {
  const y = [u[0].map((value) => value ** p)];
  for (let k = 1; k <= degree && u.length > 1; k++) {
    const sum = new Float64Array(u[0].length);
    for (let j = 1; j <= Math.min(k, u.length - 1); j++)
      for (let at = 0; at < sum.length; at++) sum[at] += (p * j - (k - j)) * u[j][at] * y[k - j][at];
    y.push(sum.map((value, at) => value / (k * u[0][at])));
  }
  return y;
}

/** u^n for a natural number n. */
export function naturalPower(u: Series, n: number, degree: number): Series {
  let result: Series = [new Float64Array(u[0].length).fill(1)];
  for (let i = 0; i < n; i++) result = times(result, u, degree);
  return result;
}
