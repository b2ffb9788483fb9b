import { describe, expect, it } from 'vitest';
import { WgslExec, WgslParser } from 'wgsl_reflect/wgsl_reflect.module.js';
import { PLACES, type Place, ScalarPair } from '../../src/backends/js-tile';
import { pairStep } from '../../src/backends/pair-step';
import { literal, PAIR_STRUCT, printStep, STEP_NAMES, stepArguments, stepName } from '../../src/backends/wgsl';
import { SINGLE } from '../../src/duals/coefficients';
import { bringEverything } from '../../src/everything';
import * as op from '../../src/opcodes';
import { compile, rectifiedConstants } from '../../src/program';
import { passRows } from '../../src/rows';
import type { ActivationLayer } from '../../src/spec';

bringEverything();

/**
 * Errors of one operation in f32 on exact f32 arguments: coefficients and constants are rounded (2^-24 = 6e-8 each), the polynomials
 * err by 2e-8, and a dozen rounded operations of results of size 1 follow. The interpreter may keep doubles between statements, so
 * this bounds the printed formula and its constants, not one GPU.
 */
const BOUND = 1e-6;
/** The same relative to the margin, which must keep its digits near 0; erf's is the difference of two terms up to ten times its size. */
const MARGIN_BOUND = 2e-6;

interface Case {
  readonly rho: number;
  readonly m: number;
  readonly t: number;
  readonly rest: readonly number[];
}

/** Runs one printed operation on each case: every case is a row of the input buffer. */
function interpret(code: number, degree: number, cases: readonly Case[]): number[][] {
  const width = 3 + cases[0].rest.length;
  const call = Array.from({ length: width }, (_, k) => `input[${width}u * id.x + ${k}u]`).join(', ');
  const source = `${PAIR_STRUCT}${printStep(code, degree)}
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let pair = ${stepName(code, degree)}(${call});
  output[3u * id.x] = pair.rho;
  output[3u * id.x + 1u] = pair.m;
  output[3u * id.x + 2u] = pair.t;
}`;
  const input = Float32Array.from(cases.flatMap(({ rho, m, t, rest }) => [rho, m, t, ...rest]));
  const output = new Float32Array(3 * cases.length);
  const groups = { 0: { 0: input, 1: output } };
  new WgslExec(new WgslParser().parse(source)).dispatchWorkgroups('main', cases.length, groups);
  return cases.map((_, i) => Array.from(output.subarray(3 * i, 3 * i + 3)));
}

/** The same operation in doubles. */
function reference(code: number, degree: number, { rho, m, t, rest }: Case): number[] {
  const lanes = new ScalarPair();
  Object.assign(lanes, { c: rho, m, t });
  const names = stepArguments(code, degree);
  const value = (name: string) => (k: number) => rest[names.indexOf(`${name}${k}`)];
  pairStep<ScalarPair, number, Place>(lanes, code, PLACES, value('row'), value('col'), value('p'), degree);
  return [lanes.c, lanes.m, lanes.t];
}

const MARGINS = [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 0.35, 0.7, 1].map(Math.fround);
const positive = (largest = 1) => MARGINS.filter((m) => m <= largest).map((m) => ({ rho: 1 - m, m, t: 0.75 }));
const eitherSign = () => positive().flatMap((pair) => [pair, { ...pair, rho: -pair.rho }]);

/** Row entries of the first operation `code` of a program, for rows of these radii. */
function tablesOf(steps: Parameters<typeof compile>[0], code: number, radius: readonly number[], degree = 0): number[][] {
  const program = compile(steps, 'float32');
  const { tables } = passRows(
    program,
    Float64Array.from(radius, (r) => 1 / r),
    Float64Array.from(radius),
    0,
    radius.length,
  );
  const { table } = program.ops.find((operation) => operation.code === code)!;
  const count = stepArguments(code, degree).filter((name) => name.startsWith('row')).length;
  return radius.map((_, i) => Array.from({ length: count }, (_, k) => tables[(table + k) * radius.length + i]));
}

const dense = { kind: 'affine', w: 1.4, b: 0.3, hasBias: true, fanIn: null } as const;
const relu = { kind: 'rectified', a: 0, b: 1 } as const;
const abs = { kind: 'rectified', a: -1, b: 1 } as const;
const plain = { ...dense, b: 0, hasBias: false } as const;
const RADII = [0.25, 1, 4];

