import { describe, expect, it } from 'vitest';
import { PLACES, type Place, ScalarPair } from '../../src/backends/js-tile';
import { pairStep } from '../../src/backends/pair-step';
import type { EngineContext } from '../../src/context';
import { angle, SEGMENT, wide } from '../../src/duals/angle';
import { scalar } from '../../src/duals/scalar';
import { bringEverything } from '../../src/everything';
import * as op from '../../src/opcodes';
import { compile, type Op, rectifiedConstants, TABLES_OF } from '../../src/program';
import { passRows } from '../../src/rows';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';

bringEverything();

/** Arguments u (m = u²) and results of test/reference/duals.py and erf_margin.py, rounded once from 700 digits. */
interface Table {
  readonly rows: readonly (readonly number[])[];
}
interface Slope extends Table {
  readonly a: number;
  readonly b: number;
}

const ANGLES = fixture<Table>('duals/angles.json').rows;
const SLOPES = fixture<readonly Slope[]>('duals/rectified.json');
const ERF = ['duals/erf.json', 'duals/erf-margin.json'].flatMap((path) => fixture<Table>(path).rows);

/** Results below this are subnormal or nearly so: they have no relative accuracy. */
const NORMAL = 1e-300;

/** Largest errors by name. */
type Errors = Record<string, number>;

const relative = (value: number, exact: number): number => (value === exact ? 0 : Math.abs(value - exact) / Math.abs(exact));
const thetaOf = (m: number): number => angle(scalar, m, Math.sqrt(m));

function raise(errors: Errors, name: string, error: number): void {
  const most = errors[name] ?? 0;
  errors[name] = error <= most || Number.isNaN(most) ? most : error;
}

function expectWithin(errors: Errors, bounds: Errors): void {
  for (const [name, error] of Object.entries(errors)) expect(error, `${name}: ${JSON.stringify(errors)}`).toBeLessThanOrEqual(bounds[name]);
  expect(Object.keys(errors).sort()).toEqual(Object.keys(bounds).sort());
}

/** One operation in doubles on ρ = ±(1 − m), t = 1. */
function run(code: number, sign: number, m: number, row: readonly number[], col: readonly number[], params: readonly number[]): ScalarPair {
  const pair = Object.assign(new ScalarPair(), { c: sign * (1 - m), m, t: 1 });
  pairStep<ScalarPair, number, Place>(
    pair,
    code,
    PLACES,
    (k) => row[k],
    (k) => col[k],
    (k) => params[k],
  );
  return pair;
}

/** κ, λ, 1 + λ, 1 − λ. */
function rectifiedParams(a: number, b: number): number[] {
  const { kappa, lambda, plus, minus } = rectifiedConstants(a, b);
  return [kappa, lambda, plus, minus];
}

/** Row entries of erf({ a: 1, b: 1 }) for a row of radius r. */
function erfEntries(r: number): number[] {
  const program = compile([{ kind: 'erf', a: 1, b: 1 }], 'float64');
  const { tables } = passRows(program, Float64Array.of(1), Float64Array.of(r), 0, 1);
  const { table } = program.ops[1];
  return Array.from(tables.subarray(table, table + TABLES_OF[op.ERF]));
}

/** Unit roundoff of doubles. */
const EPS = 2 ** -53;

/**
 * The angle arccos|ρ'| that erf leaves, in roundoffs, where both uᵢ = 2qᵢ/(1 + 2qᵢ) are below 0.1 and the margin is a sum of terms
 * that do not cancel; and elsewhere, where it is the difference of two terms of which the larger is (√α₁ − √α₂)²/(2√(α₁α₂)).
 */
const SMALL_ANGLE = 5;
const ANGLE = 48;
const isSmall = (r1: number, r2: number): boolean => [r1, r2].every((r) => (2 * r * r) / (1 + 2 * r * r) < 0.1);

/** Relative error of an angle known no better than the rounding of the rows' u, which a difference of close rows amplifies. */
const angleError = (value: number, exact: number, r1: number, r2: number): number =>
  Math.abs(value - exact) / (exact + Math.max(...[r1, r2].map((r) => (2 * r * r) / (1 + 2 * r * r))));

