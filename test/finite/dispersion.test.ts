/** The dispersion by Monte Carlo against its exact value, and how often its interval covers that. */
import { describe, expect, test } from 'vitest';
import { dense, type NDArray, type Network, relu, serial } from '../../src';
import { ntkDispersion } from '../../src/finite';
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
