import { expect, test } from 'vitest';
import { loadDigits, PIXELS } from '../../examples/digits/data';
import { rowOf, smallDigits, tinyImages, wholeDigits } from '../../reproduce/inputs';

const { train } = loadDigits(20, 10, 1);

test('rows have the norm that was asked for', () => {
  for (const { data, shape } of [wholeDigits(train, 20, 784), smallDigits(train, 20, 784), tinyImages(train, 20, 784)]) {
    const size = data.length / shape[0];
    for (let i = 0; i < shape[0]; i++)
      expect(data.subarray(i * size, (i + 1) * size).reduce((sum, pixel) => sum + pixel ** 2, 0)).toBeCloseTo(784, 9);
  }
});

test('pooling keeps the sum of the pixels it covers, up to one scale', () => {
  const pixels = train.x.data.subarray(0, PIXELS);
  const middle = Array.from(pixels).filter((_, at) => {
    const [row, column] = [Math.floor(at / 28), at % 28];
    return row >= 4 && row < 24 && column >= 4 && column < 24;
  });
  const [whole, small, tiny] = [wholeDigits(train, 1, 1), smallDigits(train, 1, 1), tinyImages(train, 1, 1)].map(({ data }) => data);
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
  // Shares of the first rows of squares: of 2 of the 20 rows in the middle, and of 4 of all 28.
  const share = (values: ArrayLike<number> & Iterable<number>, count: number) => sum([...values].slice(0, count)) / sum(values);
  expect(share(small, 50)).toBeCloseTo(share(middle, 200), 6);
  expect(share(tiny, 28)).toBeCloseTo(share(pixels, 16 * 28), 6);
  const scale = Math.hypot(...pixels);
  // One rounding of each of norm, square root, product and quotient.
  whole.forEach((pixel, at) => {
    expect(Math.abs(pixel * scale - pixels[at])).toBeLessThan(1e-14);
  });
  expect(rowOf(smallDigits(train, 3, 1), 2).data).toEqual(smallDigits(train, 3, 1).data.slice(200));
});

test('more digits than there are are refused', () => {
  expect(() => smallDigits(train, 21, 1)).toThrow(RangeError);
});
