/** Test matrices: padded storage, and the spectra of LAPACK's generators (DLATMS modes, DPO types). */
import { columnsOf, type Part } from '../../src/linalg/layout';
import type { DType, TypedArray } from '../../src/ndarray';

/** Unit roundoff, as LAPACK's DLAMCH('E'). */
export const roundoff = (dtype: DType): number => (dtype === 'float32' ? 2 ** -24 : 2 ** -53);

/** What stands where an output may not be written (LAPACK's ROGUE). Inputs are padded with NaN, which spreads if read. */
export const ROGUE = -1e10;

/** Uniform in [0, 1), reproducible (Mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A matrix whose rows stand `ld` apart, with `pad` between them and in the triangle that is not stored. */
export class Stored {
  readonly data: TypedArray;
  readonly ld: number;
  private readonly before: TypedArray;

  constructor(
    dtype: DType,
    readonly rows: number,
    readonly columns: number,
    pad: number,
    value: (i: number, j: number) => number,
    readonly part: Part = 'full',
    padding = 3,
  ) {
    this.ld = Math.max(1, columns + padding);
    const length = rows * this.ld + padding;
    this.data = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
    this.data.fill(pad);
    for (let i = 0; i < rows; i++) {
      const [first, end] = columnsOf(part, i, columns);
      for (let j = first; j < end; j++) this.data[i * this.ld + j] = value(i, j);
    }
    this.before = this.data.slice();
  }

  at(i: number, j: number): number {
    return this.data[i * this.ld + j];
  }

  original(i: number, j: number): number {
    return this.before[i * this.ld + j];
  }

  /** The symmetric matrix of which one triangle is stored. */
  symmetric(i: number, j: number): number {
    return (this.part === 'lower') === i >= j ? this.original(i, j) : this.original(j, i);
  }

  untouched(): boolean {
    return this.same(0, this.data.length);
  }

  untouchedOutsidePart(): boolean {
    let free = 0;
    for (let i = 0; i < this.rows; i++) {
      const [first, end] = columnsOf(this.part, i, this.columns);
      if (!this.same(free, i * this.ld + first)) return false;
      free = i * this.ld + end;
    }
    return this.same(free, this.data.length);
  }

  private same(start: number, end: number): boolean {
    for (let index = start; index < end; index++) if (!Object.is(this.data[index], this.before[index])) return false;
    return true;
  }
}

export interface Spd {
  readonly name: string;
  /** Eigenvalues of order n; `smallest` is the least that a factorisation in this precision must survive. */
  readonly spectrum: (n: number, smallest: number) => Float64Array;
  /** Power of the overflow (or underflow) threshold by which the matrix is scaled. */
  readonly scale?: 'sqrt overflow' | 'sqrt underflow';
}

const spectrum = (value: (t: number, smallest: number) => number) => (n: number, smallest: number) =>
  Float64Array.from({ length: n }, (_, i) => value(n > 1 ? i / (n - 1) : 0, smallest));

const even = spectrum((t, smallest) => 1 - t * (1 - smallest));
const geometric = spectrum((t, smallest) => smallest ** t);

/** LAPACK's types that a positive definite matrix can have: identity, spectra of DLATMS modes 1 to 4, random, scaled. */
export const SPD_TYPES: readonly Spd[] = [
  { name: 'identity', spectrum: spectrum(() => 1) },
  { name: 'even', spectrum: even },
  { name: 'geometric', spectrum: geometric },
  { name: 'one large, rest clustered', spectrum: spectrum((t, smallest) => (t === 0 ? 1 : smallest)) },
  { name: 'one small, rest clustered', spectrum: spectrum((t, smallest) => (t === 1 ? smallest : 1)) },
  { name: 'condition 2', spectrum: spectrum((t) => 2 ** -t) },
  { name: 'condition sqrt(0.1/eps)', spectrum: spectrum((t, smallest) => Math.sqrt(smallest) ** t) },
  { name: 'even, large', spectrum: even, scale: 'sqrt overflow' },
  { name: 'even, small', spectrum: even, scale: 'sqrt underflow' },
  { name: 'geometric, large', spectrum: geometric, scale: 'sqrt overflow' },
  { name: 'geometric, small', spectrum: geometric, scale: 'sqrt underflow' },
];

const SCALES = {
  float32: { 'sqrt overflow': 2 ** 63, 'sqrt underflow': 2 ** -63 },
  float64: { 'sqrt overflow': 2 ** 511, 'sqrt underflow': 2 ** -511 },
};

/**
 * Dense symmetric matrix with the type's spectrum, through three random reflections. The smallest eigenvalue is ten times the
 * n·eps by which rounding may move it, LAPACK's 0.1/eps condition made to hold for large n.
 */
export function spdMatrix(type: Spd, n: number, dtype: DType, seed: number): (i: number, j: number) => number {
  const smallest = Math.min(1, 10 * Math.max(1, n) * roundoff(dtype));
  const factor = type.scale ? SCALES[dtype][type.scale] : 1;
  return dense(
    type.spectrum(n, smallest).map((x) => factor * x),
    seed,
  );
}

/** H·diag(d)·H for a product H of three reflections. */
export function dense(d: Float64Array, seed: number): (i: number, j: number) => number {
  const n = d.length;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = d[i];
  const next = random(seed);
  for (let reflection = 0; reflection < 3 && n > 1; reflection++) {
    const v = Float64Array.from({ length: n }, () => next() - 0.5);
    const norm = Math.hypot(...v);
    reflectSymmetric(
      a,
      v.map((x) => x / norm),
    );
  }
  return (i, j) => a[Math.max(i, j) * n + Math.min(i, j)];
}

/** A := (I − 2vvᵀ)·A·(I − 2vvᵀ). */
function reflectSymmetric(a: Float64Array, v: Float64Array): void {
  const n = v.length;
  const w = v.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * v[j];
    return sum;
  });
  let dot = 0;
  for (let i = 0; i < n; i++) dot += v[i] * w[i];
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] += 4 * dot * v[i] * v[j] - 2 * (v[i] * w[j] + w[i] * v[j]);
}
