/** explain(net, inputShape): what a kernel computes, layer by layer, and what it costs, before anything runs. */
import type { ChainJob } from './backends/backend';
import { InfiniteWidthError } from './errors';
import { describeLayer, formulaOf } from './explanation/formulas';
import { operationsOf, type StepOperation } from './explanation/operations';
import { renderExplanation } from './explanation/text';
import { type Inference, infer } from './infer';
import type { TracedLayer } from './inference/state';
import { bytesPer, type DType, sizeOf } from './ndarray';
import { availableMemory, countTiles, type EngineChoice, flopsPerPair, makePlan } from './plan';
import { needsFull, nodeFlops, planGraph } from './plan-graph';
import { arithmeticOf, compile } from './program';
import { hash, type Network, type Parameterization } from './spec';

export interface ExplainOptions {
  /** Default 'float64'. */
  dtype?: DType;
  /** Which kernels are counted. Default both. */
  get?: 'nngp' | 'ntk' | readonly ('nngp' | 'ntk')[];
}

export interface LayerExplanation {
  /** Place in the network: "3", or "2.1" inside a nested serial. */
  readonly position: string;
  /** The layer and its parameters, as "dense 512". */
  readonly layer: string;
  /** Shape of the finite network's activations after the layer, sample axis first. */
  readonly shape: readonly number[];
  /** null for a layer without parameters. */
  readonly parameterization: Parameterization | null;
  /** The step of the recursion, in K (NNGP) and Θ (NTK) of one pair. */
  readonly formula: string;
  /** Operations of the engine that run it, as they are named in opcodes.ts; empty where nothing has to be done. */
  readonly operations: readonly string[];
  /** Floating-point operations per pair of samples; a fused operation counts at its first layer. */
  readonly flopsPerPair: number;
}

export interface Explanation {
  /** All of it as aligned lines. */
  readonly text: string;
  readonly layers: readonly LayerExplanation[];
  /** SHA-256 of the network's canonical JSON; null where functions of the user's own stand in it. */
  readonly hash: string | null;
  readonly dtype: DType;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly isGaussian: boolean;
  /** Numbers per sample. */
  readonly features: number;
  /** Pairs of samples that are computed: n(n + 1)/2 for n samples against themselves. */
  readonly pairs: number;
  /** Which engine of the WebAssembly backend computes it, and why that one. */
  readonly engine: EngineChoice;
  /** Per pair: the inner product, the recursion and both ends of it. */
  readonly flopsPerPair: number;
  readonly flops: number;
  readonly tiles: number;
  /** Bytes of the results, and of the workspace that does not grow with n. */
  readonly resultBytes: number;
  readonly workspaceBytes: number;
  /** Free memory, where the runtime says so (otherwise null), and whether the work fits. */
  readonly availableBytes: number | null;
  readonly fits: boolean;
}

/** Samples from which on tile and workspace no longer grow; a plan of more would only list more tiles. */
const ENOUGH = 1024;

type InputShape = readonly number[] | readonly (readonly number[])[];

/**
 * Describes `kernel(net, x)` for one input of shape `inputShape` (or a list of them) against itself. Nothing is allocated or run.
 * @param inputShape [n, …, channels], positive integers
 * @throws ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT as `kernel` would; not ERR_OUT_OF_MEMORY for the results: see `fits`
 */
export function explain(net: Network, inputShape: InputShape, options: ExplainOptions = {}): Explanation {
  const { dtype = 'float64', get = ['nngp', 'ntk'] } = options;
  const shapes = (Array.isArray(inputShape?.[0]) ? inputShape : [inputShape]) as readonly (readonly number[])[];
  shapes.forEach(checkedShape);
  const inference = infer(net, inputShape);
  const fields = (['nngp', 'ntk'] as const).filter((field) => get.includes(field));
  const cost = inference.chain ? chainCost(inference, shapes[0][0], dtype, fields) : graphCost(inference, shapes, dtype, fields);
  const n = shapes[0][0];
  const resultBytes = n * n * cost.entry * bytesPer(dtype) * fields.length;
  const pairs = (n * (n + 1)) / 2;
  const available = availableMemory();
  const explanation: Omit<Explanation, 'text'> = {
    layers: inference.layers.map((layer) => explainLayer(layer, cost)),
    hash: hashOf(net),
    dtype,
    inputShape: shapes[0],
    outputShape: inference.outputShape,
    isGaussian: inference.isGaussian,
    features: inference.features,
    pairs,
    engine: cost.engine,
    flopsPerPair: cost.flopsPerPair,
    flops: pairs * cost.flopsPerPair,
    tiles: countTiles(n, cost.tile),
    resultBytes,
    workspaceBytes: cost.workspaceBytes,
    availableBytes: Number.isFinite(available) ? available : null,
    fits: resultBytes + cost.workspaceBytes <= available,
  };
  return { text: renderExplanation(explanation), ...explanation };
}

