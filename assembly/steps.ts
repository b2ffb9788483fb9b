/**
 * The operations of src/opcodes.ts on a strip: one row of pairs against `end / 16` vectors of columns. State arrays `c` (ρ),
 * `m` (1 − |ρ|) and `t` (NTK over scales) lie in L1; `row` points at this row's table entries (`rs` bytes from table to table),
 * `col` at the columns' tables (`cs` bytes from table to table), `vectors` at the parameters in every lane: V8 would make a vector of a
 * number again in every turn of a loop. The arithmetic is src/duals/steps.ts.
 */
import { ANGLE_OVER, LEAD, SEGMENT_OVER, UNDER } from '../src/duals/angle';
import {
  affineGapStep,
  affineStep,
  correlationStep,
  erfStep,
  finishStep,
  guardStep,
  plainStep,
  rectifiedStep,
  scaleStep,
  standardGapStep,
  tangentStep,
  turnBothStep,
  turnMarginStep,
  turnTangentStep,
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

/** κ, the first parameter of a rectified activation, times LEAD. */
@inline
function gain<L>(vectors: usize): v128 {
  return changetype<L>(0).mul(v128.load(vectors), changetype<L>(0).table(LEAD));
}

export function rectified<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize): void {
  const kappa = gain<L>(vectors);
  const lambda = v128.load(vectors, 16);
  const plus = v128.load(vectors, 32);
  const minus = v128.load(vectors, 48);
  for (let o: usize = 0; o < end; o += 16)
    rectifiedStep<L, v128, usize>(changetype<L>(0), c + o, m + o, t + o, kappa, lambda, plus, minus);
}

/** ρ ≥ 0, here and below: what a dense layer does before the rectified activation after it, for which turn or turnMargin stands. */
export function plain<L>(m: usize, t: usize, end: usize, vectors: usize): void {
  const weight = v128.load(vectors, 16);
  for (let o: usize = 0; o < end; o += 16) plainStep<L, v128, usize>(changetype<L>(0), m + o, t + o, weight);
}

export function affineGaps<L, T>(m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  const s = col + cs;
  const k = s + cs;
  for (let o: usize = 0; o < end; o += 16)
    affineGapStep<L, v128, usize>(
      changetype<L>(0), m + o, t + o, u1, v128.load(col + o), s1, v128.load(s + o), k1, v128.load(k + o),
    );
}

export function standardGaps<L, T>(
  m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, vectors: usize,
): void {
  const weight = v128.load(vectors, 16);
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  const beta1 = entry<T>(row, rs, 3);
  const s = col + cs;
  const k = s + cs;
  const beta = k + cs;
  for (let o: usize = 0; o < end; o += 16)
    standardGapStep<L, v128, usize>(
      changetype<L>(0), m + o, t + o, u1, v128.load(col + o), s1, v128.load(s + o), k1, v128.load(k + o),
      beta1, v128.load(beta + o), weight,
    );
}

/** The rectified activation on m and t. */
export function turn<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize): void {
  if (changetype<L>(0).narrow()) turnBoth<L>(m, t, end, vectors);
  else {
    turnTangent<L>(c, m, t, end, vectors);
    endMargin<L>(c, m, end);
  }
}

function turnBoth<L>(m: usize, t: usize, end: usize, vectors: usize): void {
  const l = changetype<L>(0);
  const kappa = l.sub(l.zero(), gain<L>(vectors));
  const z0 = l.table(UNDER);
  const z1 = l.table(UNDER + 1);
  const z2 = l.table(UNDER + 2);
  const a0 = l.table(ANGLE_OVER);
  const a1 = l.table(ANGLE_OVER + 1);
  const a2 = l.table(ANGLE_OVER + 2);
  const s0 = l.table(SEGMENT_OVER);
  const s1 = l.table(SEGMENT_OVER + 1);
  const a = l.table(SEGMENT_OVER + 6);
  const b = l.table(SEGMENT_OVER + 7);
  for (let o: usize = 0; o < end; o += 16)
    turnBothStep<L, v128, usize>(l, m + o, t + o, kappa, z0, z1, z2, a0, a1, a2, s0, s1, a, b);
}

function turnTangent<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize): void {
  const l = changetype<L>(0);
  const kappa = l.sub(l.zero(), gain<L>(vectors));
  const z0 = l.table(UNDER);
  const z1 = l.table(UNDER + 1);
  const z2 = l.table(UNDER + 2);
  const z3 = l.table(UNDER + 3);
  const z4 = l.table(UNDER + 4);
  const z5 = l.table(UNDER + 5);
  const a0 = l.table(ANGLE_OVER);
  const a1 = l.table(ANGLE_OVER + 1);
  const a2 = l.table(ANGLE_OVER + 2);
  const a3 = l.table(ANGLE_OVER + 3);
  const a4 = l.table(ANGLE_OVER + 4);
  const a5 = l.table(ANGLE_OVER + 5);
  const a6 = l.table(ANGLE_OVER + 6);
  for (let o: usize = 0; o < end; o += 16)
    turnTangentStep<L, v128, usize>(
      l, c + o, m + o, t + o, kappa, z0, z1, z2, z3, z4, z5, a0, a1, a2, a3, a4, a5, a6,
    );
}

/** The rectified activation on m alone. */
export function turnMargin<L>(c: usize, m: usize, end: usize, vectors: usize): void {
  const l = changetype<L>(0);
  const kappa = l.sub(l.zero(), gain<L>(vectors));
  const z0 = l.table(UNDER);
  const z1 = l.table(UNDER + 1);
  const z2 = l.table(UNDER + 2);
  const z3 = l.table(UNDER + 3);
  const z4 = l.table(UNDER + 4);
  const z5 = l.table(UNDER + 5);
  for (let o: usize = 0; o < end; o += 16) scaleStep<L, v128, usize>(l, c + o, m + o, kappa, z0, z1, z2, z3, z4, z5);
  endMargin<L>(c, m, end);
}

function endMargin<L>(c: usize, m: usize, end: usize): void {
  const l = changetype<L>(0);
  const s0 = l.table(SEGMENT_OVER);
  const s1 = l.table(SEGMENT_OVER + 1);
  const s2 = l.table(SEGMENT_OVER + 2);
  const s3 = l.table(SEGMENT_OVER + 3);
  const s4 = l.table(SEGMENT_OVER + 4);
  const s5 = l.table(SEGMENT_OVER + 5);
  const a = l.table(SEGMENT_OVER + 6);
  const b = l.table(SEGMENT_OVER + 7);
  for (let o: usize = 0; o < end; o += 16) turnMarginStep<L, v128, usize>(l, c + o, m + o, s0, s1, s2, s3, s4, s5, a, b);
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
