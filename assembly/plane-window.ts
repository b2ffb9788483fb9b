/** Sliding windows over planes: D and T of a cell become the sums over the window, one axis after the other. */
import { cellAt, displacement, extent, first, leftLocation, Plane, rightLocation, Step, Value, Window } from './plane-records';
import { dualRow } from './plane-dual';
import { rectifiedRow } from './plane-rectified';

const Z: usize = 0;
const Y: usize = 4;
const X: usize = 8;

/** Value of the step's table for the halo at one location of the left sample, or at a location of the right ones. */
@inline
function variance<L, T>(step: Step, at: usize, splat: bool): v128 {
  const l = changetype<L>(0);
  const entry = splat ? v128.load_splat<T>(at) : v128.load(at);
  const q = step.squared ? l.mul(entry, entry) : entry;
  return l.mul(q, v128.splat<T>(<T>step.haloScale));
}

/** Cells [x, end) of row (z, y), of which at most one of i and j is a location: D = q of that one, T = 0. */
function haloSpan<L, T>(plane: Plane, step: Step, z: i32, y: i32, x: i32, end: i32, withTangent: bool): void {
  const value = changetype<Value>(step.src);
  const l = changetype<L>(0);
  const cell: usize = withTangent ? 32 : 16;
  let at = cellAt(plane, value, z, y, x, cell);
  const iz = z + first(plane, value, Z);
  const iy = y + first(plane, value, Y);
  const jz = iz + displacement(plane, value, Z);
  const jy = iy + displacement(plane, value, Y);
  const dx = displacement(plane, value, X);
  const hasLeft = <u32>iz < <u32>value.leftZ && <u32>iy < <u32>value.leftY;
  const hasRight = <u32>jz < <u32>value.rightZ && <u32>jy < <u32>value.rightY;
  const left = plane.left + (<usize>step.haloLeft + leftLocation(value, iz, iy, 0)) * sizeof<T>();
  const right = plane.right + ((<usize>step.haloRight + rightLocation(value, jz, jy, 0)) << 4);
  const shift = first(plane, value, X);
  for (; x < end; x++, at += cell) {
    const i = x + shift;
    const j = i + dx;
    let d = l.zero();
    if (hasLeft && <u32>i < <u32>value.leftX) d = variance<L, T>(step, left + <usize>i * sizeof<T>(), true);
    else if (hasRight && <u32>j < <u32>value.rightX) d = variance<L, T>(step, right + (<usize>j << 4), false);
    haloCell<L>(at, d, withTangent);
  }
}

/** The halo cells of column x of slice z, whose rows [0, height) are rows of pairs. */
function haloColumn<L, T>(plane: Plane, step: Step, z: i32, x: i32, height: i32, withTangent: bool): void {
  const value = changetype<Value>(step.src);
  const l = changetype<L>(0);
  let at = cellAt(plane, value, z, 0, x, withTangent ? 32 : 16);
  const iz = z + first(plane, value, Z);
  const iy = first(plane, value, Y);
  const i = x + first(plane, value, X);
  const j = i + displacement(plane, value, X);
  const row = <usize>value.row;
  const end = at + <usize>height * row;
  if (<u32>i < <u32>value.leftX) {
    let left = plane.left + (<usize>step.haloLeft + leftLocation(value, iz, iy, i)) * sizeof<T>();
    for (; at < end; at += row, left += <usize>value.leftX * sizeof<T>()) haloCell<L>(at, variance<L, T>(step, left, true), withTangent);
  } else if (<u32>j < <u32>value.rightX) {
    const location = rightLocation(value, iz + displacement(plane, value, Z), iy + displacement(plane, value, Y), j);
    let right = plane.right + ((<usize>step.haloRight + location) << 4);
    for (; at < end; at += row, right += <usize>value.rightX << 4) haloCell<L>(at, variance<L, T>(step, right, false), withTangent);
  } else for (; at < end; at += row) haloCell<L>(at, l.zero(), withTangent);
}

@inline
function haloCell<L>(at: usize, d: v128, withTangent: bool): void {
  v128.store(at, d);
  if (withTangent) v128.store(at, changetype<L>(0).zero(), 16);
}

