import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../src/context';
import { type Dual, dualOf } from '../../src/duals/dual';
import { bringEverything } from '../../src/everything';
import type { ActivationLayer } from '../../src/spec';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';
import { chain, tileKernel } from './tile';

bringEverything();

/** Lower triangles of the NNGP and of the NTK, row by row; null where a number is no normal double. */
type Triangles = readonly (readonly (number | null)[])[];
interface Activation {
  readonly layer: ActivationLayer;
  /** One row per point of the grid: nngp, factor, distance, variances; null where the expectation does not exist. */
  readonly values: readonly (readonly (number | null)[] | null)[];
  readonly plain: Triangles;
  readonly biased: Triangles;
}
interface Exact {
  readonly arguments: readonly (readonly [q1: number, q2: number, k: number, d: number])[];
  readonly rows: readonly (readonly number[])[];
  readonly activations: readonly Activation[];
}
interface NeuralTangents {
  readonly x1: readonly (readonly number[])[];
  readonly x2: readonly (readonly number[])[];
  readonly wStd: number;
  readonly bStd: number;
  readonly cases: readonly { readonly layer: ActivationLayer; readonly nngp: readonly number[]; readonly ntk: readonly number[] }[];
}

const { arguments: points, rows, activations } = fixture<Exact>('duals/activations.json.gz');
const reference = fixture<NeuralTangents>('duals/activations-neural-tangents.json');

const nameOf = ({ kind, ...parameters }: ActivationLayer): string => `${kind} ${Object.values(parameters).join(' ')}`.trim();
const NAMED = activations.map((entry) => [nameOf(entry.layer), entry] as const);

const EPS = 2 ** -53;

/** |ρ| loses this much in the rounding of √q₁√q₂, which 1 − |ρ| shows; times the degree to which small values go with it. */
const conditioning = (q1: number, q2: number, k: number): number => {
  const rest = 1 - Math.abs(k / Math.sqrt(q1) / Math.sqrt(q2));
  return q1 === q2 || !(rest > 0) ? 0 : (40 * EPS) / rest;
};

/**
 * Largest errors of nngp, factor, distance, variance; of nngp relative to itself, but to `scale` where it crosses 0, and so that of abs' factor,
 * 1 − 2θ/π, which θ = π/2 rounded does not make 0.
 */
function errorsOf(dual: Dual, { layer, values }: Activation) {
  const isHomogeneous = HOMOGENEOUS.includes(layer.kind);
  const slopes = layer.kind === 'abs' ? 0.01 : 0;
  const worst = { nngp: 0, factor: 0, distance: 0, variance: 0 };
  const raise = (name: keyof typeof worst, error: number) => {
    if (!(error <= worst[name])) worst[name] = error;
  };
  values.forEach((row, i) => {
    if (!row) return;
    const [q1, q2, k, d] = points[i];
    const [nngp, factor, distance, v1, v2] = row;
    const scale = v1 === null || v2 === null ? 0 : Math.sqrt(v1) * Math.sqrt(v2);
    const allowance = 1 + conditioning(q1, q2, k) / 1e-12;
    if (nngp !== null) raise('nngp', relative(dual.nngp(k, q1, q2, d), nngp, 0.01 * scale) / allowance);
    if (factor !== null) raise('factor', relative(dual.factor(k, q1, q2, d), factor, slopes) / allowance);
    if (v1 !== null) raise('variance', relative(dual.variance(q1), v1, 0));
    if (v2 !== null) raise('variance', relative(dual.variance(q2), v2, 0));
    if (distance === null || v1 === null || v2 === null) return;
    const radial = isHomogeneous ? 0 : radialError(q1, q2, v1, v2, distance);
    raise('distance', relative(dual.distance(k, q1, q2, d), distance, radial / 1e-12));
  });
  return worst;
}

const relative = (value: number, exact: number, scale: number): number =>
  value === exact ? 0 : Math.abs(value - exact) / Math.max(Math.abs(exact), scale);

/** Whose distances are exact however close two rows of unequal variance are: homogeneous functions, and sign. */
const HOMOGENEOUS = ['relu', 'abs', 'leakyRelu', 'abRelu', 'monomial', 'rectifiedMonomial', 'sign'];

/**
 * The error of the others' distance that comes from subtracting rounded radii, before the activation and after it: no digit is lost
 * where the variances are equal, half of those that a subtraction of squares would lose where they are close.
 */
function radialError(q1: number, q2: number, v1: number, v2: number, distance: number): number {
  if (q1 === q2) return 0;
  const [s1, s2, r1, r2] = [q1, q2, v1, v2].map(Math.sqrt);
  const before = (Math.max(s1, s2) / Math.abs(s1 - s2)) * distance;
  const largest = Math.max(r1, r2);
  return 16 * EPS * (before + largest * (Math.abs(r1 - r2) + EPS * largest));
}

