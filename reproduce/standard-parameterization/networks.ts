/** ReLU networks in the parameterizations of Sohl-Dickstein et al. 2020, σ_w² = 2, σ_b² = 0.1. */
import { conv, dense, globalAvgPool, relu, serial } from '../../src/layers';
import type { DenseLayer, Network, Parameterization } from '../../src/spec';

const W_STD = Math.SQRT2;
const B_STD = Math.sqrt(0.1);

export type Scheme = 'ntk' | 'naive' | 'improved';

/** One dense layer; `s` are the multipliers of its input and output: it has s[1] times as many units as `width`. */
const layer = (width: number, parameterization: Parameterization, s: readonly [number, number]): DenseLayer =>
  dense(width, { wStd: W_STD, bStd: B_STD, parameterization, s });

/**
 * Fully connected. `base` are the hidden widths n of the practical network, `s` how often it is widened: hidden layers have s·n units.
 * naive: as if the wide network were the practical one (s = 1 in every layer's formula).
 */
export function fullyConnected(scheme: Scheme, base: readonly number[], s = 1, outputs = 1): Network {
  const parameterization = scheme === 'ntk' ? 'ntk' : 'standard';
  const multiplier = scheme === 'improved' ? s : 1;
  const hidden = base.flatMap((n, i) => [layer((s / multiplier) * n, parameterization, [i === 0 ? 1 : multiplier, multiplier]), relu()]);
  return serial(...hidden, layer(outputs, parameterization, [multiplier, 1]));
}

/** Two circular 3 × 3 convolutions, global average pooling, one output; improved standard parameterization. */
export function convolutional(base: readonly [number, number], s: number): Network {
  const options = { wStd: W_STD, bStd: B_STD, parameterization: 'standard', padding: 'CIRCULAR' } as const;
  return serial(
    conv(base[0], [3, 3], { ...options, s: [1, s] }),
    relu(),
    conv(base[1], [3, 3], { ...options, s: [s, s] }),
    relu(),
    globalAvgPool(),
    layer(1, 'standard', [s, 1]),
  );
}

export const PAPER_A =
  'Jascha Sohl-Dickstein, Roman Novak, Samuel S. Schoenholz and Jaehoon Lee, *On the infinite width limit of neural networks with a standard parameterization*, 2020, arXiv 2001.07301.';
