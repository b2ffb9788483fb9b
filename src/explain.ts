/** explain(net, inputShape): what a kernel computes, layer by layer, and what it costs, before anything runs. */
import { InfiniteWidthError } from './errors';
import { describeLayer, formulaOf } from './explanation/formulas';
import { operationsOf, type StepOperation } from './explanation/operations';
import { renderExplanation } from './explanation/text';
import { infer } from './infer';
import { flatten, serial } from './layers/structure';
import { bytesPer, type DType } from './ndarray';
import { availableMemory, flopsPerPair, makePlan } from './plan';
import { arithmeticOf, compile, REMEASURE } from './program';
import { flattenSerial, hash, type Network, type Parameterization, type PlacedLayer } from './spec';

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
  /** SHA-256 of the network's canonical JSON. */
  readonly hash: string;
  readonly dtype: DType;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly isGaussian: boolean;
  /** Numbers per sample. */
  readonly features: number;
  /** Pairs of samples that are computed: n(n + 1)/2 for n samples against themselves. */
  readonly pairs: number;
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

/**
 * Describes `kernel(net, x)` for one input of shape `inputShape` against itself. Nothing is allocated or run.
 * @param inputShape [n, …, channels], positive integers
 * @throws ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT as `kernel` would; not ERR_OUT_OF_MEMORY for the results: see `fits`
 */
export function explain(net: Network, inputShape: readonly number[], options: ExplainOptions = {}): Explanation {
  const { dtype = 'float64', get = ['nngp', 'ntk'] } = options;
  const inference = infer(net, checkedShape(inputShape));
  const arithmetic = arithmeticOf(inference.steps, dtype);
  const program = compile(inference.steps, REMEASURE[arithmetic]);
  const n = inputShape[0];
  const [nngp, ntk] = (['nngp', 'ntk'] as const).map((field) => get.includes(field));
  const bytesPerPair = bytesPer(dtype) * (Number(nngp) + Number(ntk));
  const resultBytes = n * n * bytesPerPair;
  const { features } = inference;
  const few = Math.min(n, ENOUGH);
  const sizes = { n1: few, n2: few, features, dtype, arithmetic, symmetric: true, nngp, ntk, preallocated: few * few * bytesPerPair };
  const { job, workspaceBytes } = makePlan(program, sizes);
  const side = Math.ceil(n / job.rows);
  const pairs = (n * (n + 1)) / 2;
  const available = availableMemory();
  const explanation: Omit<Explanation, 'text'> = {
    layers: explainLayers(net, inputShape, operationsOf(job)),
    hash: hash(net),
    dtype,
    inputShape,
    outputShape: inference.outputShape,
    isGaussian: inference.isGaussian,
    features,
    pairs,
    flopsPerPair: flopsPerPair(job),
    flops: pairs * flopsPerPair(job),
    tiles: (side * (side + 1)) / 2,
    resultBytes,
    workspaceBytes,
    availableBytes: Number.isFinite(available) ? available : null,
    fits: resultBytes + workspaceBytes <= available,
  };
  return { text: renderExplanation(explanation), ...explanation };
}

function checkedShape(shape: readonly number[]): readonly number[] {
  if (Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length > 0)) return shape;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `an input shape is a list of positive integers like [1000, 784], got ${JSON.stringify(shape)}`,
    { shape },
  );
}

function explainLayers(net: Network, inputShape: readonly number[], steps: readonly StepOperation[]): LayerExplanation[] {
  const placed = flattenSerial(net);
  let done = 0;
  let shape = inputShape;
  return placed.map((entry, i) => {
    const before = shape;
    const prefix = inferPrefix(placed.slice(0, i + 1), inputShape);
    if (entry.layer.kind !== 'identity') shape = prefix.outputShape;
    const own = steps.slice(done, prefix.steps.length);
    done = prefix.steps.length;
    return explainLayer(entry, before, shape, own);
  });
}

/** Of the first layers, made flat so that a network of images can be cut anywhere. */
const inferPrefix = (layers: readonly PlacedLayer[], inputShape: readonly number[]) =>
  infer(serial(...layers.map(({ layer }) => layer), flatten()), inputShape);

function explainLayer(
  { layer, position }: PlacedLayer,
  before: readonly number[],
  shape: readonly number[],
  own: readonly StepOperation[],
): LayerExplanation {
  return {
    position,
    layer: describeLayer(layer),
    shape,
    parameterization: layer.kind === 'dense' ? layer.parameterization : null,
    formula: formulaOf(layer, before[before.length - 1]),
    operations: own.flatMap(({ names }) => names),
    flopsPerPair: own.reduce((sum, { flops }) => sum + flops, 0),
  };
}
