/**
 * Tiles in plain JavaScript doubles: the reference for every other backend, and the path where WebAssembly is forbidden. Sums run
 * in the order of the core (slabs of SLAB features), so in float64 the plain simd build agrees with it bit for bit.
 */
import * as affine from '../duals/affine';
import * as erf from '../duals/erf';
import { angleOverRoot, rectifiedCorrelation, rectifiedDistance, rectifiedFactor, rectifiedMargin, rectifiedSlope, segmentOf } from '../duals/rectified';
import { scalar as l } from '../duals/scalar';
import * as op from '../opcodes';
import type { Panel, TileField, TileJob, TileWorker } from './backend';

/** Features summed before their sum joins the total, as in assembly/micro.ts. */
export const SLAB = 256;

/** ρ, 1 − |ρ| and the scaled NTK of one pair. */
interface Pair {
  c: number;
  m: number;
  t: number;
}

export function createJsTileWorker(job: TileJob): TileWorker {
  let rows: Panel;
  let cols: Panel;
  const tile = { nngp: new Float64Array(job.rows * job.cols), ntk: new Float64Array(job.rows * job.cols) };
  const pair: Pair = { c: 0, m: 0, t: 0 };

  const computePair = (i: number, j: number) => {
    pair.c = gram(rows, i, cols, j, job.features);
    for (const { code, table, params } of job.program.ops) {
      const at = (k: number) => rows.tables[(table + k) * rows.count + i];
      const to = (k: number) => cols.tables[(table + k) * cols.count + j];
      if (code === op.START) start(pair, at(0) * to(0), params[0], () => chordSquared(rows, i, cols, j, job.features, pair.c < 0 ? -1 : 1));
      else STEPS[code](pair, params, at, to);
    }
    tile.nngp[i * job.cols + j] = pair.c;
    tile.ntk[i * job.cols + j] = pair.t;
  };

  return {
    setRows: (panel) => void (rows = panel),
    setCols: (panel) => void (cols = panel),
    compute(lower) {
      for (let i = 0; i < rows.count; i++) for (let j = 0, end = lower ? i + 1 : cols.count; j < end; j++) computePair(i, j);
      if (lower) for (const field of [tile.nngp, tile.ntk]) mirror(field, rows.count, job.cols);
    },
    read(field: TileField, transposed, out, offset, ld) {
      for (let i = 0; i < rows.count; i++)
        for (let j = 0; j < cols.count; j++) out[offset + (transposed ? j * ld + i : i * ld + j)] = tile[field][i * job.cols + j];
    },
    close() {},
  };
}

function mirror(a: Float64Array, n: number, ld: number): void {
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) a[j * ld + i] = a[i * ld + j];
}

function gram(x: Panel, i: number, y: Panel, j: number, features: number): number {
  const xs = (x.from + i) * features;
  const ys = (y.from + j) * features;
  const sx = x.scale[i];
  const sy = y.scale[j];
  let total = 0;
  for (let slab = 0; slab < features; slab += SLAB) {
    let sum = 0;
    for (let k = slab, end = Math.min(features, slab + SLAB); k < end; k++) sum += x.data[xs + k] * sx * (y.data[ys + k] * sy);
    total += sum;
  }
  return total;
}

/** ½ |x/|x| ∓ y/|y||², in the order of assembly/tile.ts. */
function chordSquared(x: Panel, i: number, y: Panel, j: number, features: number, sign: number): number {
  const xs = (x.from + i) * features;
  const ys = (y.from + j) * features;
  const ux = x.unit[i];
  const uy = sign * y.unit[j];
  const sums = [0, 0, 0, 0];
  let k = 0;
  for (; k + 4 <= features; k += 4)
    for (let lane = 0; lane < 4; lane++) {
      const d = x.data[xs + k + lane] * ux - y.data[ys + k + lane] * uy;
      sums[lane] += d * d;
    }
  let sum = sums[0] + sums[1] + (sums[2] + sums[3]);
  for (; k < features; k++) {
    const d = x.data[xs + k] * ux - y.data[ys + k] * uy;
    sum += d * d;
  }
  return 0.5 * sum;
}

function start(pair: Pair, inverse: number, threshold: number, remeasure: () => number): void {
  pair.c *= inverse;
  pair.m = 1 - Math.abs(pair.c);
  pair.t = 0;
  if (!(pair.m < threshold)) return;
  pair.m = remeasure();
  pair.c = (pair.c < 0 ? -1 : 1) * (1 - pair.m);
}

