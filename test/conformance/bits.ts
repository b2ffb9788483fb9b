/**
 * The same bits in every runtime. The kernels below are hashed; test/fixtures/bits.json has the hashes of Node, made by
 * test/reference/bits.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { type EngineContext, openContext } from '../../src/context';
import { erf, kernelSync, relu } from '../../src/index';
import type { DType } from '../../src/ndarray';
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

/** The plain SIMD build, and JavaScript: in float64 the two have the same bits, in float32 each has its own. */
export const BITS_BUILDS: Readonly<Record<string, () => EngineContext>> = {
  simd: () => openContext({ backend: 'wasm', build: 'simd' }),
  js: () => openContext({ backend: 'js' }),
};

const SHAPES = {
  '70 × 50': (dtype: DType) => [hardRows(dtype, 70, FEATURES), randomArray(dtype, 50, FEATURES, 2)] as const,
  '300 symmetric': (dtype: DType) => [hardRows(dtype, 300, FEATURES), null] as const,
};
const ACTIVATIONS: Readonly<Record<string, Network>> = { relu: relu(), erf: erf() };
const BIASES: Readonly<Record<string, number | null>> = { 'no bias': null, bias: 0.3 };

/** Network, bias, dtype and shape in every combination; every case hashes the bytes of the NNGP and then those of the NTK. */
export const BITS_CASES: readonly BitsCase[] = Object.entries(SHAPES).flatMap(([shape, inputs]) =>
  (['float32', 'float64'] as const).flatMap((dtype) =>
    Object.entries(ACTIVATIONS).flatMap(([activation, layer]) =>
      Object.entries(BIASES).map(([bias, bStd]) => ({
        name: `${activation}, ${bias}, ${dtype}, ${shape}`,
        hash: (engine: EngineContext) => {
          const [x1, x2] = inputs(dtype);
          const { nngp, ntk } = kernelSync(mlp(layer, 3, { wStd: 1.3, bStd }), x1, x2, { engine });
          const hash = sha256.create();
          for (const { data } of [nngp, ntk]) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          return bytesToHex(hash.digest());
        },
      })),
    ),
  ),
);

export function bitsConformance(table: BitsTable): void {
  describe.each(Object.entries(BITS_BUILDS))('bits of %s', (build, open) => {
    const engine = open();
    it.each(BITS_CASES.map(({ name, hash }) => [name, hash] as const))('%s', (name, hash) => {
      expect(hash(engine)).toBe(table[name][build]);
    });
  });
}
