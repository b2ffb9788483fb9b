/** The fully connected golden values, known to 30 digits (test/fixtures/kernels/golden.json), to 1e-13. */
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../src/context';
import { kernelSync } from '../../src/kernel';
import { parseNetwork } from '../../src/layers/parse';
import { canonicalJson } from '../../src/spec';

export interface Golden {
  x: number[];
  y: number[];
  cases: { network: object; nngpXX: number; nngpXY: number; ntkXX: number; ntkXY: number }[];
}

export function goldenConformance(name: string, open: () => EngineContext, golden: Golden): void {
  describe(`golden values on ${name}`, () => {
    const engine = open();
    it.each(golden.cases.map((entry) => [canonicalJson(parseNetwork(entry.network)), entry] as const))('%s', (_title, entry) => {
      const k = kernelSync(parseNetwork(entry.network), [golden.x, golden.y], { engine });
      expect(Math.abs(k.nngp.data[0] / entry.nngpXX - 1)).toBeLessThan(1e-13);
      expect(Math.abs(k.nngp.data[1] / entry.nngpXY - 1)).toBeLessThan(1e-13);
      expect(Math.abs(k.ntk.data[0] / entry.ntkXX - 1)).toBeLessThan(1e-13);
      expect(Math.abs(k.ntk.data[1] / entry.ntkXY - 1)).toBeLessThan(1e-13);
    });
  });
}
