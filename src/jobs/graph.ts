/** Kernels of any network, on the graph of its operations. */
import type { GraphJob } from '../backends/backend';
import type { EngineContext } from '../context';
import { Evaluator } from '../covariance/evaluate';
import { InfiniteWidthError } from '../errors';
import { type Graph, interleavedOrder, locationsOf, type Output } from '../graph';
import { type Inference, infer } from '../infer';
import { resultDtype } from '../inputs';
import type { KernelField, KernelOptions } from '../kernel';
import type { KernelJob, KernelJobs } from '../kernel-job';
import { allocate, bytesPer, type DType, type NDArray, showShape, sizeOf } from '../ndarray';
import { planGraph } from '../plan-graph';
import type { Network } from '../spec';
import { type GivenInputs, givenInputs, type KernelInput, sideOf } from './inputs';
import { checkOut, dtypeOfOut, openOutputs } from './outputs';
import { type PreparedInputs, shapesOf } from './prepared';

/** The graphs of both sides, and the kernel they start from, if it is one. */
interface Graphs {
  readonly left: Graph;
  readonly right: Graph;
  readonly given: GivenInputs | null;
}

/** The jobs of a call, one for each output. */
export function graphJobs(
  net: Network,
  { graph: left }: Inference,
  inputs: PreparedInputs,
  get: readonly KernelField[],
  context: EngineContext,
): KernelJobs {
  const right = inputs.symmetric ? left : infer(net, shapesOf(inputs, inputs.x2)).graph;
  const graphs = { left, right, given: null };
  const { outputs } = left;
  return { jobs: outputs.map((_, k) => graphJob(graphs, k, inputs, get, context)), isList: outputs.length > 1 };
}

/** The same where the network starts from a kernel. */
export function graphJobsFrom(
  net: Network,
  kernel: KernelInput,
  get: readonly KernelField[],
  options: KernelOptions,
  context: EngineContext,
): KernelJobs {
  const given = givenInputs(kernel);
  const { symmetric, isGaussian } = given;
  const dtype = resultDtype(options.dtype ?? dtypeOfOut(options.out), [kernel.nngp]);
  const inputs: PreparedInputs = { x1: [], x2: [], symmetric, x2Given: !symmetric, dtype, options, isList: false };
  const { graph: left } = infer(net, given.shape1, isGaussian);
  const right = symmetric ? left : infer(net, given.shape2, isGaussian).graph;
  const jobs = left.outputs.map((_, k) => graphJob({ left, right, given }, k, inputs, get, context));
  return { jobs, isList: jobs.length > 1 };
}

function graphJob(graphs: Graphs, output: number, inputs: PreparedInputs, get: readonly KernelField[], context: EngineContext): KernelJob {
  const { left, right, given } = graphs;
  const { options, dtype, symmetric } = inputs;
  checkSides(left, right);
  const [end1, end2] = [left.outputs[output], right.outputs[output]];
  const [spatial1, spatial2] = [spatialOf(left, end1), spatialOf(right, end2)];
  const diagonal = spatial1.length > 0 && options.diagonalSpatial === true;
  if (diagonal) sameSpatial(spatial1, spatial2, 'diagonalSpatial');
  const axes = diagonal ? spatial1 : spatial1.flatMap((length, k) => [length, spatial2[k]]);
  const [n1, n2] = [end1.shape[0], end2.shape[0]];
  const job: Omit<GraphJob, 'rows' | 'cols'> = {
    kind: 'graph',
    left,
    right,
    leftData: given?.left ?? sideOf(left, inputs.x1, options, 0, 'x1'),
    rightData: symmetric ? null : (given?.right ?? sideOf(right, inputs.x2, options, 1, 'x2')),
    output,
    diagonal,
    dtype,
    tangent: get.includes('ntk'),
    entry: sizeOf(axes),
    x1IsX2: symmetric || equalArrays(inputs.x1, inputs.x2),
    given: given?.kernel ?? null,
  };
  if (given && job.tangent && !given.kernel.ntk)
    throw new InfiniteWidthError('ERR_ARGUMENT', "get names 'ntk' but the given kernel has none; compute it with get: ['nngp', 'ntk', …]", {
      get,
    });
  checkOut(options.out, get, [...inputs.x1, ...inputs.x2]);
  const shape = [n1, n2, ...axes];
  const preallocated = Object.values(options.out ?? {}).length * sizeOf(shape) * bytesPer(dtype);
  const plan = planGraph(
    job,
    {
      n1,
      n2,
      symmetric,
      fields: get.filter((field) => field === 'nngp' || field === 'ntk').length,
      preallocated,
    },
    context.backend.name === 'wasm',
  );
  const outputs = openOutputs(get, options.out, dtype, shape);
  const values: Record<KernelField, unknown> = {
    nngp: undefined,
    ntk: undefined,
    cov1: get.includes('cov1') ? selfCovariances(plan.job as GraphJob, 0, end1, dtype) : undefined,
    cov2: get.includes('cov2') && inputs.x2Given ? selfCovariances(plan.job as GraphJob, 1, end2, dtype) : null,
    shape1: [...end1.shape],
    shape2: [...end2.shape],
    isGaussian: end1.isGaussian,
  };
  for (const [field, data] of outputs) values[field] = { data, shape };
  return {
    options,
    context,
    plan,
    outputs,
    result: Object.fromEntries(get.map((field) => [field, values[field]])),
    panel: (_side, from, count) => ({ kind: 'graph', from, count }),
  };
}

