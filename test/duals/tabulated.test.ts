/** Activations with tables in the tiles: against mpmath over all variances and correlations, and what the tables must not change. */

import { describe, expect, it } from 'vitest';
import { octaveOf } from '../../src/duals/numerical/slices';
import { bringEverything } from '../../src/everything';
import type { Step } from '../../src/infer';
import type { DType } from '../../src/ndarray';
import type { ActivationLayer } from '../../src/spec';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';
import { chain, tileKernel } from './tile';

bringEverything();

/** Columns q1, q2, ρ, k, d and then nngp, factor of each name: test/reference/numerical.py, 40 digits. */
interface Grid {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}
const GRID = fixture<Grid>('duals/numerical.json.gz');

const LAYERS: readonly ActivationLayer[] = [
  { kind: 'tanh' },
  { kind: 'sigmoid' },
  { kind: 'softplus' },
  { kind: 'silu' },
  { kind: 'elu', alpha: 1 },
  { kind: 'selu' },
];

const VARIANCES = [...new Set(GRID.rows.map(([q1]) => q1))];
const CORRELATIONS = [...new Set(GRID.rows.map(([, , rho]) => rho))];
const DIRECTION = VARIANCES.map((q) => [Math.sqrt(2 * q), 0]);
const OTHERS = VARIANCES.flatMap((q) =>
  CORRELATIONS.map((rho) => [Math.sqrt(2 * q) * rho, Math.sqrt(2 * q) * Math.sqrt((1 - rho) * (1 + rho))]),
);

/** A dense layer that keeps K and leaves an NTK of 1, so that the activation's NTK is its factor. */
const UNIT: Step = { kind: 'affine', w: 1, b: 0, hasBias: true, fanIn: 0 };

/** NNGP and factor by q1, q2 and ρ. */
function exactOf(name: string): (q1: number, q2: number, rho: number) => readonly [nngp: number, factor: number] {
  const at = GRID.columns.indexOf(`${name}.nngp`);
  const values = new Map<string, readonly [number, number]>();
  for (const row of GRID.rows) {
    const [q1, q2, rho] = row;
    for (const key of [`${q1} ${q2} ${rho}`, `${q2} ${q1} ${rho}`]) values.set(key, [row[at], row[at + 1]]);
  }
  return (q1, q2, rho) => values.get(`${q1} ${q2} ${rho}`) ?? [Number.NaN, Number.NaN];
}

/** Largest errors of K relative to √(V₁V₂) and of F relative to itself; NaN where one is. */
function errorsOf(
  { nngp, ntk }: { nngp: Float64Array; ntk: Float64Array },
  exact: (i: number, j: number) => readonly [number, number],
  variance: (q: number) => number,
): readonly [number, number] {
  let worst: readonly [number, number] = [0, 0];
  for (let i = 0; i < VARIANCES.length; i++)
    for (let j = 0; j < OTHERS.length; j++) {
      const [k, factor] = exact(i, j);
      const at = i * OTHERS.length + j;
      const scale = Math.sqrt(variance(VARIANCES[i]) * variance(VARIANCES[Math.floor(j / CORRELATIONS.length)]));
      const own = [Math.abs(nngp[at] - k) / scale, Math.abs(ntk[at] / factor - 1)] as const;
      worst = [Math.max(own[0], worst[0]), Math.max(own[1], worst[1])];
    }
  return worst;
}

/** As in numerical.test.ts. */
const DOUBLE = [2e-12, 3e-11] as const;
const SINGLE = [1e-6, 4e-6] as const;

const js = testContexts()[0][1]();
const kernelOf = (engine: typeof js, layer: ActivationLayer, dtype: DType) =>
  tileKernel(engine, [UNIT, ...chain(layer)], DIRECTION, OTHERS, dtype);

