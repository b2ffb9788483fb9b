/** Fixtures, small linear algebra by hand, and data for the tests of prediction. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type EngineContext, openContext } from '../../src/context';
import { InfiniteWidthError } from '../../src/errors';
import type { NDArray, TypedArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';

export type Matrix = number[][];
export interface Named<T> {
  nngp: T;
  ntk: T;
  ntkgp: T;
}
type Moments = { mean: Matrix; covariance: Matrix };

export interface Case {
  name: string;
  network: Network;
  xTrain: Matrix;
  xTest: Matrix;
  yTrain: Matrix;
  kTrainTrain: { nngp: Matrix; ntk: Matrix };
  kTestTrain: { nngp: Matrix; ntk: Matrix };
  kTestTest: { nngp: Matrix; ntk: Matrix };
  gpInference: {
    diagReg: number;
    diagRegAbsoluteScale: boolean;
    test: Named<Moments>;
    train: Named<Moments>;
    trainAsTest: Named<Moments>;
  }[];
  gradientDescentMse: {
    diagReg: number;
    diagRegAbsoluteScale: boolean;
    fxTrain0: number | Matrix | null;
    fxTest0: number | Matrix | null;
    fxTrain: Matrix | null;
    fxTest: Matrix | null;
  }[];
  gradientDescentMseEnsemble: ({ diagReg: number; diagRegAbsoluteScale: boolean; on: 'test' | 'train' } & Omit<Named<Moments>, 'ntkgp'>)[];
}

const file = new URL('../fixtures/predict/neural-tangents.json', import.meta.url);
export const cases = (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases;

export const engines: readonly (readonly [string, EngineContext])[] = [
  ['js', openContext({ backend: 'js' })],
  ['simd', openContext({ build: 'simd' })],
];

export const largestOf = (values: Matrix | number[]): number =>
  (values as Matrix).flat().reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Largest difference over `scale`: the largest magnitude expected, or of the terms whose difference it is. */
export function relativeError(actual: NDArray | undefined, expected: Matrix | number[], scale = largestOf(expected)): number {
  const flat = (expected as Matrix).flat();
  expect(actual?.data.length).toBe(flat.length);
  const worst = flat.reduce((most, value, i) => Math.max(most, Math.abs((actual as NDArray).data[i] - value)), 0);
  return scale === 0 ? worst : worst / scale;
}

/** The InfiniteWidthError (or AbortError) that `run` throws or rejects with; anything else fails the test. */
export async function failure(run: () => unknown): Promise<InfiniteWidthError> {
  let thrown: unknown;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InfiniteWidthError);
  return thrown as InfiniteWidthError;
}

/** Numbers in [−1, 1), the same in every run (Mulberry32). */
export function randomArray(seed: number, shape: number[], dtype: 'float32' | 'float64' = 'float64'): NDArray {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
  const length = shape.reduce((a, b) => a * b, 1);
  const data: TypedArray = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  return { data: data.map(next) as TypedArray, shape };
}

/** B·A⁻¹ for symmetric A by Gauss–Jordan elimination, one row of B at a time. */
export function solveByHand(a: Matrix, b: Matrix): Matrix {
  const n = a.length;
  const work = a.map((row, i) => [...row, ...b.map((right) => right[i])]);
  for (let p = 0; p < n; p++) {
    let best = p;
    for (let i = p; i < n; i++) if (Math.abs(work[i][p]) > Math.abs(work[best][p])) best = i;
    [work[p], work[best]] = [work[best], work[p]];
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const factor = work[i][p] / work[p][p];
      for (let j = p; j < work[i].length; j++) work[i][j] -= factor * work[p][j];
    }
  }
  return b.map((_, k) => work.map((row, i) => row[n + k] / row[i]));
}
