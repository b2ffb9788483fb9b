/**
 * Orthogonal weights: uniform (Haar) on matrices with orthonormal columns, or rows where these are fewer (Saxe, McClelland & Ganguli 2014,
 * arXiv 1312.6120). The Q of a Gaussian matrix whose R has a positive diagonal is uniform (Mezzadri 2007, arXiv math-ph/0609050), and Gram
 * and Schmidt's R has one.
 */
import { InfiniteWidthError } from '../errors';
import { sizeOf, type TypedArray } from '../ndarray';
import { show } from '../show';
import type { ParamSpec } from './params';

/** 'gaussian': independent normal weights. 'orthogonal': semi-orthogonal matrices whose entries have the same variance. */
export type Distribution = 'gaussian' | 'orthogonal';

/** @throws ERR_ARGUMENT */
export function checkDistribution(distribution: unknown): void {
  if (distribution === 'gaussian' || distribution === 'orthogonal') return;
  throw new InfiniteWidthError('ERR_ARGUMENT', `distribution is 'gaussian' or 'orthogonal', got ${show(distribution)}`, { distribution });
}

/**
 * Orthogonal matrices made of as many standard normals, for one array of parameters. Entries have variance 1: WᵀW = max(rows, columns)·I,
 * or W Wᵀ where rows are fewer.
 */
export function orthogonalized(normals: TypedArray, { shape, stack, groups }: ParamSpec): TypedArray {
  if (stack === 0) return normals;
  const columns = shape[shape.length - 1];
  const rows = sizeOf(shape) / (stack * columns);
  const width = columns / groups;
  const [few, many] = [Math.min(rows, width), Math.max(rows, width)];
  const result = normals.slice();
  for (let block = 0; block < stack * groups; block++) {
    const q = orthonormal(Float64Array.from(normals.subarray(block * rows * width, (block + 1) * rows * width)), few, many);
    const start = Math.floor(block / groups) * rows * columns + (block % groups) * width;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < width; c++)
        result[start + r * columns + c] = Math.sqrt(many) * (rows < width ? q[r * many + c] : q[c * many + r]);
  }
  return result;
}

/** `count` rows of `length` numbers made orthonormal, each against those before it, twice: once leaves errors where rows are nearly dependent. */
function orthonormal(rows: Float64Array, count: number, length: number): Float64Array {
  const row = (i: number) => rows.subarray(i * length, (i + 1) * length);
  const dot = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let k = 0; k < length; k++) sum += a[k] * b[k];
    return sum;
  };
  for (let i = 0; i < count; i++) {
    const own = row(i);
    for (let j = 0; j < 2 * i; j++) {
      const other = row(j % i);
      const share = dot(own, other);
      for (let k = 0; k < length; k++) own[k] -= share * other[k];
    }
    const norm = Math.sqrt(dot(own, own));
    for (let k = 0; k < length; k++) own[k] /= norm;
  }
  return rows;
}
