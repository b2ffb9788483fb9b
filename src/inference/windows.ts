/** Geometry of sliding windows: convolution, its transpose, pooling. Padding as in XLA: SAME puts the smaller half of it in front. */
import { InfiniteWidthError } from '../errors';
import type { WindowAxis } from '../graph';
import { showShape } from '../ndarray';
import type { Padding } from '../spec';
import { nameOf, type PlacedLayer } from './state';

export interface WindowOptions {
  readonly size: readonly number[];
  readonly strides: readonly number[] | null;
  readonly dilation: readonly number[] | null;
  readonly padding: Padding;
}

/** Axes of a window over `spatial`. CIRCULAR has the shape of SAME. @throws ERR_SHAPE where VALID leaves nothing */
export function windowAxes(spatial: readonly number[], options: WindowOptions, placed: PlacedLayer): WindowAxis[] {
  return spatial.map((from, k) => {
    const [size, stride, dilation] = [options.size[k], options.strides?.[k] ?? 1, options.dilation?.[k] ?? 1];
    const reach = (size - 1) * dilation + 1;
    if (options.padding === 'VALID') {
      if (reach > from) throw tooLarge(spatial, options, placed);
      return { from, to: Math.floor((from - reach) / stride) + 1, size, stride, dilation, low: 0, circular: false };
    }
    const to = Math.ceil(from / stride);
    const padding = Math.max(0, (to - 1) * stride + reach - from);
    return { from, to, size, stride, dilation, low: Math.floor(padding / 2), circular: options.padding === 'CIRCULAR' };
  });
}

const tooLarge = (spatial: readonly number[], { size, dilation }: WindowOptions, placed: PlacedLayer): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_SHAPE',
    `${nameOf(placed)}: a window of ${showShape(size)}${dilation ? ` with dilation ${showShape(dilation)}` : ''} does not fit into ${showShape(spatial)} ` +
      "without padding; use padding 'SAME', a smaller window, or pool less before it",
    { position: placed.position, spatial, size },
  );

/**
 * Axes of a transposed window: output o reads input i = (o + f − low)/stride where that is a whole number. Lengths and padding are
 * those of XLA's conv_transpose; CIRCULAR folds what SAME would crop back in.
 */
export function transposedAxes(spatial: readonly number[], { size, strides, padding }: WindowOptions): WindowAxis[] {
  return spatial.map((from, k) => {
    const [length, stride] = [size[k], strides?.[k] ?? 1];
    const shared = { from, size: length, stride, dilation: 1 };
    if (padding === 'VALID') return { ...shared, to: from * stride + Math.max(0, length - stride), low: length - 1, circular: false };
    if (padding === 'CIRCULAR') {
      const low = length - 1 - Math.floor(Math.max(0, length - stride) / 2);
      return { ...shared, to: from * stride, low, circular: true };
    }
    const low = stride > length - 1 ? length - 1 : Math.ceil((length + stride - 2) / 2);
    return { ...shared, to: from * stride, low, circular: false };
  });
}
