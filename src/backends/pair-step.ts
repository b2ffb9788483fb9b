/** Op codes → operations of duals/steps.ts on one pair, for the backends that go pair by pair: js-tile.ts and wgsl.ts. */
import type { PairLanes } from '../duals/pair';
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

/** Runs operation `code` on the pair at `c`, `m`, `t`. START expects the Gram entry at `c` and leaves its threshold to the backend. */
export function pairStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  code: number,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  param: Entry<V>,
): void {
  const product = (k: number) => l.mul(row(k), col(k));
  const both = (k: number) => [row(k), col(k)] as const;
  const close = code === op.PLAIN_RECTIFIED_NEAR || code === op.AFFINE_RECTIFIED_NEAR;
  switch (code) {
    case op.START:
      steps.startStep<L, V, A>(l, c, m, t, ...both(0));
      break;
    case op.TANGENT:
      steps.tangentStep<L, V, A>(l, c, t, param(0));
      break;
    case op.AFFINE:
      steps.affineStep<L, V, A>(l, c, m, t, ...both(0), ...both(1), product(2), product(3), product(4));
      break;
    case op.RECTIFIED:
      steps.rectifiedStep<L, V, A>(l, c, m, t, param(0), param(1), param(2), param(3));
      break;
    case op.ERF:
    case op.ERF_PRECISE: {
      const precise = code === op.ERF_PRECISE;
      const shared = [...both(0), ...both(1), ...both(2), ...both(3), ...both(4), ...both(5)] as const;
      steps.erfStep<L, V, A>(l, precise, c, m, t, ...shared, product(6), product(7));
      break;
    }
    case op.GUARD:
      steps.guardStep<L, V, A>(l, c, m, product(0));
      break;
    case op.CORRELATION:
      steps.correlationStep<L, V, A>(l, c, m);
      break;
    case op.PLAIN_RECTIFIED:
    case op.PLAIN_RECTIFIED_NEAR:
      steps.plainRectifiedStep<L, V, A>(l, close, true, m, t, param(0), param(1));
      break;
    case op.AFFINE_RECTIFIED:
    case op.AFFINE_RECTIFIED_NEAR:
      steps.affineRectifiedStep<L, V, A>(l, close, true, m, t, ...both(0), ...both(1), ...both(2), param(0), param(1));
      break;
    case op.FINISH:
      steps.finishStep<L, V, A>(l, c, t, product(0), product(1));
  }
}
