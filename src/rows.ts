/**
 * The pass over rows: everything about a pair that depends on one of its rows alone. For each row it follows the variance
 * q = r², the scale σ of its NTK (σ = r, or a stand-in where r = 0) and the NTK of the row with itself, and fills the tables of
 * the program's operations in double precision, whatever the tile's precision.
 */
import { operationOf } from './activations/steps';
import { ScalarPair, scalarStep } from './backends/scalar-pair';
import { acuteAngle } from './duals/angle';
import { type Scalar, scalar } from './duals/scalar';
import { InfiniteWidthError } from './errors';
import { hypot } from './hypot';
import type { Step } from './infer';
import * as op from './opcodes';
import { type Op, type Program, rectifiedConstants } from './program';
import type { ActivationLayer } from './spec';

export interface RowPass {
  /** tables × rows, table by table. */
  readonly tables: Float64Array;
  /** NNGP and NTK of each row with itself. */
  readonly variance: Float64Array;
  readonly tangent: Float64Array;
  /** A table has an entry that float32 arithmetic cannot carry. */
  readonly needsDouble: boolean;
}

export interface Row {
  r: number;
  sigma: number;
  /** NTK of the row with itself, over σ². */
  t: number;
  needsDouble: boolean;
}

/** No |t| of a pair exceeds the largest t of its two rows: beyond it float32 overflows, as where a bias adds 1 to the NTK of a row of norm 1e-19. */
const LARGEST_SINGLE_TANGENT = 1e37;

/**
 * @param inverse 1/(norm of the scaled row), 0 for a zero row; @param radius |x|/√features of each row
 */
export function passRows(program: Program, inverse: Float64Array, radius: Float64Array, from: number, count: number): RowPass {
  const tables = new Float64Array(program.tables * count);
  const variance = new Float64Array(count);
  const tangent = new Float64Array(count);
  let needsDouble = false;
  const fill = (table: number, i: number, ...values: number[]) => {
    for (let k = 0; k < values.length; k++) tables[(table + k) * count + i] = values[k];
  };
  for (let i = 0; i < count; i++) {
    const r = radius[from + i];
    const row: Row = { r, sigma: r > 0 || !program.guarded ? r : 1, t: 0, needsDouble: false };
    let next = 0;
    for (const { code, table } of program.ops) {
      if (code === op.START) fill(table, i, inverse[from + i]);
      else if (code === op.GUARD) fill(table, i, row.r > 0 ? 1 : 0);
      else if (code === op.FINISH) fill(table, i, row.r, row.sigma);
      else if (code === op.RECTIFIED_RUN)
        for (; next < program.steps.length; ) next = advance(program.steps, next, row, op.TANGENT, () => {});
      else if (code !== op.CORRELATION) next = advance(program.steps, next, row, code, (...values) => fill(table, i, ...values));
      if (row.t > LARGEST_SINGLE_TANGENT) row.needsDouble = true;
    }
    variance[i] = row.r * row.r;
    tangent[i] = row.sigma * row.sigma * row.t;
    needsDouble ||= row.needsDouble;
  }
  return { tables, variance, tangent, needsDouble };
}

/** Follows one row through the step (or the two fused steps) of an operation; gives the index of the next step. */
export function advance(steps: readonly Step[], index: number, row: Row, code: number, fill: (...values: number[]) => void): number {
  const step = steps[index];
  switch (step.kind) {
    case 'affine':
    case 'shift': {
      const { u, v, alpha, pi, beta } = step.kind === 'affine' ? affineRow(step, row) : shiftRow(step.c, row);
      if (code === op.AFFINE) fill(u, v, alpha, pi, beta);
      if (code === op.AFFINE_RECTIFIED) fill(u, ...halfAngle(u, v));
      if (code === op.STANDARD_RECTIFIED) fill(u, ...halfAngle(u, v), beta);
      const isFused = code >= op.PLAIN_RECTIFIED && code <= op.STANDARD_RECTIFIED;
      return isFused ? advance(steps, index + 1, row, op.RECTIFIED, fill) : index + 1;
    }
    case 'rectified': {
      const { plus, root } = rectifiedConstants(step.a, step.b);
      if (row.r === 0) row.t *= plus / 2;
      row.r *= root;
      row.sigma *= root;
      return index + 1;
    }
    case 'erf':
      fill(...erfRow(step, row));
      return index + 1;
    case 'dual':
      fill(...dualRow(step.activation, row));
      return index + 1;
  }
}

/** 1/σ² of smaller scales is beyond float64. */
const LEAST_SCALE = 1e-150;

interface AffineRow {
  u: number;
  v: number;
  alpha: number;
  pi: number;
  beta: number;
}

/** sin ω and cos ω times ⁴√2 of a unit vector (cos 2ω, sin 2ω), u ≥ 0. */
function halfAngle(u: number, v: number): [number, number] {
  const cosine = Math.sqrt(0.5 + 0.5 * u);
  return [(ROOT * v) / (2 * cosine), ROOT * cosine];
}
const ROOT = 2 ** 0.25;

/** a / b, and 0 over the scale of a row that carries nothing. */
const over = (a: number, b: number): number => (b > 0 ? a / b : 0);

