/** Op codes → operations of duals/steps.ts on one pair, for the backends that go pair by pair: js-tile.ts and wgsl.ts. */
import { ANGLE_OVER, LEAD, SEGMENT_OVER, UNDER } from '../duals/angle';
import { exponentialStep } from '../duals/exponential';
import { gaborStep } from '../duals/gabor';
import { gaussianStep } from '../duals/gaussian';
import { geluStep } from '../duals/gelu';
import { addSquare, polynomialStep, rectifiedMonomialStep, SERIES, signOf, signStep } from '../duals/monomial';
import type { PairLanes } from '../duals/pair';
import { runCorrelation, runCubic, runNext, runPlace, runSum, runTwice } from '../duals/run';
import { sineStep } from '../duals/sine';
import * as steps from '../duals/steps';
import * as op from '../opcodes';

/** Where a pair's ρ, 1 − |ρ| and scaled NTK stand. */
export interface PairPlaces<A> {
  readonly c: A;
  readonly m: A;
  readonly t: A;
}

/** The k-th entry of a row's tables, of a column's, or of the parameters. */
export type Entry<V> = (k: number) => V;

/**
 * Runs operation `code` on the pair at `c`, `m`, `t`. START expects the Gram entry at `c` and leaves its threshold to the backend; DUAL
 * is the backend's own. `degree` is that of POLYNOMIAL and RECTIFIED_MONOMIAL, and J of RECTIFIED_RUN.
 */
export function pairStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  code: number,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  param: Entry<V>,
  degree = 0,
): void {
  const product = (k: number) => l.mul(row(k), col(k));
  const kappa = () => l.mul(param(0), l.table(LEAD));
  switch (code) {
    case op.START:
      steps.startStep<L, V, A>(l, c, m, t, row(0), col(0));
      break;
    case op.TANGENT:
      steps.tangentStep<L, V, A>(l, c, t, param(0));
      break;
    case op.AFFINE:
      steps.affineStep<L, V, A>(l, c, m, t, row(0), col(0), row(1), col(1), product(2), product(3), product(4));
      break;
    case op.RECTIFIED:
      steps.rectifiedStep<L, V, A>(l, c, m, t, kappa(), param(1), param(2), param(3));
      break;
    case op.ERF:
    case op.ERF_PRECISE:
      erf<L, V, A>(l, code === op.ERF_PRECISE, c, m, t, row, col);
      break;
    case op.GUARD:
      steps.guardStep<L, V, A>(l, c, m, product(0));
      break;
    case op.CORRELATION:
      steps.correlationStep<L, V, A>(l, c, m);
      break;
    case op.PLAIN_RECTIFIED:
      steps.plainStep<L, V, A>(l, m, t, param(1));
      turn<L, V, A>(l, c, m, t, l.sub(l.zero(), kappa()));
      break;
    case op.AFFINE_RECTIFIED:
      steps.affineGapStep<L, V, A>(l, m, t, row(0), col(0), row(1), col(1), row(2), col(2));
      turn<L, V, A>(l, c, m, t, l.sub(l.zero(), kappa()));
      break;
    case op.STANDARD_RECTIFIED:
      steps.standardGapStep<L, V, A>(l, m, t, row(0), col(0), row(1), col(1), row(2), col(2), row(3), col(3), param(1));
      turn<L, V, A>(l, c, m, t, l.sub(l.zero(), kappa()));
      break;
    case op.RECTIFIED_RUN:
      run<L, V, A>(l, degree, { c, m, t }, param);
      break;
    case op.FINISH:
      steps.finishStep<L, V, A>(l, c, t, product(0), product(1));
      break;
    case op.EXPONENTIAL:
      exponentialStep<L, V, A>(l, c, m, t, row(0), col(0), product(1));
      break;
    case op.SINE:
      sineStep<L, V, A>(l, c, m, t, row(0), col(0), row(1), col(1), row(2), col(2), product(3), product(4), param(0), param(1));
      break;
    case op.GAUSSIAN:
      gaussianStep<L, V, A>(l, c, m, t, row(0), col(0), product(1), product(2), product(3));
      break;
    case op.GABOR:
      gaborStep<L, V, A>(
        l,
        c,
        m,
        t,
        row(0),
        col(0),
        row(1),
        col(1),
        row(2),
        col(2),
        row(3),
        col(3),
        product(4),
        product(5),
        product(6),
        product(7),
      );
      break;
    case op.GELU:
      gelu<L, V, A>(l, c, m, t, row, col);
      break;
    case op.SIGN:
      signStep<L, V, A>(l, c, m, t);
      break;
    case op.POLYNOMIAL:
      polynomial<L, V, A>(l, degree, { c, m, t }, row, col);
      break;
    case op.RECTIFIED_MONOMIAL:
      rectifiedMonomial<L, V, A>(l, degree, { c, m, t }, row, col);
  }
}

/** Coefficients from `i` on in the table of duals/coefficients.ts. */
function tableOf<L extends PairLanes<V, unknown>, V>(l: L, i: number, count: 6): Six<V>;
function tableOf<L extends PairLanes<V, unknown>, V>(l: L, i: number, count: 7): [...Six<V>, V];
function tableOf<L extends PairLanes<V, unknown>, V>(l: L, i: number, count: 8): [...Six<V>, V, V];
function tableOf<L extends PairLanes<V, unknown>, V>(l: L, i: number, count: number): V[] {
  return Array.from({ length: count }, (_, k) => l.table(i + k));
}
type Six<V> = [V, V, V, V, V, V];

