/** The dispersion by Monte Carlo against its exact value, and how often its interval covers that. */
import { describe, expect, test } from 'vitest';
import { dense, type NDArray, type Network, relu, serial } from '../../src';
import { monteCarloKernel, ntkDispersion } from '../../src/finite';
import { dispersionOf } from '../../src/finite/dispersion';
import { ntkMoments } from '../../src/theory';

/** In the standard parameterization with trained biases that start at 0. */
function network(widths: readonly number[], squaredNorm: number, wVariance = 2): { net: Network; x: NDArray; exact: number } {
  const options = { wStd: Math.sqrt(wVariance), bStd: 0, parameterization: 'standard' } as const;
  const net = serial(
    ...widths.slice(1, -1).map((width) => serial(dense(width, options), relu())),
    dense(widths[widths.length - 1], options),
  );
  const x = { data: new Float64Array(widths[0]).fill(Math.sqrt(squaredNorm / widths[0])), shape: [1, widths[0]] };
  return { net, x, exact: ntkMoments({ ...options, widths, trainBiases: true, squaredNorm, deadLayers: true }).ratio };
}

test('[10, 20, 20, 20, 1], squared norm 1.7: 1.4684 within 4 standard errors over 10⁵ networks', async () => {
  const { net, x, exact } = network([10, 20, 20, 20, 1], 1.7);
  expect(exact).toBeCloseTo(1.4684, 4);
  const { ratio, low, high, samples } = await ntkDispersion(net, x, { samples: 100_000, seed: 4 });
  const standardError = Math.log(ratio / low) / 1.96;
  expect(standardError).toBeLessThan(0.01);
  expect(Math.abs(Math.log(ratio / exact))).toBeLessThan(4 * standardError);
  expect([low < exact, high > exact, samples]).toEqual([true, true, 100_000]);
});

/** Intervals of `seeds` runs. */
async function intervals({ net, x, exact }: ReturnType<typeof network>, seeds: number, samples: number) {
  const runs = [];
  for (let seed = 0; seed < seeds; seed++) runs.push(await ntkDispersion(net, x, { samples, seed }));
  return {
    bounded: runs.filter(({ high }) => high < Number.POSITIVE_INFINITY).length / seeds,
    covered: runs.filter(({ low, high }) => low <= exact && exact <= high).length / seeds,
  };
}

describe('95 % intervals', () => {
  // 500 intervals that cover with probability 0.95 do so 93 % of the time or more with probability 0.98: the seeds are fixed.
  test.each([
    ['a mild dispersion, 1.10', network([20, 50, 50, 1], 1)],
    ['a narrow network, 1.24', network([4, 8, 1], 1)],
    ['the ordered phase, 1.11', network([20, 20, 20, 20, 20, 20, 1], 1, 1)],
    ['heavier tails, 1.41', network([10, 20, 20, 20, 1], 1)],
  ])('%s: bounded, and cover the exact value in 93 % of 500 runs', async (_name, problem) => {
    const { bounded, covered } = await intervals(problem, 500, 1000);
    expect(bounded).toBe(1);
    expect(covered).toBeGreaterThanOrEqual(0.93);
  });

  test('tails beyond what can be estimated, 3.0: no upper end, and the lower one holds', async () => {
    const { bounded, covered } = await intervals(network([20, ...new Array<number>(9).fill(20), 1], 1), 60, 1000);
    expect(bounded).toBe(0);
    expect(covered).toBeGreaterThanOrEqual(0.93);
  });
});

