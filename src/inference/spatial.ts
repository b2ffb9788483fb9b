/** Layers without parameters that rearrange or combine locations: pooling, layerNorm, dropout, aggregate, index, resize, dotGeneral. */
import { InfiniteWidthError } from '../errors';
import type { AggregateLayer, DotGeneralLayer, DropoutLayer, ImageResizeLayer, IndexLayer, LayerNormLayer, PoolLayer } from '../spec';
import { contraction, resizeMatrix, selection } from './matrices';
import {
  type Builder,
  channelsOf,
  nameOf,
  type PlacedLayer,
  requireGaussian,
  requireRank,
  resolveAxis,
  spatialOf,
  type Tensor,
} from './state';
import { windowAxes } from './windows';

export function applyPool(builder: Builder, tensor: Tensor, placed: PlacedLayer<PoolLayer>): Tensor {
  const { kind, windowShape, strides, padding, normalizeEdges } = placed.layer;
  requireRank(tensor, windowShape, 'a window', placed);
  const axes = windowAxes(spatialOf(tensor), { size: windowShape, strides, dilation: null, padding }, placed);
  const shape = [tensor.shape[0], ...axes.map(({ to }) => to), channelsOf(tensor)];
  const divisor = kind === 'avgPool' ? windowShape.reduce((a, b) => a * b, 1) : 1;
  const pool = { op: 'pool', axes, divisor, normalizeEdges: kind === 'avgPool' && normalizeEdges && padding === 'SAME' } as const;
  return builder.apply(tensor, pool, nameOf(placed), { shape });
}

export function applyGlobalPool(builder: Builder, tensor: Tensor, placed: PlacedLayer): Tensor {
  if (tensor.shape.length === 2) return tensor;
  const average = placed.layer.kind === 'globalAvgPool';
  return builder.apply(tensor, { op: 'globalPool', average }, nameOf(placed), { shape: [tensor.shape[0], channelsOf(tensor)] });
}

export function applyLayerNorm(builder: Builder, tensor: Tensor, placed: PlacedLayer<LayerNormLayer>): Tensor {
  requireGaussian(tensor, placed);
  const { shape } = tensor;
  const axes = placed.layer.axis.map((axis) => resolveAxis(axis, shape, placed));
  if (!axes.includes(shape.length - 1))
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${nameOf(placed)}: the axes ${placed.layer.axis.join(', ')} leave out the channel axis, without which there is no infinite-width limit; add −1`,
      { position: placed.position, axis: placed.layer.axis },
    );
  const spatial = axes.filter((axis) => axis > 0 && axis < shape.length - 1).map((axis) => axis - 1);
  const norm = { op: 'layerNorm', axes: spatial, batch: axes.includes(0), eps: placed.layer.eps } as const;
  return builder.apply(tensor, norm, nameOf(placed));
}

export function applyDropout(builder: Builder, tensor: Tensor, placed: PlacedLayer<DropoutLayer>): Tensor {
  if (placed.layer.mode === 'test') return tensor;
  return builder.apply(tensor, { op: 'dropout', rate: placed.layer.rate }, nameOf(placed), { isGaussian: false, from: nameOf(placed) });
}

export function applyAggregate(builder: Builder, tensor: Tensor, placed: PlacedLayer<AggregateLayer>): Tensor {
  const { layer } = placed;
  const last = tensor.shape.length - 1;
  const resolved = layer.aggregateAxis?.map((axis) => resolveAxis(axis, tensor.shape, placed));
  if (resolved?.some((axis) => axis === 0 || axis === last) || new Set(resolved).size !== (resolved?.length ?? 0) || last === 1)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${nameOf(placed)}: aggregateAxis names distinct vertex axes of [n, …vertices, channels], got ${String(layer.aggregateAxis)} for ${tensor.shape.length} axes`,
      { position: placed.position, aggregateAxis: layer.aggregateAxis, shape: tensor.shape },
    );
  const axes = resolved?.map((axis) => axis - 1) ?? spatialOf(tensor).map((_, k) => k);
  return builder.apply(tensor, { op: 'aggregate', options: layer, axes }, nameOf(placed));
}

export function applyResize(builder: Builder, tensor: Tensor, placed: PlacedLayer<ImageResizeLayer>): Tensor {
  const { shape: target, method, antialias } = placed.layer;
  const { shape } = tensor;
  const fixed = [target[0], target[target.length - 1]];
  if (target.length !== shape.length || fixed.some((length, k) => length !== -1 && length !== (k === 0 ? shape[0] : channelsOf(tensor))))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${nameOf(placed)}: the shape [${target.join(', ')}] must have one entry for each axis of [${shape.join(', ')}], with −1 for samples and channels`,
      { position: placed.position, shape, target },
    );
  const next = shape.map((length, k) => (target[k] === -1 ? length : target[k]));
  const matrix = resizeMatrix(shape.slice(1, -1), next.slice(1, -1), method, antialias);
  return builder.apply(tensor, { op: 'mix', matrix }, nameOf(placed), { shape: next });
}

export function applyIndex(builder: Builder, tensor: Tensor, placed: PlacedLayer<IndexLayer>): Tensor {
  const name = nameOf(placed);
  const { samples, matrix, spatial } = selection(tensor.shape, placed as PlacedLayer<IndexLayer>);
  const shape = [samples.length, ...spatial, channelsOf(tensor)];
  const chosen = builder.apply(tensor, { op: 'mix', matrix }, name, { shape: [tensor.shape[0], ...spatial, channelsOf(tensor)] });
  const all = samples.length === tensor.shape[0] && samples.every((sample, i) => sample === i);
  return all ? chosen : builder.apply(chosen, { op: 'samples', samples: Int32Array.from(samples) }, name, { shape });
}

export function applyDotGeneral(builder: Builder, tensor: Tensor, placed: PlacedLayer<DotGeneralLayer>): Tensor {
  const { matrix, spatial } = contraction(tensor.shape, placed);
  return builder.apply(tensor, { op: 'mix', matrix }, nameOf(placed), { shape: [tensor.shape[0], ...spatial, channelsOf(tensor)] });
}