describe('duals of activations against mpmath', () => {
  it.each(NAMED)('%s', (_name, entry) => {
    const worst = errorsOf(dualOf(entry.layer), entry);
    for (const [name, error] of Object.entries(worst)) expect(error, `${name}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1e-12);
  });

  it.each(NAMED)('%s leaves coincident rows no distance', (_name, { layer }) => {
    const dual = dualOf(layer);
    for (const q of [0, 1e-12, 0.3, 3]) expect(dual.distance(q, q, q, 0)).toBe(0);
  });
});

describe('variances beyond what float64 carries', () => {
  it.each([
    [{ kind: 'gelu', approximate: false }, 1e160],
    [{ kind: 'gabor' }, 1e302],
    [{ kind: 'sin', a: 1, b: 1, c: 0 }, 1e-304],
    [{ kind: 'gaussian', a: 1, b: 1 }, 0.25],
    [{ kind: 'monomial', degree: 40 }, 1e20],
  ] as const)('%o at %d are refused', (layer, q) => {
    expect(() => dualOf(layer).variance(q)).toThrowError(expect.objectContaining({ code: 'ERR_NON_FINITE' }));
  });
});

/** dense → activation, and dense → activation → dense → relu. */
const NETWORKS = {
  plain: (layer: ActivationLayer) => chain([1, 0], layer),
  biased: (layer: ActivationLayer) => chain([1.25, 0.25], layer, [1, 0], { kind: 'relu' }),
} as const;

/**
 * Errors relative to the geometric mean of the two diagonal entries. In float32 a factor goes with the rounding of ρ times its slope,
 * which the steepest of these (monomials of degree 11, exponents up to 64) make 20.
 */
const BOUND = { float64: 1e-13, float32: 4e-6 } as const;
/** Below it float32 has fewer digits. */
const SUBNORMAL = { float64: 0, float32: 1e-36 } as const;

describe.each(testContexts())('activations in tiles: %s', (_name, open) => {
  const engine: EngineContext = open();
  describe.each(['float64', 'float32'] as const)('%s', (dtype) => {
    it.each(NAMED)('%s', (_activation, entry) => {
      for (const network of ['plain', 'biased'] as const) {
        const k = tileKernel(engine, NETWORKS[network](entry.layer), rows, rows, dtype);
        (['nngp', 'ntk'] as const).forEach((field, f) => {
          const exact = entry[network][f];
          const at = (i: number, j: number) => exact[(i * (i + 1)) / 2 + j];
          for (let i = 0; i < rows.length; i++)
            for (let j = 0; j <= i; j++) {
              const [value, vi, vj] = [at(i, j), at(i, i), at(j, j)];
              if (value === null || vi === null || vj === null) continue;
              const scale = Math.max(Math.abs(value), Math.sqrt(Math.abs(vi)) * Math.sqrt(Math.abs(vj)), SUBNORMAL[dtype] / BOUND[dtype]);
              const error = Math.abs(k[field][i * rows.length + j] - value);
              expect(error, `${network} ${field} ${i} ${j}: ${value}`).toBeLessThanOrEqual(BOUND[dtype] * scale);
            }
        });
      }
    });
  });

  it.each(reference.cases.map((entry) => [nameOf(entry.layer), entry] as const))(
    '%s at depth 3 against neural-tangents',
    (_activation, entry) => {
      const dense = [reference.wStd, reference.bStd] as const;
      const k = tileKernel(engine, chain(dense, entry.layer, dense, entry.layer, dense), reference.x1, reference.x2, 'float64');
      for (const field of ['nngp', 'ntk'] as const)
        entry[field].forEach((exact, i) => {
          expect(Math.abs(k[field][i] - exact), `${field} ${i}`).toBeLessThanOrEqual(1e-10 * Math.abs(exact));
        });
    },
  );
});

describe('functions that are 0', () => {
  it.each([
    { kind: 'exp', a: 0, b: 1 },
    { kind: 'gaussian', a: 0, b: -1 },
    { kind: 'sin', a: 0, b: 1, c: 0.5 },
    { kind: 'polynomial', coef: [0, 0] },
  ] as const)('%o leave neither kernel', (activation) => {
    const steps = [...chain([1, 0.5]), { kind: 'dual', activation } as const, ...chain([1, 0])];
    const { nngp, ntk } = tileKernel(testContexts()[0][1](), steps, rows, rows, 'float64');
    expect([...nngp, ...ntk].every((x) => x === 0)).toBe(true);
  });
});

describe('activations in float64', () => {
  const [js, simd] = testContexts().map(([, open]) => open());

  it.each(NAMED)('%s has the same bits in js and simd', (_activation, { layer }) => {
    const [first, second] = [js, simd].map((engine) => tileKernel(engine, NETWORKS.biased(layer), rows, rows, 'float64'));
    expect(second).toEqual(first);
  });
});
