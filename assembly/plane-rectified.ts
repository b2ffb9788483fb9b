/**
 * Affine layer and rectified activation on one row of a plane. State of a pair, in units that the weights and divisors of the layers before are
 * folded into: D = q₁ + q₂ − 2K and T = 2·NTK. With r = √q:
 *   n = D − (r₁ − r₂)²,   y = 2r₁r₂,   d = n/y = 1 − ρ,   2K = y − n
 *   ρ ≥ 0:  D' = (r₁ − r₂)² + n − κ n √d R(d)            T' = (T + c₁·2K + c₂)(1 − κ√d P(d))
 *   ρ < 0:  D' = (r₁ − r₂)² + y(1 − κ m√m R(m) + λ(1 − m))   T' = (T + c₁·2K + c₂)(λ + κ√m P(m))       m = 2 − d
 * (src/duals/rectified.ts; P and R of angle.ts.)
 *
 * Parallel activations of different lengths have D = (r₁ − r₂)²: then n is what rounding has left, and its root would be seen in T. Below 8 ulp of
 * |q₁ − q₂|, which r₁ and r₂ are not known better than, it counts as 0; likewise 1 + ρ where D is (r₁ + r₂)² to 8 ulp. Where r₁r₂ = 0 the quotient is
 * ∞ or NaN, and `min`, whose comparison then fails, gives d = 1: no correlation.
 */
import { ANGLE, SEGMENT, wide } from '../src/duals/angle';
import { Plane, Step } from './plane-records';

/** Vectors of the constants: polynomials of single precision, lowest degree first. */
const R5: usize = 0;
const P6: usize = 6 * 16;

/** 8 ulp of 1. */
const NOISE_F32: f64 = 1.0 / 1048576.0;
const NOISE_F64: f64 = 1.0 / 562949953421312.0;

@inline
function linear<L>(at: usize, x: v128): v128 {
  return changetype<L>(0).fma(v128.load(at, 16), x, v128.load(at));
}

/** P(d): the angle over √d. */
@inline
function angleOverRoot<L>(constants: usize, d: v128, d2: v128, d4: v128): v128 {
  const l = changetype<L>(0);
  if (!l.narrow()) return wide<L, v128>(l, ANGLE, d, d2, d4);
  const low = l.fma(linear<L>(constants + P6 + 32, d), d2, linear<L>(constants + P6, d));
  return l.fma(l.fma(v128.load(constants + P6, 96), d2, linear<L>(constants + P6 + 64, d)), d4, low);
}

/** R(d): sin θ − θ cos θ over d√d. */
@inline
function segmentOverRoot<L>(constants: usize, d: v128, d2: v128, d4: v128): v128 {
  const l = changetype<L>(0);
  if (!l.narrow()) return wide<L, v128>(l, SEGMENT, d, d2, d4);
  const low = l.fma(linear<L>(constants + R5 + 32, d), d2, linear<L>(constants + R5, d));
  return l.fma(linear<L>(constants + R5 + 64, d), d4, low);
}

/**
 * A row from the sums of three rows (`three`), or of one; `spare` takes two vectors a cell. Two loops: the quotient and the root of one loop
 * would outlast what a processor looks ahead. `three`, `signed`, `withTangent` are constants at every call.
 */
@inline
export function rectifiedRow<L, T>(
  plane: Plane, step: Step, a: usize, b: usize, c: usize, left: usize, right: usize, out: usize, spare: usize, count: i32,
  three: bool, signed: bool, withTangent: bool,
): void {
  distances<L, T>(step, a, b, c, left, right, out, spare, count, three, signed, withTangent);
  if (withTangent) {
    if (signed) signedNtk<L, T>(plane.constants, step, out, spare, count);
    else plainNtk<L, T>(plane.constants, step, out, spare, count);
  } else if (signed) signedOnly<L, T>(plane.constants, step, out, spare, count);
  else plainOnly<L, T>(plane.constants, step, out, spare, count);
}

