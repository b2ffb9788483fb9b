/**
 * Every entry against 50-digit values: coincident, near-coincident, opposite and zero rows, extreme norms, depth 1 to 100. Bounds
 * of the fixture's README: max(1e-13, 20 κ 2⁻⁵²) in float64, max(2e-6, 20 κ 2⁻²³) in float32, κ the conditioning of the entry.
 *
 * One network has a wider bound: a chaotic erf with bias turns opposite rows (ρ = −1) into positively correlated ones, and at depth 20
 * their NTK happens to pass through 0, a difference of terms a million times larger. κ knows only the inputs' perturbations, under which
 * opposite rows stay opposite. There 3 bounds are allowed; 2.0 are measured.
 */
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../src/context';
import { kernelSync } from '../../src/kernel';
import { dense } from '../../src/layers/dense';
import { parseNetwork } from '../../src/layers/parse';
import { serial } from '../../src/layers/structure';
import type { DType } from '../../src/ndarray';
import type { Network, Parameterization } from '../../src/spec';

/** A case of exact-f64.json.gz or exact-f32.json.gz; fields in test/fixtures/kernels/README.md. */
export interface ExactCase {
  activation: object;
  depth: number;
  outDim: number;
  wStd: number;
  bStd: number | null;
  regime: string;
  input: string;
  nngp: number[];
  ntk: number[];
  ntkStandard: number[];
  nngpKappa: number[];
  ntkKappa: number[];
  ntkStandardKappa: number[];
}
export interface Exact {
  inputs: Record<string, { names: string[]; rows: number[][] }>;
  cases: ExactCase[];
}

const BOUNDS = { float64: { floor: 1e-13, epsilon: 2 ** -52 }, float32: { floor: 2e-6, epsilon: 2 ** -23 } };

function networkOf({ activation, depth, outDim, wStd, bStd }: ExactCase, parameterization: Parameterization): Network {
  const affine = dense(outDim, { wStd, bStd, parameterization });
  const phi = parseNetwork(activation);
  return serial(...Array.from({ length: depth }, () => [affine, phi]).flat(), affine);
}

/** Entries beyond their bound, as text. */
function compare(
  got: ArrayLike<number>,
  expected: number[],
  kappa: number[],
  names: string[],
  floor: number,
  epsilon: number,
  factor: number,
) {
  const n = names.length;
  const misses: string[] = [];
  for (let i = 0, entry = 0; i < n; i++)
    for (let j = 0; j <= i; j++, entry++) {
      const value = expected[entry];
      const bound = value === 0 ? floor * kappa[entry] : Math.max(floor, 20 * kappa[entry] * epsilon) * factor * Math.abs(value);
      const ratio = Math.abs(got[i * n + j] - value) / (bound || Number.MIN_VALUE);
      if (!(ratio <= 1) && got[i * n + j] !== value)
        misses.push(`${names[i]} × ${names[j]}: ${got[i * n + j]}, exact ${value}, ${ratio.toPrecision(2)} bounds`);
    }
  return misses;
}

/** Factor on the bound of a case: see above. */
const allowance = ({ activation, depth, regime, bStd }: ExactCase): number =>
  (activation as { kind: string }).kind === 'erf' && depth === 20 && regime === 'chaotic' && bStd !== null ? 3 : 1;

function check(engine: EngineContext, dtype: DType, exact: Exact, entry: ExactCase): string[] {
  const { floor, epsilon } = BOUNDS[dtype];
  const { names, rows } = exact.inputs[entry.input];
  const x = {
    data: dtype === 'float32' ? new Float32Array(rows.flat()) : new Float64Array(rows.flat()),
    shape: [rows.length, rows[0].length],
  };
  const ntk = kernelSync(networkOf(entry, 'ntk'), x, { engine });
  const standard = kernelSync(networkOf(entry, 'standard'), x, { get: 'ntk', engine });
  return [
    ...compare(ntk.nngp.data, entry.nngp, entry.nngpKappa, names, floor, epsilon, allowance(entry)).map((miss) => `nngp ${miss}`),
    ...compare(ntk.ntk.data, entry.ntk, entry.ntkKappa, names, floor, epsilon, allowance(entry)).map((miss) => `ntk ${miss}`),
    ...compare(standard.ntk.data, entry.ntkStandard, entry.ntkStandardKappa, names, floor, epsilon, allowance(entry)).map(
      (miss) => `standard ntk ${miss}`,
    ),
  ];
}

/** @param exact the fixture of that dtype, or some of its cases */
export function exactConformance(name: string, open: () => EngineContext, dtype: DType, exact: Exact): void {
  describe(`${dtype} on ${name}`, () => {
    const engine = open();
    it.each(
      exact.cases.map(
        (entry) =>
          [`${JSON.stringify(entry.activation)} depth ${entry.depth} ${entry.regime} bStd ${entry.bStd} ${entry.input}`, entry] as const,
      ),
    )('%s', (_title, entry) => {
      expect(check(engine, dtype, exact, entry)).toEqual([]);
    });
  });
}
