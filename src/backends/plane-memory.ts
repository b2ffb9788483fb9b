/**
 * What tiles by displacement planes need of a job before anything is computed: the plans of a pair and of a sample with itself, and where everything
 * lies in the core's memory.
 */
import type { SideData } from '../covariance/side';
import { InfiniteWidthError } from '../errors';
import { locationsOf } from '../graph';
import type { Step } from '../infer';
import { bytesPer, type DType } from '../ndarray';
import { flopsOf } from '../plan';
import { arithmeticOf } from '../program';
import type { GraphJob } from './backend';
import { aligned } from './core';
import { Head } from './plane-head';
import { makeImage, type PlaneImage } from './plane-image';
import { type PlaneNetwork, type PlanePlan, planOwn, planPlanes, type SegmentSpec, type StepSpec, type ValueSpec } from './plane-plan';
import { rectifiedSlopes, rolesOf } from './plane-roles';
import { rowPassBytes } from './plane-rows';

/** Bytes of a job record of assembly/planes.ts. */
export const JOB_BYTES = 128;
export const VECTOR = 16;

/** Why displacement planes cannot compute the job, or null. */
export function supportsPlanes(job: GraphJob): string | null {
  const plans = plansOf(job);
  return typeof plans === 'string' ? plans : null;
}

/** Bytes of WebAssembly memory that tiles of the job occupy, beside the tables that are kept. */
export function planeBytes(job: GraphJob): number {
  return new PlaneMemory(job, expected(plansOf(job)), 0).end;
}

/** Of a 3 × 3 window with an activation, NNGP and NTK; other steps do less. */
const FLOPS_PER_STEP = 50;

/** Additions, multiplications, divisions and roots per pair of samples, roughly. */
export function planeFlops(job: GraphJob): number {
  const { pair } = expected(plansOf(job));
  const ofStep = ({ operations = [] }: StepSpec) => operations.reduce((sum, operation) => sum + flopsOf(operation), FLOPS_PER_STEP);
  return pair.segments.reduce(
    (all, { steps, displacements }) =>
      all + steps.reduce((sum, step) => sum + ofStep(step) * locationPairs((step.dst ?? step.src) as ValueSpec, displacements), 0),
    0,
  );
}

/** Pairs of samples that one vector holds. */
export const planeLanes = (job: GraphJob): number => VECTOR / bytesPer(expected(plansOf(job)).dtype);

/** Pairs of locations on all planes of a value that a segment goes through. */
function locationPairs({ left, right, scale, shift }: ValueSpec, displacements: SegmentSpec['displacements']): number {
  return displacements.reduce((product, deltas, axis) => {
    const lengths = deltas
      .map((delta) => scale[axis] * delta + shift[axis])
      .map((delta) => Math.min(left[axis], right[axis] - delta) - Math.max(0, -delta));
    return product * lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  }, 1);
}

/** The plans of a job. */
export interface Plans {
  /** Of the arithmetic. */
  readonly dtype: DType;
  readonly network: PlaneNetwork;
  readonly pair: PlanePlan;
  /** Of a sample of either side with itself; the same object where the shapes agree. */
  readonly own: readonly [PlanePlan, PlanePlan];
  readonly head: Head;
}

const KNOWN = new WeakMap<GraphJob, Plans | string>();

/** The plans, or why there are none: made once for a job. */
export function plansOf(job: GraphJob): Plans | string {
  const plans = KNOWN.get(job) ?? makePlans(job);
  KNOWN.set(job, plans);
  return plans;
}

/** The job with tiles of another size, which its plans do not depend on. */
export function withTiles(job: GraphJob, rows: number, cols: number): GraphJob {
  const sized = { ...job, rows, cols };
  const known = KNOWN.get(job);
  if (known) KNOWN.set(sized, known);
  return sized;
}

function makePlans(job: GraphJob): Plans | string {
  const rightData = job.rightData ?? job.leftData;
  const obstacle = dataObstacle(job, job.leftData) ?? dataObstacle(job, rightData);
  if (obstacle) return obstacle;
  const roles = rolesOf(job);
  if (typeof roles === 'string') return roles;
  const channels: number[] = [];
  for (const node of job.left.nodes)
    if (node.op === 'input') channels[node.index] = job.leftData.inputs[node.index].size / locationsOf(node.spatial);
  const network: PlaneNetwork = { left: job.left, right: job.right, channels, roles, tangent: job.tangent };
  const pair = planPlanes(network);
  if (typeof pair === 'string') return pair;
  const head = new Head(job.left, job.right, roles, pair.units);
  const ownPlan = (graph: GraphJob['left']) => planOwn({ ...network, left: graph, right: graph }, head.needsOwnTotals);
  const left = ownPlan(job.left);
  const right = job.left === job.right ? left : ownPlan(job.right);
  if (typeof left === 'string') return left;
  return typeof right === 'string'
    ? right
    : { dtype: arithmeticOf(smoothSteps(network), job.dtype), network, pair, own: [left, right], head };
}

