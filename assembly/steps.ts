/**
 * The operations of src/opcodes.ts on a strip: one row of pairs against `end / 16` vectors of columns. State arrays `c` (ρ),
 * `m` (1 − |ρ|) and `t` (NTK over scales) lie in L1; `row` points at this row's table entries (`rs` bytes from table to table),
 * `col` at the columns' tables (`cs` bytes from table to table). The arithmetic is src/duals/steps.ts.
 */
import {
  affineRectifiedStep,
  affineStep,
  correlationStep,
  erfStep,
  finishStep,
  guardStep,
  plainRectifiedStep,
  rectifiedStep,
  standardRectifiedStep,
  tangentStep,
} from '../src/duals/steps';

@inline
function broadcast<T>(value: f64): v128 {
  return v128.splat<T>(<T>value);
}

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

export function tangent<L, T>(c: usize, t: usize, end: usize, p: f64): void {
  const weight = broadcast<T>(p);
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

export function rectified<L, T>(c: usize, m: usize, t: usize, end: usize, params: usize): void {
  const kappa = broadcast<T>(load<f64>(params));
  const lambda = broadcast<T>(load<f64>(params, 8));
  const plus = broadcast<T>(load<f64>(params, 16));
  const minus = broadcast<T>(load<f64>(params, 24));
  for (let o: usize = 0; o < end; o += 16)
    rectifiedStep<L, v128, usize>(changetype<L>(0), c + o, m + o, t + o, kappa, lambda, plus, minus);
}

/** ρ ≥ 0. `withTangent` is a constant at every call, here and below. */
@inline
export function plainRectified<L, T>(m: usize, t: usize, end: usize, params: usize, withTangent: bool): void {
  const kappa = broadcast<T>(load<f64>(params));
  const weight = broadcast<T>(load<f64>(params, 8));
  for (let o: usize = 0; o < end; o += 16)
    plainRectifiedStep<L, v128, usize>(changetype<L>(0), withTangent, m + o, t + o, weight, kappa);
}

/** ρ ≥ 0 */
@inline
export function affineRectified<L, T>(
  m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, params: usize, withTangent: bool,
): void {
  const kappa = broadcast<T>(load<f64>(params));
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  for (let o: usize = 0; o < end; o += 16)
    affineRectifiedStep<L, v128, usize>(
      changetype<L>(0), withTangent, m + o, t + o, u1, v128.load(col + o), s1, v128.load(col + cs + o), k1, v128.load(col + 2 * cs + o), kappa,
    );
}

/** ρ ≥ 0 */
@inline
export function standardRectified<L, T>(
  m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, params: usize, withTangent: bool,
): void {
  const kappa = broadcast<T>(load<f64>(params));
  const weight = broadcast<T>(load<f64>(params, 8));
  const u1 = entry<T>(row, rs, 0);
  const s1 = entry<T>(row, rs, 1);
  const k1 = entry<T>(row, rs, 2);
  const beta1 = entry<T>(row, rs, 3);
  for (let o: usize = 0; o < end; o += 16)
    standardRectifiedStep<L, v128, usize>(
      changetype<L>(0), withTangent, m + o, t + o, u1, v128.load(col + o), s1, v128.load(col + cs + o), k1, v128.load(col + 2 * cs + o),
      beta1, v128.load(col + 3 * cs + o), kappa, weight,
    );
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
