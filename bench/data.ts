/** Seeded data: two runs, or two processes, measure the same numbers. */
import type { DType, NDArray, TypedArray } from '../src/ndarray';

/** mulberry32: 32 bits of state, uniform on [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x ^= x + Math.imul(x ^ (x >>> 7), 61 | x);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const array = (dtype: DType, length: number): TypedArray =>
  dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);

/** Standard normal entries (Box and Muller 1958). */
export function normal(dtype: DType, rows: number, columns: number, seed = 1): NDArray {
  const next = uniform(seed);
  const data = array(dtype, rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return { data, shape: [rows, columns] };
}

/** Rows with entries ≥ 0, as of images: no pair has a negative correlation. */
export function positive(dtype: DType, rows: number, columns: number, seed = 1): NDArray {
  const { data, shape } = normal(dtype, rows, columns, seed);
  return { data: data.map(Math.abs) as TypedArray, shape };
}

/** Symmetric, diagonally dominant, so positive definite; n × n. */
export function positiveDefinite(dtype: DType, n: number, seed = 1): TypedArray {
  const next = uniform(seed);
  const data = array(dtype, n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) data[i * n + j] = data[j * n + i] = 2 * next() - 1;
    data[i * n + i] = n;
  }
  return data;
}
