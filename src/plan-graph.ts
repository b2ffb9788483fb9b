/** The plan of a kernel on a graph: which nodes need all pairs of locations, and what a pair of samples costs. */
import type { GraphJob } from './backends/backend';
import { planeBytes, planeFlops, planeLanes, supportsPlanes, withTiles } from './backends/plane-memory';
import { type Graph, type GraphNode, locationsOf, mixesLocations, readsAllPairs } from './graph';
import { bytesPer } from './ndarray';
import { type EngineChoice, type Plan, refuse, type Tile, tileGrid } from './plan';

export interface GraphSizes {
  readonly n1: number;
  readonly n2: number;
  readonly symmetric: boolean;
  /** Results per pair: nngp, ntk, or both. */
  readonly fields: number;
  readonly preallocated: number;
}

/**
 * Floating-point operations after which an abort is looked for: about a tenth of a second, by planes and in JavaScript. Smaller jobs have LEAST_TILES,
 * so that threads end together, though none of fewer operations than WORTH_SENDING.
 */
const TILE_FLOPS = { planes: 2e9, javascript: 1e8 };
const LEAST_TILES = 32;
const WORTH_SENDING = 2e7;
const PLANES = 'a convolutional network that leaves one location';
/** The side of a tile at most, and bytes of its tables. */
const TILE_SIDE = 64;
const MOST_BYTES = 64 << 20;

/**
 * @param hasPlanes the backend runs displacement planes
 * @throws ERR_OUT_OF_MEMORY if results and workspace exceed what the machine has free
 */
export function planGraph(job: Omit<GraphJob, 'rows' | 'cols'>, sizes: GraphSizes, hasPlanes: boolean): Plan {
  const { n1, n2, symmetric, fields } = sizes;
  const draft: GraphJob = { ...job, rows: 4, cols: 4 };
  const obstacle = hasPlanes ? supportsPlanes(draft) : 'the backend has no displacement planes';
  const byPlanes = obstacle === null;
  const flops = byPlanes ? planeFlops(draft) : graphFlops(job);
  const pairs = symmetric ? (n1 * (n1 + 1)) / 2 : n1 * n2;
  const most = TILE_FLOPS[byPlanes ? 'planes' : 'javascript'];
  const budget = Math.min(most, Math.max(WORTH_SENDING, (pairs * flops) / LEAST_TILES));
  const lanes = byPlanes ? planeLanes(draft) : 1;
  const sized = (pairs: number): GraphJob => {
    const { rows, cols } = tileShape(pairs, lanes);
    return withTiles(draft, Math.min(rows, n1), Math.min(cols, n2));
  };
  let whole = sized(budget / flops);
  // Tables of a tile's samples: an activation may have dozens for every location.
  while (byPlanes && whole.cols > lanes && planeBytes(whole) > MOST_BYTES) whole = sized((whole.rows * whole.cols) / 4);
  const resultBytes = n1 * n2 * job.entry * bytesPer(job.dtype) * fields;
  const workspaceBytes = byPlanes ? planeBytes(whole) : graphBytes(whole);
  refuse(resultBytes - sizes.preallocated, workspaceBytes, n1, n2);
  const tiles = largestFirst(tileGrid(n1, n2, whole, symmetric), symmetric);
  const engine: EngineChoice = byPlanes ? { name: 'planes', reason: PLANES } : { name: 'javascript', reason: obstacle };
  return { job: whole, n1, n2, symmetric, tiles, resultBytes, workspaceBytes, flops: pairs * flops, engine };
}

/** Squares of about so many pairs; of pairs so dear that a square would be of few vectors, a part of a row. `lanes` columns cost what one does. */
function tileShape(pairs: number, lanes: number): { readonly rows: number; readonly cols: number } {
  const side = Math.min(TILE_SIDE, Math.floor(Math.sqrt(pairs) / lanes) * lanes);
  if (side >= 2 * lanes) return { rows: side, cols: side };
  return { rows: 1, cols: Math.max(lanes, Math.floor(pairs / lanes) * lanes) };
}

/**
 * The small tiles of the edges come last, when there is no other left to wait for. Of equal ones those of the same columns follow each other: columns
 * take longer to load than rows, since lanes are woven.
 */
function largestFirst(tiles: readonly Tile[], symmetric: boolean): Tile[] {
  const pairs = ({ row, rows, col, cols }: Tile) => (symmetric && row === col ? (rows * (rows + 1)) / 2 : rows * cols);
  return [...tiles].sort((a, b) => pairs(b) - pairs(a) || a.col - b.col);
}

/** For every node whether an output needs its pairs (i, j) of different locations. */
export function needsFull({ nodes, outputs }: Graph, output: number, diagonal: boolean): boolean[] {
  const full = nodes.map(() => false);
  full[outputs[output].node] = !diagonal;
  for (let n = nodes.length - 1; n >= 0; n--) for (const m of nodes[n].of) full[m] ||= readsAllPairs(nodes[n].op, full[n]);
  return full.map((needed, n) => needed && nodes[n].spatial.length > 0);
}

/** Additions, multiplications, divisions and roots of a node on one pair of locations, NNGP and NTK. */
function flopsOf(node: GraphNode, channels: number): number {
  switch (node.op) {
    case 'input':
      return 4 * channels;
    case 'window':
      return 3 * node.axes.reduce((product, { size }) => product * size, 1);
    case 'dual':
      return 90;
    case 'attention':
    case 'aggregate':
      return 4 * locationsOf(node.spatial);
    case 'pool':
    case 'globalPool':
    case 'mix':
      return 6;
    default:
      return 8;
  }
}

type GraphWork = Pick<GraphJob, 'left' | 'right' | 'output' | 'diagonal'>;

/** Of every node per pair of samples; `channels` of each input. */
export function nodeFlops({ left, right, output, diagonal }: GraphWork, channels: readonly number[]): number[] {
  const full = needsFull(left, output, diagonal);
  return left.nodes.map((node, n) => {
    const from = node.of.length > 0 && mixesLocations(node.op) ? node.of[0] : n;
    const rows = locationsOf(left.nodes[from].spatial);
    const pairs = full[n] || full[from] ? rows * locationsOf(right.nodes[from].spatial) : rows;
    return pairs * flopsOf(node, node.op === 'input' ? channels[node.index] : 1);
  });
}

function graphFlops(job: Omit<GraphJob, 'rows' | 'cols'>): number {
  const inputs = job.left.nodes.filter((node) => node.op === 'input');
  const channels = inputs.map(({ spatial }, k) => job.leftData.inputs[k].size / locationsOf(spatial));
  return nodeFlops(job, channels).reduce((a, b) => a + b, 0);
}

/** Bytes that stay the same whatever n is: the states of one pair of samples, rows of samples, a tile. */
function graphBytes(job: GraphJob): number {
  const full = needsFull(job.left, job.output, job.diagonal);
  const largest = job.left.nodes.reduce((most, { spatial }, n) => {
    const rows = locationsOf(spatial);
    return Math.max(most, full[n] ? rows * locationsOf(job.right.nodes[n].spatial) : rows);
  }, 1);
  return largest * 8 * 3 * 4 + job.rows * job.cols * job.entry * 16 + (32 << 20);
}
