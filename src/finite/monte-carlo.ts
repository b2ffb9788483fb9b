/** Kernels of finite networks as averages over random networks, with error bars. */
import { contextOf, type EngineContext } from '../context';
import { InfiniteWidthError, throwIfAborted } from '../errors';
import type { Inferred } from '../inference/walk';
import { resultDtype } from '../inputs';
import { inputOf, maskOf } from '../jobs/inputs';
import { splitArguments } from '../kernel';
import { canonical } from '../layers/canonical';
import { checkedOptions } from '../layers/checks';
import { allocate, asNDArray, type DType, dtypeOf, type NDArray, showShape, sizeOf } from '../ndarray';
import { show } from '../show';
import type { Network } from '../spec';
import { conditionedCost, weightsCost } from './cost';
import { type Consume, computeSamples, computeSamplesSync, type Range } from './distribute';
import { checkedAxes, layoutOf, type OutputAxes } from './layout';
import { levelsOf, requireLevels } from './levels';
import { type Estimate, Moments } from './moments';
import type { PairOptions } from './options';
import { checkDistribution, type Distribution } from './orthogonal';
import { hasParams, paramSpecs } from './params';
import { inferFinite } from './pass';
import { seedWords } from './random/stream';
import type { MonteCarloField, SamplesJob } from './sampler';

export type { Estimate } from './moments';
export type { MonteCarloField } from './sampler';

type Rows = NDArray | readonly (readonly number[])[];

export interface MonteCarloOptions extends Omit<PairOptions, 'rng'>, OutputAxes {
  /** Networks to draw, at most; default 100. Of one the standard errors are Infinity. */
  readonly samples?: number;
  /** The same seed gives the same networks, and the same noise of dropout, whatever the batches. Default 0. */
  readonly seed?: number | bigint;
  /** Default both. */
  readonly get?: MonteCarloField | readonly MonteCarloField[];
  /** Networks between two reports of progress and two looks at the error bars. Default 10. */
  readonly batch?: number;
  /** Stops when the standard error of every entry is below this share of the largest entry's size. */
  readonly tolerance?: number;
  /**
   * 'weights' draws networks; 'conditioned' draws their kernels without any weights, exactly in law, for fully connected networks.
   * Default: 'conditioned' where it can be had and is cheaper.
   */
  readonly method?: 'auto' | 'weights' | 'conditioned';
  /** Of the weights, as in `init`. 'orthogonal' needs method 'weights'. */
  readonly distribution?: Distribution;
  /** Of the arithmetic with weights; default float32 where the inputs are. The two draw different networks. */
  readonly dtype?: DType;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly phase: string; readonly done: number; readonly total: number }) => void;
}

export type MonteCarloResult = { readonly samples: number; readonly method: 'weights' | 'conditioned' } & {
  readonly [K in MonteCarloField]?: Estimate;
};

/**
 * Mean, standard error and second moment of the empirical kernels of random networks of the net's own widths, averaged over the last axis of
 * the outputs unless `traceAxes` and `diagonalAxes` say otherwise (as in empiricalNtk; such kernels need method 'weights').
 * The networks are spread over the engine's threads; their number does not change a bit of the result.
 * @param x1 [n1, …]; @param x2 [n2, …], or left out
 * @returns { samples, method, nngp, ntk } with the fields of `get`
 * @throws as `kernel` for the network and its inputs; ERR_UNSUPPORTED for layers without a finite network; ERR_WORKER_DIED; AbortError
 */
export async function monteCarloKernel(
  net: Network,
  x1: Rows,
  second?: Rows | MonteCarloOptions | null,
  third?: MonteCarloOptions,
): Promise<MonteCarloResult> {
  const run = openRun(net, x1, second, third);
  const { samples, batch, tolerance } = run.plan;
  while (run.done < samples && !run.isSettled) await run.advance(tolerance > 0 ? batch : samples);
  return run.estimate();
}

