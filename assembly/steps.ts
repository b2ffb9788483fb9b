/**
 * The operations of src/opcodes.ts on a strip: one row of pairs against `end / 16` vectors of columns. State arrays `c` (ρ),
 * `m` (1 − |ρ|) and `t` (NTK over scales) lie in L1; `row` points at this row's table entries (`rowStride` bytes from table to
 * table), `col` at the columns' tables (`colStride` bytes from table to table).
 */
import { affineCorrelation, affineDistance, affineMargin, affineTangent } from '../src/duals/affine';
import { erfCorrelation, erfCosine, erfDifference, erfMargin, erfSine, erfSpread } from '../src/duals/erf';
import {
  angleOverRoot,
  rectifiedCorrelation,
  rectifiedDistance,
  rectifiedFactor,
  rectifiedMargin,
  rectifiedSlope,
  segmentOf,
} from '../src/duals/rectified';

@inline
function broadcast<T>(value: f64): v128 {
  return v128.splat<T>(<T>value);
}

/** This row's entry of table i, in every lane. */
@inline
function rowEntry<T>(row: usize, rowStride: usize, i: usize): v128 {
  return v128.load_splat<T>(row + i * rowStride);
}

export function tangent<L, T>(c: usize, t: usize, end: usize, p: f64): void {
  const l = changetype<L>(0);
  const weight = broadcast<T>(p);
  for (let o: usize = 0; o < end; o += 16) v128.store(t + o, l.fma(weight, v128.load(c + o), v128.load(t + o)));
}

export function correlation<L>(c: usize, m: usize, end: usize): void {
  const l = changetype<L>(0);
  const one = l.lit(1);
  for (let o: usize = 0; o < end; o += 16) v128.store(c + o, l.sub(one, v128.load(m + o)));
}

export function guard<L, T>(c: usize, m: usize, end: usize, row: usize, col: usize): void {
  const l = changetype<L>(0);
  const one = l.lit(1);
  const here = v128.load_splat<T>(row);
  for (let o: usize = 0; o < end; o += 16) {
    const alive = l.mul(here, v128.load(col + o));
    v128.store(c + o, l.mul(alive, v128.load(c + o)));
    v128.store(m + o, l.fma(alive, v128.load(m + o), l.sub(one, alive)));
  }
}

export function affine<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rowStride: usize, col: usize, colStride: usize): void {
  const l = changetype<L>(0);
  const u1 = rowEntry<T>(row, rowStride, 0);
  const v1 = rowEntry<T>(row, rowStride, 1);
  const alpha1 = rowEntry<T>(row, rowStride, 2);
  const pi1 = rowEntry<T>(row, rowStride, 3);
  const beta1 = rowEntry<T>(row, rowStride, 4);
  for (let o: usize = 0; o < end; o += 16) {
    const u2 = v128.load(col + o);
    const v2 = v128.load(col + colStride + o);
    const alpha = l.mul(alpha1, v128.load(col + 2 * colStride + o));
    const pi = l.mul(pi1, v128.load(col + 3 * colStride + o));
    const beta = l.mul(beta1, v128.load(col + 4 * colStride + o));
    const rho = v128.load(c + o);
    const next = affineCorrelation<L, v128>(l, rho, u1, u2, v1, v2);
    v128.store(t + o, affineTangent<L, v128>(l, v128.load(t + o), rho, alpha, pi, beta));
    v128.store(m + o, affineMargin<L, v128>(l, rho, next, v128.load(m + o), u1, u2, v1, v2));
    v128.store(c + o, next);
  }
}

export function rectified<L, T>(c: usize, m: usize, t: usize, end: usize, p0: f64, p1: f64, p2: f64): void {
  const l = changetype<L>(0);
  const kappa = broadcast<T>(p0);
  const lambda = broadcast<T>(p1);
  const halfTurn = broadcast<T>(p2);
  for (let o: usize = 0; o < end; o += 16) {
    const rho = v128.load(c + o);
    const margin = v128.load(m + o);
    const root = l.sqrt(margin);
    const m2 = l.mul(margin, margin);
    const m4 = l.mul(m2, m2);
    const chord = l.mul(kappa, l.mul(l.mul(margin, root), segmentOf<L, v128>(l, false, margin, m2, m4)));
    const theta = l.mul(kappa, l.mul(root, angleOverRoot<L, v128>(l, false, margin, m2, m4)));
    const next = rectifiedCorrelation<L, v128>(l, lambda, rho, margin, chord);
    v128.store(t + o, l.mul(v128.load(t + o), rectifiedSlope<L, v128>(l, rho, theta, halfTurn)));
    v128.store(m + o, rectifiedMargin<L, v128>(l, lambda, rho, next, margin, chord));
    v128.store(c + o, next);
  }
}

