import { expect, test } from 'vitest';
import { network } from '../../reproduce/networks';
import type { RunContext } from '../../reproduce/reproduction';
import { jackknife, meanOf, ntkMomentsByGroup, powerLaw, powerLawOf } from '../../reproduce/statistics';
import { monteCarloKernel } from '../../src/finite';

test('a power law has its exponent as slope', () => {
  expect(powerLaw([1, 2, 5, 40].map((x) => [x, 3 * x ** -0.75] as const))).toBeCloseTo(-0.75, 14);
});

test('an error of 1 % at the upper of two points a factor e apart moves the slope by 1 %', () => {
  const points = [
    { x: 1, y: { value: 1, error: 0 } },
    { x: Math.E, y: { value: Math.E ** 2, error: Math.E ** 2 / 100 } },
  ];
  const { value, error } = powerLawOf(points);
  expect(value).toBeCloseTo(2, 14);
  expect(error).toBeCloseTo(0.01, 14);
});

test('the jackknife of a mean is its standard error, and that of a ratio the delta method up to 1/groups', () => {
  const groups = Array.from({ length: 400 }, (_, i) => [2 + Math.sin(i), 3 + Math.cos(2.3 * i)]);
  const first = meanOf(groups.map(([x]) => x));
  const mean = jackknife(groups, ([x]) => x);
  expect(mean.value).toBeCloseTo(first.value, 13);
  expect(mean.error).toBeCloseTo(first.error, 13);
  const second = meanOf(groups.map(([, y]) => y));
  const ratio = jackknife(groups, ([x, y]) => x / y);
  const r = first.value / second.value;
  const linear = meanOf(groups.map(([x, y]) => (x - r * y) / second.value));
  expect(ratio.value).toBeCloseTo(r, 13);
  expect(Math.abs(ratio.error / linear.error - 1)).toBeLessThan(2 / groups.length);
});

test('moments of batches average to those of all networks', async () => {
  const context = { signal: new AbortController().signal, onProgress() {} } as unknown as RunContext;
  const net = network({ inputs: 3, hidden: 2, width: 5 }, 2);
  const x = { data: Float64Array.of(1, 0, 2, -1, 1, 0), shape: [2, 3] };
  const groups = await ntkMomentsByGroup(net, x, { samples: 40, groups: 8, seed: 3 }, context);
  const { ntk } = await monteCarloKernel(net, x, null, { samples: 40, seed: 3, get: 'ntk' });
  expect(groups).toHaveLength(8);
  const expected = [...(ntk?.mean.data ?? []), ...(ntk?.secondMoment.data ?? [])];
  const size = Math.max(...expected);
  expected.forEach((value, k) => {
    const average = groups.reduce((sum, group) => sum + group[k], 0) / groups.length;
    expect(Math.abs(average - value)).toBeLessThan(1e-13 * size);
  });
});
