/** Operations on the cells of a plane one by one: where a plane begins, what needs no window, and sums over all pairs. */
import { cellAt, displacement, extent, first, leftLocation, Plane, rightLocation, Step, Value } from './plane-records';
import { dualRow } from './plane-dual';
import { rectifiedRow } from './plane-rectified';

const Z: usize = 0;
const Y: usize = 4;
const X: usize = 8;

/** Address of table entry `table` of the left sample at the first pair of row (z, y). */
@inline
export function leftRow<T>(plane: Plane, value: Value, table: i32, z: i32, y: i32): usize {
  const location = leftLocation(value, z + first(plane, value, Z), y + first(plane, value, Y), first(plane, value, X));
  return plane.left + (<usize>table + location) * sizeof<T>();
}

/** The same of the right samples. */
@inline
export function rightRow(plane: Plane, value: Value, table: i32, z: i32, y: i32): usize {
  const jz = z + first(plane, value, Z) + displacement(plane, value, Z);
  const jy = y + first(plane, value, Y) + displacement(plane, value, Y);
  return plane.right + ((<usize>table + rightLocation(value, jz, jy, first(plane, value, X) + displacement(plane, value, X))) << 4);
}

/** D = Σ over channels of (x₁ − x₂)², T = 0. Tables: the channels of location after location. */
@inline
export function inputPlane<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const l = changetype<L>(0);
  const value = changetype<Value>(step.dst);
  const cell: usize = withTangent ? 32 : 16;
  const channels = step.index;
  const width = extent(plane, value, X);
  const ix = first(plane, value, X);
  const jx = ix + displacement(plane, value, X);
  for (let z = 0, depth = extent(plane, value, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, value, Y); y < height; y++) {
      const iz = z + first(plane, value, Z);
      const iy = y + first(plane, value, Y);
      const jz = iz + displacement(plane, value, Z);
      const jy = iy + displacement(plane, value, Y);
      let left = plane.left + (<usize>step.leftTable + leftLocation(value, iz, iy, ix) * <usize>channels) * sizeof<T>();
      let right = plane.right + ((<usize>step.rightTable + rightLocation(value, jz, jy, jx) * <usize>channels) << 4);
      let out = cellAt(plane, value, z, y, 0, cell);
      for (const end = out + <usize>width * cell; out < end; out += cell) {
        let sum = l.zero();
        for (let c = 0; c < channels; c++, left += sizeof<T>(), right += 16) {
          const gap = l.sub(v128.load_splat<T>(left), v128.load(right));
          sum = l.add(sum, l.mul(gap, gap));
        }
        v128.store(out, sum);
        if (withTangent) v128.store(out, l.zero(), 16);
      }
    }
}

/** Affine layer (where it has a weight or bias of T) and activation, rectified or any other, cell by cell. */
@inline
export function pointActivation<L, T>(plane: Plane, step: Step, signed: bool, other: bool, withTangent: bool): void {
  const src = changetype<Value>(step.src);
  const dst = changetype<Value>(step.dst);
  const cell: usize = withTangent ? 32 : 16;
  const width = extent(plane, dst, X);
  for (let z = 0, depth = extent(plane, dst, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, dst, Y); y < height; y++) {
      const from = cellAt(plane, src, z, y, 0, cell);
      const out = cellAt(plane, dst, z, y, 0, cell);
      const left = leftRow<T>(plane, dst, step.leftTable, z, y);
      const right = rightRow(plane, dst, step.rightTable, z, y);
      const spare = plane.work + <usize>step.scratch;
      if (other) dualRow<L, T>(step, from, 0, 0, left, right, out, spare, width, false, withTangent);
      else rectifiedRow<L, T>(plane, step, from, 0, 0, left, right, out, spare, width, false, signed, withTangent);
    }
}