describe('off the diagonal', () => {
  const [x, other] = [0, 1].map((k) => ({
    data: Float64Array.from({ length: 60 }, (_, i) => (i % 2 === k ? Math.sqrt(1 / 30) : 0)),
    shape: [1, 60],
  }));
  const deep = network([60, ...new Array<number>(4).fill(60), 1], 1).net;

  test('width 60, depth 5, orthogonal inputs: 1.129, and 1.150 on the diagonal (theory of B, 10,000 networks)', async () => {
    const [off, on] = [await ntkDispersion(deep, x, other, { seed: 3 }), await ntkDispersion(deep, x, { seed: 3 })];
    // Their errors and ours: about 0.003 each.
    expect(Math.abs(off.ratio - 1.129)).toBeLessThan(0.015);
    expect(Math.abs(on.ratio - 1.15)).toBeLessThan(0.015);
    expect([off.low < off.ratio, off.high > off.ratio, off.high < 1.2]).toEqual([true, true, true]);
  });

  test('of the networks that monteCarloKernel draws', async () => {
    const options = { samples: 500, seed: 7 };
    const { ntk } = await monteCarloKernel(deep, x, other, { ...options, get: 'ntk' });
    const { ratio } = await ntkDispersion(deep, x, other, options);
    const [mean, second] = [ntk?.mean.data[0] ?? Number.NaN, ntk?.secondMoment.data[0] ?? Number.NaN];
    expect(Math.abs(ratio / (second / mean ** 2) - 1)).toBeLessThan(1e-12);
  });

  test('entries of both signs whose mean is not known have no upper end', () => {
    const values = Float64Array.from({ length: 2000 }, (_, k) => Math.sin(k));
    expect(dispersionOf(values).high).toBe(Number.POSITIVE_INFINITY);
    expect(dispersionOf(values.map((value) => -3 - value)).ratio).toBeCloseTo(1 + 0.5 / 9, 3);
  });
});

describe('orthogonal weights', () => {
  const orthogonal = { samples: 2000, seed: 1, distribution: 'orthogonal' } as const;
  const layered = (depth: number, activation: Network | null) =>
    serial(
      ...Array.from({ length: depth - 1 }, () => [dense(20, { wStd: Math.SQRT2 }), ...(activation ? [activation] : [])]).flat(),
      dense(activation ? 1 : 20),
    );
  const x = { data: new Float64Array(20).fill(1), shape: [1, 20] };

  test.each([
    [5, 1.467, 1.919],
    [10, 2.62, 4.9],
  ])('ReLU, width 20, depth %d: %d of 6000 other networks, below the Gaussian %d', async (depth, expected, gaussian) => {
    const { ratio, low } = await ntkDispersion(layered(depth, relu()), x, orthogonal);
    // The standard error of ours and of theirs, which is of a third of the variance.
    const error = (Math.hypot(1, Math.sqrt(1 / 3)) * Math.log(ratio / low)) / 1.96;
    expect(Math.abs(Math.log(ratio / expected))).toBeLessThan(4 * error);
    expect(ratio).toBeLessThan(gaussian);
  });

  test('linear networks have none', async () => {
    const { ratio } = await ntkDispersion(layered(8, null), x, { ...orthogonal, samples: 20 });
    expect(Math.abs(ratio - 1)).toBeLessThan(1e-13);
  });
});

describe('of given values', () => {
  test('equal ones have the ratio 1 and no width; a scale does not matter', () => {
    const equal = dispersionOf(new Float64Array(2000).fill(3));
    expect([equal.ratio, equal.low, equal.high]).toEqual([1, 1, 1]);
    const values = Float64Array.from({ length: 2000 }, (_, k) => 1 + (k % 7));
    const [one, other] = [dispersionOf(values), dispersionOf(values.map((value) => value * 2 ** 600))];
    expect(other).toEqual(one);
    expect(one.ratio).toBeCloseTo(
      values.reduce((sum, v) => sum + v * v, 0) / 2000 / (values.reduce((sum, v) => sum + v, 0) / 2000) ** 2,
      12,
    );
    expect([one.low < one.ratio, one.high > one.ratio]).toEqual([true, true]);
  });

  test('few ones have no upper end; zeros and overflow are refused', () => {
    expect(dispersionOf(Float64Array.from({ length: 999 }, (_, k) => 1 + (k % 7))).high).toBe(Number.POSITIVE_INFINITY);
    for (const value of [0, Number.POSITIVE_INFINITY, Number.NaN])
      expect(() => dispersionOf(new Float64Array(20).fill(value))).toThrowError(expect.objectContaining({ code: 'ERR_NON_FINITE' }));
  });
});
