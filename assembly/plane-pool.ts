/**
 * Pooling, K' = P K Pᵀ: a finished plane is added to the planes of the pooled value that its pairs belong to, δ = S δ' + b − a for taps a and b, so
 * that no more than one plane of the large images exists at a time. Later a plane of the pooled value becomes
 *   D'ᵢⱼ = ω₁ᵢω₂ⱼ Σ D − ½S₁ᵢ − ½S₂ⱼ + (ρ₁ᵢ − ρ₂ⱼ)(m₁ᵢ − m₂ⱼ),    S = diagonal of P D Pᵀ of a sample with itself, m = P q, ρ = row sums of P,
 * 0 for equal samples at i = j, since S comes out of the same sums.
 */
import { cellAt, displacement, extent, first, leftLocation, Plane, rightLocation, Step, Store, Value, Window } from './plane-records';
import { leftRow, rightRow } from './plane-points';

const Z: usize = 0;
const Y: usize = 4;
const X: usize = 8;

/** Address of the kept plane at places (z, y, x) among those kept. */
@inline
function keptPlane(plane: Plane, store: Store, z: i32, y: i32, x: i32): usize {
  const index = (z * store.keptY + y) * store.keptX + x;
  return plane.work + <usize>load<i32>(store.offsets + (<usize>index << 2));
}

/** Place of displacement δ along an axis, −1 where it is not kept. */
@inline
function placeOf(store: Store, axis: usize, delta: i32): i32 {
  const base = changetype<usize>(store) + axis;
  const left = load<i32>(base);
  const at = delta + left - 1;
  if (<u32>at >= <u32>(left + load<i32>(base, offsetof<Store>('rightZ')) - 1)) return -1;
  return load<i32>(load<usize>(base, offsetof<Store>('placesZ')) + (<usize>at << 2));
}

/** First i and number of pairs of displacement δ of the pooled grids along an axis. */
@inline
function storeFirst(delta: i32): i32 {
  return max(0, -delta);
}
@inline
function storeExtent(store: Store, axis: usize, delta: i32): i32 {
  const base = changetype<usize>(store) + axis;
  return min(load<i32>(base), load<i32>(base, offsetof<Store>('rightZ')) - delta) - storeFirst(delta);
}

/** Along one axis: pooled displacement, its place, tap a, first pooled cell and how many, cell of the plane at the first. */
@unmanaged
class Match {
  place: i32;
  cells: i32;
  begin: i32;
  count: i32;
  from: i32;
}
const MATCH_BYTES: usize = 20;

/** All ways in which pairs of the plane fall into windows along an axis; gives their number. */
function matches(plane: Plane, step: Step, axis: usize, out: usize): i32 {
  const value = changetype<Value>(step.src);
  const store = changetype<Store>(step.dst);
  const window = step.other + axis;
  const size = load<i32>(window);
  const stride = load<i32>(window, offsetof<Window>('strideZ'));
  const low = load<i32>(window, offsetof<Window>('lowZ'));
  const delta = displacement(plane, value, axis) + load<i32>(window, offsetof<Window>('lowRightZ')) - low;
  const start = first(plane, value, axis);
  const end = start + extent(plane, value, axis);
  let found = 0;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      const multiple = delta + a - b;
      if (multiple % stride != 0) continue;
      const pooled = multiple / stride;
      const place = placeOf(store, axis, pooled);
      if (place < 0) continue;
      const base = storeFirst(pooled);
      const shift = a - low;
      // i = I·stride + shift in [start, end)
      const begin = max(base, (start - shift + stride - 1) / stride);
      const stop = min(base + storeExtent(store, axis, pooled), end - 1 - shift < 0 ? 0 : (end - 1 - shift) / stride + 1);
      if (stop <= begin) continue;
      const match = changetype<Match>(out + <usize>found * MATCH_BYTES);
      match.place = place;
      match.cells = storeExtent(store, axis, pooled);
      match.begin = begin - base;
      match.count = stop - begin;
      match.from = begin * stride + shift - start;
      found++;
    }
  return found;
}