const spatialOf = ({ nodes }: Graph, { node }: Output): readonly number[] => nodes[node].spatial;

/** Covariances of every sample with itself: [n, H, H, W, W, …], or [n, H, W, …] on the diagonal. */
function selfCovariances(job: GraphJob, side: 0 | 1, { node, shape }: Output, dtype: DType): NDArray {
  const evaluator = new Evaluator({ ...job, tangent: false });
  const own = side === 0 ? evaluator.left : evaluator.right;
  const { spatial } = own.nodes[node];
  const order = interleavedOrder(spatial, spatial);
  const per = job.diagonal ? locationsOf(spatial) : order.length;
  const data = allocate(dtype, shape[0] * per, 'the covariances of every sample');
  for (let a = 0; a < shape[0]; a++) {
    if (job.diagonal || per === 1) data.set(own.variances(node, a), a * per);
    else {
      const { k } = evaluator.self(own, node, a);
      for (let e = 0; e < per; e++) data[a * per + e] = k[order[e]];
    }
  }
  return { data, shape: [shape[0], ...(job.diagonal ? spatial : spatial.flatMap((length) => [length, length]))] };
}

/** Two samples may differ in size as long as every layer they meet in can tell what belongs together. */
function checkSides(left: Graph, right: Graph): void {
  left.nodes.forEach((node, n) => {
    const other = right.nodes[n];
    if (node.op === 'input' && node.spatial.length !== other.spatial.length)
      throw new InfiniteWidthError(
        'ERR_SHAPE',
        `x1 has ${node.spatial.length} spatial axes and x2 ${other.spatial.length}; they must have as many`,
        {
          x1: node.spatial,
          x2: other.spatial,
        },
      );
    const from = [left.nodes[node.of[0]]?.spatial ?? [], right.nodes[other.of[0]]?.spatial ?? []] as const;
    const embeds = node.op === 'attention' && node.options.posEmbType !== 'NONE';
    if (node.op === 'trace' || node.op === 'local' || embeds) sameSpatial(from[0], from[1], node.layer);
  });
}

function sameSpatial(x1: readonly number[], x2: readonly number[], what: string): void {
  if (showShape(x1) === showShape(x2)) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `${what} needs x1 and x2 of one spatial shape and gets ${showShape(x1)} and ${showShape(x2)}; use global pooling, or crop`,
    { x1, x2 },
  );
}

/** Largest difference below which the reference takes two inputs for one. */
const SAME = 1e-12;

const equalArrays = (x1: readonly NDArray[], x2: readonly NDArray[]): boolean =>
  x1.length > 0 &&
  x1.every(
    ({ data, shape }, k) => showShape(shape) === showShape(x2[k].shape) && data.every((x, at) => Math.abs(x - x2[k].data[at]) < SAME),
  );
