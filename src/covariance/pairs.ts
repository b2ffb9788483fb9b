/**
 * The state of one pair of samples at a node: over the pairs of locations (i, j) the NNGP entry k, the squared distance
 * d = q₁ + q₂ − 2k, which keeps its digits where k is close to the variances, and the NTK entry t.
 */

export interface Pairs {
  /** All pairs (i, j), row-major; otherwise only (i, i). */
  readonly full: boolean;
  /** Locations of the first sample and of the second. */
  readonly rows: number;
  readonly cols: number;
  readonly k: Float64Array;
  readonly d: Float64Array;
  /** null: not wanted. */
  readonly t: Float64Array | null;
}

/** Arrays that were given back, by length: a pair's states are as large as those of the pair before. */
export class Arena {
  private readonly idle = new Map<number, Float64Array[]>();

  take(length: number): Float64Array {
    return this.idle.get(length)?.pop() ?? new Float64Array(length);
  }

  give(array: Float64Array | null): void {
    if (!array) return;
    const list = this.idle.get(array.length);
    if (list) list.push(array);
    else this.idle.set(array.length, [array]);
  }

  /** A state whose contents are unspecified. */
  pairs(full: boolean, rows: number, cols: number, withTangent: boolean): Pairs {
    const length = full ? rows * cols : rows;
    return { full, rows, cols, k: this.take(length), d: this.take(length), t: withTangent ? this.take(length) : null };
  }

  release({ k, d, t }: Pairs): void {
    for (const array of [k, d, t]) this.give(array);
  }

  copy(pairs: Pairs): Pairs {
    const copy = this.pairs(pairs.full, pairs.rows, pairs.cols, pairs.t !== null);
    copy.k.set(pairs.k);
    copy.d.set(pairs.d);
    if (pairs.t) copy.t?.set(pairs.t);
    return copy;
  }

  /** Only the pairs (i, i). */
  diagonal(pairs: Pairs): Pairs {
    const result = this.pairs(false, pairs.rows, pairs.cols, pairs.t !== null);
    for (let i = 0; i < pairs.rows; i++) {
      const at = i * pairs.cols + i;
      result.k[i] = pairs.k[at];
      result.d[i] = pairs.d[at];
      if (pairs.t && result.t) result.t[i] = pairs.t[at];
    }
    return result;
  }
}

/** Calls `body` for every pair with its place in the arrays. */
export function eachPair({ full, rows, cols }: Pairs, body: (at: number, i: number, j: number) => void): void {
  if (!full) for (let i = 0; i < rows; i++) body(i, i, i);
  else for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) body(at, i, j);
}
