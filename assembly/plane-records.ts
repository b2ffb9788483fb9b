/**
 * What the tiles of convolutional networks are told (src/backends/plane-image.ts writes it), and where cells of a plane lie.
 *
 * A plane δ holds the pairs of locations (i, j = i + δ) of one x1 sample and as many x2 samples as a vector has lanes: one cell per
 * i, D first, then (if the NTK is wanted) T. Axes are z, y, x; a network of lower rank has length 1 along the first ones.
 */

/** Where cells of a value lie: grids of both samples, displacement = scale · (displacement of the segment) + shift. */
@unmanaged
export class Value {
  leftZ: i32;
  leftY: i32;
  leftX: i32;
  rightZ: i32;
  rightY: i32;
  rightX: i32;
  scaleZ: i32;
  scaleY: i32;
  scaleX: i32;
  shiftZ: i32;
  shiftY: i32;
  shiftX: i32;
  /** Bytes from the workspace to the first cell, and from row to row and slice to slice. */
  buffer: i32;
  row: i32;
  slice: i32;
  unused: i32;
}

/** One operation on planes. `code` is one of PLANE_* of src/backends/plane-codes.ts. */
@unmanaged
export class Step {
  code: i32;
  src: usize;
  dst: usize;
  /** Another value (add), a window, or the store of a pooled value. */
  other: usize;
  /** Tables in elements from the start of a sample's: of the halo, and of the standard deviations or variances at `dst`. */
  haloLeft: i32;
  haloRight: i32;
  leftTable: i32;
  rightTable: i32;
  /** The halo's table holds standard deviations. */
  squared: i32;
  /** ρ < 0 can occur. */
  signed: i32;
  /** Channels of an input; accumulator of a total. */
  index: i32;
  /** Bytes of cells in `scratch`. */
  scratch: i32;
  /** κ, λ; T' = T + weight·2K + bias; sums α a + β b; scale of the halo. */
  kappa: f64;
  lambda: f64;
  weight: f64;
  bias: f64;
  alpha: f64;
  beta: f64;
  haloScale: f64;
  /** Of an activation outside the rectified family: records of its operations, how many, and its tables, of which the last two leave them. */
  program: usize;
  operations: i32;
  dualLeft: i32;
  dualRight: i32;
}
export const STEP_BYTES: usize = 120;

/** A sliding window: three of everything, z, y, x. `low` differs where the images of x1 and x2 have different sizes. */
@unmanaged
export class Window {
  sizeZ: i32;
  sizeY: i32;
  sizeX: i32;
  strideZ: i32;
  strideY: i32;
  strideX: i32;
  dilationZ: i32;
  dilationY: i32;
  dilationX: i32;
  lowZ: i32;
  lowY: i32;
  lowX: i32;
  lowRightZ: i32;
  lowRightY: i32;
  lowRightX: i32;
}

/** A pooled value: every plane that a later segment needs, each of them contiguous. */
@unmanaged
export class Store {
  leftZ: i32;
  leftY: i32;
  leftX: i32;
  rightZ: i32;
  rightY: i32;
  rightX: i32;
  /** Per axis: entry δ + left − 1 of i32 is the place of displacement δ among those that are kept, or −1. */
  placesZ: usize;
  placesY: usize;
  placesX: usize;
  keptY: i32;
  keptX: i32;
  /** i32 for every kept plane: bytes from the workspace. */
  offsets: usize;
  /** Bytes from the workspace to all planes, and of all of them. */
  buffer: i32;
  bytes: i32;
  /** Weights ω of the locations, and the sums of the pool's rows ρ, as lanes of one vector each. */
  weightsLeft: usize;
  weightsRight: usize;
  sumsLeft: usize;
  sumsRight: usize;
  /** Tables of ½ the diagonal of P D Pᵀ of a sample with itself, and of P q. */
  halfLeft: i32;
  halfRight: i32;
  meanLeft: i32;
  meanRight: i32;
}

/** The steps between two poolings, and the displacements of their last value. */
@unmanaged
export class Segment {
  steps: usize;
  count: i32;
  countZ: i32;
  countY: i32;
  countX: i32;
  /** i32 displacements of z, then y, then x. */
  displacements: usize;
  /** A pooled value to clear first, or 0. */
  store: usize;
}
export const SEGMENT_BYTES: usize = 28;

/** The plane at hand: one x1 sample against a vector of x2 samples. */
@unmanaged
export class Plane {
  left: usize;
  right: usize;
  work: usize;
  totals: usize;
  constants: usize;
  z: i32;
  y: i32;
  x: i32;
}

/** Displacement along an axis (0, 4, 8 for z, y, x). */
@inline
export function displacement(plane: Plane, value: Value, axis: usize): i32 {
  return load<i32>(changetype<usize>(value) + axis, offsetof<Value>('scaleZ')) * load<i32>(changetype<usize>(plane) + axis, offsetof<Plane>('z')) +
    load<i32>(changetype<usize>(value) + axis, offsetof<Value>('shiftZ'));
}

/** The first i whose j is a location. */
@inline
export function first(plane: Plane, value: Value, axis: usize): i32 {
  return max(0, -displacement(plane, value, axis));
}

/** How many there are. */
@inline
export function extent(plane: Plane, value: Value, axis: usize): i32 {
  const right = load<i32>(changetype<usize>(value) + axis, offsetof<Value>('rightZ')) - displacement(plane, value, axis);
  return min(load<i32>(changetype<usize>(value) + axis), right) - first(plane, value, axis);
}

/** Cell number (z, y, x) of the plane, counted from its first pair; halos have negative ones. */
@inline
export function cellAt(plane: Plane, value: Value, z: i32, y: i32, x: i32, cell: usize): usize {
  return plane.work + value.buffer + <usize>(z * value.slice) + <usize>(y * value.row) + <usize>x * cell;
}

/** Number of location i = (z, y, x) of the left sample. */
@inline
export function leftLocation(value: Value, z: i32, y: i32, x: i32): usize {
  return <usize>((z * value.leftY + y) * value.leftX + x);
}

@inline
export function rightLocation(value: Value, z: i32, y: i32, x: i32): usize {
  return <usize>((z * value.rightY + y) * value.rightX + x);
}
