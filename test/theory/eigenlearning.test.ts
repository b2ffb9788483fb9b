import { describe, expect, test } from 'vitest';
import { normals } from '../../src/finite/random';
import { solve } from '../../src/linalg';
import { eigenlearning } from '../../src/theory';

const modes = (count: number) => ({
  eigenvalues: Array.from({ length: count }, (_, i) => (i + 1) ** -1.5),
  coefficients: Array.from({ length: count }, (_, i) => 1 / (i + 1)),
  noise: 0.05,
});

describe('eigenlearning', () => {
  test('the equation of κ, and golden errors on 2500 modes', () => {
    const table = [
      [60, 0, 0.1234, 0],
      [60, 0.05, 0.1215, 0.00124],
      [120, 0.2, 0.0944, 0.01194],
      [30, 0, 0.1671, 0],
    ];
    for (const [samples, ridge, testError, trainError] of table) {
      const options = { ...modes(2500), samples, ridge };
      const theory = eigenlearning(options);
      const { kappa, learnabilities } = theory;
      expect(Math.abs(learnabilities.reduce((a, b) => a + b, ridge / kappa) / samples - 1)).toBeLessThan(1e-12);
      expect(Math.abs(theory.testError - testError)).toBeLessThan(5e-5);
      expect(Math.abs(theory.trainError - trainError)).toBeLessThan(5e-6);
    }
  });

  test('kernel ridge regression on Gaussian features: within 5 %', () => {
    const [samples, count, ridge, trials] = [40, 120, 0.05, 60];
    const { eigenvalues, coefficients, noise } = modes(count);
    let [testError, trainError] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const phi = normals({ seed: 1, sample: trial, layer: 0 }, 0, samples * count, 'float64');
      const extra = normals({ seed: 1, sample: trial, layer: 1 }, 0, samples, 'float64');
      const k = new Float64Array(samples * samples);
      const dot = (i: number, weights: (c: number) => number) => {
        let sum = 0;
        for (let c = 0; c < count; c++) sum += phi[i * count + c] * weights(c);
        return sum;
      };
      for (let i = 0; i < samples; i++)
        for (let j = 0; j < samples; j++) k[i * samples + j] = dot(i, (c) => eigenvalues[c] * phi[j * count + c]) + (i === j ? ridge : 0);
      const y = Float64Array.from({ length: samples }, (_, i) => dot(i, (c) => coefficients[c]) + Math.sqrt(noise) * extra[i]);
      const { data: alpha } = solve({ data: k, shape: [samples, samples] }, { data: y, shape: [samples] });
      for (let c = 0; c < count; c++) {
        let own = 0;
        for (let i = 0; i < samples; i++) own += eigenvalues[c] * phi[i * count + c] * alpha[i];
        testError += (own - coefficients[c]) ** 2 / trials;
      }
      testError += noise / trials;
      // y − K α = ridge · α
      trainError += Array.from(alpha).reduce((sum, value) => sum + (ridge * value) ** 2, 0) / samples / trials;
    }
    const theory = eigenlearning({ eigenvalues, coefficients, noise, samples, ridge });
    expect(Math.abs(testError / theory.testError - 1)).toBeLessThan(0.05);
    expect(Math.abs(trainError / theory.trainError - 1)).toBeLessThan(0.1);
  });

  test('more samples than modes and no ridge: least squares, whose errors are known', () => {
    const { kappa, testError, trainError } = eigenlearning({ eigenvalues: [1, 0.1, 0], coefficients: [3, 4, 0], samples: 8, noise: 2 });
    expect([kappa, testError, trainError]).toEqual([0, 2 / (1 - 2 / 8), 2 * (1 - 2 / 8)]);
  });

  test('modes as far apart as doubles are: κ² = λ₁λ₂ for one sample of two modes', () => {
    for (const [first, second] of [
      [1e300, 1],
      [1, 1e-300],
      [1e-300, 1e-310],
      [1.7e308, 1.7e308],
      [5e-324, 5e-324],
    ]) {
      const { kappa, overfitting, testError, trainError } = eigenlearning({
        eigenvalues: [first, second],
        coefficients: [1, 0],
        samples: 1,
      });
      const expected = Math.sqrt(first) * Math.sqrt(second);
      expect(Math.abs(kappa - expected)).toBeLessThanOrEqual(1e-13 * expected);
      // n − Σ Lᵢ² = 2 L₁ (1 − L₁)
      const rest = 1 / (1 + Math.sqrt(first) / Math.sqrt(second));
      expect(overfitting * 2 * (1 - rest) * rest).toBeCloseTo(1, 11);
      expect(testError / (overfitting * rest * rest)).toBeCloseTo(1, 11);
      expect(trainError).toBe(0);
    }
    // δ = κ (n − Σ Lᵢ) with κ = 1e-50
    const { kappa, trainError, testError } = eigenlearning({ eigenvalues: [1], coefficients: [1], samples: 1, ridge: 1e-100 });
    expect(kappa * 1e50).toBeCloseTo(1, 11);
    expect(trainError / (1e-100 * testError)).toBeCloseTo(1, 11);
  });

  test('refuses what has no answer, naming the argument', () => {
    const bad = (change: object) => () => eigenlearning({ eigenvalues: [1, 0.5], coefficients: [1, 1], samples: 1, ...change });
    expect(bad({ samples: 2 })).toThrow(/2 samples determine 2 modes exactly.*ERR_ARGUMENT/);
    expect(bad({ samples: 0 })).toThrow(/samples must be a positive integer/);
    expect(bad({ coefficients: [1] })).toThrow(/coefficients must be as many as eigenvalues/);
    expect(bad({ eigenvalues: [1, -1] })).toThrow(/eigenvalues/);
    expect(bad({ ridge: -1 })).toThrow(/ridge/);
    for (const list of [undefined, null, 5, 'ab', new Map(), [Number.NaN, 1], ['1', '2']])
      for (const name of ['eigenvalues', 'coefficients']) expect(bad({ [name]: list })).toThrow(new RegExp(`${name}.*ERR_ARGUMENT`));
  });
});