describe.each(LAYERS)('$kind in tiles, variances 1e-6 to 1e4 and every correlation', (layer) => {
  const exact = exactOf(layer.kind);
  const variance = (q: number) => exact(q, q, 1)[0];

  it.each(testContexts())('%s, float64, against mpmath', (_name, open) => {
    const kernel = kernelOf(open(), layer, 'float64');
    const at = (i: number, j: number) =>
      exact(VARIANCES[i], VARIANCES[Math.floor(j / CORRELATIONS.length)], CORRELATIONS[j % CORRELATIONS.length]);
    const [nngp, factor] = errorsOf(kernel, at, variance);
    expect(nngp).toBeLessThan(DOUBLE[0]);
    expect(factor).toBeLessThan(DOUBLE[1]);
  });

  it.each(testContexts().slice(1))('%s, float32, against doubles on the same rows', (_name, open) => {
    const double = kernelOf(js, layer, 'float32');
    const at = (i: number, j: number) => [double.nngp[i * OTHERS.length + j], double.ntk[i * OTHERS.length + j]] as const;
    const [nngp, factor] = errorsOf(kernelOf(open(), layer, 'float32'), at, variance);
    expect(nngp).toBeLessThan(SINGLE[0]);
    expect(factor).toBeLessThan(SINGLE[1]);
  });

  it('has the same bits in js and simd', () => {
    const [first, second] = testContexts().map(([, open]) => kernelOf(open(), layer, 'float64'));
    expect(second).toEqual(first);
  });
});

describe('a tile', () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => [0, 1, 2].map((k) => (1 + ((from + i) % 3)) * Math.sin(1 + 3 * (from + i) + k)));
  const steps = chain([1.3, 0.2], { kind: 'silu' }, [1.1, 0.1], { kind: 'silu' }, [1, 0]);
  const all = rows(0, 40);

  it.each(testContexts())('%s: gives a pair the same bits whichever rows are with it', (_name, open) => {
    const engine = open();
    for (const dtype of ['float64', 'float32'] as const) {
      const whole = tileKernel(engine, steps, all, all, dtype);
      for (const i of [0, 17, 39]) {
        const one = tileKernel(engine, steps, rows(i, i + 1), all, dtype);
        for (const field of ['nngp', 'ntk'] as const) expect(one[field]).toEqual(whole[field].slice(i * 40, (i + 1) * 40));
        const other = tileKernel(engine, steps, all, rows(i, i + 1), dtype);
        expect(other.ntk).toEqual(whole.ntk.filter((_, at) => at % 40 === i));
      }
    }
  });

  it.each(testContexts())('%s: leaves equal rows equal, opposite ones opposite and zero rows apart', (_name, open) => {
    const x = [
      [1, -2, 0.5],
      [1, -2, 0.5],
      [-1, 2, -0.5],
      [0, 0, 0],
      [2, -4, 1],
    ];
    for (const layer of LAYERS) {
      const { nngp, ntk } = tileKernel(open(), chain([1, 0], layer), x, x, 'float64');
      expect(nngp[1]).toBe(nngp[0]);
      expect(ntk[1]).toBe(ntk[0]);
      if (layer.kind === 'tanh') expect([nngp[2], ntk[2]]).toEqual([-nngp[0], -ntk[0]]);
      if (layer.kind === 'tanh') expect([nngp[3], ntk[3], nngp[18]]).toEqual([0, 0, 0]);
      expect([...nngp, ...ntk].every(Number.isFinite)).toBe(true);
    }
  });

  it('meets rows of which each has an octave of its own', () => {
    const spread = Array.from({ length: 12 }, (_, i) => [2 ** (i - 6), 2 ** (i - 7)]);
    expect(new Set(spread.map(([x, y]) => octaveOf((x * x + y * y) / 2))).size).toBe(12);
    const [first, second] = testContexts().map(([, open]) =>
      tileKernel(open(), chain([1, 0], { kind: 'tanh' }), spread, spread, 'float64'),
    );
    expect(second).toEqual(first);
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < i; j++) expect(Math.abs(first.ntk[12 * i + j] / first.ntk[12 * j + i] - 1)).toBeLessThan(1e-10);
  });
});