/** First input cell, along an axis, of the window at the first output cell. */
@inline
function windowStart(plane: Plane, step: Step, axis: usize): i32 {
  const window = step.other + axis;
  const origin = first(plane, changetype<Value>(step.dst), axis) * load<i32>(window, offsetof<Window>('strideZ'));
  return origin - load<i32>(window, offsetof<Window>('lowZ')) - first(plane, changetype<Value>(step.src), axis);
}

/** Input cells, along an axis, from the first to the last that windows read. */
@inline
function windowReach(plane: Plane, step: Step, axis: usize): i32 {
  const window = step.other + axis;
  const last = (extent(plane, changetype<Value>(step.dst), axis) - 1) * load<i32>(window, offsetof<Window>('strideZ'));
  return last + (load<i32>(window) - 1) * load<i32>(window, offsetof<Window>('dilationZ')) + 1;
}

/** Every cell that windows read and that is no pair of locations. */
function fillHalo<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const value = changetype<Value>(step.src);
  const z0 = windowStart(plane, step, Z);
  const y0 = windowStart(plane, step, Y);
  const x0 = windowStart(plane, step, X);
  const z1 = z0 + windowReach(plane, step, Z);
  const y1 = y0 + windowReach(plane, step, Y);
  const x1 = x0 + windowReach(plane, step, X);
  const depth = extent(plane, value, Z);
  const height = extent(plane, value, Y);
  const width = extent(plane, value, X);
  for (let z = z0; z < z1; z++) {
    const within = <u32>z < <u32>depth;
    for (let y = y0; y < y1; y++)
      if (!within || <u32>y >= <u32>height) haloSpan<L, T>(plane, step, z, y, x0, x1, withTangent);
    if (!within) continue;
    for (let x = x0; x < min(0, x1); x++) haloColumn<L, T>(plane, step, z, x, height, withTangent);
    for (let x = max(width, x0); x < x1; x++) haloColumn<L, T>(plane, step, z, x, height, withTangent);
  }
}

/** out[x] = in[x] + in[x+1] + in[x+2] */
@inline
function threeInRow<L>(from: usize, out: usize, count: i32, withTangent: bool): void {
  const l = changetype<L>(0);
  const cell: usize = withTangent ? 32 : 16;
  let d0 = v128.load(from);
  let d1 = v128.load(from + cell);
  let t0 = d0;
  let t1 = d1;
  if (withTangent) {
    t0 = v128.load(from, 16);
    t1 = v128.load(from + cell, 16);
  }
  from += 2 * cell;
  for (const end = out + <usize>count * cell; out < end; out += cell, from += cell) {
    const d2 = v128.load(from);
    v128.store(out, l.add(l.add(d0, d1), d2));
    d0 = d1;
    d1 = d2;
    if (withTangent) {
      const t2 = v128.load(from, 16);
      v128.store(out, l.add(l.add(t0, t1), t2), 16);
      t0 = t1;
      t1 = t2;
    }
  }
}

/**
 * 3 × 3 window of stride 1, affine layer, activation (rectified, or any other), row by row through a ring of three rows, so that `dst` may be `src`:
 * row y is written when the last row that needs it has been summed. `signed`, `other`, `withTangent` are constants at every call.
 */
