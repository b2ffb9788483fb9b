/**
 * The operations of src/opcodes.ts on a strip: one row of pairs against `end / 16` vectors of columns. State arrays `c` (ρ),
 * `m` (1 − |ρ|) and `t` (NTK over scales) lie in L1; `row` points at this row's table entries (`rs` bytes from table to table),
 * `col` at the columns' tables (`cs` bytes from table to table), `vectors` at the parameters in every lane: V8 would make a vector of a
 * number again in every turn of a loop. The arithmetic is src/duals/steps.ts.
 */
import { ANGLE_OVER, SEGMENT_OVER, UNDER } from '../src/duals/angle';
import {
  affineRectifiedStep,
  affineStep,
  correlationStep,
  endBothStep,
  endMarginStep,
  endTangentStep,
  erfStep,
  finishStep,
  guardStep,
  plainRectifiedStep,
  rectifiedStep,
  standardRectifiedStep,
  tangentStep,
} from '../src/duals/steps';

/** This row's entry of table k, in every lane. */
@inline
export function entry<T>(row: usize, rs: usize, k: usize): v128 {
  return v128.load_splat<T>(row + k * rs);
}

/** The product of this row's entry of table k with the columns'. */
@inline
export function product<L, T>(row: usize, rs: usize, col: usize, cs: usize, k: usize, o: usize): v128 {
  return changetype<L>(0).mul(entry<T>(row, rs, k), v128.load(col + k * cs + o));
}

export function tangent<L>(c: usize, t: usize, end: usize, vectors: usize): void {
  const weight = v128.load(vectors);
  for (let o: usize = 0; o < end; o += 16) tangentStep<L, v128, usize>(changetype<L>(0), c + o, t + o, weight);
}

export function correlation<L>(c: usize, m: usize, end: usize): void {
  for (let o: usize = 0; o < end; o += 16) correlationStep<L, v128, usize>(changetype<L>(0), c + o, m + o);
}

export function guard<L, T>(c: usize, m: usize, end: usize, row: usize, col: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    guardStep<L, v128, usize>(changetype<L>(0), c + o, m + o, product<L, T>(row, 0, col, 0, 0, o));
}

export function affine<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  const u1 = entry<T>(row, rs, 0);
  const v1 = entry<T>(row, rs, 1);
  for (let o: usize = 0; o < end; o += 16)
    affineStep<L, v128, usize>(
      changetype<L>(0), c + o, m + o, t + o, u1, v128.load(col + o), v1, v128.load(col + cs + o),
      product<L, T>(row, rs, col, cs, 2, o), product<L, T>(row, rs, col, cs, 3, o), product<L, T>(row, rs, col, cs, 4, o),
    );
}

export function rectified<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize): void {
  const kappa = v128.load(vectors);
  const lambda = v128.load(vectors, 16);
  const plus = v128.load(vectors, 32);
  const minus = v128.load(vectors, 48);
  for (let o: usize = 0; o < end; o += 16)
    rectifiedStep<L, v128, usize>(changetype<L>(0), c + o, m + o, t + o, kappa, lambda, plus, minus);
}

/** ρ ≥ 0, here and below: what a dense layer leaves for the rectified activation after it, which endRectified or endMargin finishes. */
export function plainRectified<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize): void {
  const l = changetype<L>(0);
  const q0 = l.table(UNDER);
  const q1 = l.table(UNDER + 1);
  const q2 = l.table(UNDER + 2);
  const q3 = l.table(UNDER + 3);
  const q4 = l.table(UNDER + 4);
  const q5 = l.table(UNDER + 5);
  const kappa = v128.load(vectors);
  const weight = v128.load(vectors, 16);
  for (let o: usize = 0; o < end; o += 16) plainRectifiedStep<L, v128, usize>(l, c + o, m + o, t + o, weight, kappa, q0, q1, q2, q3, q4, q5);
}

export function affineRectified<L, T>(
  c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, vectors: usize,
): void {
  const l = changetype<L>(0);
  const q0 = l.table(UNDER);
  const q1 = l.table(UNDER + 1);
  const q2 = l.table(UNDER + 2);
  const q3 = l.table(UNDER + 3);
  const q4 = l.table(UNDER + 4);
  const q5 = l.table(UNDER + 5);
  const kappa = v128.load(vectors);
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  const s = col + cs;
  const k = s + cs;
  for (let o: usize = 0; o < end; o += 16)
    affineRectifiedStep<L, v128, usize>(
      l, c + o, m + o, t + o, u1, v128.load(col + o), s1, v128.load(s + o), k1, v128.load(k + o), kappa, q0, q1, q2, q3, q4, q5,
    );
}