function affineRow(step: Extract<Step, { kind: 'affine' }>, row: Row): AffineRow {
  const { w, b, fanIn, hasBias } = step;
  const wr = w * row.r;
  const radius = b === 0 ? wr : hypot(wr, b);
  const sigma = radius > 0 ? radius : w > 0 ? w * row.sigma : row.sigma;
  const entry: AffineRow = {
    u: over(wr, radius),
    v: over(b, radius),
    alpha: over(w * row.sigma, sigma),
    pi: over(fanIn === null ? wr : Math.sqrt(fanIn) * row.r, sigma),
    beta: over(fanIn === null ? b : hasBias ? 1 : 0, sigma),
  };
  row.t = entry.alpha ** 2 * row.t + entry.pi ** 2 * (row.r > 0 ? 1 : 0) + entry.beta ** 2;
  if (!(row.t < Number.POSITIVE_INFINITY) && sigma < LEAST_SCALE)
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `a dense layer gets a row to pre-activations of standard deviation ${sigma}, over whose square its NTK is beyond float64; scale the data up or use a larger wStd`,
      { standardDeviation: sigma },
    );
  row.r = radius;
  row.sigma = sigma;
  return entry;
}

function shiftRow(c: number, row: Row): AffineRow {
  const radius = hypot(row.r, c);
  const entry = { u: row.r / radius, v: Math.abs(c) / radius, alpha: row.sigma / radius, pi: 0, beta: 0 };
  row.t *= entry.alpha ** 2;
  row.r = radius;
  row.sigma = radius;
  return entry;
}

/** Tables of erf below this leave the range in which float32 multiplies them. */
const SINGLE_RANGE = 1e-33;

/** Above it p² overflows. */
const LARGEST_ERF_ARGUMENT = 1e153;

/** u w √u 1/√u cos α √α 1/√(2α) φ of erf.ts. */
function erfRow(step: Extract<Step, { kind: 'erf' }>, row: Row): number[] {
  const p = Math.abs(step.b) * row.r;
  if (!(p < LARGEST_ERF_ARGUMENT))
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `erf gets pre-activations of standard deviation ${p}, whose square is beyond float64; scale the data down or use a smaller wStd`,
      { standardDeviation: p },
    );
  const w = 1 / (1 + 2 * p * p);
  const rootU = (Math.SQRT2 * p) / Math.sqrt(1 + 2 * p * p);
  const u = rootU * rootU;
  const cosine = Math.sqrt(w * (1 + u));
  const alpha = acuteAngle<Scalar, number>(scalar, u, cosine);
  const g = Math.sqrt(alpha);
  const radius = Math.abs(step.a) * Math.sqrt(2 / Math.PI) * g;
  const slope = 2 * Math.abs(step.a * step.b) * Math.sqrt(w / Math.PI) * row.sigma;
  const sigma = radius > 0 ? radius : slope > 0 ? slope : row.sigma;
  const phi = over(slope, sigma);
  if (p > 0 && (u < SINGLE_RANGE || w < SINGLE_RANGE)) row.needsDouble = true;
  row.t *= phi ** 2 / cosine;
  row.r = radius;
  row.sigma = sigma;
  return [u, w, rootU, u > 0 ? 1 / rootU : 0, cosine, g, radius > 0 ? 1 / (Math.SQRT2 * g) : 0, phi];
}

const pair = new ScalarPair();

/** Entries of an activation's operation, which also gives the row's own NTK: a zero row has ρ = 0 with itself. */
function dualRow(activation: ActivationLayer, row: Row): readonly number[] {
  const operation = operationOf(activation);
  const [least, most] = operation.range ?? [0, Number.POSITIVE_INFINITY];
  if (row.r > 0 && !(row.r >= least && row.r <= most))
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `${activation.kind} gets pre-activations of standard deviation ${row.r}; float64 carries it from ${least} to ${most}: scale the data or choose another wStd`,
      { kind: activation.kind, standardDeviation: row.r, least, most },
    );
  const after = operation.row(row.r);
  if (!(after.radius < Number.POSITIVE_INFINITY))
    throw new InfiniteWidthError(
      'ERR_NON_FINITE',
      `${activation.kind} turns pre-activations of standard deviation ${row.r} into values of standard deviation ${after.radius}, beyond float64; scale the data down or use a smaller wStd`,
      { kind: activation.kind, standardDeviation: row.r },
    );
  const steep = after.slope * row.sigma;
  const sigma = after.radius > 0 ? after.radius : steep > 0 ? steep : row.sigma;
  const entries = after.tables(over(row.sigma, sigma));
  if (after.factor === undefined) row.t = ownTangent({ ...operation, activation }, row, entries);
  else row.t *= over(steep, sigma) ** 2 * after.factor;
  row.r = after.radius;
  row.sigma = sigma;
  if (after.needsDouble) row.needsDouble = true;
  return entries;
}

/** The NTK that an operation leaves a row. */
function ownTangent(operation: Omit<Op, 'table'>, row: Row, entries: readonly number[]): number {
  const entry = (k: number) => entries[k];
  pair.c = row.r > 0 ? 1 : 0;
  pair.m = 1 - pair.c;
  pair.t = row.t;
  scalarStep(pair, operation, entry, entry);
  return pair.t;
}

/** Refuses rows whose kernel does not fit the dtype: no entry exceeds the largest of its two diagonal ones. @throws ERR_NON_FINITE */
export function checkRange(pass: RowPass, from: number, dtype: 'float32' | 'float64', name: string): void {
  const largest = dtype === 'float32' ? 3.4028234663852886e38 : Number.MAX_VALUE;
  for (let i = 0; i < pass.variance.length; i++)
    if (!(pass.variance[i] <= largest && pass.tangent[i] <= largest))
      throw new InfiniteWidthError(
        'ERR_NON_FINITE',
        `the kernel of ${name} row ${from + i} with itself is beyond ${dtype} (nngp ${pass.variance[i]}, ntk ${pass.tangent[i]}); ` +
          `${dtype === 'float32' ? "use dtype 'float64', " : ''}scale the data down or use a smaller wStd`,
        { row: from + i, nngp: pass.variance[i], ntk: pass.tangent[i] },
      );
}
