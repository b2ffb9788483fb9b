/**
 * Affine layer and any activation that has an operation (src/opcodes.ts) on one row of a plane. The row enters as in plane-rectified.ts,
 *   d = 1 − ρ,   ρ = 1 − d,   m = 1 − |ρ| = min(d, 2 − d),   t = 1,
 * the operations of the tile engine run on (ρ, m, t), cell by cell, since both locations move along a row, and it is left with the radii R and the scales
 * σ of both locations:
 *   D' = (R₁ − R₂)² + 2R₁R₂(1 − ρ'),     T' = σ₁σ₂ t T.
 * Equal pre-activations, D = 0, stay equal.
 */
import { AFFINE, ERF_PRECISE, RECORD_BYTES, RECTIFIED } from '../src/opcodes';
import { activation } from './activations';
import { Step, Value } from './plane-records';
import { distances } from './plane-rectified';
import { affine, rectified } from './steps';
import { preciseErf } from './tile';

/** A row from the sums of three rows (`three`), or of one; `spare` takes three vectors a cell. `three`, `withTangent` are constants at every call. */
@inline
export function dualRow<L, T>(
  step: Step, a: usize, b: usize, c: usize, left: usize, right: usize, out: usize, spare: usize, count: i32, three: bool, withTangent: bool,
): void {
  distances<L, T>(step, a, b, c, left, right, out, spare, count, three, true, withTangent);
  transformed<L, T>(step, left, right, out, spare, count, withTangent);
}

function transformed<L, T>(step: Step, left: usize, right: usize, out: usize, spare: usize, count: i32, withTangent: bool): void {
  const value = changetype<Value>(step.dst);
  const cell: usize = withTangent ? 32 : 16;
  const end = out + <usize>count * cell;
  const factors = spare + (<usize>count << 5);
  const rs = <usize>(value.leftZ * value.leftY * value.leftX) * sizeof<T>();
  const cs = <usize>(value.rightZ * value.rightY * value.rightX) << 4;
  const row = left + <usize>(step.dualLeft - step.leftTable) * sizeof<T>();
  const col = right + (<usize>(step.dualRight - step.rightTable) << 4);
  enter<L>(out, end, cell, spare, factors);
  let record = step.program;
  let tables: usize = 0;
  for (let k = 0; k < step.operations; k++, record += RECORD_BYTES) {
    tables = <usize>load<i32>(record, 4);
    const vectors = step.program + <usize>load<i32>(record, 40);
    operate<L, T>(record, vectors, spare, factors, count, row + tables * rs, rs, col + tables * cs, cs);
  }
  tables = <usize>load<i32>(record, 4);
  leave<L, T>(out, end, cell, spare, factors, row + tables * rs, rs, col + tables * cs, cs);
}

/** D where (r₁ − r₂)² stands; ρ and m in place of n and 1 − ρ; t. */
@inline
function enter<L>(out: usize, end: usize, cell: usize, spare: usize, factors: usize): void {
  const l = changetype<L>(0);
  const one = l.one();
  for (; out < end; out += cell, spare += 32, factors += 16) {
    const distance = v128.load(spare, 16);
    v128.store(out, l.add(v128.load(out), v128.load(spare)));
    v128.store(spare, l.sub(one, distance));
    v128.store(spare, l.min(distance, l.sub(l.two(), distance)), 16);
    v128.store(factors, one);
  }
}

/** One operation on every cell. */
function operate<L, T>(
  record: usize, vectors: usize, c: usize, t: usize, count: i32, row: usize, rs: usize, col: usize, cs: usize,
): void {
  const code = load<i32>(record);
  for (const end = c + (<usize>count << 5); c < end; c += 32, t += 16, row += sizeof<T>(), col += 16)
    switch (code) {
      case AFFINE: affine<L, T>(c, c + 16, t, 16, row, rs, col, cs); break;
      case RECTIFIED: rectified<L>(c, c + 16, t, 16, vectors); break;
      case ERF_PRECISE: preciseErf<L, T>(c, c + 16, t, 16, row, rs, col, cs); break;
      default: activation<L, T>(code, c, c + 16, t, 16, row, rs, col, cs, record + 8); break;
    }
}

/** D' and T'; tables R and σ. */
@inline
function leave<L, T>(
  out: usize, end: usize, cell: usize, spare: usize, factors: usize, row: usize, rs: usize, col: usize, cs: usize,
): void {
  const l = changetype<L>(0);
  const zero = l.zero();
  for (; out < end; out += cell, spare += 32, factors += 16, row += sizeof<T>(), col += 16) {
    const r1 = v128.load_splat<T>(row);
    const r2 = v128.load(col);
    const gap = l.sub(r1, r2);
    const product = l.mul(r1, r2);
    const margin = v128.load(spare, 16);
    const distance = l.ifLess(v128.load(spare), zero, l.sub(l.two(), margin), margin);
    const next = l.fma(gap, gap, l.mul(l.add(product, product), distance));
    v128.store(out, l.ifLess(zero, v128.load(out), next, zero));
    if (cell == 32) {
      const scale = l.mul(v128.load_splat<T>(row + rs), v128.load(col + cs));
      v128.store(out, l.mul(v128.load(out, 16), l.mul(scale, v128.load(factors))), 16);
    }
  }
}
