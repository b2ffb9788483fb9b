import { describe, expect, test } from 'vitest';
import { type ActivationLayer, abs, elu, erf, gelu, leakyRelu, rbf, relu, sigmoid, sign, silu, sin, tanh } from '../../src';
import { criticalLine, meanField } from '../../src/theory';
import { fixture } from '../fixtures';

interface Line {
  readonly kind: string;
  readonly bStd: number;
  readonly wStd: number;
  readonly qStar: number;
}

const layers: Readonly<Record<string, ActivationLayer>> = {
  tanh: tanh(),
  sigmoid: sigmoid(),
  silu: silu(),
  gelu: gelu(),
  erf: erf(),
  sin: sin(),
  elu: elu(),
};
const off = (actual: number, expected: number): number => Math.abs(actual / expected - 1);
const near = (actual: number, expected: number, tolerance: number): void => expect(off(actual, expected)).toBeLessThan(tolerance);

describe('criticalLine', () => {
  test.each(fixture<{ lines: Line[] }>('theory/mean-field.json').lines)('$kind, bStd $bStd: quadrature of the definitions', (line) => {
    const point = criticalLine(layers[line.kind], { bStd: line.bStd });
    near(point.wStd, line.wStd, 1e-12);
    near(point.qStar, line.qStar, 1e-10);
  });

  test('golden points of erf and tanh', () => {
    const erfs = [
      [0.01, 1.11428006, 0.25320966],
      [0.05, 1.37583901, 0.51717684],
      [0.1, 1.55211786, 0.72635923],
      [0.18, 1.74760375, 0.98778775],
      [0.2, 1.78817977, 1.04593315],
      [0.25, 1.88054726, 1.18327244],
    ];
    for (const [b, w, q] of erfs) {
      const { wStd, qStar } = criticalLine(erf(), { bStd: Math.sqrt(b) });
      expect(Math.abs(wStd ** 2 - w)).toBeLessThan(1e-8);
      expect(Math.abs(qStar - q)).toBeLessThan(1e-8);
    }
    const tanhs = [
      [0.01, 1.424205, 0.273301],
      [0.05, 1.760955, 0.570048],
      [0.1, 1.986073, 0.805799],
      [0.18, 2.233929, 1.099401],
      [0.2, 2.285152, 1.164496],
    ];
    for (const [b, w, q] of tanhs) {
      const { wStd, qStar } = criticalLine(tanh(), { bStd: Math.sqrt(b) });
      expect(Math.abs(wStd ** 2 - w)).toBeLessThan(1e-6);
      expect(Math.abs(qStar - q)).toBeLessThan(1e-6);
    }
  });

  test('erf: the parametric closed form, bStd from 1e-3 to 100', () => {
    for (let bStd = 1e-3; bStd < 100; bStd *= 2.7) {
      const { wStd, qStar: q } = criticalLine(erf(), { bStd });
      near(wStd ** 2, (Math.PI / 4) * Math.sqrt(1 + 4 * q), 1e-12);
      expect(Math.abs(q - 0.5 * Math.sqrt(1 + 4 * q) * Math.asin((2 * q) / (1 + 2 * q)) - bStd ** 2)).toBeLessThan(1e-12 * q);
    }
  });

  test.each([
    ['erf', erf(), 0.3],
    ['tanh', tanh(), 1],
    ['tanh without bias', tanh(), 0],
    ['sin', sin({ b: 2 }), 0.4],
    ['sigmoid', sigmoid(), 0.7],
    ['elu', elu(), 0.5],
    ['gelu', gelu(), 0.6],
    ['relu', relu(), 0],
    ['relu with bias', relu(), 0.1],
    ['abs', abs(), 0.1],
  ] as const)('%s: meanField there is critical, and not a little to either side', (_, layer, bStd) => {
    const { wStd, qStar } = criticalLine(layer, { bStd });
    const field = meanField(layer, { wStd, bStd });
    expect(field.phase).toBe('critical');
    expect(field.qStar).toBe(qStar);
    expect(meanField(layer, { wStd: wStd * (1 - 1e-3), bStd }).phase).toBe('ordered');
    expect(meanField(layer, { wStd: wStd * (1 + 1e-3), bStd }).phase).toBe('chaotic');
  });

  test('known lines', () => {
    near(criticalLine(tanh(), { bStd: 0 }).wStd, 1, 1e-12);
    near(criticalLine(erf(), { bStd: 0 }).wStd, Math.sqrt(Math.PI) / 2, 1e-12);
    expect(criticalLine(relu(), { bStd: 0, q0: 3 }).qStar).toBe(3);
    near(criticalLine(relu(), { bStd: 0 }).wStd, Math.SQRT2, 1e-14);
    expect(criticalLine(relu(), { bStd: 1 }).qStar).toBe(Infinity);
    near(criticalLine(leakyRelu(0.5), { bStd: 0 }).wStd, 1 / Math.sqrt(0.625), 1e-14);
    // φ² has expectation 1 and φ'² 2γ at every variance.
    near(criticalLine(rbf({ gamma: 0.7 }), { bStd: 0.5 }).wStd, 1 / Math.sqrt(1.4), 1e-12);
    near(criticalLine(rbf({ gamma: 0.7 }), { bStd: 0.5 }).qStar, 1 / 1.4 + 0.25, 1e-12);
  });

  test('where there is none it says so: jumps, and gelu below the bStd where the variance settles', () => {
    expect(() => criticalLine(sign(), { bStd: 0.3 })).toThrow(/no wStd with χ₁ = 1.*ERR_ARGUMENT/);
    expect(() => criticalLine(gelu(), { bStd: 0.2 })).toThrow(/use another bStd/);
    expect(() => criticalLine(tanh(), { bStd: -1 })).toThrow(/bStd/);
    expect(() => criticalLine(tanh(), { bStd: 1, q0: Number.NaN })).toThrow(/q0/);
  });
});
