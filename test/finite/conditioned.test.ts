/**
 * The sampler of networks without weights: the same bits on every backend and with any chunks, streams of its own for every sample, any width,
 * and singular Gram matrices.
 */
import { describe, expect, test } from 'vitest';
import { abRelu, abs, dense, erf, leakyRelu, type NDArray, type Network, relu, serial, sigmoid } from '../../src';
import type { Backend } from '../../src/backends/backend';
import { embeddedPool } from '../../src/backends/core';
import { createJsBackend } from '../../src/backends/js';
import { createWasmBackend } from '../../src/backends/wasm';
import { type ConditionedJob, openConditioned } from '../../src/finite/conditioned';
import { inputs } from './networks';

const core = (build: 'simd' | 'relaxed-simd') => createWasmBackend(embeddedPool(build), build);
const SIMD = core('simd');
const OTHERS: readonly (readonly [string, Backend, number?])[] = [
  ['relaxed-simd', core('relaxed-simd')],
  ['js', createJsBackend()],
  ['simd, 256 units at a time', SIMD, 256],
  ['js, 512 units at a time', createJsBackend(), 512],
];

function draw(backend: Backend, job: ConditionedJob, from: number, count: number, chunk?: number): readonly Float64Array[] {
  const sampler = openConditioned(job, backend, chunk);
  try {
    return sampler.draw(from, count);
  } finally {
    sampler.close();
  }
}

/** Coincident rows and a row of zeros; widths that are no multiple of anything, and more than a chunk. */
const ROWS = inputs(3, 5, 7);
ROWS.data.copyWithin(14, 0, 7);
ROWS.data.fill(0, 28);
const B = { bStd: 0.3 };
const standard = { parameterization: 'standard', bStd: 0.1 } as const;
const NETS: readonly (readonly [string, Network])[] = [
  ['relu', serial(dense(9, B), relu(), dense(601), relu(), dense(3, B))],
  [
    'leakyRelu and abRelu, standard',
    serial(dense(33, standard), leakyRelu(0.2), dense(600, standard), abRelu(-0.5, 2), dense(2, standard)),
  ],
  ['abs, then no activation', serial(dense(5), abs(), dense(300), dense(4))],
  ['erf and sigmoid', serial(dense(300, B), erf(), dense(12), sigmoid(), dense(1, standard))],
  ['relu and leakyRelu, eight outputs', serial(dense(600), relu(), dense(301, B), leakyRelu(0.1), dense(8))],
  ['one layer', dense(3, B)],
];
const jobOf = (net: Network): ConditionedJob => ({ net, x1: ROWS, x2: inputs(8, 2, 7), seed: 6, fields: ['nngp', 'ntk'] });

describe('the same bits', () => {
  test.each(NETS)('%s: on every backend, with any chunks', (_name, net) => {
    const expected = draw(SIMD, jobOf(net), 3, 2);
    expect(expected.map(({ length }) => length)).toEqual([20, 20]);
    expect(expected.every((kernel) => kernel.every(Number.isFinite))).toBe(true);
    for (const [, backend, chunk] of OTHERS) expect(draw(backend, jobOf(net), 3, 2, chunk)).toEqual(expected);
  });

  test('a sample does not depend on those before it; others differ, as do those of another seed', () => {
    const job = jobOf(NETS[0][1]);
    const together = draw(SIMD, job, 0, 3);
    const [, , last] = [0, 1, 2].map((sample) => draw(SIMD, job, sample, 1));
    together.forEach((kernel, f) => {
      expect(kernel).toHaveLength(30);
      expect(kernel.slice(20)).toEqual(last[f]);
      expect(kernel.slice(10, 20)).not.toEqual(last[f]);
    });
    expect(draw(SIMD, { ...job, seed: 7 }, 0, 3)[1]).not.toEqual(together[1]);
  });

  test('of fields asked for one by one, and whatever kind of numbers the inputs are', () => {
    const single = (x: NDArray): NDArray => ({ data: Float32Array.from(x.data), shape: x.shape });
    const job = { ...jobOf(NETS[0][1]), x1: single(ROWS), x2: null };
    const both = draw(SIMD, job, 0, 1);
    expect([...draw(SIMD, { ...job, fields: ['nngp'] }, 0, 1), ...draw(SIMD, { ...job, fields: ['ntk'] }, 0, 1)]).toEqual(both);
    const double = { ...job, x1: { data: Float64Array.from(job.x1.data), shape: job.x1.shape } };
    expect(draw(SIMD, double, 0, 1)).toEqual(both);
  });
});

describe('shapes of kernels', () => {
  test('with itself a kernel is symmetric and positive on the diagonal; coincident rows have the same entries, dead rows the variance of biases', () => {
    const [nngp, ntk] = draw(SIMD, { ...jobOf(NETS[0][1]), x2: null }, 0, 1);
    for (const kernel of [nngp, ntk])
      for (let i = 0; i < 5; i++) {
        expect(kernel[6 * i]).toBeGreaterThan(0);
        for (let j = 0; j < 5; j++) expect(kernel[5 * i + j]).toBe(kernel[5 * j + i]);
        // Rounding of sums over up to 601 units.
        expect(Math.abs(kernel[5 * i + 2] / kernel[5 * i] - 1)).toBeLessThan(1e-11);
      }
  });

  test('a network without variance has the gradients of its last layer alone', () => {
    const job = { ...jobOf(serial(dense(4, { wStd: 0 }), relu(), dense(2, { wStd: 0, ...standard }))), x2: null };
    const [nngp, ntk] = draw(SIMD, job, 0, 1);
    expect(ntk).toEqual(new Float64Array(25).fill(1));
    expect(nngp.every((value) => value === nngp[0] && value > 0)).toBe(true);
  });

  test('what overflows is not hidden', () => {
    const huge = { data: new Float64Array(4).fill(1e200), shape: [1, 4] };
    const [nngp] = draw(SIMD, { ...jobOf(serial(dense(3), relu(), dense(1))), x1: huge, x2: null }, 0, 1);
    expect(nngp[0]).toBeNaN();
  });
});

describe('any width', () => {
  test('a million units in a layer, in a few megabytes, and close to the infinite network', () => {
    const width = 1e6;
    const wStd = Math.SQRT2;
    const net = serial(dense(width, { wStd }), relu(), dense(width, { wStd }), relu(), dense(1, { wStd }));
    const pool = embeddedPool('simd');
    const x = { data: Float64Array.of(1, 0, 0.6, 0.8), shape: [2, 2] };
    const [, ntk] = draw(createWasmBackend(pool, 'simd'), { net, x1: x, x2: null, seed: 1, fields: ['nngp', 'ntk'] }, 0, 1);
    expect(pool.part('finite').take().memory.buffer.byteLength).toBeLessThan(50 << 20);
    // Θ(x, x) = 3 w²|x|²/n₀ in the infinite network; it fluctuates by about √(10/width) = 3e-3.
    for (const at of [0, 3]) expect(Math.abs(ntk[at] / 3 - 1)).toBeLessThan(0.015);
  });
});
