/** Kernels of finite networks as averages over random networks, with error bars. */
import { defaultContext } from '../context';
import { InfiniteWidthError, throwIfAborted } from '../errors';
import { macrotask } from '../execute/yield';
import { splitArguments } from '../kernel';
import { asNDArray, checkFinite, type NDArray, showShape } from '../ndarray';
import type { Network } from '../spec';
import { ConditionedSampler, levelsOf, requireLevels } from './conditioned';
import { empiricalNngp, empiricalNtk } from './empirical';
import { init } from './init';
import type { PairOptions } from './options';
import type { Distribution } from './orthogonal';
import { split } from './rng';

export type MonteCarloField = 'nngp' | 'ntk';

export interface MonteCarloOptions extends Omit<PairOptions, 'rng'> {
  /** Networks to draw, at most; default 100. */
  readonly samples?: number;
  /** The same seed gives the same networks, and the same noise of dropout, whatever the batches. Default 0. */
  readonly seed?: number | bigint;
  /** Default both. */
  readonly get?: MonteCarloField | readonly MonteCarloField[];
  /** Networks between two looks at the clock, the signal and the error bars. Default 10. */
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
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly phase: string; readonly done: number; readonly total: number }) => void;
}

/** Of every entry, [n1, n2]. */
export interface Estimate {
  readonly mean: NDArray<Float64Array>;
  /** Of the mean. */
  readonly standardError: NDArray<Float64Array>;
  /** E[k²] */
  readonly secondMoment: NDArray<Float64Array>;
}

export type MonteCarloResult = { readonly samples: number; readonly method: 'weights' | 'conditioned' } & {
  readonly [K in MonteCarloField]?: Estimate;
};

/**
 * Mean, standard error and second moment of the empirical kernels of random networks of the net's own widths (the outputs averaged over).
 * @param x1 [n1, …]; @param x2 [n2, …], or left out
 * @returns { samples, method, nngp, ntk } with the fields of `get`
 * @throws as `kernel` for the network and its inputs; ERR_UNSUPPORTED for layers without a finite network; AbortError
 */
export async function monteCarloKernel(
  net: Network,
  x1: NDArray | readonly (readonly number[])[],
  second?: NDArray | readonly (readonly number[])[] | MonteCarloOptions | null,
  third?: MonteCarloOptions,
): Promise<MonteCarloResult> {
  let last: MonteCarloResult | undefined;
  for await (const estimate of monteCarloEstimates(net, x1, second, third)) last = estimate;
  return last as MonteCarloResult;
}

/** The estimates of `monteCarloKernel` as they improve, one after every batch. */
export async function* monteCarloEstimates(
  net: Network,
  x1: NDArray | readonly (readonly number[])[],
  second?: NDArray | readonly (readonly number[])[] | MonteCarloOptions | null,
  third?: MonteCarloOptions,
): AsyncGenerator<MonteCarloResult> {
  const [x2, options] = splitArguments(second as never, third as never) as unknown as [NDArray | null, MonteCarloOptions];
  const { samples = 100, batch = 10, signal, onProgress, tolerance = 0 } = options;
  for (const [name, value] of Object.entries({ samples, batch }))
    if (!Number.isInteger(value) || value < 1)
      throw new InfiniteWidthError('ERR_ARGUMENT', `${name} is a positive integer, got ${String(value)}`, { [name]: value });
  throwIfAborted(signal);
  const run = openRun(net, read(x1, 'x1'), x2 === null ? null : read(x2, 'x2'), options);
  for (let sample = 0; sample < samples; ) {
    for (const end = Math.min(samples, sample + batch); sample < end; sample++) run.add(sample);
    await macrotask();
    throwIfAborted(signal);
    onProgress?.({ phase: 'networks', done: sample, total: samples });
    yield run.estimate(sample);
    if (sample > 1 && run.isWithin(tolerance)) return;
  }
}

const read = (input: unknown, name: string): NDArray => {
  const array = asNDArray(input, name);
  checkFinite(array, name);
  return array;
};

/** Sums over networks. */
class Moments {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(private readonly shape: readonly number[]) {
    const length = shape.reduce((a, b) => a * b, 1);
    this.mean = new Float64Array(length);
    this.squares = new Float64Array(length);
  }

  /** Welford's update. */
  add(values: ArrayLike<number>): void {
    this.count++;
    for (let at = 0; at < this.mean.length; at++) {
      const change = values[at] - this.mean[at];
      this.mean[at] += change / this.count;
      this.squares[at] += change * (values[at] - this.mean[at]);
    }
  }

  estimate(): Estimate {
    const { count, shape } = this;
    const array = (data: Float64Array) => ({ data, shape });
    return {
      mean: array(this.mean.slice()),
      standardError: array(this.squares.map((sum) => (count > 1 ? Math.sqrt(sum / (count - 1) / count) : Number.POSITIVE_INFINITY))),
      secondMoment: array(this.squares.map((sum, at) => sum / count + this.mean[at] ** 2)),
    };
  }

  isWithin(tolerance: number): boolean {
    const { mean, standardError } = this.estimate();
    const largest = mean.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return standardError.data.every((error) => error <= tolerance * largest);
  }
}

