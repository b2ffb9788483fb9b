import { describe, expect, it } from 'vitest';
import { HEAD, TERMS, WIDTH } from '../../src/cells';
import { makeBlock } from '../../src/duals/numerical/blocks';
import { estimateError, numericalDual } from '../../src/duals/numerical/index';
import { TANH } from '../../src/duals/numerical/logistic';
import { TableDual } from '../../src/duals/numerical/table-dual';
import { Tables } from '../../src/duals/numerical/tables';
import type { InfiniteWidthError } from '../../src/errors';
import type { ActivationLayer } from '../../src/spec';
import { fixture } from '../fixtures';

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

/** What the issue asks, and the smaller bound that these methods keep. */
const BOUND = 1e-10;
const NNGP = 2e-12;
const FACTOR = 3e-11;

interface Case {
  readonly q1: number;
  readonly q2: number;
  readonly rho: number;
  readonly k: number;
  readonly d: number;
  readonly nngp: number;
  readonly factor: number;
}

/** Every row of the grid, both ways round. */
function cases(name: string): Case[] {
  const at = GRID.columns.indexOf(`${name}.nngp`);
  return GRID.rows.flatMap((row) => {
    const [q1, q2, rho, k, d] = row;
    const one = { q1, q2, rho, k, d, nngp: row[at], factor: row[at + 1] };
    return q1 === q2 ? [one] : [one, { ...one, q1: q2, q2: q1 }];
  });
}

/** E[φ(u)²] by q, from the rows of ρ = 1. */
const variances = (all: readonly Case[]): Map<number, number> =>
  new Map(all.filter(({ q1, q2, rho }) => q1 === q2 && rho === 1).map(({ q1, nngp }) => [q1, nngp]));

/** NaN where one is NaN. */
const worst = (errors: readonly number[]): number => Math.max(0, ...errors);

const numerical = (fn: (x: number) => number, df: ((x: number) => number) | null = null): ActivationLayer => ({
  kind: 'elementwiseNumerical',
  fn,
  deg: 25,
  df,
});
const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  silu: (x) => x / (1 + Math.exp(-x)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
};

