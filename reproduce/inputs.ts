/** Real digits in the sizes that the papers' set-ups ask for. */
import { type Digits, PIXELS } from '../examples/digits/data';
import type { NDArray } from '../src/ndarray';

/** Inputs of `smallDigits`: 10 × 10. */
export const SMALL = 100;

type Rows = NDArray<Float64Array>;

/** The first `count` digits from pixels, a row each, with |x|² = squaredNorm. */
export const wholeDigits = (digits: Digits, count: number, squaredNorm: number): Rows =>
  scaled(digits, count, PIXELS, squaredNorm, (pixels) => Float64Array.from(pixels));

/**
 * The 20 × 20 pixels in the middle, which hold the digit, averaged over squares of 2 × 2: 100 inputs, the width of the networks in the
 * authors' experiments.
 */
export const smallDigits = (digits: Digits, count: number, squaredNorm: number): Rows =>
  scaled(digits, count, SMALL, squaredNorm, (pixels) => pooled(pixels, 4, 10, 2));

/** Averaged over squares of 4 × 4: images [count, 7, 7, 1]. */
export function tinyImages(digits: Digits, count: number, squaredNorm: number): Rows {
  const { data } = scaled(digits, count, 49, squaredNorm, (pixels) => pooled(pixels, 0, 7, 4));
  return { data, shape: [count, 7, 7, 1] };
}

function scaled(
  { x, labels }: Digits,
  count: number,
  inputs: number,
  squaredNorm: number,
  read: (pixels: ArrayLike<number> & Iterable<number>) => Float64Array,
): Rows {
  if (count > labels.length) throw new RangeError(`${count} digits are wanted and ${labels.length} are there`);
  const data = new Float64Array(count * inputs);
  for (let i = 0; i < count; i++) {
    const row = read(x.data.subarray(i * PIXELS, (i + 1) * PIXELS));
    const norm = Math.hypot(...row);
    for (let p = 0; p < inputs; p++) data[i * inputs + p] = (row[p] * Math.sqrt(squaredNorm)) / norm;
  }
  return { data, shape: [count, inputs] };
}

/** Averages of `size` × `size` squares, `side` × `side` of them, that begin `from` pixels from the border. */
function pooled(pixels: ArrayLike<number>, from: number, side: number, size: number): Float64Array {
  return Float64Array.from({ length: side * side }, (_, at) => {
    const [top, left] = [from + size * Math.floor(at / side), from + size * (at % side)];
    let sum = 0;
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) sum += pixels[28 * (top + y) + left + x];
    return sum / size ** 2;
  });
}

/** Row i alone. */
export function rowOf({ data, shape: [n, ...shape] }: Rows, i: number): Rows {
  const size = data.length / n;
  return { data: data.slice(i * size, (i + 1) * size), shape: [1, ...shape] };
}