/** Networks with functions of the user's own have no hash. */
function hashOf(net: Network): string | null {
  try {
    return hash(net);
  } catch {
    return null;
  }
}

interface Cost {
  readonly engine: EngineChoice;
  readonly flopsPerPair: number;
  readonly workspaceBytes: number;
  readonly tile: { readonly rows: number; readonly cols: number };
  /** Numbers per pair of samples. */
  readonly entry: number;
  /** Operations and flops of the nodes [from, to). */
  ofNodes(from: number, to: number): StepOperation[];
}

type Field = 'nngp' | 'ntk';

function chainCost({ chain, features }: Inference, n: number, dtype: DType, fields: readonly Field[]): Cost {
  const steps = chain ?? [];
  const arithmetic = arithmeticOf(steps.flat(), dtype);
  const few = Math.min(n, ENOUGH);
  const [nngp, ntk] = (['nngp', 'ntk'] as const).map((field) => fields.includes(field));
  const preallocated = few * few * bytesPer(dtype) * fields.length;
  const sizes = { n1: few, n2: few, features, dtype, arithmetic, symmetric: true, nngp, ntk, preallocated };
  const plan = makePlan(compile(steps.flat(), arithmetic), sizes);
  const job = plan.job as ChainJob;
  const operations = operationsOf(job);
  const stepsBefore = (node: number) => steps.slice(0, node).reduce((sum, own) => sum + own.length, 0);
  return {
    engine: plan.engine,
    flopsPerPair: flopsPerPair(job),
    workspaceBytes: plan.workspaceBytes,
    tile: job,
    entry: 1,
    ofNodes: (from, to) => operations.slice(stepsBefore(from), stepsBefore(to)),
  };
}

function graphCost({ graph }: Inference, shapes: readonly (readonly number[])[], dtype: DType, fields: readonly Field[]): Cost {
  const inputs = shapes.map((shape) => ({ data: new Float64Array(0), size: sizeOf(shape.slice(1)), count: shape[0], mask: null }));
  const { spatial } = graph.nodes[graph.outputs[0].node];
  const work = { left: graph, right: graph, output: 0, diagonal: false };
  const job = { ...work, kind: 'graph', leftData: { inputs, pattern: null }, rightData: null, dtype, x1IsX2: true, given: null } as const;
  const few = Math.min(shapes[0][0], ENOUGH);
  const entry = sizeOf(spatial) ** 2;
  const preallocated = few * few * entry * bytesPer(dtype) * fields.length;
  const plan = planGraph(
    { ...job, tangent: fields.includes('ntk'), entry },
    { n1: few, n2: few, symmetric: true, fields: fields.length, preallocated },
    true,
  );
  const flops = nodeFlops(
    work,
    shapes.map((shape) => shape[shape.length - 1]),
  );
  const full = needsFull(graph, 0, false);
  const names = graph.nodes.map(({ op }, n) => (full[n] ? `${op} (all pairs)` : op));
  return {
    engine: plan.engine,
    flopsPerPair: flops.reduce((a, b) => a + b, 0),
    workspaceBytes: plan.workspaceBytes,
    tile: plan.job,
    entry,
    ofNodes: (from, to) => flops.slice(from, to).map((cost, k) => ({ names: [names[from + k]], flops: cost })),
  };
}

function checkedShape(shape: readonly number[]): readonly number[] {
  if (Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length > 0)) return shape;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `an input shape is a list of positive integers like [1000, 784], got ${JSON.stringify(shape)}`,
    { shape },
  );
}

function explainLayer({ layer, position, before, shape, nodes }: TracedLayer, cost: Cost): LayerExplanation {
  const own = cost.ofNodes(...nodes);
  return {
    position,
    layer: describeLayer(layer),
    shape,
    parameterization: 'parameterization' in layer ? layer.parameterization : null,
    formula: formulaOf(layer, before[before.length - 1]),
    operations: own.flatMap(({ names }) => names),
    flopsPerPair: own.reduce((sum, { flops }) => sum + flops, 0),
  };
}
