import { describe, expect, test } from 'vitest';
import { classBlocks, relativeChange } from '../../src/finite';

const kernel = { data: Float64Array.of(4, 2, 1, 2, 6, 3, 1, 3, 2), shape: [3, 3] };

describe('relativeChange', () => {
  test('the Frobenius norm of the difference over that of the start, of any size', () => {
    const moved = { data: kernel.data.map((value, at) => value + (at === 4 ? 3 : 0)), shape: [3, 3] };
    expect(relativeChange(moved, kernel)).toBeCloseTo(3 / Math.sqrt(84), 15);
    expect(relativeChange(kernel, kernel)).toBe(0);
    const times = (factor: number) => ({ data: kernel.data.map((value) => value * factor), shape: [3, 3] });
    expect(relativeChange(times(3e200), times(1e200))).toBeCloseTo(2, 14);
  });

  test('shapes must agree', () => {
    expect(() => relativeChange(kernel, { data: new Float64Array(4), shape: [2, 2] })).toThrow(/ERR_SHAPE/);
  });
});

describe('classBlocks', () => {
  test('means within and between classes over the mean of the diagonal, deviations, and the matrix of classes', () => {
    const { diagonal, within, between, withinStd, betweenStd, blocks, classes } = classBlocks(kernel, [7, 7, 1]);
    expect([diagonal, within, between, withinStd, betweenStd, classes]).toEqual([4, 0.5, 0.5, 0, 0.25, [1, 7]]);
    expect([blocks.shape, [...blocks.data]]).toEqual([
      [2, 2],
      [Number.NaN, 2, 2, 2],
    ]);
  });

  test('one class has nothing between; labels must fit', () => {
    expect(classBlocks(kernel, [0, 0, 0]).between).toBeNaN();
    expect(() => classBlocks(kernel, [0, 1])).toThrow(/\[n, n\] and n are needed.*ERR_SHAPE/);
  });
});
