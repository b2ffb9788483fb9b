/** Displacement planes against kernels by their definitions, and what they promise beyond: exact coincidences, the same bits in every tile. */
import { describe, expect, it } from 'vitest';
import { createPlaneTileWorker, planeBytes, planeFlops, supportsPlanes } from '../../src/backends/plane-tile';
import { InfiniteWidthError } from '../../src/errors';
import { conv } from '../../src/layers/conv';
import { dense } from '../../src/layers/dense';
import { abs, elementwise, erf, relu } from '../../src/layers/elementwise';
import { fanInProd, fanOut } from '../../src/layers/fan';
import { avgPool, globalAvgPool } from '../../src/layers/pool';
import { flatten, parallel, serial } from '../../src/layers/structure';
import type { DType } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { coresOf, graphJob, type Images, largestDifference, normalImages, panelOf, planeKernels, referenceKernels } from './jobs';
import { deep, myrtle5, NETWORKS, SMOOTH } from './networks';

const BUILDS = ['simd', 'relaxed-simd'] as const;

/** Both are sums of the same numbers in different orders; depth and images are small. */
const DOUBLE = 2e-14;
/** A few roundings a layer; the angle of nearly parallel pixels has the root of one. */
const SINGLE = 2e-6;

/** The first images of x1, then images of its own. */
function overlapping(image: readonly number[], shared: Images, n: number): Images {
  const other = normalImages([n, ...image], 2);
  other.data.set(shared.data.subarray(0, 2 * (shared.data.length / shared.shape[0])));
  return other;
}

describe.each(NETWORKS.map(([name, net, image, image2]) => ({ name, net, image, image2 })))('$name', ({ net, image, image2 }) => {
  const x1 = normalImages([5, ...image], 1);
  const x2 = image2 ? normalImages([6, ...image2], 3) : overlapping(image, x1, 6);
  const job = graphJob(net, x1, x2);
  const reference = referenceKernels(job);

  it.each(BUILDS)('agrees with the definitions in float64, %s', (build) => {
    expect(supportsPlanes(job)).toBeNull();
    const ours = planeKernels(job, build);
    expect(largestDifference(ours.nngp, reference.nngp)).toBeLessThan(DOUBLE);
    expect(largestDifference(ours.ntk, reference.ntk)).toBeLessThan(DOUBLE);
  });

  it.each(BUILDS)('agrees in float32, %s', (build) => {
    const ours = planeKernels(graphJob(net, x1, x2, { dtype: 'float32' }), build);
    expect(largestDifference(ours.nngp, reference.nngp)).toBeLessThan(SINGLE);
    expect(largestDifference(ours.ntk, reference.ntk)).toBeLessThan(SINGLE);
  });

  it('is symmetric where x2 is left out, and equal samples give the diagonal to the bit', () => {
    const alone = planeKernels(graphJob(net, x1, null));
    for (let i = 0; i < 5; i++) for (let j = 0; j < i; j++) expect(alone.ntk[j * 5 + i]).toBe(alone.ntk[i * 5 + j]);
    if (image2) return;
    expect(Math.abs(alone.ntk[5] / reference.ntk[6] - 1)).toBeLessThan(DOUBLE);
    const { nngp, ntk } = planeKernels(job);
    for (const i of [0, 1]) expect([nngp[i * 6 + i], ntk[i * 6 + i]]).toEqual([alone.nngp[i * 5 + i], alone.ntk[i * 5 + i]]);
  });
});

