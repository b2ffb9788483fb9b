/** Pooling over windows and over whole images. */
import { bringGraphs } from '../graphs';
import type { Padding, PlainLayer, PoolLayer } from '../spec';
import { badArgument, checkedOptions, flag, lengths, padding, steps } from './checks';

export interface SumPoolOptions {
  /** One per spatial axis. Default null: 1 along every axis, not the window's length. */
  strides?: readonly number[] | null;
  /** 'VALID', 'SAME' (zeros outside) or 'CIRCULAR' (wraps around). Default 'VALID'. */
  padding?: Padding;
}

export interface AvgPoolOptions extends SumPoolOptions {
  /** Divide by the part of the window that lies inside the image instead of its whole size; matters with 'SAME' only. Default false. */
  normalizeEdges?: boolean;
}

/**
 * Means over windows.
 *
 * Both locations slide on their own, so covariances between all locations are needed below it.
 * @nngp K'(i, j) = (1/F²) Σ_f Σ_g K(S i + f, S j + g)
 * @ntk Θ' likewise from Θ
 * @where F = ∏ windowShape, or with normalizeEdges the overlap of each of the two windows with the image; S the strides
 * @param windowShape one length per spatial axis
 * @cost at most F additions per location pair and side, for K and for Θ each
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_SHAPE where the window has other axes than the image or does not fit
 *   in it
 * @reference stax.AvgPool
 */
export const avgPool = (windowShape: readonly number[], options: AvgPoolOptions = {}): PoolLayer => pool('avgPool', windowShape, options);

/**
 * Sums over windows: avgPool without its division.
 * @nngp K'(i, j) = Σ_f Σ_g K(S i + f, S j + g)
 * @ntk Θ' likewise from Θ
 * @where S the strides
 * @param windowShape one length per spatial axis
 * @cost as avgPool
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws ERR_ARGUMENT for a parameter that is none; in a kernel ERR_SHAPE where the window has other axes than the image or does not fit
 *   in it
 * @reference stax.SumPool
 */
export const sumPool = (windowShape: readonly number[], options: SumPoolOptions = {}): PoolLayer => pool('sumPool', windowShape, options);

/**
 * The mean over all locations: [n, …, channels] becomes [n, channels].
 *
 * With masks, the mean over the locations that are not masked. x1 and x2 may have different spatial sizes.
 * @nngp K' = mean of K(i, j) over all pairs of locations
 * @ntk Θ' likewise from Θ
 * @cost one addition per location pair; the layers below it carry all location pairs
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws nothing by itself
 * @reference stax.GlobalAvgPool
 */
export function globalAvgPool(): PlainLayer {
  bringGraphs();
  return Object.freeze({ kind: 'globalAvgPool' });
}

/**
 * The sum over all locations: [n, …, channels] becomes [n, channels].
 * @nngp K' = sum of K(i, j) over all pairs of locations
 * @ntk Θ' likewise from Θ
 * @cost as globalAvgPool
 * @source Novak et al. 2019, arXiv 1810.05148
 * @throws nothing by itself
 * @reference stax.GlobalSumPool
 */
export function globalSumPool(): PlainLayer {
  bringGraphs();
  return Object.freeze({ kind: 'globalSumPool' });
}

/** Both kinds; a sum has nothing to divide by. */
export function pool(kind: PoolLayer['kind'], windowShape: readonly number[], options: AvgPoolOptions): PoolLayer {
  bringGraphs();
  checkedOptions(
    kind,
    options,
    kind === 'avgPool' || !options?.normalizeEdges ? ['strides', 'padding', 'normalizeEdges'] : ['strides', 'padding'],
  );
  const shape = lengths(windowShape, kind, 'windowShape');
  if (shape.length === 0)
    throw badArgument(kind, 'windowShape', 'one length per spatial axis', windowShape, 'use identity() for images without axes');
  return Object.freeze({
    kind,
    windowShape: shape,
    strides: steps(options.strides, kind, 'strides', shape.length),
    padding: padding(options.padding ?? 'VALID', kind),
    normalizeEdges: flag(options.normalizeEdges ?? false, kind, 'normalizeEdges'),
  });
}
