/** The layers of chains: dense, and what convolutions have in common with it, and flatten. */
import { InfiniteWidthError } from '../errors';
import { locationsOf } from '../graph';
import type { ConvLayer, DenseLayer, Parameterization } from '../spec';
import { type Builder, channelsOf, nameOf, type PlacedLayer, spatialOf, type Tensor } from './state';

interface Parameterized {
  readonly parameterization: Parameterization;
  readonly s: readonly [number, number];
}

/** The chain of width multipliers: each layer begins with what the one below ends with. @throws ERR_ARGUMENT */
export function checkChain(tensor: Tensor, { parameterization, s }: Parameterized, placed: PlacedLayer): void {
  if (parameterization === 'ntk' || s[0] === tensor.s) return;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${nameOf(placed)} has s = [${s[0]}, ${s[1]}], but the layer below ends with s = ${tensor.s}; make s[0] ${tensor.s}`,
    { position: placed.position, expected: tensor.s, got: s[0] },
  );
}

/** What a parameterized layer makes of a tensor's shape: `width` channels on `spatial`. */
export const widened = (tensor: Tensor, spatial: readonly number[], width: number, layer: Parameterized, from: string) => {
  const standard = layer.parameterization === 'standard';
  const shape = [tensor.shape[0], ...spatial, standard ? width * layer.s[1] : width];
  return { shape, isGaussian: true, isWide: true, from, s: standard ? layer.s[1] : 1 };
};

export const affine = ({ wStd, bStd, parameterization }: DenseLayer | ConvLayer, fanIn: number) =>
  ({ op: 'affine', w: wStd, b: bStd ?? 0, hasBias: bStd !== null, fanIn: parameterization === 'standard' ? fanIn : null }) as const;

export function applyDense(builder: Builder, tensor: Tensor, placed: PlacedLayer<DenseLayer>): Tensor {
  const { layer } = placed;
  checkChain(tensor, layer, placed);
  const name = nameOf(placed);
  return builder.apply(
    tensor,
    affine(layer, channelsOf(tensor) / layer.s[0]),
    name,
    widened(tensor, spatialOf(tensor), layer.outDim, layer, name),
  );
}

export function applyFlatten(builder: Builder, tensor: Tensor, placed: PlacedLayer): Tensor {
  const name = nameOf(placed);
  const flat = { shape: [tensor.shape[0], locationsOf(tensor.shape.slice(1))], isGaussian: false, from: name };
  return tensor.shape.length === 2 ? { ...tensor, ...flat } : builder.apply(tensor, { op: 'trace' }, name, flat);
}
