import { bringGraphs } from '../graphs';
import type { ImageResizeLayer } from '../spec';
import { badArgument, checkedOptions, flag } from './checks';

export interface ImageResizeOptions {
  /** Widen the filter when an axis becomes shorter, so that every pixel counts; 'linear' only. Default true. */
  antialias?: boolean;
}

const METHODS = ['linear', 'bilinear', 'trilinear', 'triangle', 'nearest'] as const;

/**
 * Resizes images along their spatial axes, as `jax.image.resize` does: pixel centres are at half-integers.
 * @nngp K' = R₁ K R₂ᵀ
 * @ntk Θ' = R₁ Θ R₂ᵀ
 * @where R₁, R₂ are the resizing matrices of the two images: a product of one small matrix per axis
 * @param shape shape of the result, [n, …spatial, channels]; -1 keeps an axis, as samples and channels must
 * @param method 'linear' (also called 'bilinear', 'trilinear' or 'triangle') or 'nearest'
 * @cost 2 flops per location pair, side and pixel that a new pixel is made of: up to 2 along an axis that grows, twice the ratio along
 *   one that shrinks with antialias
 * @source jax.image.resize
 * @throws ERR_ARGUMENT for a shape without -1 for its channels, or another method; in a kernel ERR_SHAPE where it has other axes than the
 *   image
 * @reference stax.ImageResize
 */
export function imageResize(
  shape: readonly number[],
  method: (typeof METHODS)[number],
  options: ImageResizeOptions = {},
): ImageResizeLayer {
  bringGraphs();
  const { antialias = true } = checkedOptions('imageResize', options, ['antialias']);
  if (!Array.isArray(shape) || shape.length < 2 || !shape.every((length) => Number.isSafeInteger(length) && (length > 0 || length === -1)))
    throw badArgument('imageResize', 'shape', 'a list of positive integers [n, …spatial, channels], with -1 for axes to keep', shape);
  if (shape[shape.length - 1] !== -1)
    throw badArgument('imageResize', 'shape', 'a list that ends in -1', shape, 'channels are infinitely many and cannot be resized');
  if (!METHODS.includes(method))
    throw badArgument('imageResize', 'method', "'linear' or 'nearest'", method, 'cubic and Lanczos interpolation are not implemented');
  return Object.freeze({
    kind: 'imageResize',
    shape: Object.freeze([...shape]),
    method: method === 'nearest' ? method : 'linear',
    antialias: flag(antialias, 'imageResize', 'antialias'),
  });
}
