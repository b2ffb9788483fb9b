/** Layers that join branches. Branches are taken to be independent: each should hold parameters of its own. */
import { InfiniteWidthError } from '../errors';
import { showShape } from '../ndarray';
import type { FanInConcatLayer } from '../spec';
import { indicesOf, offsetOf } from './matrices';
import { type Builder, channelsOf, nameOf, type PlacedLayer, requireGaussian, resolveAxis, spatialOf, type Tensor } from './state';

/** fanInSum, fanInProd */
export function applyFanIn(builder: Builder, tensors: readonly Tensor[], placed: PlacedLayer): Tensor {
  const [first] = tensors;
  for (const tensor of tensors) if (showShape(tensor.shape) !== showShape(first.shape)) throw unequal(tensors, placed);
  if (tensors.length === 1) return first;
  const isSum = placed.layer.kind === 'fanInSum';
  if (isSum) for (const tensor of tensors) requireGaussian(tensor, placed);
  const nodes = isSum ? [...new Set(nodesOf(tensors))] : nodesOf(tensors);
  requireIndependent(builder, nodes, placed);
  const weights = nodes.map((node) => tensors.filter((tensor) => tensor.node === node).length ** 2);
  const node = builder.push(isSum ? { op: 'sum', weights } : { op: 'product' }, nodes, spatialOf(first), nameOf(placed));
  return { ...joined(tensors, placed), node, shape: first.shape, isGaussian: isSum };
}

/** Branches must not hold the same parameters (or numbers): then their sum has covariances between them. @throws ERR_UNSUPPORTED */
function requireIndependent(builder: Builder, nodes: readonly number[], placed: PlacedLayer): void {
  const seen = new Set<number>();
  for (const node of nodes) {
    const roots = builder.roots(node);
    const shared = [...roots].find((root) => seen.has(root));
    if (shared !== undefined)
      throw new InfiniteWidthError(
        'ERR_UNSUPPORTED',
        `${nameOf(placed)} joins branches that both depend on ${builder.nodes[shared].layer} with no parameters of their own after it; ` +
          'put a dense or conv layer into all but one of them',
        { position: placed.position, shared: builder.nodes[shared].layer },
      );
    for (const root of roots) seen.add(root);
  }
}

export function applyConcat(builder: Builder, tensors: readonly Tensor[], placed: PlacedLayer<FanInConcatLayer>): Tensor {
  const [first] = tensors;
  const axis = resolveAxis(placed.layer.axis, first.shape, placed);
  const others = ({ shape }: Tensor) => showShape(shape.filter((_, k) => k !== axis));
  if (tensors.some((tensor) => tensor.shape.length !== first.shape.length || others(tensor) !== others(first)))
    throw unequal(tensors, placed);
  if (tensors.length === 1) return first;
  const shape = first.shape.map((length, k) => (k === axis ? tensors.reduce((sum, tensor) => sum + tensor.shape[k], 0) : length));
  const isChannel = axis === shape.length - 1;
  if (!isChannel) for (const tensor of tensors) requireGaussian(tensor, placed);
  if (!isChannel) requireIndependent(builder, nodesOf(tensors), placed);
  const push = (operation: Parameters<Builder['push']>[0]) => builder.push(operation, nodesOf(tensors), shape.slice(1, -1), nameOf(placed));
  const common = { ...joined(tensors, placed), shape, isGaussian: !isChannel };
  if (isChannel) return { ...common, node: push({ op: 'concatChannels', weights: tensors.map((t) => channelsOf(t) / shape[axis]) }) };
  if (axis === 0) return { ...common, node: push({ op: 'concatBatch' }) };
  return { ...common, node: push({ op: 'concatSpatial', ...sources(tensors, axis - 1, shape.slice(1, -1)) }) };
}

/** For each location of the result the branch it comes from, and where it was there. */
function sources(tensors: readonly Tensor[], axis: number, spatial: readonly number[]) {
  const [branch, source]: [number[], number[]] = [[], []];
  for (const index of indicesOf(spatial)) {
    const place = [...index];
    let b = 0;
    for (; place[axis] >= spatialOf(tensors[b])[axis]; b++) place[axis] -= spatialOf(tensors[b])[axis];
    branch.push(b);
    source.push(offsetOf(place, spatialOf(tensors[b])));
  }
  return { branch: Int32Array.from(branch), source: Int32Array.from(source) };
}

const nodesOf = (tensors: readonly Tensor[]): number[] => tensors.map(({ node }) => node);

const joined = (tensors: readonly Tensor[], placed: PlacedLayer) => {
  const [{ s }] = tensors;
  if (tensors.some((tensor) => tensor.s !== s))
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${nameOf(placed)} joins branches whose width multipliers s end in ${tensors.map((t) => t.s).join(', ')}; make them equal`,
      { position: placed.position, s: tensors.map((t) => t.s) },
    );
  return { s, isWide: tensors.every(({ isWide }) => isWide), from: nameOf(placed) };
};

const unequal = (tensors: readonly Tensor[], placed: PlacedLayer): InfiniteWidthError => {
  const shapes = tensors.map(({ shape }) => showShape(shape)).join(' and ');
  return new InfiniteWidthError('ERR_SHAPE', `${nameOf(placed)} cannot join branches of shapes ${shapes}`, {
    position: placed.position,
    shapes: tensors.map(({ shape }) => shape),
  });
};