/** The activation of the fused operations, after their dense layer; kappa is −κ LEAD. */
function turn<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, kappa: V): void {
  steps.turnTangentStep<L, V, A>(l, c, m, t, kappa, ...tableOf<L, V>(l, UNDER, 6), ...tableOf<L, V>(l, ANGLE_OVER, 7));
  steps.turnMarginStep<L, V, A>(l, c, m, ...tableOf<L, V>(l, SEGMENT_OVER, 8));
  steps.correlationStep<L, V, A>(l, c, m);
}

/** The two series of duals/run.ts, in the order of assembly/run.ts. */
function run<L extends PairLanes<V, A>, V, A>(l: L, blocks: number, { c, m, t }: PairPlaces<A>, param: Entry<V>): void {
  const y = runPlace<L, V, A>(l, c, m, param(1), param(2), param(3), param(4));
  const y2 = l.mul(y, y);
  const twice = runTwice<L, V>(l, y2);
  const series = (first: number): V => {
    const cubic = (j: number) => {
      const at = first + 8 * j;
      return runCubic<L, V>(l, y, y2, param(at), param(at + 1), param(at + 2), param(at + 3));
    };
    let [b1, b2] = [l.zero(), l.zero()];
    for (let j = 0; j < blocks - 1; j++) [b1, b2] = [runNext<L, V>(l, twice, cubic(j), b1, b2), b1];
    return runSum<L, V>(l, twice, cubic(blocks - 1), b1, b2);
  };
  l.store(t, series(9));
  runCorrelation<L, V, A>(l, c, m, param(1), series(5));
}

function erf<L extends PairLanes<V, A>, V, A>(l: L, precise: boolean, c: A, m: A, t: A, row: Entry<V>, col: Entry<V>): void {
  const product = (k: number) => l.mul(row(k), col(k));
  steps.erfStep<L, V, A>(
    l,
    precise,
    c,
    m,
    t,
    row(0),
    col(0),
    row(1),
    col(1),
    row(2),
    col(2),
    row(3),
    col(3),
    row(4),
    col(4),
    row(5),
    col(5),
    product(6),
    product(7),
  );
}

function gelu<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, row: Entry<V>, col: Entry<V>): void {
  const product = (k: number) => l.mul(row(k), col(k));
  geluStep<L, V, A>(
    l,
    c,
    m,
    t,
    row(0),
    col(0),
    row(1),
    col(1),
    row(2),
    col(2),
    row(3),
    col(3),
    row(4),
    col(4),
    row(5),
    col(5),
    row(6),
    col(6),
    row(7),
    col(7),
    product(8),
    product(9),
  );
}

/** The sums of duals/monomial.ts over the degrees, in the order of assembly/activations.ts. */
function polynomial<L extends PairLanes<V, A>, V, A>(l: L, degree: number, { c, m, t }: PairPlaces<A>, row: Entry<V>, col: Entry<V>): void {
  const margin = l.load(m);
  const size = l.sub(l.one(), margin);
  const sign = signOf<L, V, A>(l, c);
  let [power, rise, flip] = [l.one(), l.zero(), l.one()];
  let [next, near, far, fall, factor] = [l.zero(), l.zero(), l.zero(), l.zero(), l.zero()];
  for (let k = 0; k <= degree; k++) {
    const first = row(k);
    const second = l.mul(flip, col(k));
    const product = l.mul(first, second);
    next = l.fma(product, power, next);
    fall = l.fma(product, rise, fall);
    near = addSquare<L, V>(l, near, l.sub(first, second));
    far = addSquare<L, V>(l, far, l.add(first, second));
    if (k < degree) factor = l.fma(l.mul(row(degree + 1 + k), l.mul(flip, col(degree + 1 + k))), power, factor);
    rise = l.fma(power, margin, rise);
    power = l.mul(power, size);
    flip = l.mul(flip, sign);
  }
  polynomialStep<L, V, A>(l, c, m, t, next, near, far, fall, factor);
}

function rectifiedMonomial<L extends PairLanes<V, A>, V, A>(
  l: L,
  degree: number,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
): void {
  const sum = (first: number, count: number, x: V) => {
    let total = row(first + count - 1);
    for (let k = count - 2; k >= 0; k--) total = l.fma(total, x, row(first + k));
    return total;
  };
  const margin = l.load(m);
  const y = l.sub(l.add(margin, margin), l.one());
  const size = l.sub(l.one(), margin);
  const z = l.mul(size, size);
  const terms = (degree >> 1) + 1;
  const series = 2 + 2 * SERIES;
  let lower = l.sqrt(margin);
  for (let k = 1; k < degree; k++) lower = l.mul(lower, margin);
  const upper = degree > 0 ? l.mul(lower, margin) : lower;
  const h = l.mul(upper, sum(2, SERIES, y));
  const lowerH = l.mul(lower, sum(2 + SERIES, SERIES, y));
  const correlations = [0, 1, 2].map((k) => sum(series + k * terms, terms, z));
  const [own, rise, lowerP] = correlations;
  const scales = [l.mul(row(0), col(0)), l.mul(row(1), col(1))] as const;
  rectifiedMonomialStep<L, V, A>(l, degree % 2 === 1, c, m, t, h, own, rise, lowerH, lowerP, ...scales);
}
