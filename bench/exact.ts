/** Errors of kernels against the exact values of test/fixtures/kernels (its README describes them). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dense } from '../src/layers/dense';
import { parseNetwork } from '../src/layers/parse';
import { serial } from '../src/layers/structure';
import type { DType } from '../src/ndarray';
import type { Network } from '../src/spec';

export interface ExactCase {
  readonly activation: Network;
  readonly depth: number;
  readonly outDim: number;
  readonly wStd: number;
  readonly bStd: number | null;
  readonly input: string;
  /** Lower triangles by rows. */
  readonly nngp: readonly number[];
  readonly ntk: readonly number[];
  /** Conditioning of each entry; its scale where it is 0. */
  readonly nngpKappa: readonly number[];
  readonly ntkKappa: readonly number[];
}

export interface ExactFixture {
  readonly inputs: Readonly<Record<string, { readonly names: readonly string[]; readonly rows: readonly (readonly number[])[] }>>;
  readonly cases: readonly ExactCase[];
}

export function readExact(dtype: DType): ExactFixture {
  const file = new URL(`../test/fixtures/kernels/exact-${dtype === 'float32' ? 'f32' : 'f64'}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ExactFixture;
}

/** The case's network, in the NTK parameterization. */
export function networkOf({ activation, depth, outDim, wStd, bStd }: ExactCase): Network {
  const affine = dense(outDim, { wStd, bStd });
  const phi = parseNetwork(activation);
  return serial(...Array.from({ length: depth }, () => [affine, phi]).flat(), affine);
}

export const PAIRS = ['generic', 'diagonal', 'near', 'opposite'] as const;
export type Pair = (typeof PAIRS)[number];
export type Field = 'nngp' | 'ntk';

/** Largest relative error by kernel and kind of pair, and the largest of all over the bound that the tests ask for. */
export interface Errors {
  readonly worst: Readonly<Record<Field, Record<Pair, number>>>;
  ofBound: number;
}

const zeroes = (): Record<Pair, number> => ({ generic: 0, diagonal: 0, near: 0, opposite: 0 });
export const noErrors = (): Errors => ({ worst: { nngp: zeroes(), ntk: zeroes() }, ofBound: 0 });

const BOUNDS = { float32: { floor: 2e-6, epsilon: 2 ** -23 }, float64: { floor: 1e-13, epsilon: 2 ** -52 } } as const;

/** Adds one matrix (its entry (i, j) by `at`) to `errors`. What is not a number counts as infinitely wrong. */
export function collectErrors(
  errors: Errors,
  field: Field,
  entry: ExactCase,
  names: readonly string[],
  dtype: DType,
  at: (i: number, j: number) => number,
): void {
  const [exact, kappa] = [entry[field], entry[`${field}Kappa`]];
  const { floor, epsilon } = BOUNDS[dtype];
  const kinds = errors.worst[field];
  for (let i = 0, index = 0; i < names.length; i++)
    for (let j = 0; j <= i; j++, index++) {
      const value = exact[index];
      const difference = Math.abs(at(i, j) - value);
      if (difference === 0) continue;
      const error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / (value === 0 ? kappa[index] : Math.abs(value));
      const bound = value === 0 ? floor : Math.max(floor, 20 * kappa[index] * epsilon);
      const kind = kindOf(names[i], names[j], i === j);
      kinds[kind] = Math.max(kinds[kind], error);
      errors.ofBound = Math.max(errors.ofBound, error / bound);
    }
}

/** By the rows' names: "duplicate of base", "base at 1e-6", "opposite of base at 1e-6". 'near': coincident or nearly so. */
function kindOf(first: string, second: string, same: boolean): Pair {
  if (same) return 'diagonal';
  const [a, b] = [first, second].map((name) => ({
    base: name.replace(/^(opposite|duplicate) of /, '').replace(/ at .*$/, ''),
    negative: name.startsWith('opposite'),
  }));
  if (a.base !== b.base) return 'generic';
  return a.negative === b.negative ? 'near' : 'opposite';
}