interface Run {
  /** Draws a network, adds its kernels to the sums, and gives them. */
  add(sample: number): { readonly [K in MonteCarloField]?: ArrayLike<number> };
  estimate(samples: number): MonteCarloResult;
  isWithin(tolerance: number): boolean;
}

function openRun(net: Network, x1: NDArray, x2: NDArray | null, options: MonteCarloOptions): Run {
  const { seed = 0, get = ['nngp', 'ntk'], distribution = 'gaussian', engine, pattern } = options;
  const method = distribution === 'orthogonal' ? byWeights(options.method) : (options.method ?? 'auto');
  const fields = typeof get === 'string' ? [get] : get;
  if (fields.length === 0 || fields.some((field) => field !== 'nngp' && field !== 'ntk'))
    throw new InfiniteWidthError('ERR_ARGUMENT', `get names 'nngp', 'ntk' or both; got ${JSON.stringify(get)}`, { get });
  const levels = method === 'conditioned' ? requireLevels(net, x1.shape) : method === 'auto' ? cheapLevels(net, x1, x2) : null;
  const [n1, n2] = [x1.shape[0], (x2 ?? x1).shape[0]];
  const moments = new Map(fields.map((field) => [field, new Moments([n1, n2])]));
  const tangent = fields.includes('ntk');
  const conditioned =
    levels && new ConditionedSampler((engine ?? defaultContext()).backend.linalg, levels, ...stacked(x1, x2), seed, tangent);
  return {
    add(sample) {
      const draw = conditioned?.draw(sample);
      const params = draw ? null : init(net, seed, x1.shape, { sample, distribution });
      const own = { engine, pattern, rng: split(seed, sample) };
      const kernels: { [K in MonteCarloField]?: ArrayLike<number> } = {};
      for (const [field, sums] of moments) {
        if (draw) kernels[field] = block(draw[field] as Float64Array, n1, x2 ? n2 : 0);
        else if (params) kernels[field] = (field === 'nngp' ? empiricalNngp : empiricalNtk)(net, params, x1, x2, own).data;
        sums.add(kernels[field] as ArrayLike<number>);
      }
      return kernels;
    },
    estimate: (samples) => ({
      samples,
      method: levels ? 'conditioned' : 'weights',
      ...Object.fromEntries([...moments].map(([field, sums]) => [field, sums.estimate()])),
    }),
    isWithin: (tolerance) => [...moments.values()].every((sums) => sums.isWithin(tolerance)),
  };
}

/** @throws ERR_UNSUPPORTED */
function byWeights(method: MonteCarloOptions['method'] = 'weights'): 'weights' {
  if (method !== 'conditioned') return 'weights';
  throw new InfiniteWidthError('ERR_UNSUPPORTED', "method 'conditioned' draws Gaussian networks; use method 'weights' for orthogonal ones");
}

/** Θ(x, x) of the first sample of x, for every network. */
export async function monteCarloSamples(
  net: Network,
  x: NDArray | readonly (readonly number[])[],
  options: MonteCarloOptions & { readonly samples: number },
): Promise<Float64Array> {
  const { shape, data } = read(x, 'x');
  const size = data.length / shape[0];
  const run = openRun(net, { data: data.slice(0, size), shape: [1, ...shape.slice(1)] }, null, { ...options, get: 'ntk' });
  const values = new Float64Array(options.samples);
  for (let sample = 0; sample < values.length; sample++) {
    values[sample] = run.add(sample).ntk?.[0] ?? Number.NaN;
    if (sample % LOOK === LOOK - 1) {
      await macrotask();
      throwIfAborted(options.signal);
      options.onProgress?.({ phase: 'networks', done: sample + 1, total: values.length });
    }
  }
  return values;
}

/** Networks between two looks at the signal. */
const LOOK = 100;

/** The levels of a fully connected network where drawing without weights takes fewer numbers. */
function cheapLevels(net: Network, x1: NDArray, x2: NDArray | null) {
  const levels = levelsOf(net, x1.shape);
  if (!levels) return null;
  const n = x1.shape[0] + (x2?.shape[0] ?? 0);
  const rows = n * levels[levels.length - 1].outputs;
  const without = levels.reduce((sum, { inputs, outputs }) => sum + n * outputs + rows * inputs, 0);
  const weights = levels.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  return without < weights ? levels : null;
}

/** Rows of both inputs, one after the other. */
function stacked(x1: NDArray, x2: NDArray | null): [data: Float64Array, n: number] {
  const parts = x2 ? [x1, x2] : [x1];
  if (x2 && x2.shape.slice(1).join() !== x1.shape.slice(1).join())
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `x1 has shape ${showShape(x1.shape)} and x2 ${showShape(x2.shape)}; all but the first axis must agree`,
      { x1: x1.shape, x2: x2.shape },
    );
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  data.set(x1.data);
  if (x2) data.set(x2.data, x1.data.length);
  return [data, parts.reduce((sum, { shape }) => sum + shape[0], 0)];
}

/** Rows of x1 against rows of x2 in a kernel of both; all of it where there is no x2. */
function block(kernel: Float64Array, n1: number, n2: number): Float64Array {
  if (n2 === 0) return kernel;
  const n = n1 + n2;
  return Float64Array.from({ length: n1 * n2 }, (_, at) => kernel[Math.floor(at / n2) * n + n1 + (at % n2)]);
}
