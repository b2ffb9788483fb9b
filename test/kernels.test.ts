import { describe, expect, it } from 'vitest';
import { kernelSync } from '../src/index';
import { ACTIVATIONS, FEATURES, hardRows, kernelConformance, mlp, randomArray, SIZES, TABULATED } from './conformance/kernels';
import { testContexts } from './contexts';

for (const [name, make] of testContexts()) kernelConformance(name, make);

describe('the builds', () => {
  it('are the three that were asked for', () => {
    expect(testContexts().map(([, make]) => make().backend.build)).toEqual(['js', 'simd', 'relaxed-simd']);
  });
});

/** Both run the same operations in the same order, unfused. */
describe('js and simd in float64 agree to the bit', () => {
  const [js, simd] = testContexts().map(([, make]) => make());
  const differing = (...[net, x1, x2]: Parameters<typeof kernelSync>): number => {
    const [a, b] = [js, simd].map((engine) => kernelSync(net, x1, x2 as null, { engine }));
    const count = (field: 'nngp' | 'ntk') => a[field].data.filter((value, i) => !Object.is(value, b[field].data[i])).length;
    return count('nngp') + count('ntk');
  };

  it.each(['ntk', 'standard'] as const)('for every activation and bias, parameterization %s', (parameterization) => {
    for (const activation of ACTIVATIONS)
      for (const bStd of [null, 0, 0.4])
        for (const wStd of [0, 0.9, 1.7])
          for (const depth of [1, 4]) {
            const net = mlp(activation, depth, { wStd, bStd, parameterization });
            const x = hardRows('float64', 13, 300);
            expect(differing(net, x, null), `${JSON.stringify(net)}`).toBe(0);
            expect(differing(net, x, hardRows('float64', 7, 300)), `${JSON.stringify(net)}, x2 given`).toBe(0);
          }
  });

  it('for activations with tables', () => {
    for (const activation of TABULATED)
      for (const parameterization of ['ntk', 'standard'] as const) {
        const net = mlp(activation, 2, { wStd: 1.3, bStd: parameterization === 'ntk' ? 0.4 : null, parameterization });
        expect(differing(net, hardRows('float64', 13, 30), hardRows('float64', 7, 30)), `${JSON.stringify(net)}`).toBe(0);
      }
  });

  it('for every size and width', () => {
    const net = mlp(ACTIVATIONS[1], 1, { wStd: 1.3, bStd: 0.2 });
    SIZES.forEach((n, i) => {
      const features = FEATURES[i % FEATURES.length];
      expect(differing(net, randomArray('float64', n, features), null), `${n} of ${features}`).toBe(0);
      expect(differing(net, randomArray('float64', n, features), randomArray('float64', 5, features, 2)), `${n} × 5 of ${features}`).toBe(
        0,
      );
    });
  });
});
