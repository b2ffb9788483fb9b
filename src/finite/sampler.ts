/** Random networks as plain data, and what draws their kernels: on the calling thread and in every worker. */
import type { FiniteBackend } from '../backends/finite';
import type { NDArray } from '../ndarray';
import type { Network } from '../spec';
import { openConditioned } from './conditioned';
import type { OutputAxes } from './layout';
import type { Distribution } from './orthogonal';
import type { Seed } from './random/stream';
import { openWeights } from './weights';

export type MonteCarloField = 'nngp' | 'ntk';

/** Can be posted, unless a function of the user's own is in the network. */
export interface SamplesJob {
  readonly kind: 'samples';
  readonly net: Network;
  /** Of one dtype, that of the computation; finite but for what is masked. */
  readonly x1: NDArray;
  readonly x2: NDArray | null;
  readonly seed: Seed;
  readonly fields: readonly MonteCarloField[];
  readonly method: 'weights' | 'conditioned';
  /** Of the weights, default 'gaussian'; 'conditioned' draws no others. */
  readonly distribution?: Distribution;
  /** For aggregate: graphs of the samples of x1 and of x2. */
  readonly patterns?: readonly [NDArray | null, NDArray | null];
  /** Numbers of x1 and of x2 that are masked; 'conditioned' has none. */
  readonly maskConstants?: readonly [number | null, number | null];
  /** What becomes of the axes of the outputs; 'conditioned' averages over them. */
  readonly axes?: OutputAxes;
}

/** Every sample is a pure function of the job and its number: the same bits however ranges are cut and on whatever thread. */
export interface Sampler {
  /** Kernels of samples `from` … `from` + `count` − 1: for each field of the job count × entries. */
  draw(from: number, count: number): readonly Float64Array[];
  /** Gives memory back. */
  close(): void;
}

/** @throws ERR_UNSUPPORTED, ERR_OUT_OF_MEMORY */
export const openSampler = (job: SamplesJob, backend: FiniteBackend): Sampler =>
  job.method === 'conditioned' ? openConditioned(job, backend) : openWeights(job, backend);
