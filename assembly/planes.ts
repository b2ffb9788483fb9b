/**
 * Tiles of convolutional networks by displacement planes: for every x1 sample and every vector of x2 samples, segment by segment (what lies between
 * two poolings) and displacement by displacement, all steps of the segment on one plane. A tile is a plain loop over `run`.
 */
import { F32x4, F64x2 } from './lanes';
import { addPlanes, inputPlane, pointActivation, pointAffine, totalPlane } from './plane-points';
import { poolPlane, pooledPlane } from './plane-pool';
import { Plane, Segment, SEGMENT_BYTES, Step, STEP_BYTES, Store } from './plane-records';
import { boxActivation, slide } from './plane-window';
import {
  PLANE_ADD,
  PLANE_AFFINE,
  PLANE_BOX_DUAL,
  PLANE_BOX_RECTIFIED,
  PLANE_DUAL,
  PLANE_INPUT,
  PLANE_POOL,
  PLANE_POOLED,
  PLANE_RECTIFIED,
  PLANE_TOTAL,
  PLANE_WINDOW,
} from '../src/backends/plane-codes';

/** The job record. Strides in bytes. */
@unmanaged
class PlaneJob {
  /** What a thread of a team does with the record. */
  kind: i32;
  rows: i32;
  /** Vectors of columns. */
  vectors: i32;
  /** Only the pairs with column ≤ row are wanted. */
  lower: i32;
  tangent: i32;
  segments: usize;
  firstSegment: i32;
  lastSegment: i32;
  /** Accumulators. */
  totals: i32;
  /** Addresses of the tables of every row. */
  lefts: usize;
  right: usize;
  rightStride: usize;
  work: usize;
  /** rows × vectors × totals × (D of every lane, T of every lane), doubles. */
  out: usize;
  constants: usize;
}

function clear(from: usize, bytes: usize): void {
  memory.fill(from, 0, bytes);
}

function box<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  if (withTangent) {
    if (step.signed) boxActivation<L, T>(plane, step, true, false, true);
    else boxActivation<L, T>(plane, step, false, false, true);
  } else if (step.signed) boxActivation<L, T>(plane, step, true, false, false);
  else boxActivation<L, T>(plane, step, false, false, false);
}

function point<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  if (withTangent) {
    if (step.signed) pointActivation<L, T>(plane, step, true, false, true);
    else pointActivation<L, T>(plane, step, false, false, true);
  } else if (step.signed) pointActivation<L, T>(plane, step, true, false, false);
  else pointActivation<L, T>(plane, step, false, false, false);
}

function boxDual<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  if (withTangent) boxActivation<L, T>(plane, step, true, true, true);
  else boxActivation<L, T>(plane, step, true, true, false);
}

function pointDual<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  if (withTangent) pointActivation<L, T>(plane, step, true, true, true);
  else pointActivation<L, T>(plane, step, true, true, false);
}

/** Everything else, which is seldom where the time goes. */
function simple<L, T>(plane: Plane, step: Step, withTangent: bool): void {
  switch (step.code) {
    case PLANE_INPUT: inputPlane<L, T>(plane, step, withTangent); break;
    case PLANE_POOLED: pooledPlane<L, T>(plane, step, withTangent); break;
    case PLANE_WINDOW: slide<L, T>(plane, step, withTangent); break;
    case PLANE_AFFINE: pointAffine<L, T>(plane, step); break;
    case PLANE_ADD: addPlanes<L, T>(plane, step, withTangent); break;
    case PLANE_TOTAL: totalPlane<L, T>(plane, step, withTangent); break;
    case PLANE_POOL: poolPlane<L, T>(plane, step, withTangent); break;
    case PLANE_BOX_DUAL: boxDual<L, T>(plane, step, withTangent); break;
    case PLANE_DUAL: pointDual<L, T>(plane, step, withTangent); break;
    default: unreachable();
  }
}

function runPlane<L, T>(plane: Plane, segment: Segment, tangent: bool): void {
  for (let k = 0, at = segment.steps; k < segment.count; k++, at += STEP_BYTES) {
    const step = changetype<Step>(at);
    if (step.code == PLANE_BOX_RECTIFIED) box<L, T>(plane, step, tangent);
    else if (step.code == PLANE_RECTIFIED) point<L, T>(plane, step, tangent);
    else simple<L, T>(plane, step, tangent);
  }
}

function runSegment<L, T>(plane: Plane, segment: Segment, tangent: bool): void {
  if (segment.store) {
    const store = changetype<Store>(segment.store);
    clear(plane.work + <usize>store.buffer, <usize>store.bytes);
  }
  const listY = segment.displacements + (<usize>segment.countZ << 2);
  const listX = listY + (<usize>segment.countY << 2);
  for (let z = 0; z < segment.countZ; z++) {
    plane.z = load<i32>(segment.displacements + (<usize>z << 2));
    for (let y = 0; y < segment.countY; y++) {
      plane.y = load<i32>(listY + (<usize>y << 2));
      for (let x = 0; x < segment.countX; x++) {
        plane.x = load<i32>(listX + (<usize>x << 2));
        runPlane<L, T>(plane, segment, tangent);
      }
    }
  }
}

@inline
function planes<L, T>(job: PlaneJob): void {
  const lanes: i32 = 16 / sizeof<T>();
  const plane = changetype<Plane>(job.work);
  const bytes = <usize>(job.totals * lanes) * 16;
  plane.work = job.work;
  plane.constants = job.constants;
  for (let v = 0; v < job.vectors; v++) {
    plane.right = job.right + <usize>v * job.rightStride;
    for (let i = job.lower ? v * lanes : 0; i < job.rows; i++) {
      plane.left = load<usize>(job.lefts + (<usize>i << 2));
      plane.totals = job.out + <usize>(i * job.vectors + v) * bytes;
      if (job.firstSegment == 0) clear(plane.totals, bytes);
      for (let s = job.firstSegment; s < job.lastSegment; s++)
        runSegment<L, T>(plane, changetype<Segment>(job.segments + <usize>s * SEGMENT_BYTES), job.tangent != 0);
    }
  }
}

export function planes_f32(job: usize): void {
  planes<F32x4, f32>(changetype<PlaneJob>(job));
}
export function planes_f64(job: usize): void {
  planes<F64x2, f64>(changetype<PlaneJob>(job));
}
