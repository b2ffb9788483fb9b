/** The networks of Seleznova & Kutyniok 2022: ReLU, standard parameterization, biases that start at 0 and are trained. */
import { dense, relu, serial } from '../src/layers';
import type { Network } from '../src/spec';
import { type NtkMoments, ntkMoments } from '../src/theory';

export interface Shape {
  readonly inputs: number;
  readonly hidden: number;
  readonly width: number;
  readonly outputs?: number;
}

/** σ_w², at 0 biases of ReLU networks: below 2 ordered, 2 the edge of chaos, above chaotic. */
export function network({ hidden, width, outputs = 1 }: Shape, wVariance: number): Network {
  const layer = { wStd: Math.sqrt(wVariance), bStd: 0, parameterization: 'standard' } as const;
  return serial(...Array.from({ length: hidden }, () => [dense(width, layer), relu()]).flat(), dense(outputs, layer));
}

/** Exact moments of Θ(x, x) of such a network. */
export const exactMoments = ({ inputs, hidden, width }: Shape, wVariance: number, squaredNorm: number): NtkMoments =>
  ntkMoments({
    widths: [inputs, ...Array<number>(hidden).fill(width), 1],
    wStd: Math.sqrt(wVariance),
    parameterization: 'standard',
    trainBiases: true,
    squaredNorm,
  });

/** The limit of a sequence whose error is c/M, from its values at M and 2M. */
export const richardson = (atM: number, at2M: number): number => 2 * at2M - atM;

/** Authors, title, where. */
export const PAPER_B =
  'Mariia Seleznova and Gitta Kutyniok, *Neural Tangent Kernel Beyond the Infinite-Width Limit: Effects of Depth and Initialization*, ICML 2022, arXiv 2202.00553.';