describe('duals in doubles', () => {
  it('angle and segment to relative accuracy from 1e-300 to 1', () => {
    const errors: Errors = {};
    for (const [u, theta, segment] of ANGLES) {
      const m = u * u;
      raise(errors, 'angle', relative(thetaOf(m), theta));
      if (segment > NORMAL) raise(errors, 'segment', relative(m * u * wide(scalar, SEGMENT, m, m * m, m * m * (m * m)), segment));
    }
    expectWithin(errors, { angle: 4 * EPS, segment: 4 * EPS });
  });

  it.each(SLOPES.map((slope) => [slope.a, slope.b, slope] as const))('rectified (%d, %d)', (a, b, { rows }) => {
    const params = rectifiedParams(a, b);
    const errors: Errors = {};
    for (const [u, correlation, margin, factor, oppositeCorrelation, oppositeMargin, oppositeFactor] of rows) {
      const m = u * u;
      const same = run(op.RECTIFIED, 1, m, [], [], params);
      raise(errors, 'correlation', Math.abs(same.c - correlation));
      raise(errors, 'margin', relative(same.m, margin));
      raise(errors, 'factor', Math.abs(same.t - factor));
      if (m === 1) continue;
      const opposite = run(op.RECTIFIED, -1, m, [], [], params);
      raise(errors, 'oppositeCorrelation', Math.abs(opposite.c - oppositeCorrelation));
      raise(errors, 'oppositeMargin', relative(opposite.m, oppositeMargin));
      raise(errors, 'oppositeFactor', Math.abs(opposite.t - oppositeFactor));
    }
    const bounds = { correlation: 3, margin: 8, factor: 4, oppositeCorrelation: 3, oppositeMargin: 8, oppositeFactor: 4 };
    expectWithin(errors, Object.fromEntries(Object.entries(bounds).map(([name, bound]) => [name, bound * EPS])));
  });

  it.each([
    ['ERF', op.ERF],
    ['ERF_PRECISE', op.ERF_PRECISE],
  ])('%s, with variances from 1e-300 to 1e300', (_name, code) => {
    const errors: Errors = {};
    for (const [r1, r2, u, correlation, margin, theta, factor] of ERF) {
      const m = u * u;
      for (const sign of m < 1 ? [1, -1] : [1]) {
        const pair = run(code, sign, m, erfEntries(r1), erfEntries(r2), []);
        raise(errors, 'correlation', Math.abs(pair.c - sign * correlation));
        raise(errors, 'factor', relative(pair.t, factor));
        raise(errors, 'margin', Math.abs(pair.m - margin));
        if (r1 === r2) {
          if (r1 * r1 * m > NORMAL) raise(errors, 'equalAngle', relative(thetaOf(pair.m), theta));
        } else if (!isSmall(r1, r2)) raise(errors, 'angle', Math.abs(thetaOf(pair.m) - theta));
        else if (code === op.ERF_PRECISE && Math.max(r1, r2) ** 2 > NORMAL)
          raise(errors, 'smallAngle', angleError(thetaOf(pair.m), theta, r1, r2));
      }
    }
    expectWithin(errors, {
      correlation: 8 * EPS,
      factor: 12 * EPS,
      equalAngle: 12 * EPS,
      margin: 12 * EPS,
      angle: ANGLE * EPS,
      ...(code === op.ERF_PRECISE && { smallAngle: SMALL_ANGLE * EPS }),
    });
  });
});

interface TileTables {
  readonly rows: readonly (readonly number[])[];
  readonly cols: readonly (readonly number[])[];
}

/**
 * The diagonal pairs of one tile whose pair i starts with margin uᵢ² and ρ = sign·vᵢ², and t = 1: START on zero vectors leaves ρ = 0,
 * m = 1, and AFFINE with equal entries u, v on both sides makes those of it without rounding. Then `ops` follow.
 */
