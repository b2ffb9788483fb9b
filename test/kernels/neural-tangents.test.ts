/**
 * Agreement with neural-tangents 0.6.5 in float64: off-diagonal entries and variances to 1e-12 relative. Its NTK diagonal is wrong in
 * the 7th digit where x2 is left out; there only 1e-5 is asked, and exact.test.ts judges.
 */
import { describe, expect, it } from 'vitest';
import { kernelSync } from '../../src/kernel';
import { parseNetwork } from '../../src/layers/parse';
import { type Golden, goldenConformance } from '../conformance/golden';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';

interface Case {
  name: string;
  network: object;
  x1: string;
  x2: string | null;
  nngp: number[][];
  ntk: number[][];
  cov1: number[];
  cov2: number[] | null;
}
interface Reference {
  inputs: Record<string, { shape: number[]; data: number[] }>;
  cases: Case[];
}

const reference = fixture<Reference>('kernels/neural-tangents.json');

function largestError(got: ArrayLike<number>, expected: number[][], diagonal: boolean, symmetric: boolean): number {
  const [n1, n2] = [expected.length, expected[0].length];
  let worst = 0;
  for (let i = 0; i < n1; i++)
    for (let j = 0; j < n2; j++) {
      if ((i === j && symmetric) !== diagonal) continue;
      const difference = Math.abs(got[i * n2 + j] - expected[i][j]);
      worst = Math.max(worst, difference === 0 ? 0 : difference / Math.abs(expected[i][j]));
    }
  return worst;
}

describe.each(testContexts())('neural-tangents on %s', (_name, open) => {
  const engine = open();

  it.each(reference.cases.map((entry) => [entry.name, entry] as const))('%s', (_title, { network, x1, x2, nngp, ntk, cov1, cov2 }) => {
    const input = (name: string) => ({ data: new Float64Array(reference.inputs[name].data), shape: reference.inputs[name].shape });
    const second = x2 === null ? null : input(x2);
    const k = kernelSync(parseNetwork(network), input(x1), second, { get: ['nngp', 'ntk', 'cov1', 'cov2'], engine });
    const symmetric = x2 === null;
    expect(largestError(k.nngp.data, nngp, false, symmetric)).toBeLessThan(1e-12);
    expect(largestError(k.ntk.data, ntk, false, symmetric)).toBeLessThan(1e-12);
    expect(largestError(k.nngp.data, nngp, true, symmetric)).toBeLessThan(1e-12);
    expect(largestError(k.ntk.data, ntk, true, symmetric)).toBeLessThan(1e-5);
    cov1.forEach((value, i) => void expect(Math.abs(k.cov1.data[i] / value - 1)).toBeLessThan(1e-12));
    expect(k.cov2 === null).toBe(cov2 === null);
    cov2?.forEach((value, i) => void expect(Math.abs((k.cov2 as { data: ArrayLike<number> }).data[i] / value - 1)).toBeLessThan(1e-12));
  });
});

for (const [name, open] of testContexts()) goldenConformance(name, open, fixture<Golden>('kernels/golden.json'));