/** Numbers in (0, 1): Park and Miller 1988. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

describe.each(LAYERS)('the dual of $kind', (layer) => {
  const all = cases(layer.kind);
  const variance = variances(all);
  const dual = numericalDual(layer);
  const scale = ({ q1, q2 }: Case): number => Math.sqrt(variance.get(q1)! * variance.get(q2)!);

  it('has the NNGP entry of mpmath', () => {
    expect(all.length).toBe(8 * 8 * 13);
    const error = worst(all.map((c) => Math.abs(dual.nngp(c.k, c.q1, c.q2, c.d) - c.nngp) / scale(c)));
    expect(error).toBeLessThan(NNGP);
  });

  it('has the factor of mpmath, relative to itself', () => {
    const error = worst(all.map((c) => Math.abs(dual.factor(c.k, c.q1, c.q2, c.d) / c.factor - 1)));
    expect(error).toBeLessThan(FACTOR);
  });

  it('has the variance of mpmath, and gives it to the bit where the rows coincide', () => {
    for (const [q, exact] of variance) {
      expect(Math.abs(dual.variance(q) / exact - 1)).toBeLessThan(1e-13);
      expect(dual.nngp(q, q, q, 0)).toBe(dual.variance(q));
      expect(dual.distance(q, q, q, 0)).toBe(0);
    }
  });

  it('has distances that agree with the NNGP entries', () => {
    for (const { q1, q2, k, d, nngp } of all) {
      const sum = variance.get(q1)! + variance.get(q2)!;
      expect(Math.abs(dual.distance(k, q1, q2, d) - (sum - 2 * nngp))).toBeLessThan(NNGP * sum + 4 * NNGP * Math.abs(nngp));
    }
  });

  it('has distances of nearly coincident rows without cancellation', () => {
    // E[(φ(u) − φ(v))²] = d E[φ'²] (1 + O(√d)) as d → 0 with q1 = q2.
    for (const q of [1e-4, 0.7, 50]) {
      for (const d of [1e-12, 1e-18, 1e-24]) {
        const share = dual.distance(q - d / 2, q, q, d) / d / dual.factor(q, q, q, 0);
        expect(Math.abs(share - 1)).toBeLessThan(2 * Math.sqrt(d / Math.min(q, 1)) + BOUND);
      }
    }
  });

  it('is finite and right in the limit for variances that are 0, tiny or huge', () => {
    const origin = Math.sqrt(dual.variance(0));
    expect(dual.nngp(0, 0, 0, 0)).toBe(dual.variance(0));
    for (const q of [0, 5e-324, 1e-30, 1e30]) {
      for (const other of [0, 1, q]) {
        const values = [
          dual.variance(q),
          dual.nngp(0, q, other, q + other),
          dual.factor(0, q, other, q + other),
          dual.distance(0, q, other, q + other),
        ];
        expect(values.every(Number.isFinite), `${q} ${other}: ${values}`).toBe(true);
      }
      if (layer.kind === 'tanh' || layer.kind === 'sigmoid') continue;
      const big = Math.max(q, 1e24);
      // Beyond 1e20 the right half is a straight line of slope λ and the left half is as nothing beside it.
      const slope = layer.kind === 'selu' ? 1.0507009873554805 : 1;
      expect(Math.abs(dual.variance(big) / (0.5 * slope * slope * big) - 1)).toBeLessThan(1e-9);
    }
    expect(dual.nngp(0, 0, 1, 1)).toBeCloseTo(origin * numericalMean(layer), 9);
  });

  it('agrees with quadrature everywhere in its cells', () => {
    const fn = FUNCTIONS[layer.kind];
    const other = numericalDual(numerical(fn));
    const random = generator(7);
    // Octaves of the grid, whose tables exist by now.
    const variance = (): number => [2 ** -4, 1, 2, 8, 64][Math.floor(5 * random())] * 2 ** random();
    for (let i = 0; i < 40; i++) {
      const [q1, q2, rho] = [variance(), variance(), 1.8 * random() - 0.9];
      const k = rho * Math.sqrt(q1 * q2);
      const d = q1 + q2 - 2 * k;
      const size = Math.sqrt(other.variance(q1) * other.variance(q2));
      const message = `${q1} ${q2} ${rho}`;
      expect(Math.abs(dual.nngp(k, q1, q2, d) - other.nngp(k, q1, q2, d)) / size, message).toBeLessThan(NNGP);
      expect(Math.abs(dual.factor(k, q1, q2, d) / other.factor(k, q1, q2, d) - 1), message).toBeLessThan(2 * FACTOR);
    }
  });

  it('does not depend on what was asked before, nor on the order of rows', () => {
    const order = all.filter((_, i) => i % 7 === 0);
    const fresh = order.map((c) => dual.nngp(c.k, c.q1, c.q2, c.d) + dual.factor(c.k, c.q1, c.q2, c.d));
    const other = numericalDual(layer);
    const reversed = [...order].reverse().map((c) => other.nngp(c.k, c.q1, c.q2, c.d) + other.factor(c.k, c.q1, c.q2, c.d));
    expect(reversed.reverse()).toEqual(fresh);
  });
});

/** E[φ(u)], u ~ N(0, 1), by the trapezoidal rule, where φ(0) ≠ 0. */
function numericalMean(layer: ActivationLayer): number {
  const fn = layer.kind === 'sigmoid' ? (x: number) => 1 / (1 + Math.exp(-x)) : (x: number) => Math.log1p(Math.exp(x));
  let total = 0;
  for (let z = -9; z <= 9; z += 0.125) total += (0.125 * Math.exp(-0.5 * z * z) * fn(z)) / Math.sqrt(2 * Math.PI);
  return total;
}

describe('tables', () => {
  it('are the same to the bit whichever pair first needs them', () => {
    const pairs = [
      [0.3, 1.7, 0.2],
      [1.7, 0.3, 0.2],
      [1.1, 1.9, -0.99],
    ];
    const ask = (order: readonly (readonly number[])[]): Map<string, number> => {
      const dual = new TableDual(new Tables(TANH));
      return new Map(order.map(([q1, q2, k]) => [`${q1} ${q2}`, dual.nngp(k, q1, q2, q1 + q2 - 2 * k)]));
    };
    const forward = ask(pairs);
    for (const [key, value] of ask([...pairs].reverse())) expect(value).toBe(forward.get(key));
  });

  it('are symmetric where both octaves are the same', () => {
    const { double } = makeBlock(TANH, -3, -3, 1);
    const [a, b, n] = [2, 5, 3];
    const at = (i: number, j: number): number => double[HEAD + (i * TERMS + j) * WIDTH + n];
    expect(at(a, b)).toBeCloseTo(at(b, a), 15);
  });
});

const RHOS = [-1, -0.9, -0.3, 0, 0.5, 0.9, 0.999, 1 - 1e-8, 1];

/** Largest errors of nngp (relative to √(V₁V₂)) and factor (relative to its value at ρ = 1) against closed forms. */
function errorsOf(
  layer: ActivationLayer,
  q1: number,
  q2: number,
  nngp: (rho: number) => number,
  factor: (rho: number) => number,
): [number, number] {
  const dual = numericalDual(layer);
  const scale = Math.sqrt(dual.variance(q1) * dual.variance(q2));
  const both = RHOS.map((rho) => {
    const k = rho * Math.sqrt(q1 * q2);
    const d = q1 + q2 - 2 * k;
    return [
      Math.abs(dual.nngp(k, q1, q2, d) - nngp(rho)) / scale,
      Math.abs(dual.factor(k, q1, q2, d) - factor(rho)) / Math.max(1e-300, Math.abs(factor(1))),
    ];
  });
  return [worst(both.map(([n]) => n)), worst(both.map(([, f]) => f))];
}

