/**
 * What displacement planes can compute of a graph, and the part that each node plays: nodes on planes, the sums that leave them ("totals"), and the
 * head, which is what follows once a sample has a single location.
 */
import { stepsOf } from '../activations/steps';
import { type Graph, type GraphNode, locationsOf } from '../graph';
import { rectifiedConstants } from '../program';
import type { ActivationLayer } from '../spec';
import type { GraphJob } from './backend';
import { planeDual } from './plane-dual';

/** A sum over pairs of locations that leaves the planes: of all pairs, or of the pairs (i, i). */
export interface Total {
  /** The node whose planes are summed. */
  readonly source: number;
  /** The node of the head that holds the result. */
  readonly node: number;
  readonly kind: 'all' | 'diagonal';
  /** Mean, not sum. */
  readonly average: boolean;
}

export interface Roles {
  readonly output: number;
  readonly totals: readonly Total[];
  /** Nodes after the totals, in the order of computation. */
  readonly head: readonly number[];
  /** Pool nodes that planes go through, in the order of computation. */
  readonly pools: readonly number[];
  /** Nodes computed on planes, in the order of computation. */
  readonly planes: readonly number[];
}

/** a and b of φ(x) = a min(x, 0) + b max(x, 0); null for other activations. */
export function rectifiedSlopes(activation: ActivationLayer): { readonly a: number; readonly b: number } | null {
  const [step, ...others] = stepsOf(activation);
  return step.kind === 'rectified' && others.length === 0 ? step : null;
}

/** κ, λ and A of duals/rectified.ts. */
export function rectifiedDual(activation: ActivationLayer): { readonly kappa: number; readonly lambda: number; readonly scale: number } {
  const slopes = rectifiedSlopes(activation);
  const { kappa, lambda, root } = rectifiedConstants(slopes?.a ?? 0, slopes?.b ?? 1);
  return { kappa, lambda, scale: root * root };
}

const MAX_RANK = 3;

/** The roles, or why planes cannot compute the job. */
export function rolesOf(job: Pick<GraphJob, 'left' | 'right' | 'output' | 'entry'>): Roles | string {
  const { left, right } = job;
  const output = left.outputs[job.output].node;
  if (job.entry !== 1) return 'the output has several locations';
  const head = new Set<number>();
  const totals: Total[] = [];
  const planes = new Set<number>();
  const pools = new Set<number>();

  /** A list that grows while it is read: deep networks would exhaust the stack. */
  const onPlanes = (last: number): void => {
    const reached = [last];
    for (const node of reached) {
      if (planes.has(node)) continue;
      planes.add(node);
      if (left.nodes[node].op === 'pool') pools.add(node);
      reached.push(...left.nodes[node].of);
    }
  };
  const inHead = (node: number): void => {
    if (head.has(node)) return;
    head.add(node);
    const { op, of } = left.nodes[node];
    const whole = op === 'globalPool' || op === 'trace';
    if (whole && !isSingle(left, right, of[0])) {
      totals.push({ source: of[0], node, kind: op === 'trace' ? 'diagonal' : 'all', average: averages(left.nodes[node]) });
      return onPlanes(of[0]);
    }
    if (whole || HEAD.has(op)) return of.forEach(inHead);
    totals.push({ source: node, node, kind: 'diagonal', average: true });
    onPlanes(node);
  };
  if (!isSingle(left, right, output)) return 'the output has several locations';
  inHead(output);
  const roles: Roles = { output, totals, head: ascending(head), pools: ascending(pools), planes: ascending(planes) };
  return obstacle(left, right, roles) ?? roles;
}

/** Operations of the head. */
const HEAD: ReadonlySet<string> = new Set(['affine', 'dual', 'sum', 'concatChannels']);
const ascending = (nodes: ReadonlySet<number>): number[] => [...nodes].sort((a, b) => a - b);
const averages = (node: GraphNode): boolean => node.op !== 'globalPool' || node.average;
const isSingle = (left: Graph, right: Graph, node: number): boolean =>
  locationsOf(left.nodes[node].spatial) === 1 && locationsOf(right.nodes[node].spatial) === 1;

function obstacle(left: Graph, right: Graph, { planes, head, totals }: Roles): string | null {
  for (const index of new Set([...planes, ...head.filter((node) => !totals.some((total) => total.node === node))])) {
    const reason = nodeObstacle(left.nodes[index]) ?? nodeObstacle(right.nodes[index]);
    if (reason) return `${left.nodes[index].layer}: ${reason}`;
  }
  const unequal = totals.find(
    ({ kind, source }) => kind === 'diagonal' && left.nodes[source].spatial.join() !== right.nodes[source].spatial.join(),
  );
  return unequal ? `${left.nodes[unequal.node].layer}: x1 and x2 have different spatial sizes` : null;
}

function nodeObstacle(node: GraphNode): string | null {
  if (node.spatial.length > MAX_RANK) return `${node.spatial.length} spatial axes; planes have at most ${MAX_RANK}`;
  switch (node.op) {
    case 'input':
    case 'globalPool':
    case 'trace':
      return null;
    case 'sum':
      return node.weights.every((weight) => weight === 1) ? null : 'a branch that stands twice';
    case 'concatChannels':
      return node.weights.every((weight) => weight > 0) ? null : 'weights that are 0';
    case 'affine':
      return node.w > 0 ? null : 'wStd is 0';
    case 'window':
      if (node.transposed) return 'a transposed window';
      return node.axes.some(({ circular }) => circular) ? 'a circular window' : null;
    case 'pool':
      return node.axes.some(({ circular, dilation }) => circular || dilation !== 1) ? 'a circular or dilated pooling window' : null;
    case 'dual':
      return rectifiedSlopes(node.activation) || planeDual(node.activation)
        ? null
        : `activation ${node.activation.kind}, for which the core has no operation`;
    default:
      return `operation ${node.op}`;
  }
}