/** Every combination of a pair's state with two rows and some parameters. */
const combine = (pairs: readonly Omit<Case, 'rest'>[], rows: readonly number[][], params: readonly (readonly number[])[]): Case[] =>
  pairs.flatMap((pair) =>
    rows.flatMap((row, i) => rows.slice(0, i + 1).flatMap((col) => params.map((p) => ({ ...pair, rest: [...row, ...col, ...p] })))),
  );

const slopes = [
  [0, 1],
  [-1, 1],
  [0.3, 1],
  [1, 1],
  [0.999, 1],
  [-0.999, 1],
].map(([a, b]) => rectifiedConstants(a, b));

const CASES: Readonly<Record<number, () => Case[]>> = {
  [op.START]: () => combine(eitherSign(), [[1], [0.5], [0]], [[]]),
  [op.TANGENT]: () => combine(eitherSign(), [[]], [[0.5]]),
  [op.AFFINE]: () => combine(eitherSign(), tablesOf([dense], op.AFFINE, RADII), [[]]),
  [op.RECTIFIED]: () =>
    combine(
      eitherSign(),
      [[]],
      slopes.map(({ kappa, lambda, plus, minus }) => [kappa, lambda, plus, minus]),
    ),
  [op.ERF]: () => combine(eitherSign(), tablesOf([dense, { kind: 'erf', a: 1, b: 1 }], op.ERF, RADII), [[]]),
  [op.ERF_PRECISE]: () =>
    combine(eitherSign(), tablesOf([{ kind: 'erf', a: 1, b: 1 }, relu], op.ERF_PRECISE, [1e-3, 0.1, 0.2, 0.23]), [[]]),
  [op.GUARD]: () => combine(eitherSign(), [[1], [0]], [[]]),
  [op.CORRELATION]: () => combine(positive(), [[]], [[]]),
  [op.PLAIN_RECTIFIED]: () =>
    combine(
      positive(),
      [[]],
      slopes.map(({ kappa }) => [kappa, 0.5]),
    ),
  [op.AFFINE_RECTIFIED]: () => combine(positive(), tablesOf([relu, dense, relu], op.AFFINE_RECTIFIED, RADII), [[slopes[0].kappa]]),
  [op.STANDARD_RECTIFIED]: () =>
    combine(positive(), tablesOf([relu, { ...dense, fanIn: 5 }, relu], op.STANDARD_RECTIFIED, RADII), [[slopes[0].kappa, 0.5]]),
  [op.FINISH]: () =>
    combine(
      eitherSign(),
      [
        [0.5, 0.7],
        [1.1, 1.3],
      ],
      [[]],
    ),
};

const alone = (activation: ActivationLayer, code: number, degree = 0): number[][] =>
  tablesOf([{ kind: 'dual', activation }], code, RADII, degree);

/** Ten layers in one operation. */
const RUNS = [relu, abs].map((activation) => {
  const { params } = compile([...new Array(10).fill([plain, activation]).flat(), plain], 'float32').ops[1];
  const cases = () => combine(eitherSign(), [[]], [params.slice(0, stepArguments(op.RECTIFIED_RUN, params[0]).length)]);
  return [`run of ${activation.a}, ${activation.b}`, op.RECTIFIED_RUN, params[0], cases] as const;
});