/** `monteCarloKernel` on the calling thread. */
export function monteCarloKernelSync(
  net: Network,
  x1: Rows,
  second?: Rows | MonteCarloOptions | null,
  third?: MonteCarloOptions,
): MonteCarloResult {
  const run = openRun(net, x1, second, third);
  const { samples, batch, tolerance } = run.plan;
  while (run.done < samples && !run.isSettled) run.advanceSync(tolerance > 0 ? batch : samples);
  return run.estimate();
}

/** The estimates of `monteCarloKernel` as they improve, one after every batch. */
export async function* monteCarloEstimates(
  net: Network,
  x1: Rows,
  second?: Rows | MonteCarloOptions | null,
  third?: MonteCarloOptions,
): AsyncGenerator<MonteCarloResult> {
  const run = openRun(net, x1, second, third);
  const { samples, batch } = run.plan;
  while (run.done < samples && !run.isSettled) {
    await run.advance(batch);
    yield run.estimate();
  }
}

type SamplesOptions = MonteCarloOptions & { readonly samples: number };

/** Θ of the first sample of x1 with that of x2, or with itself, for every network. */
export async function monteCarloSamples(net: Network, x1: Rows, x2: Rows | null, options: SamplesOptions): Promise<Float64Array> {
  const { run, values, see } = openEntry(net, x1, x2, options);
  await run.advance(values.length, see);
  return values;
}

/** `monteCarloSamples` on the calling thread. */
export function monteCarloSamplesSync(net: Network, x1: Rows, x2: Rows | null, options: SamplesOptions): Float64Array {
  const { run, values, see } = openEntry(net, x1, x2, options);
  run.advanceSync(values.length, see);
  return values;
}

function openEntry(net: Network, x1: Rows, x2: Rows | null, options: SamplesOptions) {
  const first = (x: Rows, name: string): NDArray => {
    const { shape, data } = asNDArray(x, name);
    return { data: data.slice(0, data.length / shape[0]), shape: [1, ...shape.slice(1)] };
  };
  const run = openRun(net, first(x1, 'x1'), x2 && first(x2, 'x2'), { batch: REPORT, ...options, get: 'ntk' });
  const values = allocate('float64', options.samples, `values of ${options.samples} networks`) as Float64Array;
  const see: Consume = (sample, [ntk]) => {
    values[sample] = ntk[0];
  };
  return { run, values, see };
}

/** Networks of a dispersion between two reports of progress. */
const REPORT = 100;
/** Networks of a seed (random/stream.ts). */
const MOST = 2 ** 32;

/** Options of a dispersion, too. */
export const SAMPLES_OPTIONS = [
  ...(['samples', 'seed', 'method', 'distribution', 'dtype', 'signal', 'onProgress'] as const),
  ...(['engine', 'pattern', 'maskConstant'] as const),
];
const OPTIONS = [...SAMPLES_OPTIONS, ...(['get', 'batch', 'tolerance', 'traceAxes', 'diagonalAxes'] as const)];

