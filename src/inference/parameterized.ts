/** Layers with parameters beside dense: conv, convLocal, convTranspose, globalSelfAttention. */
import { InfiniteWidthError } from '../errors';
import { showShape } from '../ndarray';
import type { AttentionLayer, ConvLayer } from '../spec';
import { affine, checkChain, widened } from './dense';
import { type Builder, channelsOf, nameOf, type PlacedLayer, requireRank, spatialOf, type Tensor } from './state';
import { transposedAxes, windowAxes } from './windows';

export function applyConv(builder: Builder, tensor: Tensor, placed: PlacedLayer<ConvLayer>): Tensor {
  const { layer } = placed;
  const name = nameOf(placed);
  requireRank(tensor, layer.filterShape, 'a filter', placed);
  checkChain(tensor, layer, placed);
  const channels = groupedChannels(tensor, placed);
  const transposed = layer.kind === 'convTranspose';
  const options = { size: layer.filterShape, strides: layer.strides, dilation: layer.dilation, padding: layer.padding };
  const axes = transposed ? transposedAxes(spatialOf(tensor), options) : windowAxes(spatialOf(tensor), options, placed);
  const filter = layer.filterShape.reduce((a, b) => a * b, 1);
  const changes = widened(
    tensor,
    axes.map(({ to }) => to),
    layer.outChan,
    layer,
    name,
  );
  const averaged = axes.length > 0 ? builder.apply(tensor, { op: 'window', axes, transposed }, name, changes) : tensor;
  const output = builder.apply(averaged, affine(layer, (channels * filter) / layer.s[0]), name, changes);
  return layer.kind === 'convLocal' ? builder.apply(output, { op: 'local' }, name) : output;
}

/** Channels that one group reads. @throws ERR_SHAPE, ERR_UNSUPPORTED */
function groupedChannels(tensor: Tensor, placed: PlacedLayer<ConvLayer>): number {
  const channels = channelsOf(tensor);
  const { groups, outChan } = placed.layer;
  if (groups === 1) return channels;
  if (channels % groups !== 0 || outChan % groups !== 0)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${nameOf(placed)} has ${groups} groups, which divide neither ${channels} input channels into equal parts nor ${outChan} output channels; ` +
        'choose widths that are multiples of the groups',
      { position: placed.position, groups, channels, outChan },
    );
  if (!tensor.isWide)
    throw new InfiniteWidthError(
      'ERR_UNSUPPORTED',
      `${nameOf(placed)} has groups and stands on the input itself, whose channels have kernels of their own; put a dense or conv layer between`,
      { position: placed.position, groups },
    );
  return channels / groups;
}

export function applyAttention(builder: Builder, tensor: Tensor, placed: PlacedLayer<AttentionLayer>): Tensor {
  const { layer } = placed;
  const name = nameOf(placed);
  if (!layer.linearScaling && layer.attentionMechanism !== 'IDENTITY')
    throw new InfiniteWidthError(
      'ERR_UNSUPPORTED',
      `${name}: ${layer.attentionMechanism} attention with 1/√d scaling has no known kernel; use linearScaling: true or attentionMechanism 'IDENTITY'`,
      { position: placed.position, attentionMechanism: layer.attentionMechanism },
    );
  if (tensor.shape.length < 3)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} needs locations to attend to and gets ${showShape(tensor.shape)}; give it [n, …spatial, channels]`,
      { position: placed.position, shape: tensor.shape },
    );
  const channels = channelsOf(tensor);
  if (layer.posEmbType === 'SUM' && layer.nChanPosEmb !== null && layer.nChanPosEmb !== channels)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name}: posEmbType 'SUM' adds embeddings to ${channels} channels, so nChanPosEmb cannot be ${layer.nChanPosEmb}; leave it out`,
      { position: placed.position, channels, nChanPosEmb: layer.nChanPosEmb },
    );
  const shape = [...tensor.shape.slice(0, -1), layer.nChanOut];
  const changes = { shape, isGaussian: true, isWide: true, from: name, s: 1 };
  return builder.apply(tensor, { op: 'attention', options: layer, channels }, name, changes);
}