export function standardRectified<L, T>(
  c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, vectors: usize,
): void {
  const l = changetype<L>(0);
  const q0 = l.table(UNDER);
  const q1 = l.table(UNDER + 1);
  const q2 = l.table(UNDER + 2);
  const q3 = l.table(UNDER + 3);
  const q4 = l.table(UNDER + 4);
  const q5 = l.table(UNDER + 5);
  const kappa = v128.load(vectors);
  const weight = v128.load(vectors, 16);
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  const beta1 = entry<T>(row, rs, 3);
  const s = col + cs;
  const k = s + cs;
  const beta = k + cs;
  for (let o: usize = 0; o < end; o += 16)
    standardRectifiedStep<L, v128, usize>(
      l, c + o, m + o, t + o, u1, v128.load(col + o), s1, v128.load(s + o), k1, v128.load(k + o),
      beta1, v128.load(beta + o), kappa, weight, q0, q1, q2, q3, q4, q5,
    );
}

/** Single precision has registers for the coefficients of both. */
export function endRectified<L>(c: usize, m: usize, t: usize, end: usize): void {
  const l = changetype<L>(0);
  if (!l.narrow()) {
    endTangent<L>(c, m, t, end);
    endMargin<L>(c, m, end);
    return;
  }
  const p0 = l.table(ANGLE_OVER);
  const p1 = l.table(ANGLE_OVER + 1);
  const p2 = l.table(ANGLE_OVER + 2);
  const p3 = l.table(ANGLE_OVER + 3);
  const r0 = l.table(SEGMENT_OVER);
  const r1 = l.table(SEGMENT_OVER + 1);
  const r2 = l.table(SEGMENT_OVER + 2);
  const r3 = l.table(SEGMENT_OVER + 3);
  for (let o: usize = 0; o < end; o += 16) endBothStep<L, v128, usize>(l, c + o, m + o, t + o, p0, p1, p2, p3, r0, r1, r2, r3);
}

function endTangent<L>(c: usize, m: usize, t: usize, end: usize): void {
  const l = changetype<L>(0);
  const p0 = l.table(ANGLE_OVER);
  const p1 = l.table(ANGLE_OVER + 1);
  const p2 = l.table(ANGLE_OVER + 2);
  const p3 = l.table(ANGLE_OVER + 3);
  const p4 = l.table(ANGLE_OVER + 4);
  const p5 = l.table(ANGLE_OVER + 5);
  const p6 = l.table(ANGLE_OVER + 6);
  const p7 = l.table(ANGLE_OVER + 7);
  for (let o: usize = 0; o < end; o += 16) endTangentStep<L, v128, usize>(l, c + o, m + o, t + o, p0, p1, p2, p3, p4, p5, p6, p7);
}

export function endMargin<L>(c: usize, m: usize, end: usize): void {
  const l = changetype<L>(0);
  const r0 = l.table(SEGMENT_OVER);
  const r1 = l.table(SEGMENT_OVER + 1);
  const r2 = l.table(SEGMENT_OVER + 2);
  const r3 = l.table(SEGMENT_OVER + 3);
  const r4 = l.table(SEGMENT_OVER + 4);
  const r5 = l.table(SEGMENT_OVER + 5);
  const r6 = l.table(SEGMENT_OVER + 6);
  const r7 = l.table(SEGMENT_OVER + 7);
  for (let o: usize = 0; o < end; o += 16) endMarginStep<L, v128, usize>(l, c + o, m + o, r0, r1, r2, r3, r4, r5, r6, r7);
}

/** `precise` is a constant at every call. */
@inline
export function erf<L, T>(
  c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, precise: bool,
): void {
  for (let o: usize = 0; o < end; o += 16)
    erfStep<L, v128, usize>(
      changetype<L>(0), precise, c + o, m + o, t + o,
      entry<T>(row, rs, 0), v128.load(col + o), entry<T>(row, rs, 1), v128.load(col + cs + o),
      entry<T>(row, rs, 2), v128.load(col + 2 * cs + o), entry<T>(row, rs, 3), v128.load(col + 3 * cs + o),
      entry<T>(row, rs, 4), v128.load(col + 4 * cs + o), entry<T>(row, rs, 5), v128.load(col + 5 * cs + o),
      product<L, T>(row, rs, col, cs, 6, o), product<L, T>(row, rs, col, cs, 7, o),
    );
}

export function finish<L, T>(c: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    finishStep<L, v128, usize>(changetype<L>(0), c + o, t + o, product<L, T>(row, rs, col, cs, 0, o), product<L, T>(row, rs, col, cs, 1, o));
}
