/**
 * The JavaScript peers. Operands are handed over before the clock starts, in the form each library wants; what is timed is the
 * operation and fetching its result as a typed array (ml-matrix and stdlib leave it where it is).
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { DType, TypedArray } from '../../src/ndarray';

export type Routine = 'gemm' | 'syrk' | 'trsm' | 'potrf' | 'potrs' | 'syevd' | 'symv' | 'rowNorms';

/** n × n operands: A, B general, S symmetric positive definite with lower factor L, R n × columns, x a vector. */
export interface Operands {
  readonly dtype: DType;
  readonly n: number;
  readonly a: TypedArray;
  readonly b: TypedArray;
  readonly spd: TypedArray;
  readonly factor: TypedArray;
  readonly right: TypedArray;
  readonly columns: number;
  readonly x: TypedArray;
}

export interface Library {
  readonly name: string;
  /** Largest n whose n³ operations take seconds, not minutes. */
  readonly largest: number;
  /** The operation, ready to run; undefined where the library has none, or not in this dtype. */
  prepare(routine: Routine, operands: Operands): (() => unknown) | undefined;
}

/** Loads every peer; `note` hears why one, or its float64, is missing. */
export async function loadLibraries(note: (text: string) => void): Promise<Library[]> {
  const libraries: Library[] = [];
  for (const [name, load] of Object.entries({ 'tfjs-wasm': tensorflow, 'jax-js': jax, 'ml-matrix': mlMatrix, stdlib }))
    try {
      libraries.push(await load(note));
    } catch (error) {
      note(`${name} is left out: ${(error as Error).message}`);
    }
  return libraries;
}

async function tensorflow(): Promise<Library> {
  const tf = await import('@tensorflow/tfjs-core');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('its wasm backend does not start');
  const fetched = (build: () => import('@tensorflow/tfjs-core').Tensor) => () => {
    const result = build();
    const data = result.dataSync();
    result.dispose();
    return data;
  };
  return {
    name: 'tfjs-wasm',
    largest: 4096,
    prepare(routine, { dtype, n, a, b, spd, x }) {
      if (dtype === 'float64') return undefined;
      const matrix = (data: TypedArray, columns = n) => tf.tensor2d(data as Float32Array, [n, columns]);
      switch (routine) {
        case 'gemm': {
          const [left, right] = [matrix(a), matrix(b)];
          return fetched(() => tf.matMul(left, right));
        }
        case 'syrk': {
          const left = matrix(a);
          // matMul's own transposeB leaves its fast path.
          return fetched(() => tf.tidy(() => tf.matMul(left, tf.transpose(left))));
        }
        case 'symv': {
          const [left, vector] = [matrix(spd), matrix(x, 1)];
          return fetched(() => tf.matMul(left, vector));
        }
        case 'rowNorms': {
          const left = matrix(a);
          return fetched(() => tf.tidy(() => tf.sqrt(tf.sum(tf.square(left), 1))));
        }
        default:
          return undefined;
      }
    },
  };
}

async function jax(note: (text: string) => void): Promise<Library> {
  const { defaultDevice, init, lax, numpy: np } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const array = (data: TypedArray, shape: number[]) =>
    np.array(data as never, { shape, dtype: data instanceof Float32Array ? np.float32 : np.float64 });
  let hasDouble = true;
  try {
    array(new Float64Array(4), [2, 2]).dataSync();
  } catch (error) {
    hasDouble = false;
    note(`jax-js has no float64 in this runtime: ${(error as Error).message}`);
  }
  return {
    name: 'jax-js',
    largest: 2048,
    prepare(routine, { dtype, n, a, b, spd, factor, x }) {
      // Its float64 product falls from 0.4 to 0.06 GFLOP/s beyond 512.
      if (dtype === 'float64' && (!hasDouble || n > 512)) return undefined;
      const matrix = (data: TypedArray) => array(data, [n, n]);
      const [left, right] = [matrix(routine === 'symv' ? spd : a), matrix(b)];
      switch (routine) {
        case 'gemm':
          return () => np.matmul(left.ref, right.ref).dataSync();
        case 'syrk':
          return () => np.matmul(left.ref, np.matrixTranspose(left.ref)).dataSync();
        case 'trsm': {
          const triangle = matrix(factor);
          return () => lax.linalg.triangularSolve(triangle.ref, right.ref, { leftSide: true, lower: true }).dataSync();
        }
        case 'potrf': {
          const definite = matrix(spd);
          return () => lax.linalg.cholesky(definite.ref).dataSync();
        }
        case 'symv': {
          const vector = array(x, [n, 1]);
          return () => np.matmul(left.ref, vector.ref).dataSync();
        }
        case 'rowNorms':
          return () => np.sqrt(np.sum(np.square(left.ref), 1)).dataSync();
        default:
          return undefined;
      }
    },
  };
}