/** Adds the plane to the pooled value. */
@inline
export function poolPlane<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const l = changetype<L>(0);
  const value = changetype<Value>(step.src);
  const store = changetype<Store>(step.dst);
  const window = changetype<Window>(step.other);
  const cell: usize = withTangent ? 32 : 16;
  const listZ = plane.work + <usize>step.scratch;
  const countZ = matches(plane, step, Z, listZ);
  const listY = listZ + <usize>countZ * MATCH_BYTES;
  const countY = matches(plane, step, Y, listY);
  const listX = listY + <usize>countY * MATCH_BYTES;
  const countX = matches(plane, step, X, listX);
  const stride = <usize>window.strideX * cell;
  for (let kz = 0; kz < countZ; kz++)
    for (let ky = 0; ky < countY; ky++)
      for (let kx = 0; kx < countX; kx++) {
        const mz = changetype<Match>(listZ + <usize>kz * MATCH_BYTES);
        const my = changetype<Match>(listY + <usize>ky * MATCH_BYTES);
        const mx = changetype<Match>(listX + <usize>kx * MATCH_BYTES);
        const kept = keptPlane(plane, store, mz.place, my.place, mx.place);
        for (let z = 0; z < mz.count; z++)
          for (let y = 0; y < my.count; y++) {
            let from = cellAt(plane, value, mz.from + z * window.strideZ, my.from + y * window.strideY, mx.from, cell);
            let out = kept + <usize>(((mz.begin + z) * my.cells + my.begin + y) * mx.cells + mx.begin) * cell;
            for (const end = out + <usize>mx.count * cell; out < end; out += cell, from += stride) {
              v128.store(out, l.add(v128.load(out), v128.load(from)));
              if (withTangent) v128.store(out, l.add(v128.load(out, 16), v128.load(from, 16)), 16);
            }
          }
      }
}

/** A plane of a pooled value. */
@inline
export function pooledPlane<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const l = changetype<L>(0);
  const value = changetype<Value>(step.dst);
  const store = changetype<Store>(step.other);
  const cell: usize = withTangent ? 32 : 16;
  const dz = displacement(plane, value, Z);
  const dy = displacement(plane, value, Y);
  const dx = displacement(plane, value, X);
  let from = keptPlane(plane, store, placeOf(store, Z, dz), placeOf(store, Y, dy), placeOf(store, X, dx));
  const width = extent(plane, value, X);
  const iz0 = first(plane, value, Z);
  const iy0 = first(plane, value, Y);
  const ix0 = first(plane, value, X);
  for (let z = 0, depth = extent(plane, value, Z); z < depth; z++)
    for (let y = 0, height = extent(plane, value, Y); y < height; y++) {
      let out = cellAt(plane, value, z, y, 0, cell);
      let i = leftLocation(value, z + iz0, y + iy0, ix0) << 4;
      let j = rightLocation(value, z + iz0 + dz, y + iy0 + dy, ix0 + dx) << 4;
      let half1 = leftRow<T>(plane, value, store.halfLeft, z, y);
      let half2 = rightRow(plane, value, store.halfRight, z, y);
      let mean1 = leftRow<T>(plane, value, store.meanLeft, z, y);
      let mean2 = rightRow(plane, value, store.meanRight, z, y);
      for (const end = out + <usize>width * cell; out < end; out += cell) {
        const weight = l.mul(v128.load(store.weightsLeft + i), v128.load(store.weightsRight + j));
        const halves = l.add(v128.load_splat<T>(half1), v128.load(half2));
        const uneven = l.mul(
          l.sub(v128.load(store.sumsLeft + i), v128.load(store.sumsRight + j)),
          l.sub(v128.load_splat<T>(mean1), v128.load(mean2)),
        );
        const d = l.add(l.sub(l.mul(v128.load(from), weight), halves), uneven);
        v128.store(out, l.max(l.zero(), d));
        if (withTangent) v128.store(out, l.mul(v128.load(from, 16), weight), 16);
        from += cell;
        i += 16;
        j += 16;
        half1 += sizeof<T>();
        half2 += 16;
        mean1 += sizeof<T>();
        mean2 += 16;
      }
    }
}