/** One for each activation outside the rectified family. */
const smoothSteps = ({ left, roles }: PlaneNetwork): Step[] =>
  [...roles.planes, ...roles.head].flatMap((index) => {
    const node = left.nodes[index];
    return node.op === 'dual' && !rectifiedSlopes(node.activation) ? [{ kind: 'dual', activation: node.activation } as const] : [];
  });

function dataObstacle({ given }: GraphJob, { inputs }: SideData): string | null {
  if (given) return 'the network starts from a kernel';
  return inputs.some(({ mask, covariances }) => mask || covariances) ? 'masked inputs' : null;
}

/** @throws ERR_UNSUPPORTED where there are none */
export function expected(plans: Plans | string): Plans {
  if (typeof plans === 'string')
    throw new InfiniteWidthError('ERR_UNSUPPORTED', `displacement planes: ${plans}; another engine computes it`, {});
  return plans;
}

/** Bytes of the tables of samples that a worker keeps from one panel to the next. */
const TABLE_BYTES = 32 << 20;

/** Places for tables of samples, one after the other. */
export interface Places {
  readonly at: number;
  readonly stride: number;
  readonly count: number;
}

/** Where everything lies. */
export class PlaneMemory {
  readonly record: number;
  readonly pair: PlaneImage;
  readonly own: readonly [PlaneImage, PlaneImage];
  /** Addresses of the tables of rows, and of those that are woven into a vector of columns. */
  readonly rowList: number;
  readonly laneList: number;
  /** Tables of rows that are not kept. */
  readonly left: Places;
  /** Tables of the columns of a vector that are not kept. */
  readonly lane: Places;
  /** Tables of columns, woven. */
  readonly right: number;
  readonly rightStride: number;
  /** Tables of one sample as both sides, where it meets itself. */
  readonly single: number;
  /** Of the passes over samples of either side; the same where the graphs are. */
  readonly rows: readonly [number, number];
  readonly work: number;
  readonly out: number;
  readonly vectors: number;
  /** Of what a tile needs. */
  readonly end: number;
  /** Tables of samples of either side that are kept, of one and the same where x2 is x1. */
  readonly kept: readonly [Places, Places];
  readonly keptEnd: number;

  constructor(
    readonly job: GraphJob,
    plans: Plans,
    readonly base: number,
  ) {
    const size = bytesPer(plans.dtype);
    const lanes = VECTOR / size;
    const { channels, tangent } = plans.network;
    let end = base;
    const take = (bytes: number) => {
      const at = end;
      end += aligned(bytes);
      return at;
    };
    const image = (plan: PlanePlan, withTangent: boolean) => {
      const made = makeImage(plan, plans.dtype, withTangent, channels, end);
      take(made.bytes.length);
      return made;
    };
    this.record = take(JOB_BYTES);
    this.pair = image(plans.pair, tangent);
    const own = image(plans.own[0], false);
    this.own = [own, plans.own[1] === plans.own[0] ? own : image(plans.own[1], false)];
    this.vectors = Math.ceil(job.cols / lanes);
    this.rowList = take(4 * job.rows);
    this.laneList = take(VECTOR);
    const places = (length: number, count: number): Places => {
      const stride = aligned(length * size);
      return { at: take(stride * count), stride, count };
    };
    this.left = places(this.pair.left.length, job.rows);
    this.lane = places(this.pair.right.length, lanes);
    this.rightStride = aligned(this.pair.right.length * VECTOR);
    this.right = take(this.vectors * this.rightStride);
    const ofOwn = this.own.map(({ left, right }) => aligned(left.length * size) + right.length * VECTOR);
    this.single = take(Math.max(...ofOwn));
    const { left, right, roles } = plans.network;
    const rows = take(rowPassBytes(left, roles));
    this.rows = [rows, right === left ? rows : take(rowPassBytes(right, roles))];
    this.work = take(Math.max(this.pair.workBytes, ...this.own.map(({ workBytes }) => workBytes)));
    const totals = Math.max(1, plans.pair.totals.length);
    this.out = take(job.rows * this.vectors * totals * 2 * lanes * 8);
    this.end = end;
    const keep = ({ inputs: [{ count }] }: SideData, { length }: PlaneImage['left'], bytes: number) =>
      places(length, Math.min(count, Math.floor(bytes / aligned(length * size))));
    const first = keep(job.leftData, this.pair.left, job.rightData ? TABLE_BYTES / 2 : TABLE_BYTES);
    this.kept = [first, job.rightData ? keep(job.rightData, this.pair.right, TABLE_BYTES / 2) : first];
    this.keptEnd = end;
  }
}