/** ρ ≥ 0. `withTangent` and `close` are constants at every call. */
@inline
export function plainRectified<L, T>(m: usize, t: usize, end: usize, p0: f64, p1: f64, close: bool, withTangent: bool): void {
  const l = changetype<L>(0);
  const weight = broadcast<T>(p0);
  const kappa = broadcast<T>(p1);
  for (let o: usize = 0; o < end; o += 16) {
    const margin = v128.load(m + o);
    const root = l.sqrt(margin);
    const m2 = l.mul(margin, margin);
    const m4 = l.mul(m2, m2);
    if (withTangent) {
      const before = l.fma(weight, l.sub(l.lit(1), margin), v128.load(t + o));
      const angle = angleOverRoot<L, v128>(l, close, margin, m2, m4);
      v128.store(t + o, l.mul(before, rectifiedFactor<L, v128>(l, kappa, root, angle)));
    }
    v128.store(m + o, rectifiedDistance<L, v128>(l, kappa, margin, root, segmentOf<L, v128>(l, close, margin, m2, m4)));
  }
}

/** ρ ≥ 0. `withTangent` and `close` are constants at every call. */
@inline
export function affineRectified<L, T>(
  m: usize, t: usize, end: usize, row: usize, rowStride: usize, col: usize, colStride: usize,
  p0: f64, p1: f64, close: bool, withTangent: bool,
): void {
  const l = changetype<L>(0);
  const weight = broadcast<T>(p0);
  const kappa = broadcast<T>(p1);
  const u1 = rowEntry<T>(row, rowStride, 0);
  const v1 = rowEntry<T>(row, rowStride, 1);
  const beta1 = rowEntry<T>(row, rowStride, 2);
  for (let o: usize = 0; o < end; o += 16) {
    const u2 = v128.load(col + o);
    const before = v128.load(m + o);
    const margin = affineDistance<L, v128>(l, before, u1, u2, v1, v128.load(col + colStride + o));
    const root = l.sqrt(margin);
    const m2 = l.mul(margin, margin);
    const m4 = l.mul(m2, m2);
    if (withTangent) {
      const carried = l.mul(l.mul(u1, u2), l.fma(weight, l.sub(l.lit(1), before), v128.load(t + o)));
      const sum = l.fma(beta1, v128.load(col + 2 * colStride + o), carried);
      const angle = angleOverRoot<L, v128>(l, close, margin, m2, m4);
      v128.store(t + o, l.mul(sum, rectifiedFactor<L, v128>(l, kappa, root, angle)));
    }
    v128.store(m + o, rectifiedDistance<L, v128>(l, kappa, margin, root, segmentOf<L, v128>(l, close, margin, m2, m4)));
  }
}

export function erf<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rowStride: usize, col: usize, colStride: usize): void {
  const l = changetype<L>(0);
  for (let o: usize = 0; o < end; o += 16) {
    const u1 = rowEntry<T>(row, rowStride, 0);
    const w1 = rowEntry<T>(row, rowStride, 1);
    const u2 = v128.load(col + o);
    const w2 = v128.load(col + colStride + o);
    const root1 = rowEntry<T>(row, rowStride, 2);
    const root2 = v128.load(col + 2 * colStride + o);
    const cos1 = rowEntry<T>(row, rowStride, 4);
    const cos2 = v128.load(col + 4 * colStride + o);
    const rho = v128.load(c + o);
    const size = l.abs(rho);
    const margin = v128.load(m + o);
    const across = l.mul(margin, l.sub(l.lit(2), margin));
    const cosine = erfCosine<L, v128>(l, across, u1, u2, w1, w2);
    const difference = erfDifference<L, v128>(l, u1, u2, w1, w2);
    const slant1 = l.mul(l.mul(root2, rowEntry<T>(row, rowStride, 3)), size);
    const slant2 = l.mul(l.mul(root1, v128.load(col + 3 * colStride + o)), size);
    const s1 = erfSine<L, v128>(l, difference, across, u2, cosine, slant1, cos1);
    const s2 = erfSine<L, v128>(l, l.sub(l.lit(0), difference), across, u1, cosine, slant2, cos2);
    const sine = l.mul(l.mul(root1, root2), size);
    const c1 = l.fma(cos1, cosine, l.mul(u1, sine));
    const c2 = l.fma(cos2, cosine, l.mul(u2, sine));
    const spread = erfSpread<L, v128>(l, s1, c1, s2, c2);
    const h = l.mul(rowEntry<T>(row, rowStride, 7), v128.load(col + 7 * colStride + o));
    const scale = l.mul(rowEntry<T>(row, rowStride, 8), v128.load(col + 8 * colStride + o));
    const next = erfCorrelation<L, v128>(l, spread, rowEntry<T>(row, rowStride, 5), v128.load(col + 5 * colStride + o), h);
    v128.store(t + o, l.div(l.mul(scale, v128.load(t + o)), cosine));
    v128.store(m + o, erfMargin<L, v128>(l, spread, rowEntry<T>(row, rowStride, 6), v128.load(col + 6 * colStride + o), h));
    v128.store(c + o, l.ifLess(rho, l.lit(0), l.sub(l.lit(0), next), next));
  }
}

export function finish<L, T>(c: usize, t: usize, end: usize, row: usize, rowStride: usize, col: usize, colStride: usize): void {
  const l = changetype<L>(0);
  const r1 = rowEntry<T>(row, rowStride, 0);
  const sigma1 = rowEntry<T>(row, rowStride, 1);
  for (let o: usize = 0; o < end; o += 16) {
    v128.store(c + o, l.mul(l.mul(r1, v128.load(col + o)), v128.load(c + o)));
    v128.store(t + o, l.mul(l.mul(sigma1, v128.load(col + colStride + o)), v128.load(t + o)));
  }
}