describe('elementwiseNumerical', () => {
  it.each([
    [1, 1],
    [0.01, 4],
    [25, 25],
  ])('is right for a kink: relu at variances %f, %f', (q1, q2) => {
    const r = Math.sqrt(q1 * q2);
    const theta = Math.acos;
    const [nngp, factor] = errorsOf(
      numerical((x) => Math.max(x, 0)),
      q1,
      q2,
      (rho) => (r * (Math.sqrt(1 - rho * rho) + (Math.PI - theta(rho)) * rho)) / (2 * Math.PI),
      (rho) => (Math.PI - theta(rho)) / (2 * Math.PI),
    );
    expect(nngp).toBeLessThan(1e-11);
    // arccos of a rounded ρ is what limits the factor at 1 − 1e-8.
    expect(factor).toBeLessThan(1e-7);
  });

  it('is right for a jump, which the derivative leaves out', () => {
    const [nngp] = errorsOf(
      numerical(Math.sign),
      2,
      0.5,
      (rho) => (2 / Math.PI) * Math.asin(rho),
      () => 0,
    );
    expect(nngp).toBeLessThan(1e-7);
    expect(numericalDual(numerical(Math.sign)).factor(0.5, 1, 1, 1)).toBeLessThan(1e-20);
  });

  it('is right for what oscillates and for what grows', () => {
    const sine = errorsOf(
      numerical(
        (x) => Math.sin(5 * x),
        (x) => 5 * Math.cos(5 * x),
      ),
      1,
      2,
      (rho) => 0.5 * (Math.exp(25 * (rho * Math.SQRT2 - 1.5)) - Math.exp(25 * (-rho * Math.SQRT2 - 1.5))),
      (rho) => 12.5 * (Math.exp(25 * (rho * Math.SQRT2 - 1.5)) + Math.exp(25 * (-rho * Math.SQRT2 - 1.5))),
    );
    expect(worst(sine)).toBeLessThan(BOUND);
    const exponential = errorsOf(
      numerical(Math.exp),
      10,
      3,
      (rho) => Math.exp(6.5 + rho * Math.sqrt(30)),
      (rho) => Math.exp(6.5 + rho * Math.sqrt(30)),
    );
    expect(worst(exponential)).toBeLessThan(BOUND);
  });

  it.each(['tanh', 'selu'])('agrees with mpmath on %s without a derivative', (name) => {
    const dual = numericalDual(numerical(FUNCTIONS[name]));
    const all = cases(name);
    const variance = variances(all);
    for (const { q1, q2, rho, k, d, nngp, factor } of all.filter(({ q1, q2 }) => [1e-3, 1, 100].includes(q1) && [1, 100].includes(q2))) {
      const message = `${q1} ${q2} ${rho}`;
      expect(Math.abs(dual.nngp(k, q1, q2, d) - nngp) / Math.sqrt(variance.get(q1)! * variance.get(q2)!), message).toBeLessThan(BOUND);
      expect(Math.abs(dual.factor(k, q1, q2, d) / factor - 1), message).toBeLessThan(BOUND);
    }
  });

  it('takes zero variances, and the mean slope at a kink', () => {
    const dual = numericalDual(numerical((x) => Math.max(x, 0) + 2));
    expect(dual.variance(0)).toBeCloseTo(4, 12);
    expect(dual.nngp(0, 0, 1, 1)).toBeCloseTo(2 * (2 + 1 / Math.sqrt(2 * Math.PI)), 12);
    expect(dual.factor(0, 0, 1, 1)).toBeCloseTo(0.25, 10);
    expect(dual.distance(0, 0, 0, 0)).toBe(0);
  });

  it('estimates its error', () => {
    expect(estimateError(numerical(Math.tanh), 3, 1, 0.7)).toBeLessThan(1e-12);
    const coarse = (x: number): number => Math.round(Math.sin(x) * 1e4) / 1e4 + 1e-6 * Math.sin(1e7 * x);
    expect(estimateError(numerical(coarse), 1, 1, 0.5)).toBeGreaterThan(1e-8);
    expect(estimateError({ kind: 'silu' }, 1, 1, 0.5)).toBeLessThanOrEqual(BOUND);
  });

  it('names the place where fn is not finite', () => {
    let error: InfiniteWidthError | undefined;
    try {
      numericalDual(numerical((x) => Math.log(x))).variance(1);
    } catch (caught) {
      error = caught as InfiniteWidthError;
    }
    expect(error?.code).toBe('ERR_NON_FINITE');
    expect(error?.message).toMatch(/fn\(-/);
  });

  it('refuses an activation with a closed form', () => {
    expect(() => numericalDual({ kind: 'relu' })).toThrow(/closed form/);
  });
});