type Entry = (k: number) => number;
type StepFunction = (pair: Pair, params: readonly number[], row: Entry, col: Entry) => void;

function rectified(pair: Pair, [kappa, lambda, halfTurn]: readonly number[]): void {
  const { c, m } = pair;
  const root = Math.sqrt(m);
  const m2 = m * m;
  const m4 = m2 * m2;
  const chord = kappa * (m * root * segmentOf(l, false, m, m2, m4));
  const theta = kappa * (root * angleOverRoot(l, false, m, m2, m4));
  pair.t *= rectifiedSlope(l, c, theta, halfTurn);
  pair.c = rectifiedCorrelation(l, lambda, c, m, chord);
  pair.m = rectifiedMargin(l, lambda, c, pair.c, m, chord);
}

function rectifiedNonnegative(pair: Pair, before: number, m: number, kappa: number, close: boolean): void {
  const root = Math.sqrt(m);
  const m2 = m * m;
  const m4 = m2 * m2;
  pair.t = before * rectifiedFactor(l, kappa, root, angleOverRoot(l, close, m, m2, m4));
  pair.m = rectifiedDistance(l, kappa, m, root, segmentOf(l, close, m, m2, m4));
}

const plainRectified =
  (close: boolean): StepFunction =>
  (pair, [weight, kappa]) =>
    rectifiedNonnegative(pair, l.fma(weight, 1 - pair.m, pair.t), pair.m, kappa, close);

const affineRectified =
  (close: boolean): StepFunction =>
  (pair, [weight, kappa], row, col) => {
    const carried = row(0) * col(0) * l.fma(weight, 1 - pair.m, pair.t);
    const margin = affine.affineDistance(l, pair.m, row(0), col(0), row(1), col(1));
    rectifiedNonnegative(pair, l.fma(row(2), col(2), carried), margin, kappa, close);
  };

function affineStep(pair: Pair, _params: readonly number[], row: Entry, col: Entry): void {
  const [u1, u2, v1, v2] = [row(0), col(0), row(1), col(1)];
  const next = affine.affineCorrelation(l, pair.c, u1, u2, v1, v2);
  pair.t = affine.affineTangent(l, pair.t, pair.c, row(2) * col(2), row(3) * col(3), row(4) * col(4));
  pair.m = affine.affineMargin(l, pair.c, next, pair.m, u1, u2, v1, v2);
  pair.c = next;
}

function erfStep(pair: Pair, _params: readonly number[], row: Entry, col: Entry): void {
  const size = Math.abs(pair.c);
  const across = pair.m * (2 - pair.m);
  const cosine = erf.erfCosine(l, across, row(0), col(0), row(1), col(1));
  const difference = erf.erfDifference(l, row(0), col(0), row(1), col(1));
  const s1 = erf.erfSine(l, difference, across, col(0), cosine, col(2) * row(3) * size, row(4));
  const s2 = erf.erfSine(l, 0 - difference, across, row(0), cosine, row(2) * col(3) * size, col(4));
  const sine = row(2) * col(2) * size;
  const spread = erf.erfSpread(l, s1, l.fma(row(4), cosine, row(0) * sine), s2, l.fma(col(4), cosine, col(0) * sine));
  const h = row(7) * col(7);
  const next = erf.erfCorrelation(l, spread, row(5), col(5), h);
  pair.t = (row(8) * col(8) * pair.t) / cosine;
  pair.m = erf.erfMargin(l, spread, row(6), col(6), h);
  pair.c = pair.c < 0 ? 0 - next : next;
}

const STEPS: Readonly<Record<number, StepFunction>> = {
  [op.TANGENT]: (pair, [weight]) => void (pair.t = l.fma(weight, pair.c, pair.t)),
  [op.AFFINE]: affineStep,
  [op.RECTIFIED]: rectified,
  [op.ERF]: erfStep,
  [op.GUARD]: (pair, _params, row, col) => {
    const alive = row(0) * col(0);
    pair.c *= alive;
    pair.m = l.fma(alive, pair.m, 1 - alive);
  },
  [op.CORRELATION]: (pair) => void (pair.c = 1 - pair.m),
  [op.PLAIN_RECTIFIED]: plainRectified(false),
  [op.PLAIN_RECTIFIED_NEAR]: plainRectified(true),
  [op.AFFINE_RECTIFIED]: affineRectified(false),
  [op.AFFINE_RECTIFIED_NEAR]: affineRectified(true),
  [op.FINISH]: (pair, _params, row, col) => {
    pair.c = row(0) * col(0) * pair.c;
    pair.t = row(1) * col(1) * pair.t;
  },
};
