/** What inference knows while it walks a network: the activations of a finite network as tensors, and the graph so far. */
import { InfiniteWidthError } from '../errors';
import type { GraphNode, Operation } from '../graph';
import { showShape } from '../ndarray';
import type { Layer } from '../spec';

/** A layer with its place in the network, for messages: "3", or "2.1" inside a nested serial. */
export interface PlacedLayer<L extends Layer = Layer> {
  readonly layer: L;
  readonly position: string;
}

export const nameOf = ({ layer, position }: PlacedLayer): string => `${layer.kind} at ${position}`;

/** The same place with the layer's own type. */
export const placedAs = <L extends Layer>({ position }: PlacedLayer, layer: L): PlacedLayer<L> => ({ layer, position });

/** The activations between two layers. */
export interface Tensor {
  /** The node that holds their covariances. */
  readonly node: number;
  /** [n, …spatial, channels] */
  readonly shape: readonly number[];
  /** Channels are i.i.d. mean-zero Gaussians in the infinite limit. */
  readonly isGaussian: boolean;
  /** Some parameterized layer stands below: channels are as many as one likes. */
  readonly isWide: boolean;
  /** What made them, for the message when an activation follows another. */
  readonly from: string;
  /** Width multiplier of the standard parameterization that the layer below ends with. */
  readonly s: number;
}

/** One tensor, or one for each branch. */
export type Value = Tensor | readonly Value[];

export const isTensor = (value: Value): value is Tensor => !Array.isArray(value);
export const tensorsOf = (value: Value): readonly Tensor[] => (isTensor(value) ? [value] : value.flatMap(tensorsOf));

/** Layers, or branches, that are written out one by one; a kilobyte or two each. */
const MOST = 500_000;

/** @throws ERR_OUT_OF_MEMORY, so that a few bytes of data cannot ask for any number of them */
export function checkCount(count: number, what: string, of: 'layers' | 'branches'): void {
  if (count <= MOST) return;
  throw new InfiniteWidthError('ERR_OUT_OF_MEMORY', `${what} has ${count} ${of}; at most ${MOST} are held, so repeat less`, {
    count,
    most: MOST,
  });
}

export const spatialOf = ({ shape }: Tensor): readonly number[] => shape.slice(1, -1);
export const channelsOf = ({ shape }: Tensor): number => shape[shape.length - 1];

/** What one layer did. */
export interface TracedLayer extends PlacedLayer {
  /** Shapes before and after it; of the first branch where there are several. */
  readonly before: readonly number[];
  readonly shape: readonly number[];
  /** The nodes it made: from here up to, not including. */
  readonly nodes: readonly [from: number, to: number];
}

/** Collects nodes, and what each layer did. */
export class Builder {
  readonly nodes: GraphNode[] = [];
  readonly layers: TracedLayer[] = [];

  push(operation: Operation, of: readonly number[], spatial: readonly number[], layer: string): number {
    this.nodes.push({ ...operation, of, spatial, layer } as GraphNode);
    return this.nodes.length - 1;
  }

  /** The parameterized layers and inputs that a node's randomness comes from: the last ones on every way to it. */
  roots(node: number): ReadonlySet<number> {
    const { op, of } = this.nodes[node];
    if (op === 'affine' || op === 'attention' || op === 'input') return new Set([node]);
    return new Set(of.flatMap((source) => [...this.roots(source)]));
  }

  /** Applies an operation to one tensor and gives what comes out, with `changes`. */
  apply(tensor: Tensor, operation: Operation, layer: string, changes: Partial<Tensor> = {}): Tensor {
    const next = { ...tensor, ...changes };
    return { ...next, node: this.push(operation, [tensor.node], spatialOf(next), layer) };
  }
}

/** The one tensor a layer works on. @throws ERR_ARGUMENT for parallel branches */
export function single(value: Value, placed: PlacedLayer): Tensor {
  if (isTensor(value)) return value;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${nameOf(placed)} gets ${value.length} branches; join them with fanInSum(), fanInProd() or fanInConcat(), or treat each with parallel()`,
    { position: placed.position, branches: value.length },
  );
}

/** The tensors of the branches a fan-in layer joins. @throws ERR_ARGUMENT */
export function branches(value: Value, placed: PlacedLayer): readonly Tensor[] {
  if (!isTensor(value) && value.length > 0 && value.every(isTensor)) return value as readonly Tensor[];
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${nameOf(placed)} joins branches and gets one tensor; put fanOut(num) and parallel(…) before it`,
    { position: placed.position },
  );
}

/** @throws ERR_NOT_GAUSSIAN naming the layer, what it follows, and the fix */
export function requireGaussian(tensor: Tensor, placed: PlacedLayer): void {
  if (tensor.isGaussian) return;
  throw new InfiniteWidthError(
    'ERR_NOT_GAUSSIAN',
    `${nameOf(placed)} follows ${tensor.from}: its input is not Gaussian; put a dense layer between`,
    { position: placed.position, kind: placed.layer.kind, follows: tensor.from },
  );
}

/** @throws ERR_SHAPE unless the tensor has as many spatial axes as `lengths` */
export function requireRank(tensor: Tensor, lengths: readonly number[], what: string, placed: PlacedLayer): void {
  const rank = tensor.shape.length - 2;
  if (rank === lengths.length) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `${nameOf(placed)} has ${what} ${showShape(lengths)} for ${lengths.length} spatial axes and gets ${showShape(tensor.shape)}, which has ${rank}; ` +
      'inputs are [n, …spatial, channels]',
    { position: placed.position, shape: tensor.shape, expected: lengths.length, got: rank },
  );
}

/** Axis of [n, …, channels] counted from the front. @throws ERR_ARGUMENT */
export function resolveAxis(axis: number, shape: readonly number[], placed: PlacedLayer): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(resolved) && resolved >= 0 && resolved < shape.length) return resolved;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${nameOf(placed)}: axis ${axis} does not exist in ${showShape(shape)}`, {
    position: placed.position,
    axis,
    shape,
  });
}
