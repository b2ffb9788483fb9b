/** Jobs and tiles for the suites of this folder. */
import type { GraphJob, GraphPanel } from '../../src/backends/backend';
import { type CoreBuild, type CorePool, embeddedPool } from '../../src/backends/core';
import { createPlaneTileWorker } from '../../src/backends/plane-tile';
import { infer } from '../../src/infer';
import type { DType, TypedArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { denseKernel } from './dense-reference';

export interface Images {
  readonly data: TypedArray;
  /** [n, …, channels] */
  readonly shape: readonly number[];
}

const pools = new Map<CoreBuild, CorePool>();

export function coresOf(build: CoreBuild): CorePool {
  const known = pools.get(build) ?? embeddedPool(build);
  pools.set(build, known);
  return known;
}

/** mulberry32 and Box–Muller. */
export function normalImages(shape: readonly number[], seed: number): Images {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x ^= x + Math.imul(x ^ (x >>> 7), 61 | x);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const length = shape.reduce((a, b) => a * b, 1);
  // Numbers that float32 holds, so that both precisions see the same images.
  const data = Float64Array.from({ length }, () => Math.fround(Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())));
  return { data, shape };
}

const sideOf = ({ data, shape }: Images) => ({
  inputs: [{ data, size: data.length / shape[0], count: shape[0], mask: null }],
  pattern: null,
});

export interface JobOptions {
  readonly dtype?: DType;
  readonly tangent?: boolean;
  readonly rows?: number;
  readonly cols?: number;
}

export function graphJob(
  net: Network,
  x1: Images,
  x2: Images | null,
  { dtype = 'float64', tangent = true, rows, cols }: JobOptions = {},
): GraphJob {
  const left = infer(net, x1.shape).graph;
  return {
    kind: 'graph',
    left,
    right: x2 ? infer(net, x2.shape).graph : left,
    leftData: sideOf(x1),
    rightData: x2 && sideOf(x2),
    output: 0,
    diagonal: false,
    dtype,
    rows: rows ?? x1.shape[0],
    cols: cols ?? (x2 ?? x1).shape[0],
    tangent,
    entry: 1,
    x1IsX2: x2 === null,
    given: null,
  };
}

export interface Kernels {
  readonly nngp: Float64Array;
  readonly ntk: Float64Array;
}

export const panelOf = (from: number, count: number): GraphPanel => ({ kind: 'graph', from, count });

/** The whole kernel by tiles of the job's size. */
export function planeKernels(job: GraphJob, build: CoreBuild = 'simd'): Kernels {
  const [n1, n2] = [job.leftData.inputs[0].count, (job.rightData ?? job.leftData).inputs[0].count];
  const result = { nngp: new Float64Array(n1 * n2), ntk: new Float64Array(n1 * n2) };
  const worker = createPlaneTileWorker(coresOf(build), job);
  try {
    for (let i = 0; i < n1; i += job.rows) {
      worker.setRows(panelOf(i, Math.min(job.rows, n1 - i)));
      for (let j = 0; j < n2; j += job.cols) {
        worker.setCols(panelOf(j, Math.min(job.cols, n2 - j)));
        worker.compute(job.rightData === null && n1 <= job.rows);
        worker.read('nngp', false, result.nngp, i * n2 + j, n2);
        if (job.tangent) worker.read('ntk', false, result.ntk, i * n2 + j, n2);
      }
    }
  } finally {
    worker.close();
  }
  return result;
}

export function referenceKernels({ left, right, leftData, rightData }: GraphJob): Kernels {
  const samples = ({ inputs }: GraphJob['leftData']) =>
    Array.from({ length: inputs[0].count }, (_, k) => inputs.map(({ data, size }) => data.subarray(k * size, (k + 1) * size)));
  const [x1, x2] = [samples(leftData), samples(rightData ?? leftData)];
  const pairs = x1.flatMap((a) => x2.map((b) => denseKernel(left, right, a, b)));
  return { nngp: Float64Array.from(pairs, ({ nngp }) => nngp), ntk: Float64Array.from(pairs, ({ ntk }) => ntk) };
}

/** Largest |a − b|/|b|. */
export function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]) / Math.abs(b[k])), 0);
}
