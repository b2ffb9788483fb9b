/** The twins on the calling thread: the same bits as what runs on all threads, the same progress and aborts. */
import { describe, expect, test } from 'vitest';
import { dense, erf, relu, serial } from '../../src';
import { init, monteCarloKernel, monteCarloKernelSync, ntkDispersion, ntkDispersionSync, train, trainSync } from '../../src/finite';
import { inputs } from './networks';

const net = serial(dense(40), relu(), dense(40), erf(), dense(3));
const [x1, x2] = [inputs(1, 4, 5), inputs(2, 3, 5)];

describe('monteCarloKernelSync', () => {
  test.each([
    ['weights', {}],
    ['weights', { tolerance: 0.2, batch: 5 }],
    ['conditioned', {}],
  ] as const)('%s, %j: the bits of monteCarloKernel', async (method, more) => {
    const options = { samples: 40, seed: 3, method, ...more };
    const result = monteCarloKernelSync(net, x1, x2, options);
    expect(result).toEqual(await monteCarloKernel(net, x1, x2, options));
    expect(result.ntk?.mean.data.every(Number.isFinite)).toBe(true);
  });

  test('progress, and an abort', () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }) => {
      seen.push(done);
      if (done === 4) controller.abort();
    };
    expect(() => monteCarloKernelSync(net, x1, { samples: 10_000, batch: 2, onProgress, signal: controller.signal })).toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(seen.slice(0, 2)).toStrictEqual([2, 4]);
    expect(seen.length).toBeLessThan(5000);
  });
});

test('ntkDispersionSync is ntkDispersion', async () => {
  const options = { samples: 200, seed: 5 };
  expect(ntkDispersionSync(net, x1, options)).toEqual(await ntkDispersion(net, x1, options));
  expect(ntkDispersionSync(net, x1, x2, options)).toEqual(await ntkDispersion(net, x1, x2, options));
});

test('trainSync is train', async () => {
  const params = init(net, 1, [4, 5]);
  const options = { learningRate: 0.1, steps: 7, optimizer: 'adam', ntkAt: [0, 7] } as const;
  const y = inputs(3, 4, 3);
  expect(trainSync(net, params, x1, y, options)).toEqual(await train(net, params, x1, y, options));
  expect(() => trainSync(net, params, x1, y, { ...options, signal: AbortSignal.abort() })).toThrow(
    expect.objectContaining({ name: 'AbortError' }),
  );
});
