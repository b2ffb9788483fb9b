/**
 * Agreement with neural-tangents 0.6.5 in float64 on every layer and option, deep networks, masks, graphs and composition: 1e-10
 * relative on every entry of NNGP, NTK and the variances. Both the reference and a NumPy evaluation agree to 1e-11 on what is stored
 * (test/reference/layers.py); a sample with itself is NumPy's, since the reference's NTK is wrong in the 7th digit there.
 */
import { describe, expect, it } from 'vitest';
import { kernelSync } from '../../src/index';
import { testContexts } from '../contexts';
import {
  ALL_FIELDS,
  inputsOf,
  kindsOf,
  largestError,
  networkOf,
  optionsOf,
  PARTS,
  type ReferenceCase,
  type ReferencePart,
  referencePart,
} from './support';

const TOLERANCE = 1e-10;
const parts = PARTS.map((part) => [part, referencePart(part)] as const);
type Engine = ReturnType<ReturnType<typeof testContexts>[number][1]>;

function wholeKernel(part: ReferencePart, entry: ReferenceCase, engine: Engine) {
  const options = { ...optionsOf(entry), get: ALL_FIELDS, engine };
  const [x1, x2] = inputsOf(part, entry);
  if (entry.first === undefined) return kernelSync(networkOf(entry.network), x1, x2, options);
  return kernelSync(networkOf(entry.network), kernelSync(networkOf(entry.first), x1, x2, options), { get: ALL_FIELDS, engine });
}

describe.each(testContexts())('layers against neural-tangents on %s', (_name, open) => {
  const engine = open();

  for (const [name, part] of parts)
    describe(name, () => {
      it.each(part.cases.map((entry) => [entry.name, entry] as const))('%s', (_title, entry) => {
        const got = wholeKernel(part, entry, engine);
        expect(got.shape1).toEqual(entry.shape1);
        expect(got.shape2).toEqual(entry.shape2);
        expect(got.isGaussian).toBe(entry.isGaussian);
        expect(got.nngp.shape).toEqual(entry.nngp.shape);
        expect(got.cov1.shape).toEqual(entry.cov1.shape);
        expect(largestError(got.nngp, entry.nngp)).toBeLessThan(TOLERANCE);
        expect(largestError(got.ntk, entry.ntk)).toBeLessThan(TOLERANCE);
        expect(largestError(got.cov1, entry.cov1)).toBeLessThan(TOLERANCE);
      });
    });
});

describe('what the fixtures cover', () => {
  const cases = parts.flatMap(([, part]) => part.cases);

  it('has at least 150 networks', () => {
    expect(new Set(cases.map(({ network, first }) => JSON.stringify([network, first]))).size).toBeGreaterThanOrEqual(150);
  });

  it('has every layer of the reference', () => {
    const present = new Set(cases.flatMap(({ network }) => kindsOf(networkOf(network))));
    const layers = [
      ...['dense', 'conv', 'convLocal', 'convTranspose', 'avgPool', 'sumPool', 'globalAvgPool', 'globalSumPool', 'flatten', 'identity'],
      ...['layerNorm', 'dropout', 'globalSelfAttention', 'aggregate', 'dotGeneral', 'imageResize', 'index', 'serial', 'parallel', 'repeat'],
      ...['fanOut', 'fanInSum', 'fanInProd', 'fanInConcat', 'relu', 'leakyRelu', 'abRelu', 'abs', 'erf', 'sigmoidLike', 'gelu', 'sin'],
      ...['cos', 'rbf', 'gabor', 'exp', 'gaussian', 'expNormalized', 'hermite', 'monomial', 'rectifiedMonomial', 'polynomial', 'sign'],
      ...['elementwise', 'elementwiseNumerical'],
    ];
    expect(layers.filter((kind) => !present.has(kind))).toEqual([]);
  });
});