describe.each(SMOOTH.map(([name, net, image]) => ({ name, net, image })))('$name', ({ net, image }) => {
  const x1 = normalImages([3, ...image], 1);
  const x2 = overlapping(image, x1, 6);
  const reference = referenceKernels(graphJob(net, x1, x2));

  it.each(BUILDS)('agrees with the definitions, %s', (build) => {
    for (const [dtype, tolerance] of [
      ['float64', DOUBLE],
      ['float32', SINGLE],
    ] as const) {
      const job = graphJob(net, x1, x2, { dtype });
      expect(supportsPlanes(job)).toBeNull();
      const ours = planeKernels(job, build);
      for (const field of ['nngp', 'ntk'] as const) expect(errorOf(ours[field], reference[field])).toBeLessThan(tolerance);
    }
  });

  it('has the same bits in tiles of any shape, without the NTK, and for equal samples', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const whole = planeKernels(graphJob(net, x1, x2, { dtype }));
      expect(planeKernels(graphJob(net, x1, x2, { dtype, rows: 2, cols: 3 }))).toEqual(whole);
      expect(planeKernels(graphJob(net, x1, x2, { dtype, tangent: false })).nngp).toEqual(whole.nngp);
      const alone = planeKernels(graphJob(net, x1, null, { dtype }));
      for (const i of [0, 1]) expect([whole.nngp[i * 6 + i], whole.ntk[i * 6 + i]]).toEqual([alone.nngp[i * 4], alone.ntk[i * 4]]);
    }
  });
});

/** Largest difference over the largest entry: what an odd activation leaves may be small beside it. */
function errorOf(a: Float64Array, b: Float64Array): number {
  const size = Math.max(...b.map(Math.abs));
  return a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]) / size), 0);
}

/** `parallelImages`: error of parallel images. A pooled distance is known to the rounding of the variances, and its root is seen. */
const NETS: readonly { readonly name: string; readonly net: Network; readonly parallelImages: Readonly<Record<DType, number>> }[] = [
  { name: 'global average pooling', net: deep(4, globalAvgPool()), parallelImages: { float64: 4e-15, float32: 4e-7 } },
  { name: 'flatten', net: deep(4, flatten()), parallelImages: { float64: 4e-15, float32: 4e-7 } },
  { name: 'Myrtle-5', net: myrtle5(), parallelImages: { float64: 2e-8, float32: 5e-4 } },
];

describe.each(NETS)('$name in tiles', ({ net, parallelImages }) => {
  const x1 = normalImages([7, 8, 8, 3], 5);
  const x2 = normalImages([9, 8, 8, 3], 6);

  it.each(['float32', 'float64'] as const)('has the same bits in tiles of any shape, %s', (dtype) => {
    const whole = planeKernels(graphJob(net, x1, x2, { dtype }));
    for (const [rows, cols] of [
      [1, 1],
      [2, 3],
      [4, 5],
      [7, 8],
    ])
      expect(planeKernels(graphJob(net, x1, x2, { dtype, rows, cols }))).toEqual(whole);
  });

  it('has the same NNGP to the bit without the NTK', () => {
    const both = planeKernels(graphJob(net, x1, x2));
    expect(planeKernels(graphJob(net, x1, x2, { tangent: false })).nngp).toEqual(both.nngp);
  });

  it('reads transposes', () => {
    const job = graphJob(net, x1, x2);
    const whole = planeKernels(job);
    const worker = createPlaneTileWorker(coresOf('simd'), job);
    worker.setRows(panelOf(2, 3));
    worker.setCols(panelOf(4, 5));
    worker.compute(false);
    const transposed = new Float64Array(40).fill(-1);
    worker.read('ntk', true, transposed, 3, 7);
    worker.close();
    for (let i = 0; i < 3; i++) for (let j = 0; j < 5; j++) expect(transposed[3 + j * 7 + i]).toBe(whole.ntk[(2 + i) * 9 + 4 + j]);
    expect(transposed[2]).toBe(-1);
  });

  it.each(['float64', 'float32'] as const)('is homogeneous for parallel images, %s', (dtype) => {
    const tolerance = parallelImages[dtype];
    const scales = [1, 0.5, 0.9, 0.1, 3, 1.01];
    const { data } = normalImages([1, 8, 8, 3], 9);
    const x: Images = {
      data: Float64Array.from(scales.flatMap((scale) => [...data].map((value) => Math.fround(value) * scale))),
      shape: [6, 8, 8, 3],
    };
    const { nngp, ntk } = planeKernels(graphJob(net, x, null, { dtype, rows: 1, cols: 6 }));
    scales.forEach((scale, k) => {
      expect(Math.abs(nngp[k] / (scale * nngp[0]) - 1)).toBeLessThan(tolerance);
      expect(Math.abs(ntk[k] / (scale * ntk[0]) - 1)).toBeLessThan(tolerance);
    });
  });
});

