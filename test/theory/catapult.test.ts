import { describe, expect, test } from 'vitest';
import { catapult } from '../../src/theory';

/** Gradient descent on the weights themselves. */
function descend(u: number[], v: number[], rate: number, steps: number) {
  const n = u.length;
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const trace: { f: number; lambda: number }[] = [];
  for (let t = 0; t <= steps; t++) {
    const f = dot(u, v) / Math.sqrt(n);
    trace.push({ f, lambda: (dot(u, u) + dot(v, v)) / n });
    const step = (rate * f) / Math.sqrt(n);
    [u, v] = [u.map((value, i) => value - step * v[i]), v.map((value, i) => value - step * u[i])];
  }
  return trace;
}

describe('catapult', () => {
  const n = 64;
  const u = Array.from({ length: n }, (_, i) => 1 + Math.sin(3 * i));
  const v = Array.from({ length: n }, (_, i) => Math.cos(5 * i) + 0.3 * Math.sin(3 * i));
  const [{ f, lambda }] = descend(u, v, 1, 0);

  test.each([
    ['lazy', 1],
    ['lazy', 1.9],
    ['catapult', 2.5],
    ['catapult', 3.5],
  ])('%s, η λ = %f: gradient descent on the weights for 20 steps', (phase, product) => {
    const options = { width: n, learningRate: product / lambda, output: f, ntk: lambda, steps: 20 };
    const { outputs, ntk, losses, phase: named } = catapult(options);
    expect(named).toBe(phase);
    descend(u, v, product / lambda, 20).forEach((step, t) => {
      expect(Math.abs(outputs[t] - step.f)).toBeLessThan(1e-9 * Math.max(...outputs.map(Math.abs)));
      expect(Math.abs(ntk[t] / step.lambda - 1)).toBeLessThan(1e-9);
      expect(losses[t]).toBe(outputs[t] ** 2 / 2);
    });
  });

  test('lazy networks keep their λ; catapulted ones end below 2/η, the loss up in between; beyond 4/λ they diverge', () => {
    const at = (learningRate: number, steps = 2000) => catapult({ width: 512, learningRate, output: 1, ntk: 1, steps });
    for (const eta of [1, 1.9, 2.5, 3.5, 3.9]) {
      const { losses, ntk, phase } = at(eta);
      expect(losses[2000]).toBeLessThan(1e-12);
      expect(eta * ntk[2000]).toBeLessThan(2);
      if (phase === 'lazy') expect(Math.abs(ntk[2000] - 1)).toBeLessThan(0.05);
      else expect(Math.max(...losses)).toBeGreaterThan(10 * losses[0]);
    }
    expect(at(4.1).phase).toBe('divergent');
    expect([at(4.1).losses[2000], at(4.1).ntk[2000]]).toEqual([Infinity, Infinity]);
  });

  test('refuses what no network has, naming the argument', () => {
    const bad = (change: object) => () => catapult({ width: 4, learningRate: 1, output: 1, ntk: 1, steps: 3, ...change });
    expect(bad({ output: 1.1 })).toThrow(/output must be at most ntk·√width\/2 = 1.*ERR_ARGUMENT/);
    expect(bad({ width: 0 })).toThrow(/width must be a positive integer/);
    expect(bad({ steps: 1.5 })).toThrow(/steps/);
    expect(bad({ steps: 1e15 })).toThrow(/ERR_OUT_OF_MEMORY/);
    expect(bad({ learningRate: 0 })).toThrow(/learningRate/);
    expect(bad({ eta: 1 })).toThrow(/no option eta/);
  });
});