async function mlMatrix(): Promise<Library> {
  const { CholeskyDecomposition, EigenvalueDecomposition, Matrix } = await import('ml-matrix');
  return {
    name: 'ml-matrix',
    largest: 1024,
    prepare(routine, { dtype, n, a, b, spd, right, columns, x }) {
      if (dtype === 'float32') return undefined;
      const matrix = (data: TypedArray, width = n) => Matrix.from1DArray(n, width, data);
      switch (routine) {
        case 'gemm': {
          const [left, other] = [matrix(a), matrix(b)];
          return () => left.mmul(other);
        }
        case 'syrk': {
          const left = matrix(a);
          return () => left.mmul(left.transpose());
        }
        case 'potrf': {
          const definite = matrix(spd);
          return () => new CholeskyDecomposition(definite);
        }
        case 'potrs': {
          const [factored, sides] = [new CholeskyDecomposition(matrix(spd)), matrix(right, columns)];
          return () => factored.solve(sides);
        }
        case 'syevd': {
          const symmetric = matrix(spd);
          // Seconds beyond that.
          return n > 512 ? undefined : () => new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
        }
        case 'symv': {
          const [left, vector] = [matrix(spd), matrix(x, 1)];
          return () => left.mmul(vector);
        }
        default:
          return undefined;
      }
    },
  };
}

async function stdlib(): Promise<Library> {
  const [{ default: dgemm }, { default: sgemm }, { default: dsymv }, { default: ssymv }] = await Promise.all([
    import('@stdlib/blas-base-dgemm'),
    import('@stdlib/blas-base-sgemm'),
    import('@stdlib/blas-base-dsymv'),
    import('@stdlib/blas-base-ssymv'),
  ]);
  const gemm = (n: number, trans: 'no-transpose' | 'transpose', a: TypedArray, b: TypedArray) => {
    if (a instanceof Float32Array) {
      const c = new Float32Array(n * n);
      return () => sgemm('row-major', 'no-transpose', trans, n, n, n, 1, a, n, b as Float32Array, n, 0, c, n);
    }
    const c = new Float64Array(n * n);
    return () => dgemm('row-major', 'no-transpose', trans, n, n, n, 1, a, n, b as Float64Array, n, 0, c, n);
  };
  const symv = (n: number, a: TypedArray, x: TypedArray) => {
    if (a instanceof Float32Array) {
      const y = new Float32Array(n);
      return () => ssymv('row-major', 'lower', n, 1, a, n, x as Float32Array, 1, 0, y, 1);
    }
    const y = new Float64Array(n);
    return () => dsymv('row-major', 'lower', n, 1, a, n, x as Float64Array, 1, 0, y, 1);
  };
  return {
    name: 'stdlib',
    largest: 512,
    prepare(routine, { n, a, b, spd, x }) {
      if (routine === 'gemm') return gemm(n, 'no-transpose', a, b);
      if (routine === 'syrk') return gemm(n, 'transpose', a, a);
      return routine === 'symv' ? symv(n, spd, x) : undefined;
    },
  };
}