describe('special samples', () => {
  it('takes opposite images for equal ones where the activation is even', () => {
    const net = serial(conv(8, [3, 3], { padding: 'SAME' }), abs(), conv(8, [3, 3], { padding: 'SAME' }), abs(), globalAvgPool(), dense(1));
    const { data } = normalImages([1, 6, 6, 3], 4);
    const x: Images = { data: Float64Array.from([...data, ...data.map((value) => -value)]), shape: [2, 6, 6, 3] };
    for (const [dtype, tolerance] of [
      ['float64', 1e-15],
      ['float32', 2e-7],
    ] as const) {
      const { nngp, ntk } = planeKernels(graphJob(net, x, null, { dtype }));
      expect(Math.abs(nngp[2] / nngp[0] - 1)).toBeLessThan(tolerance);
      expect(Math.abs(ntk[2] / ntk[0] - 1)).toBeLessThan(tolerance);
    }
  });

  it.each(['ntk', 'standard'] as const)('knows locations that carry nothing, %s parameterization', (parameterization) => {
    const layer = () => conv(8, [3, 3], { padding: 'SAME', parameterization, bStd: parameterization === 'standard' ? 0 : undefined });
    const net = serial(layer(), relu(), layer(), relu(), layer(), relu(), globalAvgPool(), dense(1, { parameterization }));
    const x = normalImages([4, 7, 7, 2], 8);
    x.data.fill(0, 0, 98);
    x.data.fill(0, 98, 98 + 70);
    x.data.fill(0, 3 * 98 + 20);
    for (const [dtype, tolerance] of [
      ['float64', 4e-14],
      ['float32', 1e-6],
    ] as const) {
      const [ours, reference] = [planeKernels(graphJob(net, x, null, { dtype })), referenceKernels(graphJob(net, x, null))];
      for (const field of ['nngp', 'ntk'] as const)
        ours[field].forEach((value, k) => {
          expect(Math.abs(value - reference[field][k])).toBeLessThanOrEqual(tolerance * reference[field][k]);
        });
    }
  });

  it('keeps the digits of images that hardly differ', () => {
    const net = deep(6, globalAvgPool());
    const { data } = normalImages([1, 6, 6, 3], 4);
    const shifted = data.map((value, k) => value * (1 + (k % 7) * 2 ** -30));
    const x: Images = { data: Float64Array.from([...data, ...shifted]), shape: [2, 6, 6, 3] };
    const [ours, reference] = [planeKernels(graphJob(net, x, null)), referenceKernels(graphJob(net, x, null))];
    expect(largestDifference(ours.ntk, reference.ntk)).toBeLessThan(1e-14);
    // The angle itself: what the entry lacks to the geometric mean of the diagonal ones.
    const gap = ({ ntk }: { readonly ntk: Float64Array }) => (ntk[0] + ntk[3]) / 2 - ntk[1];
    expect(Math.abs(gap(ours) / gap(reference) - 1)).toBeLessThan(1e-4);
  });

  it('computes in float64 what float32 does not carry on the way', () => {
    const net = serial(
      conv(8, [3, 3], { padding: 'SAME' }),
      erf({ a: 3 }),
      conv(8, [3, 3], { padding: 'SAME' }),
      erf(),
      globalAvgPool(),
      dense(1),
    );
    const x = normalImages([3, 4, 4, 2], 3);
    const small: Images = { data: x.data.map((value) => Math.fround(value * 1e-18)), shape: x.shape };
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => planeKernels(graphJob(net, small, null, { dtype })));
    expect(single).toEqual(double);
    expect(double.ntk[1]).toBeGreaterThan(0);
  });

  it.each(['float32', 'float64'] as const)('of any norms give what those of norm 1 do, without biases to the bit, %s', (dtype) => {
    const image = [6, 6, 2];
    const images = normalImages([4, ...image], 5);
    const factors = [1, 2 ** -10, 2 ** -30, 2 ** 20];
    const scaled = { shape: images.shape, data: images.data.map((x, i) => x * factors[Math.floor(i / 72)]) };
    for (const end of [globalAvgPool(), flatten(), serial(avgPool([2, 2], { strides: [2, 2] }), conv(1, [3, 3]), abs(), globalAvgPool())]) {
      const net = serial(conv(1, [3, 3], { padding: 'SAME' }), relu(), end, dense(1), relu(), dense(1));
      const [even, uneven] = [images, scaled].map((x) => planeKernels(graphJob(net, x, null, { dtype })));
      for (const field of ['nngp', 'ntk'] as const)
        expect(uneven[field]).toEqual(even[field].map((k, at) => k * factors[Math.floor(at / 4)] * factors[at % 4]));
    }
  });

  it('of zeros beside large ones are left to doubles where there are biases', () => {
    const images = normalImages([3, 5, 5, 2], 5);
    const large = { shape: images.shape, data: images.data.map((x, i) => (i < 50 ? 0 : Math.fround(1e5 * x))) };
    const net = serial(conv(1, [3, 3], { bStd: 0.5 }), relu(), flatten(), dense(1, { bStd: 0.5 }));
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => planeKernels(graphJob(net, large, null, { dtype })));
    expect(single).toEqual(double);
    const reference = referenceKernels(graphJob(net, large, null));
    // √(q₁/q₂) of the images is 2e5.
    expect(largestDifference(double.nngp, reference.nngp)).toBeLessThan(2e5 * 1e-15);
  });

  it('of very different norms are left to doubles where there are biases', () => {
    const images = normalImages([4, 5, 5, 2], 5);
    const scaled = { shape: images.shape, data: images.data.map((x, i) => x * 1e-3 ** (Math.floor(i / 50) % 3)) };
    const options = { parameterization: 'standard', bStd: 0 } as const;
    const net = serial(
      conv(1, [3, 3], options),
      relu(),
      conv(1, [3, 3], { padding: 'SAME', ...options }),
      relu(),
      flatten(),
      dense(1, options),
    );
    const single = planeKernels(graphJob(net, scaled, null, { dtype: 'float32' }));
    const double = planeKernels(graphJob(net, scaled, null));
    const reference = referenceKernels(graphJob(net, scaled, null));
    expect(single).toEqual(double);
    // Norms that differ by 1e6 leave as many roundings of a double less.
    expect(largestDifference(double.nngp, reference.nngp)).toBeLessThan(1e6 * 1e-15);
    expect(largestDifference(double.ntk, reference.ntk)).toBeLessThan(1e6 * 1e-15);
  });

  it('computes variances in float64 whose distances float32 does not carry, beside a trained bias', () => {
    const trained = { parameterization: 'standard', bStd: 0 } as const;
    const net = serial(conv(4, [3, 3], { padding: 'SAME', ...trained }), relu(), globalAvgPool(), dense(1, trained));
    const x = normalImages([3, 4, 4, 2], 3);
    const small: Images = { data: x.data.map((value, k) => Math.fround((k < 32 ? 1 : value) * 1e-30)), shape: x.shape };
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => planeKernels(graphJob(net, small, null, { dtype })));
    expect(single).toEqual(double);
    expect(largestDifference(double.ntk, referenceKernels(graphJob(net, small, null)).ntk)).toBeLessThan(1e-9);
  });

  it('computes many layers of smooth activations in float64', () => {
    const layers = Array.from({ length: 17 }, () => [conv(8, [3], { padding: 'SAME', wStd: 1.2, bStd: 0.1 }), erf()]).flat();
    const x = normalImages([2, 4, 2], 3);
    const [single, double] = (['float32', 'float64'] as const).map((dtype) =>
      planeKernels(graphJob(serial(...layers, globalAvgPool(), dense(1)), x, null, { dtype })),
    );
    expect(single).toEqual(double);
  });

  it('refuses kernels that the dtype cannot hold', () => {
    const x = normalImages([2, 4, 4, 1], 3);
    const huge: Images = { data: x.data.map((value) => value * 1e20), shape: x.shape };
    const job = graphJob(deep(2, globalAvgPool()), huge, null, { dtype: 'float32' });
    const worker = createPlaneTileWorker(coresOf('simd'), job);
    worker.setRows(panelOf(0, 2));
    worker.setCols(panelOf(0, 2));
    expect(() => worker.compute(true)).toThrow(InfiniteWidthError);
    worker.close();
  });
});

