import { describe, expect, test } from 'vitest';
import { encodeLabels, kindOfTargets, score } from '../../src/cli/score';

const array = (rows: readonly (readonly number[])[]) => ({ data: Float64Array.from(rows.flat()), shape: [rows.length, rows[0].length] });
const vector = (...values: number[]) => ({ data: Float64Array.from(values), shape: [values.length] });

describe('what targets are', () => {
  test.each([
    ['labels', vector(0, 1, 2, 0, 1, 2)],
    ['labels', array([[0], [1], [1], [0]])],
    ['values', vector(0, 2, 0, 2)],
    ['values', vector(0, 1, 2)],
    ['values', vector(0, 1, 0.5, 1)],
    ['values', vector(-1, 1, -1, 1)],
    ['values', vector(0, 0, 0)],
    [
      'one-hot',
      array([
        [1, 0],
        [0, 1],
      ]),
    ],
    [
      'one-hot',
      array([
        [-0.1, 0.9, -0.1],
        [0.9, -0.1, -0.1],
      ]),
    ],
    [
      'values',
      array([
        [1, 1],
        [0, 1],
      ]),
    ],
    [
      'values',
      array([
        [1, 0],
        [0, 2],
      ]),
    ],
    [
      'values',
      array([
        [3, 3],
        [3, 3],
      ]),
    ],
  ] as const)('%s', (kind, targets) => {
    expect(kindOfTargets(targets)).toBe(kind);
  });
});

test('labels become centred one-hot rows; others are refused', () => {
  expect(encodeLabels(vector(1, 0), 2, 'y')).toEqual(
    array([
      [-0.5, 0.5],
      [0.5, -0.5],
    ]),
  );
  for (const bad of [2, -1, 0.5, Number.NaN])
    expect(() => encodeLabels(vector(0, bad), 2, 'y')).toThrowError(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
});

describe('score', () => {
  const mean = array([
    [0.4, -0.4],
    [-0.1, 0.1],
    [0.2, 0.3],
  ]);
  test('labels: accuracy by the largest output, mse against the encoding where it is known', () => {
    expect(score(mean, vector(0, 1, 0), 'labels', false)).toEqual({ kind: 'labels', count: 3, mse: null, accuracy: 2 / 3 });
    expect(score(mean, vector(0, 1, 0), 'labels', true).mse).toBeCloseTo((0.01 + 0.01 + 0.16 + 0.16 + 0.09 + 0.64) / 6, 14);
  });
  test('one-hot and values', () => {
    expect(
      score(
        mean,
        array([
          [1, 0],
          [1, 0],
          [0, 1],
        ]),
        'one-hot',
        false,
      ),
    ).toMatchObject({ accuracy: 2 / 3 });
    expect(score(vector(1, 2), vector(1, 4), 'values', false)).toEqual({ kind: 'values', count: 2, mse: 2, accuracy: null });
  });
  test('shapes that do not meet are an error that names both', () => {
    expect(() => score(mean, vector(0, 1), 'labels', false)).toThrowError(
      expect.objectContaining({ code: 'ERR_SHAPE', details: { targets: [2], predictions: [3, 2] } }),
    );
  });
});