@inline
export function boxActivation<L, T>(plane: Plane, step: Step, signed: bool, other: bool, withTangent: bool): void {
  const src = changetype<Value>(step.src);
  const dst = changetype<Value>(step.dst);
  const cell: usize = withTangent ? 32 : 16;
  fillHalo<L, T>(plane, step, withTangent);
  const y0 = windowStart(plane, step, Y);
  const x0 = windowStart(plane, step, X);
  const height = extent(plane, dst, Y);
  const width = extent(plane, dst, X);
  const iy = first(plane, dst, Y);
  const ix = first(plane, dst, X);
  const jy = iy + displacement(plane, dst, Y);
  const jx = ix + displacement(plane, dst, X);
  let left = plane.left + (<usize>step.leftTable + leftLocation(dst, 0, iy, ix)) * sizeof<T>();
  let right = plane.right + ((<usize>step.rightTable + rightLocation(dst, 0, jy, jx)) << 4);
  let out = cellAt(plane, dst, 0, 0, 0, cell);
  let from = cellAt(plane, src, 0, y0, x0, cell);
  let a = plane.work + <usize>step.scratch;
  let b = a + <usize>width * cell;
  let c = b + <usize>width * cell;
  threeInRow<L>(from, a, width, withTangent);
  from += src.row;
  threeInRow<L>(from, b, width, withTangent);
  for (let y = 0; y < height; y++) {
    from += src.row;
    threeInRow<L>(from, c, width, withTangent);
    const spare = plane.work + <usize>step.scratch + <usize>(3 * width) * cell;
    if (other) dualRow<L, T>(step, a, b, c, left, right, out, spare, width, true, withTangent);
    else rectifiedRow<L, T>(plane, step, a, b, c, left, right, out, spare, width, true, signed, withTangent);
    left += <usize>dst.leftX * sizeof<T>();
    right += <usize>dst.rightX << 4;
    out += dst.row;
    const free = a;
    a = b;
    b = c;
    c = free;
  }
}

/** `count` cells at `out`, each the sum of `size` cells `gap` bytes apart, the next `stride` bytes on. */
@inline
function sumCells<L>(from: usize, out: usize, count: i32, size: i32, gap: usize, stride: usize, withTangent: bool): void {
  const l = changetype<L>(0);
  const cell: usize = withTangent ? 32 : 16;
  for (const end = out + <usize>count * cell; out < end; out += cell, from += stride) {
    let d = v128.load(from);
    let t = d;
    if (withTangent) t = v128.load(from, 16);
    let at = from;
    for (let f = 1; f < size; f++) {
      at += gap;
      d = l.add(d, v128.load(at));
      if (withTangent) t = l.add(t, v128.load(at, 16));
    }
    v128.store(out, d);
    if (withTangent) v128.store(out, t, 16);
  }
}

/** Any window: along x into scratch, along y within it, along z into `dst`. */
@inline
export function slide<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  const src = changetype<Value>(step.src);
  const dst = changetype<Value>(step.dst);
  const window = changetype<Window>(step.other);
  const cell: usize = withTangent ? 32 : 16;
  fillHalo<L, T>(plane, step, withTangent);
  const z0 = windowStart(plane, step, Z);
  const y0 = windowStart(plane, step, Y);
  const x0 = windowStart(plane, step, X);
  const depth = windowReach(plane, step, Z);
  const height = windowReach(plane, step, Y);
  const dstDepth = extent(plane, dst, Z);
  const dstHeight = extent(plane, dst, Y);
  const width = extent(plane, dst, X);
  const scratch = plane.work + <usize>step.scratch;
  const row = <usize>width * cell;
  const slice = row * <usize>height;
  for (let z = 0; z < depth; z++)
    for (let y = 0; y < height; y++)
      sumCells<L>(
        cellAt(plane, src, z0 + z, y0 + y, x0, cell), scratch + <usize>z * slice + <usize>y * row, width,
        window.sizeX, <usize>window.dilationX * cell, <usize>window.strideX * cell, withTangent,
      );
  // Row y of the result takes rows from y·stride on: none that is overwritten before.
  for (let z = 0; z < depth; z++)
    for (let y = 0; y < dstHeight; y++) {
      const base = scratch + <usize>z * slice;
      sumCells<L>(
        base + <usize>(y * window.strideY) * row, base + <usize>y * row, width,
        window.sizeY, <usize>window.dilationY * row, cell, withTangent,
      );
    }
  for (let z = 0; z < dstDepth; z++)
    for (let y = 0; y < dstHeight; y++)
      sumCells<L>(
        scratch + <usize>(z * window.strideZ) * slice + <usize>y * row, cellAt(plane, dst, z, y, 0, cell), width,
        window.sizeZ, <usize>window.dilationZ * slice, cell, withTangent,
      );
}
