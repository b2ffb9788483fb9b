/** Kernels of random networks against finite networks drawn from them: combinations that nobody thought of. The seed is fixed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernelSync, type NDArray } from '../../src';
import { type Estimate, monteCarloKernel } from '../../src/finite';
import { IMAGE, images, networkOf } from '../layers/random-networks';

const WIDTH = 64;
const SAMPLES = 10;
const RUNS = { seed: 20261130, numRuns: 300 };
const FIELDS = ['nngp', 'ntk'] as const;
/** Of 1,800 entries, 10 samples each: Student's t with 9 degrees of freedom exceeds 6 once in 5,000, and FINITE_WIDTH is allowed besides. */
const STANDARD_ERRORS = 6;
/** The mean of a finite network's kernel is that of the infinite one but for O(depth / width) of the diagonal. */
const FINITE_WIDTH = 0.1;
/** Over all diagonals together: their standard error is 0.01. */
const MEAN_DEVIATION = 0.04;

/** Not the image of zeros: where a biasless layer gives exactly 0, the slope of relu is a convention. */
const two = ({ data, shape }: NDArray): NDArray => {
  const size = IMAGE.reduce((a, b) => a * b, 1);
  return { data: data.slice(0, 2 * size), shape: [2, ...shape.slice(1)] };
};

test('300 random networks scatter around their kernels', { timeout: 300_000 }, async () => {
  const deviations: number[] = [];
  await fc.assert(
    fc.asyncProperty(networkOf(WIDTH), images, async (net, all) => {
      const x = two(all);
      const exact = kernelSync(net, x);
      const drawn = await monteCarloKernel(net, x, { samples: SAMPLES, seed: 1, method: 'weights' });
      for (const field of FIELDS) {
        const { mean, standardError } = drawn[field] as Estimate;
        const k = exact[field].data;
        for (let i = 0; i < 2; i++)
          for (let j = 0; j <= i; j++) {
            const scale = Math.sqrt(k[3 * i] * k[3 * j]);
            const gap = mean.data[2 * i + j] - k[2 * i + j];
            expect(Math.abs(gap)).toBeLessThanOrEqual(STANDARD_ERRORS * standardError.data[2 * i + j] + FINITE_WIDTH * scale);
            if (i === j && scale > 0) deviations.push(gap / scale);
          }
      }
    }),
    RUNS,
  );
  const bias = deviations.reduce((sum, gap) => sum + gap, 0) / deviations.length;
  expect(Math.abs(bias)).toBeLessThan(MEAN_DEVIATION);
});