function runTile(
  { backend }: EngineContext,
  dtype: 'float32' | 'float64',
  sign: number,
  us: readonly number[],
  ops: readonly { code: number; params?: readonly number[]; tables?: TileTables }[],
): { c: Float64Array; t: Float64Array } {
  const n = us.length;
  const list: Op[] = [];
  const [rows, cols]: [number[][], number[][]] = [[], []];
  const emit = (code: number, left: readonly (readonly number[])[], right: readonly (readonly number[])[], params: readonly number[]) => {
    list.push({ code, table: rows.length, params });
    rows.push(...left.map((values) => [...values]));
    cols.push(...right.map((values) => [...values]));
  };
  const all = (x: number) => us.map(() => x);
  const v = us.map((u) => Math.sqrt(1 - u * u));
  emit(op.START, [all(0)], [all(0)], [0]);
  emit(op.AFFINE, [us, v, all(0), all(0), all(1)], [us, v.map((x) => sign * x), all(0), all(0), all(1)], []);
  for (const { code, params = [], tables = { rows: [], cols: [] } } of ops) emit(code, tables.rows, tables.cols, params);
  const program = { steps: [], ops: list, tables: rows.length, guarded: false, hosted: false };
  const worker = backend.openTiles({
    kind: 'chain',
    program,
    dtype,
    features: 1,
    rows: n,
    cols: n,
    rowPanels: 1,
    tangent: true,
    atlases: [],
  });
  const data = dtype === 'float32' ? new Float32Array(n).fill(1) : new Float64Array(n).fill(1);
  const panel = (tables: readonly number[][]) => ({
    kind: 'chain' as const,
    data,
    total: n,
    from: 0,
    count: n,
    scale: new Float64Array(n).fill(1),
    inverse: new Float64Array(n).fill(1),
    tables: Float64Array.from(tables.flat()),
  });
  worker.setRows(panel(rows));
  worker.setCols(panel(cols));
  worker.compute(false, false);
  const [c, t] = (['nngp', 'ntk'] as const).map((field) => {
    const out = dtype === 'float32' ? new Float32Array(n * n) : new Float64Array(n * n);
    worker.read(field, false, out, 0, n);
    return Float64Array.from(us, (_, i) => out[i * n + i]);
  });
  worker.close();
  return { c, t };
}

/** The js backend computes in doubles whatever the dtype. */
const BUILDS = testContexts().flatMap(([name, make]) =>
  name === 'js' ? [[name, 'float64', make] as const] : (['float32', 'float64'] as const).map((dtype) => [name, dtype, make] as const),
);

