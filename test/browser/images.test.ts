/**
 * Convolutional networks in a real browser: tiles travel to workers as messages, beside a team where there is shared memory. The bits of one thread,
 * which bits.test.ts compares with those of Node.
 */
import { describe, expect, it } from 'vitest';
import { avgPool, conv, createEngine, dense, erf, globalAvgPool, kernelSync, type NDArray, type Network, relu, serial } from '../../src';
import { openContext } from '../../src/context';
import { randomArray } from '../conformance/kernels';

const layer = (): Network => conv(4, [3, 3], { padding: 'SAME', wStd: 1.4, bStd: 0.1 });
const pooled = (phi: Network): Network =>
  serial(layer(), phi, layer(), phi, avgPool([2, 2], { strides: [2, 2] }), layer(), phi, globalAvgPool(), dense(1));

const x: NDArray = { data: randomArray('float32', 36, 300, 1).data, shape: [36, 10, 10, 3] };

describe.each([
  ['relu', relu()],
  ['erf', erf()],
])('images, pooling, %s', (_name, phi) => {
  const net = pooled(phi);
  const expected = kernelSync(net, x, { engine: openContext({ threads: 1 }) });

  it.each([{}, { sharedMemory: false }])('has the bits of one thread with workers, %o', async (options) => {
    const engine = await createEngine({ threads: 3, ...options });
    try {
      for (let i = 0; i < 3; i++) {
        const { nngp, ntk } = await engine.kernel(net, x);
        expect(
          [nngp.data, ntk.data].map((data, k) => data.every((value, at) => value === [expected.nngp, expected.ntk][k].data[at])),
        ).toEqual([true, true]);
      }
      expect(engine.capabilities.threads.used).toBe(3);
    } finally {
      await engine.dispose();
    }
  });
});
