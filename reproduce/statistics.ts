/** Slopes of power laws, and error bars of functions of moments. */
import { throwIfAborted } from '../src/errors';
import { macrotask } from '../src/execute/yield';
import { monteCarloEstimates } from '../src/finite/monte-carlo';
import type { NDArray } from '../src/ndarray';
import type { Network } from '../src/spec';
import type { RunContext } from './reproduction';

/** Slope of log y against log x by least squares. */
export function powerLaw(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (k: number) => logs.reduce((sum, pair) => sum + pair[k], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** The same with the error that independent relative errors of y leave in the slope. */
export function powerLawOf(points: readonly { readonly x: number; readonly y: Estimate }[]): Estimate {
  const logs = points.map(({ x }) => Math.log(x));
  const center = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  const spread = logs.reduce((sum, x) => sum + (x - center) ** 2, 0);
  const variance = points.reduce((sum, { y }, i) => sum + (((logs[i] - center) / spread) * (y.error / y.value)) ** 2, 0);
  return { value: powerLaw(points.map(({ x, y }) => [x, y.value] as const)), error: Math.sqrt(variance) };
}

/** A value with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * f of the mean over all groups, with the jackknife's standard error (Efron & Stein 1981): groups are left out in turn.
 * @param groups of equal size, each a list of means
 */
export function jackknife(groups: readonly (readonly number[])[], f: (means: readonly number[]) => number): Estimate {
  const count = groups.length;
  const sums = groups[0].map((_, k) => groups.reduce((sum, group) => sum + group[k], 0));
  const without = groups.map((group) => f(sums.map((sum, k) => (sum - group[k]) / (count - 1))));
  const center = without.reduce((sum, value) => sum + value, 0) / count;
  const spread = without.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { value: f(sums.map((sum) => sum / count)), error: Math.sqrt(((count - 1) / count) * spread) };
}

/** Means of every NTK entry and of its square over `groups` batches of networks: per batch [entries…, squares…]. */
export async function ntkMomentsByGroup(
  net: Network,
  x: NDArray,
  { samples, groups, seed }: { readonly samples: number; readonly groups: number; readonly seed: number },
  { signal, onProgress }: RunContext,
): Promise<number[][]> {
  const batch = samples / groups;
  const result: number[][] = [];
  let before: readonly number[] = [];
  for await (const { ntk } of monteCarloEstimates(net, x, null, { samples, batch, seed, get: 'ntk', signal, onProgress })) {
    if (!ntk) continue;
    const done = result.length + 1;
    const sums = [...ntk.mean.data, ...ntk.secondMoment.data].map((mean) => mean * done);
    const earlier = before;
    result.push(sums.map((sum, k) => sum - (earlier[k] ?? 0)));
    before = sums;
  }
  return result;
}

/** Averages what `draw` gives for samples 0 … n − 1, looking up between them; every result is a list of numbers. */
export async function collect(
  samples: number,
  phase: string,
  { signal, onProgress }: RunContext,
  draw: (sample: number) => Promise<readonly number[]> | readonly number[],
): Promise<(readonly number[])[]> {
  const values: (readonly number[])[] = [];
  for (let sample = 0; sample < samples; sample++) {
    values.push(await draw(sample));
    await macrotask();
    throwIfAborted(signal);
    onProgress({ phase, done: sample + 1, total: samples });
  }
  return values;
}

export function meanOf(values: readonly number[]): Estimate {
  const value = values.reduce((sum, x) => sum + x, 0) / values.length;
  const spread = values.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, error: Math.sqrt(spread / (values.length - 1) / values.length) };
}