function openRun(net: Network, x1: Rows, second?: Rows | MonteCarloOptions | null, third?: MonteCarloOptions): Run {
  const [x2, options] = splitArguments(second as never, third as never) as unknown as [NDArray | null, MonteCarloOptions];
  const { samples = 100, batch = 10, tolerance = 0, engine } = checkedOptions('monteCarloKernel', options, OPTIONS);
  for (const [name, value] of Object.entries({ samples, batch }))
    if (!Number.isInteger(value) || value < 1 || value > MOST)
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is a positive integer of at most 2^32, got ${show(value)}`, { [name]: value });
  if (!(typeof tolerance === 'number' && tolerance >= 0))
    throw new InfiniteWidthError('ERR_ARGUMENT', `tolerance is a share of the largest entry, at least 0; got ${show(tolerance)}`, {
      tolerance,
    });
  if (tolerance > 0 && samples < 2)
    throw new InfiniteWidthError('ERR_ARGUMENT', `tolerance needs samples of 2 or more, got ${samples}: one network has no error bar`, {
      samples,
    });
  throwIfAborted(options.signal);
  const masks = [maskOf(options.maskConstant, 0), maskOf(options.maskConstant, 1)] as const;
  const job = jobOf(canonical(net), read(x1, 'x1', masks[0]), x2 === null ? null : read(x2, 'x2', masks[1]), options, masks);
  return new Run(job, { ...options, samples, batch, tolerance }, contextOf('monteCarloKernel', engine));
}

/** Checked but for what is masked. */
function read(input: unknown, name: string, masked: number | null = null): NDArray {
  const array = asNDArray(input, name);
  inputOf(array, masked, name);
  return array;
}

function jobOf(
  net: Network,
  x1: NDArray,
  x2: NDArray | null,
  options: MonteCarloOptions,
  maskConstants: readonly [number | null, number | null],
): SamplesJob {
  const { seed = 0, get = ['nngp', 'ntk'], distribution = 'gaussian', pattern } = options;
  checkDistribution(distribution);
  if (!['auto', 'weights', 'conditioned'].includes(options.method ?? 'auto'))
    throw new InfiniteWidthError('ERR_ARGUMENT', `method is 'auto', 'weights' or 'conditioned', got ${show(options.method)}`, {
      method: options.method,
    });
  const { traceAxes = [-1], diagonalAxes = [] } = checkedAxes(options);
  const isMasked = maskConstants[0] !== null || (x2 !== null && maskConstants[1] !== null);
  const isTraced = diagonalAxes.length === 0 && traceAxes.length === 1 && (traceAxes[0] === -1 || traceAxes[0] === x1.shape.length - 1);
  const needsWeights =
    distribution === 'orthogonal' ? 'orthogonal weights' : isMasked ? 'masked inputs' : isTraced ? null : 'traceAxes and diagonalAxes';
  const method = needsWeights ? byWeights(options.method, needsWeights) : (options.method ?? 'auto');
  const fields = typeof get === 'string' ? [get] : get;
  if (!Array.isArray(fields) || fields.length === 0 || fields.some((field) => field !== 'nngp' && field !== 'ntk'))
    throw new InfiniteWidthError('ERR_ARGUMENT', `get names 'nngp', 'ntk' or both; got ${show(get)}`, { get });
  const dtype = resultDtype(options.dtype, x2 ? [x1, x2] : [x1]);
  const cheap = () => cheapLevels(net, x1, x2, dtype, fields.includes('ntk'));
  const levels = method === 'conditioned' ? requireLevels(net, x1.shape) : method === 'auto' ? cheap() : null;
  sameFeatures(net, x1, x2, levels !== null);
  const own = ({ data, shape }: NDArray): NDArray => ({ data: converted(data, dtype), shape });
  return {
    kind: 'samples',
    net,
    x1: own(x1),
    x2: x2 && own(x2),
    seed: seedWords(seed),
    fields: [...new Set(fields)],
    method: levels ? 'conditioned' : 'weights',
    distribution,
    patterns: Array.isArray(pattern) ? [pattern[0], pattern[1]] : [pattern ?? null, pattern ?? null],
    maskConstants,
    axes: { traceAxes, diagonalAxes },
  };
}

/** @throws ERR_UNSUPPORTED */
function byWeights(method: MonteCarloOptions['method'], why: string): 'weights' {
  if (method !== 'conditioned') return 'weights';
  throw new InfiniteWidthError('ERR_UNSUPPORTED', `method 'conditioned' knows no ${why}; use method 'weights'`);
}

function converted(data: NDArray['data'], dtype: DType): NDArray['data'] {
  if (dtypeOf(data) === dtype) return data.slice();
  return dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data);
}

/** One network must fit both: parameters and outputs have the same shapes. @throws ERR_SHAPE */
function sameFeatures(net: Network, x1: NDArray, x2: NDArray | null, exactly: boolean): void {
  if (!x2) return;
  const of = ({ shape }: NDArray) => {
    if (exactly) return shape.slice(1).join();
    const { graph, layers } = inferFinite(net, shape);
    const specs = layers.filter(hasParams).flatMap(({ layer, before, shape: after }) => paramSpecs(layer, before, after));
    return [graph.outputs[0].shape.slice(1), ...specs.map((spec) => spec.shape)].join(' ');
  };
  if (of(x1) === of(x2)) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `x1 has shape ${showShape(x1.shape)} and x2 ${showShape(x2.shape)}; all but the first axis must agree`,
    { x1: x1.shape, x2: x2.shape },
  );
}

/** The levels of a fully connected network where drawing without weights is cheaper. */
function cheapLevels(net: Network, x1: NDArray, x2: NDArray | null, dtype: DType, tangent: boolean) {
  const levels = levelsOf(net, x1.shape);
  if (!levels) return null;
  const n = x1.shape[0] + (x2?.shape[0] ?? 0);
  const outputs = tangent ? levels[levels.length - 1].outputs : 0;
  return conditionedCost(levels, n, outputs) < weightsCost(inferFinite(net, x1.shape), n, outputs, dtype) ? levels : null;
}

type Plan = MonteCarloOptions & { readonly samples: number; readonly batch: number; readonly tolerance: number };

/** Sums over the networks drawn so far. */
class Run {
  done = 0;
  private readonly moments: readonly Moments[];
  private readonly flops: number;

  constructor(
    private readonly job: SamplesJob,
    readonly plan: Plan,
    private readonly context: EngineContext,
  ) {
    const { net, x1, x2, fields } = job;
    const inferred = inferFinite(net, x1.shape);
    const { shape } = inferred.graph.outputs[0];
    const axes = layoutOf(shape, job.axes ?? {}).axes.flatMap(({ length, twice }) => (twice ? [length, length] : [length]));
    this.moments = fields.map(() => new Moments([x1.shape[0], (x2 ?? x1).shape[0], ...axes]));
    this.flops = costOf(job, inferred, sizeOf(shape.slice(1)));
  }

  /** Draws `count` more networks, or as many as are left. @throws AbortError, ERR_WORKER_DIED */
  async advance(count: number, see?: Consume): Promise<void> {
    const { signal } = this.plan;
    await computeSamples(this.job, this.range(count), this.flops, this.context, signal, this.adding(see));
    throwIfAborted(signal);
  }

  /** `advance` on the calling thread. */
  advanceSync(count: number, see?: Consume): void {
    const { signal } = this.plan;
    computeSamplesSync(this.job, this.range(count), this.flops, this.context.backend, signal, this.adding(see));
    throwIfAborted(signal);
  }

  private range(count: number): Range {
    return { from: this.done, to: Math.min(this.plan.samples, this.done + count) };
  }

  private adding(see?: Consume): Consume {
    const { samples, batch, onProgress } = this.plan;
    return (sample, kernels) => {
      this.moments.forEach((sums, k) => {
        sums.add(kernels[k]);
      });
      see?.(sample, kernels);
      this.done = sample + 1;
      if (this.done % batch === 0 || this.done === samples) onProgress?.({ phase: 'networks', done: this.done, total: samples });
    };
  }

  /** Every error bar is short enough. */
  get isSettled(): boolean {
    return this.done > 1 && this.plan.tolerance > 0 && this.moments.every((sums) => sums.isWithin(this.plan.tolerance));
  }

  estimate(): MonteCarloResult {
    const { fields, method } = this.job;
    return { samples: this.done, method, ...Object.fromEntries(fields.map((field, k) => [field, this.moments[k].estimate()])) };
  }
}

/** Operations of one network, roughly. */
function costOf({ net, x1, x2, method, fields }: SamplesJob, inferred: Inferred, size: number): number {
  const n = x1.shape[0] + (x2?.shape[0] ?? 0);
  const outputs = fields.includes('ntk') ? size : 0;
  if (method === 'weights') return weightsCost(inferred, n, outputs, dtypeOf(x1.data));
  return conditionedCost(requireLevels(net, x1.shape), n, outputs);
}