describe.each(BUILDS)('duals in tiles of %s, %s', (_name, dtype, make) => {
  const context = make();
  const single = dtype === 'float32';
  const eps = single ? 2 ** -24 : EPS;
  const inRange = (x: number) => (single ? x > 1e-35 && x < 1e35 : x > NORMAL);

  it('angle and segment, through rectified with κ = 1 and opposite pairs', () => {
    const rows = ANGLES.filter(([u, , segment]) => u < 1 && inRange(u * u) && inRange(segment));
    const { c, t } = runTile(
      context,
      dtype,
      -1,
      rows.map(([u]) => u),
      [{ code: op.RECTIFIED, params: [1, 0, 1, 1] }],
    );
    const errors: Errors = {};
    rows.forEach(([, theta, segment], i) => {
      raise(errors, 'angle', relative(t[i], theta));
      raise(errors, 'segment', relative(c[i], segment));
    });
    expectWithin(errors, { angle: 8 * eps, segment: 8 * eps });
  });

  it.each(SLOPES.map((slope) => [slope.a, slope.b, slope] as const))('rectified (%d, %d) on both signs', (a, b, { rows: all }) => {
    const ops = [{ code: op.RECTIFIED, params: rectifiedParams(a, b) }];
    const rows = all.filter(([u]) => u < 1 && inRange(u * u));
    const errors: Errors = {};
    const us = rows.map(([u]) => u);
    const [same, opposite] = [1, -1].map((sign) => runTile(context, dtype, sign, us, ops));
    rows.forEach(([, correlation, , factor, oppositeCorrelation, , oppositeFactor], i) => {
      raise(errors, 'correlation', Math.abs(same.c[i] - correlation));
      raise(errors, 'factor', Math.abs(same.t[i] - factor));
      raise(errors, 'oppositeCorrelation', Math.abs(opposite.c[i] - oppositeCorrelation));
      raise(errors, 'oppositeFactor', Math.abs(opposite.t[i] - oppositeFactor));
      if (a === 0) raise(errors, 'relativeFactor', relative(opposite.t[i], oppositeFactor));
    });
    expectWithin(errors, {
      correlation: 4 * eps,
      factor: 4 * eps,
      oppositeCorrelation: 4 * eps,
      oppositeFactor: 4 * eps,
      ...(a === 0 && { relativeFactor: 6 * eps }),
    });
  });

  it.each(SLOPES.map((slope) => [slope.a, slope.b, slope] as const))('the margin that rectified (%d, %d) leaves', (a, b, { rows: all }) => {
    const rows = all.filter(([u, , ...values]) => u < 1 && [u * u, values[0], values[3]].every(inRange));
    const us = rows.map(([u]) => u);
    const ops = [{ code: op.RECTIFIED, params: rectifiedParams(a, b) }, unitTangent(us.length), ANGLE_OF_MARGIN];
    const errors: Errors = {};
    const [same, opposite] = [1, -1].map((sign) => runTile(context, dtype, sign, us, ops).t);
    rows.forEach(([, , margin, , oppositeCorrelation, oppositeMargin], i) => {
      raise(errors, 'angle', Math.abs(1 - same[i] - angleOfMargin(margin)));
      const exact = angleOfMargin(oppositeMargin);
      if (oppositeCorrelation < 0) raise(errors, 'angle', relative(opposite[i], exact));
      else raise(errors, 'angle', Math.abs(1 - opposite[i] - exact));
    });
    expectWithin(errors, { angle: 8 * eps });
  });

  it.each([
    ['ERF', op.ERF],
    ['ERF_PRECISE', op.ERF_PRECISE],
  ])('%s, and the angle of its margin through rectified', (_name, code) => {
    const rows = ERF.filter(([r1, r2, u]) => u < 1 && (u === 0 || inRange(u * u)) && [r1 * r1, r2 * r2].every(inRange));
    const errors: Errors = {};
    for (let from = 0; from < rows.length; from += 32) compareErf(code, rows.slice(from, from + 32), errors);
    expectWithin(errors, {
      correlation: 8 * eps,
      factor: 12 * eps,
      equalAngle: 14 * eps,
      angle: ANGLE * eps,
      ...(code === op.ERF_PRECISE && { smallAngle: SMALL_ANGLE * eps }),
    });
  });

  function compareErf(code: number, rows: Table['rows'], errors: Errors): void {
    const us = rows.map(([, , u]) => u);
    const tables = { rows: transpose(rows.map(([r1]) => erfEntries(r1))), cols: transpose(rows.map(([, r2]) => erfEntries(r2))) };
    const { c, t } = runTile(context, dtype, -1, us, [{ code, tables }]);
    const angles = runTile(context, dtype, -1, us, [{ code, tables }, unitTangent(us.length), ANGLE_OF_MARGIN]).t;
    rows.forEach(([r1, r2, u, correlation, , theta, factor], i) => {
      raise(errors, 'correlation', Math.abs(c[i] + correlation));
      raise(errors, 'factor', relative(t[i], factor));
      if (r1 === r2) {
        if (r1 * r1 * u * u > (single ? 1e-35 : NORMAL)) raise(errors, 'equalAngle', relative(angles[i], theta));
      } else if (!isSmall(r1, r2)) raise(errors, 'angle', Math.abs(angles[i] - theta));
      else if (code === op.ERF_PRECISE) raise(errors, 'smallAngle', angleError(angles[i], theta, r1, r2));
    });
  }
});

/** t times arccos|ρ| where ρ < 0, times 1 − arccos|ρ| elsewhere: RECTIFIED with κ = 1, λ = 0. */
const ANGLE_OF_MARGIN = { code: op.RECTIFIED, params: [1, 0, 1, 1] };

const angleOfMargin = (margin: number): number => 2 * Math.asin(Math.sqrt(margin / 2));

/** t = 1, the correlations as they are. */
function unitTangent(n: number): { code: number; tables: TileTables } {
  const entries = [1, 0, 0, 0, 1].map((x) => new Array<number>(n).fill(x));
  return { code: op.AFFINE, tables: { rows: entries, cols: entries } };
}

function transpose(rows: readonly (readonly number[])[]): number[][] {
  return rows[0].map((_, k) => rows.map((row) => row[k]));
}