/** Operations of one activation, or run, each: name, code, degree, cases. */
const ACTIVATIONS: readonly (readonly [string, number, number, () => Case[]])[] = [
  ['exp', op.EXPONENTIAL, 0, () => combine(eitherSign(), alone({ kind: 'exp', a: 1, b: 0.5 }, op.EXPONENTIAL), [[]])],
  ['sin', op.SINE, 0, () => combine(eitherSign(), alone({ kind: 'sin', a: 1, b: 0.5, c: 0 }, op.SINE), [[0, 1]])],
  ['cos', op.SINE, 0, () => combine(eitherSign(), alone({ kind: 'cos', a: 1, b: 0.5, c: 0.5 }, op.SINE), [[0.75, 0.25]])],
  ['gaussian', op.GAUSSIAN, 0, () => combine(eitherSign(), alone({ kind: 'gaussian', a: 1, b: -1 }, op.GAUSSIAN), [[]])],
  ['gabor', op.GABOR, 0, () => combine(eitherSign(), alone({ kind: 'gabor' }, op.GABOR), [[]])],
  ['gelu', op.GELU, 0, () => combine(eitherSign(), alone({ kind: 'gelu', approximate: false }, op.GELU), [[]])],
  ['sign', op.SIGN, 0, () => combine(eitherSign(), [[]], [[]])],
  [
    'polynomial',
    op.POLYNOMIAL,
    3,
    () => combine(eitherSign(), alone({ kind: 'polynomial', coef: [1, 0.5, -0.25, 1] }, op.POLYNOMIAL, 3), [[]]),
  ],
  ...[0, 3, 4].map(
    (degree) =>
      [
        `rectifiedMonomial ${degree}`,
        op.RECTIFIED_MONOMIAL,
        degree,
        () => combine(eitherSign(), alone({ kind: 'rectifiedMonomial', degree }, op.RECTIFIED_MONOMIAL, degree), [[]]),
      ] as const,
  ),
  ...RUNS,
];
/** Rows of different radii, of which the margin is the difference of two terms of size 1. */
const isDifference = (code: number, { rest }: Case): boolean =>
  [op.SINE, op.GELU].includes(code) && rest[0] !== rest[stepArguments(code).indexOf('col0')];

const OPERATIONS = [
  ...Object.entries(CASES).map(([code, cases]) => [STEP_NAMES[Number(code)], Number(code), 0, cases] as const),
  ...ACTIVATIONS,
];

const single = ({ rho, m, t, rest }: Case): Case => ({
  rho: Math.fround(rho),
  m: Math.fround(m),
  t: Math.fround(t),
  rest: rest.map(Math.fround),
});

describe('the printed WGSL', () => {
  it('is tested for every operation', () => {
    expect(new Set(OPERATIONS.map(([, code]) => code))).toEqual(new Set(STEP_NAMES.keys()));
  });

  it.each(OPERATIONS)('%s agrees with doubles on f32 arguments', (_name, code, degree, make) => {
    const cases = make().map(single);
    const printed = interpret(code, degree, cases);
    cases.forEach((pair, i) => {
      const [rho, m, t] = reference(code, degree, pair);
      const message = `${JSON.stringify(pair)}: ${printed[i]} for ${[rho, m, t]}`;
      expect(Math.abs(printed[i][0] - rho), message).toBeLessThanOrEqual(BOUND);
      expect(Math.abs(printed[i][1] - m), message).toBeLessThanOrEqual(MARGIN_BOUND * (isDifference(code, pair) ? 1 : m));
      expect(Math.abs(printed[i][2] - t), message).toBeLessThanOrEqual(BOUND * Math.max(1, Math.abs(t)));
    });
  });

  it('keeps coincident and opposite pairs exact where the dual does', () => {
    const { kappa, lambda, plus, minus } = rectifiedConstants(0, 1);
    const rest = [kappa, lambda, plus, minus];
    const [same, opposite] = interpret(op.RECTIFIED, 0, [
      { rho: 1, m: 0, t: 1, rest },
      { rho: -1, m: 0, t: 1, rest },
    ]);
    expect(same).toEqual([1, 0, 1]);
    expect(opposite).toEqual([0, 1, 0]);
  });

  it('prints coefficients that read back as the same f32', () => {
    for (const x of [...SINGLE, 1e-30, -2.5e-7, 3.4028234663852886e38, 1 / 3, 16777217]) {
      const text = literal(x);
      expect(text).toMatch(/^\(?-?(\d+|\d+\.\d+|\d+(\.\d+)?e[+-]?\d+)f\)?$/);
      expect(Math.fround(Number(text.replace(/[()f]/g, '')))).toBe(Math.fround(x));
    }
  });

  it('uses no builtin but those that IEEE 754 or WGSL makes exact', () => {
    const calls = STEP_NAMES.flatMap((_, code) => [...printStep(code).matchAll(/= (\w+)\(/g)].map(([, name]) => name));
    expect([...new Set(calls)].sort()).toEqual(['abs', 'fma', 'ldexp', 'max', 'min', 'round', 'select', 'sqrt']);
  });
});
