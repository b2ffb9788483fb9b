/** The networks that are measured: depth times (dense, activation), then dense. */

import { dense } from '../src/layers/dense';
import { abRelu, abs, erf, leakyRelu, relu, sigmoidLike } from '../src/layers/elementwise';
import { serial } from '../src/layers/structure';
import type { Network } from '../src/spec';

export const ACTIVATIONS: readonly (readonly [string, Network])[] = [
  ['relu', relu()],
  ['leakyRelu(0.1)', leakyRelu(0.1)],
  ['abRelu(-0.5, 1.3)', abRelu(-0.5, 1.3)],
  ['abs', abs()],
  ['erf', erf()],
  ['sigmoidLike', sigmoidLike()],
];

/** wStd of every dense layer: the critical one of a ReLU network. */
export const W_STD = Math.SQRT2;
export const B_STD = 0.1;

export function deepNetwork(activation: Network, depth: number, bStd: number | undefined): Network {
  const affine = dense(1, { wStd: W_STD, bStd });
  return serial(...Array.from({ length: depth }, () => [affine, activation]).flat(), affine);
}

/** dense, relu for every hidden width, then dense: widths that count, for finite networks. */
export const reluNetwork = (widths: readonly number[], outputs: number): Network =>
  serial(...widths.flatMap((width) => [dense(width, { wStd: W_STD }), relu()]), dense(outputs, { wStd: W_STD }));