describe('the planner', () => {
  const x = normalImages([2, 8, 8, 3], 1);
  const same = (options: Parameters<typeof conv>[2] = {}) => conv(4, [3, 3], { padding: 'SAME', ...options });

  it.each([
    [
      'an activation without an operation',
      serial(same(), elementwise({ fn: (v) => v, nngpFn: (k) => k }), globalAvgPool(), dense(1)),
      /activation elementwise/,
    ],
    ['circular windows', serial(same({ padding: 'CIRCULAR' }), relu(), globalAvgPool(), dense(1)), /circular/],
    ['products of branches', serial(fanOut(2), parallel(same(), same()), fanInProd(), globalAvgPool()), /product/],
    ['several locations in the output', serial(same(), relu(), same()), /several locations/],
    ['weights of 0', serial(same({ wStd: 0 }), relu(), globalAvgPool(), dense(1)), /wStd is 0/],
  ])('leaves %s to another engine, and says why', (_name, net, reason) => {
    const base = graphJob(net, x, null);
    const { nodes, outputs } = base.left;
    const entry = nodes[outputs[0].node].spatial.reduce((all, length) => all * length * length, 1);
    const job = { ...base, entry };
    expect(supportsPlanes(job)).toMatch(reason);
    expect(() => createPlaneTileWorker(coresOf('simd'), job)).toThrow(InfiniteWidthError);
  });

  it('needs memory for tables of a tile and one state of pooled planes', () => {
    const images = normalImages([64, 32, 32, 3], 1);
    const bytes = (rows: number, cols: number) => planeBytes(graphJob(myrtle5(), images, null, { dtype: 'float32', rows, cols }));
    expect(bytes(64, 64)).toBeLessThan(16 << 20);
    // 16⁴ pairs of locations after the first pool, D and T of four samples.
    expect(bytes(1, 1)).toBeGreaterThan(16 ** 4 * 32);
  });

  it('counts the work of a pair', () => {
    const images = normalImages([1, 32, 32, 3], 1);
    const [whole, diagonal] = [globalAvgPool(), flatten()].map((end) => planeFlops(graphJob(deep(21, end), images, null)));
    expect(whole / diagonal).toBeGreaterThan(1000);
    expect(whole).toBeGreaterThan(21 * 32 ** 4);
  });

  it('goes through strides without the planes that no output needs', () => {
    const images = normalImages([1, 32, 32, 3], 1);
    const work = (stride: number) =>
      planeFlops(graphJob(serial(same(), relu(), same({ strides: [stride, stride] }), relu(), globalAvgPool()), images, null));
    expect(work(2)).toBeLessThan(work(1) / 3);
  });

  it('gives the instance back where a job does not fit', () => {
    const cores = coresOf('simd');
    const core = cores.take();
    cores.give(core);
    const job = graphJob(serial(same(), relu(), avgPool([2, 2]), globalAvgPool()), x, null, { rows: 1 << 20, cols: 1 << 20 });
    expect(() => createPlaneTileWorker(cores, job)).toThrow(/out of memory|grow|ERR_OUT_OF_MEMORY/i);
    expect(cores.take()).toBe(core);
    cores.give(core);
  });
});
