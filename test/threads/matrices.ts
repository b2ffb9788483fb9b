/** Every routine twice, on one thread and on a team: the number of entries that differ in their bits. */
import type { LinearAlgebra } from '../../src/linalg/contract';
import type { DType, TypedArray } from '../../src/ndarray';
import { random } from '../conformance/linalg-matrices';

const array = (dtype: DType, length: number): TypedArray => (dtype === 'float32' ? new Float32Array(length) : new Float64Array(length));

export function filled(dtype: DType, length: number, seed: number): TypedArray {
  const next = random(seed);
  return array(dtype, length).map(() => next() - 0.5) as TypedArray;
}

/** Triangles that do not amplify: small beside their diagonals. */
export function triangular(dtype: DType, n: number, seed: number): TypedArray {
  const a = filled(dtype, n * n, seed).map((x) => (4 * x) / n) as TypedArray;
  for (let i = 0; i < n; i++) a[i * (n + 1)] = 1.5;
  return a;
}

/** Symmetric and diagonally dominant; with a negative pivot in row `bad` if given. */
export function definite(dtype: DType, n: number, seed: number, bad = -1): TypedArray {
  const a = filled(dtype, n * n, seed);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
  for (let i = 0; i < n; i++) a[i * (n + 1)] = i === bad ? -1 : n;
  return a;
}

const bytesOf = (x: TypedArray): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Runs `call` on a copy of `out` with both; how many bytes differ, and what the calls returned. */
export function compare<R>(one: LinearAlgebra, team: LinearAlgebra, out: TypedArray, call: (la: LinearAlgebra, out: TypedArray) => R) {
  const [first, second] = [out.slice(), out.slice()];
  const results = [call(one, first), call(team, second)];
  const [x, y] = [bytesOf(first), bytesOf(second)];
  let different = 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) different++;
  return { different, results };
}