function plainNtk<L, T>(constants: usize, step: Step, out: usize, spare: usize, count: i32): void {
  transforms<L, T>(constants, step, out, spare, count, false, true);
}
function signedNtk<L, T>(constants: usize, step: Step, out: usize, spare: usize, count: i32): void {
  transforms<L, T>(constants, step, out, spare, count, true, true);
}
function plainOnly<L, T>(constants: usize, step: Step, out: usize, spare: usize, count: i32): void {
  transforms<L, T>(constants, step, out, spare, count, false, false);
}
function signedOnly<L, T>(constants: usize, step: Step, out: usize, spare: usize, count: i32): void {
  transforms<L, T>(constants, step, out, spare, count, true, false);
}

/** (r₁ − r₂)² and T + c₁·2K + c₂ at `out`; n and 1 − ρ in `spare`. */
@inline
export function distances<L, T>(
  step: Step, a: usize, b: usize, c: usize, left: usize, right: usize, out: usize, spare: usize, count: i32,
  three: bool, signed: bool, withTangent: bool,
): void {
  const l = changetype<L>(0);
  const cell: usize = withTangent ? 32 : 16;
  const weight = v128.splat<T>(<T>step.weight);
  const bias = v128.splat<T>(<T>step.bias);
  const ulps = v128.splat<T>(<T>(sizeof<T>() == 4 ? NOISE_F32 : NOISE_F64));
  const one = l.one();
  for (const end = out + <usize>count * cell; out < end; out += cell) {
    let dist = v128.load(a);
    if (three) dist = l.add(l.add(dist, v128.load(b)), v128.load(c));
    const r1 = v128.load_splat<T>(left);
    const r2 = v128.load(right);
    const gap = l.sub(r1, r2);
    const least = l.mul(gap, gap);
    const product = l.mul(r1, r2);
    const y = l.add(product, product);
    const noise = l.abs(l.mul(ulps, l.mul(gap, l.add(r1, r2))));
    const rest = l.sub(dist, least);
    const n = v128.and(rest, v128.lt<T>(noise, rest));
    const ratio = l.div(n, y);
    v128.store(out, least);
    v128.store(spare, n);
    if (signed) {
      const sum = l.add(r1, r2);
      const most = l.mul(sum, sum);
      const known = l.ifLess(l.sub(most, l.mul(ulps, most)), dist, l.two(), ratio);
      v128.store(spare, l.min(l.two(), l.ifLess(l.zero(), y, known, one)), 16);
    } else v128.store(spare, l.min(one, ratio), 16);
    if (withTangent) {
      let tangent = v128.load(a, 16);
      if (three) tangent = l.add(l.add(tangent, v128.load(b, 16)), v128.load(c, 16));
      v128.store(out, l.add(l.fma(weight, l.sub(y, n), tangent), bias), 16);
    }
    a += cell;
    if (three) {
      b += cell;
      c += cell;
    }
    left += sizeof<T>();
    right += 16;
    spare += 32;
  }
}

/** D and T of the activation at `out`. */
@inline
function transforms<L, T>(constants: usize, step: Step, out: usize, spare: usize, count: i32, signed: bool, withTangent: bool): void {
  const l = changetype<L>(0);
  const cell: usize = withTangent ? 32 : 16;
  const kappa = v128.splat<T>(<T>step.kappa);
  const lambda = v128.splat<T>(<T>step.lambda);
  const one = l.one();
  for (const end = out + <usize>count * cell; out < end; out += cell, spare += 32) {
    const distance = v128.load(spare, 16);
    const d = signed ? l.min(distance, l.sub(l.two(), distance)) : distance;
    const d2 = l.mul(d, d);
    const d4 = l.mul(d2, d2);
    const root = l.mul(kappa, l.sqrt(d));
    const segment = l.mul(root, segmentOverRoot<L>(constants, d, d2, d4));
    const n = v128.load(spare);
    let more = l.sub(n, l.mul(n, segment));
    if (signed) {
      const rest = l.add(l.sub(one, l.mul(d, segment)), l.mul(lambda, l.sub(one, d)));
      more = l.ifLess(one, distance, l.mul(l.div(n, distance), rest), more);
    }
    v128.store(out, l.add(v128.load(out), more));
    if (withTangent) {
      const theta = l.mul(root, angleOverRoot<L>(constants, d, d2, d4));
      let factor = l.sub(one, theta);
      if (signed) factor = l.ifLess(one, distance, l.add(lambda, theta), factor);
      v128.store(out, l.mul(v128.load(out, 16), factor), 16);
    }
  }
}
