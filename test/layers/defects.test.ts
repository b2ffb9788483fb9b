/**
 * What neural-tangents 0.6.5 gets wrong and this library must not: NumPy's values, or 50 digits where rows coincide, are opposite, zero
 * or huge (test/reference/layers_defects.py). 1e-10 relative on spatial cases, 1e-12 on the exact ones, the diagonal included.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InfiniteWidthError, kernelSync } from '../../src/index';
import { testContexts } from '../contexts';
import { ALL_FIELDS, type Defect, defects, inputsOf, isKernelDefect, largestError, networkOf, optionsOf } from './support';

const { inputs, cases } = defects();
/** It throws an error of the package. */
function refuses(compute: () => unknown): boolean {
  try {
    compute();
  } catch (error) {
    if (error instanceof InfiniteWidthError) return true;
    throw error;
  }
  return false;
}
const title = ({ defect, sentence }: Defect) => `${defect}: ${sentence}`;

describe.each(testContexts())('defects of neural-tangents on %s', (_name, open) => {
  const engine = open();

  it.each(cases.filter(isKernelDefect).map((entry) => [`${title(entry)} (${entry.name})`, entry] as const))('%s', (_title, entry) => {
    const [x1, x2] = inputsOf({ inputs }, entry);
    const compute = () => kernelSync(networkOf(entry.network), x1, x2, { ...optionsOf(entry), get: ALL_FIELDS, engine });
    if (entry.mayRefuse && refuses(compute)) return;
    const got = compute();
    expect(got.shape1).toEqual(entry.shape1);
    expect(got.isGaussian).toBe(entry.isGaussian);
    const tolerance = entry.x2 === null ? 1e-12 : 1e-10;
    expect(largestError(got.nngp, entry.nngp)).toBeLessThan(tolerance);
    expect(largestError(got.ntk, entry.ntk)).toBeLessThan(tolerance);
    expect(largestError(got.cov1, entry.cov1)).toBeLessThan(tolerance);
  });
});

describe('the console', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(cases.filter(({ kind }) => kind === 'silence').map(title))('%s', () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level));
    for (const entry of cases.filter(isKernelDefect).slice(0, 4))
      kernelSync(networkOf(entry.network), ...inputsOf({ inputs }, entry), optionsOf(entry));
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});
