/** What a layer may ask for, refused before it is made. */
import { describe, expect, it } from 'vitest';
import { monteCarloKernelSync } from '../../src/finite';
import { conv, convLocal, convTranspose, dense, globalAvgPool, imageResize, kernelSync, relu, serial } from '../../src/index';
import { errorOf } from '../error-of';

describe('networks of a few bytes that ask for any number of locations or taps', () => {
  const x = { data: Float64Array.from({ length: 18 }, (_, i) => Math.sin(i)), shape: [1, 3, 3, 2] };
  const end = [relu(), globalAvgPool(), dense(1)];

  it.each([
    ['a window', conv(4, [1e6, 1e6], { padding: 'CIRCULAR' })],
    ['a transposed window', convTranspose(4, [1e6, 1e6], { padding: 'SAME' })],
    ['a local window', convLocal(4, [1e6, 1e6], { padding: 'SAME' })],
    ['an image', serial(dense(4), imageResize([-1, 1e6, 1e6, -1], 'linear'), dense(4))],
  ])('%s', (_what, layer) => {
    for (const call of [
      () => kernelSync(serial(layer, ...end), x),
      () => kernelSync(serial(layer, ...end), x, { maskConstant: 0 }),
      () => monteCarloKernelSync(serial(layer, ...end), x, { samples: 1 }),
    ])
      expect(errorOf(call).code).toBe('ERR_OUT_OF_MEMORY');
  });
});
