import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_HEIGHT, placeLabels } from '../../src/plot/labels';
import { formatTick, makeScale } from '../../src/plot/scale';

const value = fc.double({ min: -1e9, max: 1e9, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-9);
const positive = fc.double({ min: 1e-12, max: 1e12, noNaN: true });

describe('scales', () => {
  test('of any data: ticks rise inside the domain, positions rise with the value and stay in [0, 1]', () => {
    for (const [kind, arbitrary] of [
      ['linear', value],
      ['log', positive],
    ] as const)
      fc.assert(
        fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 20 }), (values) => {
          const scale = makeScale(kind, values, 'x');
          const { ticks, domain } = scale;
          for (let i = 1; i < ticks.length; i++) if (!(ticks[i] > ticks[i - 1])) return false;
          if (!ticks.every((tick) => tick >= domain[0] && tick <= domain[1])) return false;
          const sorted = [...values].sort((a, b) => a - b).map((x) => scale.position(x));
          return sorted.every((p, i) => p >= -1e-9 && p <= 1 + 1e-9 && (i === 0 || p >= sorted[i - 1]));
        }),
      );
  });

  test('ticks are round numbers', () => {
    expect(makeScale('linear', [0, 97.3], 'y').ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(makeScale('linear', [0.91, 0.97], 'y').ticks).toEqual([0.9, 0.92, 0.94, 0.96, 0.98]);
    expect(makeScale('log', [100, 6000], 'x').ticks).toEqual([100, 200, 500, 1000, 2000, 5000]);
    expect(makeScale('log', [1e-16, 1], 'y').ticks).toEqual([1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]);
  });

  test('ticks are written as people write them', () => {
    expect([0, 5000, -0.25, 1e-7, 2.5e8, 1e6, 123456].map(formatTick)).toEqual([
      '0',
      '5,000',
      '−0.25',
      '10⁻⁷',
      '2.5×10⁸',
      '10⁶',
      '123,456',
    ]);
  });
});

test('labels keep their order and distance, and move as little as that allows', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 12 }), (wanted) => {
      const placed = placeLabels(wanted, 0, 400);
      const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || placed[a] - placed[b]);
      return order.every((label, rank) => {
        const inside = placed[label] >= -1e-9 && placed[label] <= 400 + 1e-9;
        return inside && (rank === 0 || placed[label] - placed[order[rank - 1]] >= LINE_HEIGHT - 1e-9);
      });
    }),
  );
  expect(placeLabels([100, 200], 0, 400)).toEqual([100, 200]);
  expect(placeLabels([100, 100], 0, 400)).toEqual([91, 109]);
});
