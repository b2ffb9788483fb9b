/** Op codes → operations of duals/steps.ts on one pair, for the backends that go pair by pair: js-tile.ts and wgsl.ts. */
import { ANGLE_OVER, LEAD, SEGMENT_OVER, UNDER } from '../duals/angle';
import type { PairLanes } from '../duals/pair';
import { runCorrelation, runCubic, runNext, runPlace, runSum, runTwice } from '../duals/run';
import * as steps from '../duals/steps';
import { notBrought } from '../errors';
import * as op from '../opcodes';

/** Where a pair's ρ, 1 − |ρ| and scaled NTK stand. */
export interface PairPlaces<A> {
  readonly c: A;
  readonly m: A;
  readonly t: A;
}

/** The k-th entry of a row's tables, of a column's, or of the parameters. */
export type Entry<V> = (k: number) => V;

/** An activation's operation on the pair at its places. */
export type PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  at: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  param: Entry<V>,
  degree: number,
) => void;

/** Those of activations outside the rectified family, once they are brought (activations/bring.ts). */
const OPERATIONS = new Map<number, PairOperation>();
export const addOperation = (code: number, operation: PairOperation): void => void OPERATIONS.set(code, operation);

function operationOf(code: number): PairOperation {
  const operation = OPERATIONS.get(code);
  if (operation) return operation;
  throw notBrought(`operation ${code}`);
}

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
    default:
      operationOf(code)(l, { c, m, t }, row, col, param, degree);
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
