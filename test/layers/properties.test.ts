/** What holds for every network, on networks chosen at random. The seed is fixed: a failure here is a failure everywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, kernelSync, type NDArray, type Network, parseNetwork, serial } from '../../src';
import { potrf } from '../../src/linalg';
import { testContexts } from '../contexts';
import { IMAGE, images, networkOf } from './random-networks';

const RUNS = { seed: 20261122, numRuns: 40 };
const FIELDS = ['nngp', 'ntk'] as const;
const network = networkOf(16);

const rows = ({ data, shape }: NDArray, from: number, to: number): NDArray => {
  const size = IMAGE.reduce((a, b) => a * b, 1);
  return { data: data.slice(from * size, to * size), shape: [to - from, ...shape.slice(1)] };
};

/** |a − b| over the geometric mean of the diagonal entries: what rounding is measured against. */
function distance(a: NDArray, b: NDArray, scale: NDArray): number {
  const n = scale.shape[0];
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const size = Math.sqrt(scale.data[i * n + i] * scale.data[j * n + j]) || 1;
      worst = Math.max(worst, Math.abs(a.data[i * n + j] - b.data[i * n + j]) / size);
    }
  return worst;
}

describe.each(testContexts())('random networks on %s', (_name, make) => {
  const engine = make();
  const run = (net: Network, x1: NDArray, x2: NDArray | null = null, dtype: 'float32' | 'float64' = 'float64') =>
    kernelSync(net, x1, x2, { engine, dtype });

  test('symmetric to the bit', () => {
    fc.assert(
      fc.property(network, images, (net, x) => {
        const k = run(net, x);
        const n = x.shape[0];
        for (const field of FIELDS)
          for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(k[field].data[i * n + j]).toBe(k[field].data[j * n + i]);
      }),
      RUNS,
    );
  });

  test('positive semi-definite: a Cholesky factorisation exists once the diagonal is raised by 1e-12 of its largest entry', () => {
    fc.assert(
      fc.property(network, images, (net, x) => {
        const k = run(net, x);
        const n = x.shape[0];
        for (const field of FIELDS) {
          const a = Float64Array.from(k[field].data);
          const largest = a.reduce((most, v) => Math.max(most, v), 0);
          for (let i = 0; i < n; i++) a[i * n + i] += 1e-12 * largest + 1e-300;
          expect(potrf('lower', n, a, n)).toBe(0);
        }
      }),
      RUNS,
    );
  });

  test('an entry is the same whatever stands beside it: rows alone, columns alone, both', () => {
    fc.assert(
      fc.property(network, images, (net, x) => {
        const whole = run(net, x, rows(x, 0, 5));
        const part = run(net, rows(x, 1, 4), rows(x, 2, 5));
        for (const field of FIELDS)
          for (let i = 0; i < 3; i++)
            for (let j = 0; j < 3; j++) expect(part[field].data[i * 3 + j]).toBe(whole[field].data[(i + 1) * 5 + j + 2]);
      }),
      RUNS,
    );
  });

  test('serial is associative, and a network is its JSON', () => {
    fc.assert(
      fc.property(network, images, (net, x) => {
        if (net.kind !== 'serial') throw new Error('a serial network');
        const [first, ...rest] = net.layers;
        const nested = serial(first, serial(serial(...rest.slice(0, -1)), rest[rest.length - 1]));
        const [a, b, c] = [net, nested, parseNetwork(JSON.parse(canonicalJson(net)))].map((one) => run(one, x));
        for (const field of FIELDS) {
          expect(b[field].data).toEqual(a[field].data);
          expect(c[field].data).toEqual(a[field].data);
        }
      }),
      RUNS,
    );
  });

  test('float32 agrees with float64 to 2e-5 of the diagonal', () => {
    fc.assert(
      fc.property(network, images, (net, x) => {
        const single = { data: Float32Array.from(x.data), shape: x.shape };
        const [a, b] = [run(net, single, null, 'float32'), run(net, { ...single, data: Float64Array.from(single.data) })];
        for (const field of FIELDS) expect(distance(a[field], b[field], b[field])).toBeLessThan(2e-5);
      }),
      RUNS,
    );
  });
});

test('the backends agree to 1e-12 of the diagonal', () => {
  const [[, js], ...others] = testContexts();
  const reference = js();
  for (const [, make] of others) {
    const engine = make();
    fc.assert(
      fc.property(network, images, (net, x) => {
        const [a, b] = [kernelSync(net, x, null, { engine: reference }), kernelSync(net, x, null, { engine })];
        for (const field of FIELDS) expect(distance(a[field], b[field], a[field])).toBeLessThan(1e-12);
      }),
      RUNS,
    );
  }
});