/** Affine layer: T' = T + c₁(q₁ + q₂ − D) + c₂. Tables: variances. */
@inline
export function pointAffine<L, T>(plane: Plane, step: Step): void {
  const l = changetype<L>(0);
  const src = changetype<Value>(step.src);
  const dst = changetype<Value>(step.dst);
  const weight = v128.splat<T>(<T>step.weight);
  const bias = v128.splat<T>(<T>step.bias);
  const width = extent(plane, dst, X);
  for (let z = 0, depth = extent(plane, dst, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, dst, Y); y < height; y++) {
      let from = cellAt(plane, src, z, y, 0, 32);
      let out = cellAt(plane, dst, z, y, 0, 32);
      let left = leftRow<T>(plane, dst, step.leftTable, z, y);
      let right = rightRow(plane, dst, step.rightTable, z, y);
      for (const end = out + (<usize>width << 5); out < end; out += 32, from += 32, left += sizeof<T>(), right += 16) {
        const d = v128.load(from);
        const twice = l.sub(l.add(v128.load_splat<T>(left), v128.load(right)), d);
        v128.store(out, d);
        v128.store(out, l.add(l.fma(weight, twice, v128.load(from, 16)), bias), 16);
      }
    }
}

/** α a + β b; `other` may be 0. */
@inline
export function addPlanes<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const l = changetype<L>(0);
  const src = changetype<Value>(step.src);
  const dst = changetype<Value>(step.dst);
  const alpha = v128.splat<T>(<T>step.alpha);
  const beta = v128.splat<T>(<T>step.beta);
  const vectors = extent(plane, dst, X) * (withTangent ? 2 : 1);
  const cell: usize = withTangent ? 32 : 16;
  for (let z = 0, depth = extent(plane, dst, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, dst, Y); y < height; y++) {
      let a = cellAt(plane, src, z, y, 0, cell);
      let b = step.other ? cellAt(plane, changetype<Value>(step.other), z, y, 0, cell) : a;
      let out = cellAt(plane, dst, z, y, 0, cell);
      for (const end = out + (<usize>vectors << 4); out < end; out += 16, a += 16, b += 16)
        v128.store(out, l.fma(beta, v128.load(b), l.mul(alpha, v128.load(a))));
    }
}

/** Two doubles of a vector: the low or the high half of four singles. */
@inline
function promote<T>(v: v128, high: bool): v128 {
  if (sizeof<T>() == 8) return v;
  return f64x2.promote_low_f32x4(high ? v128.shuffle<i64>(v, v, 1, 1) : v);
}

/** Adds Σ D and Σ T of the plane to accumulator `index`: doubles, D of every lane and then T. */
@inline
export function totalPlane<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const value = changetype<Value>(step.src);
  const cell: usize = withTangent ? 32 : 16;
  const lanes: usize = 16 / sizeof<T>();
  const at = plane.totals + <usize>step.index * lanes * 16;
  const width = extent(plane, value, X);
  let d0 = f64x2.splat(0);
  let d1 = d0;
  let t0 = d0;
  let t1 = d0;
  for (let z = 0, depth = extent(plane, value, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, value, Y); y < height; y++) {
      let from = cellAt(plane, value, z, y, 0, cell);
      for (const end = from + <usize>width * cell; from < end; from += cell) {
        const d = v128.load(from);
        d0 = f64x2.add(d0, promote<T>(d, false));
        if (sizeof<T>() == 4) d1 = f64x2.add(d1, promote<T>(d, true));
        if (withTangent) {
          const t = v128.load(from, 16);
          t0 = f64x2.add(t0, promote<T>(t, false));
          if (sizeof<T>() == 4) t1 = f64x2.add(t1, promote<T>(t, true));
        }
      }
    }
  accumulate(at, d0);
  accumulate(at + lanes * 8, t0);
  if (sizeof<T>() == 4) {
    accumulate(at + 16, d1);
    accumulate(at + 48, t1);
  }
}

@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, f64x2.add(v128.load(at), value));
}
