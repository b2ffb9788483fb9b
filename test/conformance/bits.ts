/**
 * The same bits in every runtime. The kernels below are hashed; test/fixtures/bits.json has the hashes of Node, made by
 * test/reference/bits.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { type EngineContext, openContext } from '../../src/context';
import { avgPool, conv, dense, erf, flatten, gelu, globalAvgPool, kernelSync, relu, serial } from '../../src/index';
import type { DType, NDArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { hardRows, mlp, randomArray } from './kernels';

/** Hashes by the case's name, then by the build's. */
export type BitsTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface BitsCase {
  readonly name: string;
  readonly hash: (engine: EngineContext) => string;
}

/** More features than a slab, and not a multiple of any register width. */
const FEATURES = 261;

/** The plain SIMD build, and JavaScript: of chains in float64 the two have the same bits, otherwise each has its own. */
export const BITS_BUILDS: Readonly<Record<string, () => EngineContext>> = {
  simd: () => openContext({ backend: 'wasm', build: 'simd' }),
  js: () => openContext({ backend: 'js' }),
};

const SHAPES: Readonly<Record<string, (dtype: DType) => readonly [NDArray, NDArray | null]>> = {
  '70 × 50': (dtype) => [hardRows(dtype, 70, FEATURES), randomArray(dtype, 50, FEATURES, 2)],
  '300 symmetric': (dtype) => [hardRows(dtype, 300, FEATURES), null],
};
const ACTIVATIONS: Readonly<Record<string, Network>> = { relu: relu(), erf: erf() };
const BIASES: Readonly<Record<string, number | null>> = { 'no bias': null, bias: 0.3 };

/** The bytes of the NNGP and then those of the NTK. */
function hashOf(net: Network, x1: NDArray, x2: NDArray | null, engine: EngineContext): string {
  const { nngp, ntk } = kernelSync(net, x1, x2, { engine });
  const hash = sha256.create();
  for (const { data } of [nngp, ntk]) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return bytesToHex(hash.digest());
}

const DTYPES = ['float32', 'float64'] as const;

/** Network, bias, dtype and shape in every combination. */
const CHAINS: readonly BitsCase[] = Object.entries(SHAPES).flatMap(([shape, inputs]) =>
  DTYPES.flatMap((dtype) =>
    Object.entries(ACTIVATIONS).flatMap(([activation, layer]) =>
      Object.entries(BIASES).map(([bias, bStd]) => ({
        name: `${activation}, ${bias}, ${dtype}, ${shape}`,
        hash: (engine: EngineContext) => {
          const [x1, x2] = inputs(dtype);
          return hashOf(mlp(layer, 3, { wStd: 1.3, bStd }), x1, x2, engine);
        },
      })),
    ),
  ),
);

/** [n, 6, 5, 3]; a sample of zeros among them, and one that x1 and x2 share. */
function images(dtype: DType, n: number, seed: number): NDArray {
  const { data } = randomArray(dtype, n, 90, seed);
  data.fill(0, 90, 180);
  data.set(randomArray(dtype, 1, 90, 3).data, 180);
  return { data, shape: [n, 6, 5, 3] };
}

const convolutional = (phi: Network, end: Network): Network => {
  const layer = () => conv(4, [3, 3], { padding: 'SAME', wStd: 1.3, bStd: 0.1 });
  return serial(layer(), phi, layer(), phi, avgPool([2, 2], { strides: [2, 2] }), layer(), phi, end, dense(1));
};
const ENDS: Readonly<Record<string, Network>> = { pooled: globalAvgPool(), flattened: flatten() };

const IMAGES: readonly BitsCase[] = DTYPES.flatMap((dtype) =>
  Object.entries({ ...ACTIVATIONS, gelu: gelu() }).flatMap(([activation, phi]) =>
    Object.entries(ENDS).map(([name, end]) => ({
      name: `${activation}, images, ${name}, ${dtype}`,
      hash: (engine: EngineContext) => hashOf(convolutional(phi, end), images(dtype, 5, 1), images(dtype, 6, 2), engine),
    })),
  ),
);

export const BITS_CASES: readonly BitsCase[] = [...CHAINS, ...IMAGES];

export function bitsConformance(table: BitsTable): void {
  describe.each(Object.entries(BITS_BUILDS))('bits of %s', (build, open) => {
    const engine = open();
    it.each(BITS_CASES.map(({ name, hash }) => [name, hash] as const))('%s', (name, hash) => {
      expect(hash(engine)).toBe(table[name][build]);
    });
  });
}
