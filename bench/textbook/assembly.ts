// @ts-nocheck: AssemblyScript, compiled by textbook.ts
/**
 * The ReLU layer as textbooks have it (Cho & Saul 2009; Jacot et al. 2018), as fast as we can write it: the peer of the exact
 * transform. K and Θ of a strip of pairs are held, and with r the square root of a row's variance
 *   c = K/(r₁r₂),  θ = arccos c,  K' = w²/(2π) (r₁r₂ sin θ + (π − θ) K) + b²,  Θ' = K' + w²/(2π) (π − θ) Θ.
 * arccos c = √d P(d), d = 1 − c, with one polynomial for c ≥ 0 (degree 6 in single, 17 in double precision), sin θ = √(d (1 + c)).
 */

/** P, lowest degree first, then 1 and π: one 16-byte broadcast each, filled by textbook.ts. */
const TABLE: usize = memory.data(16 * 32, 16);
const ONE: usize = 18;
const PI: usize = 19;

export function table(): usize {
  return TABLE;
}

function constant(i: usize): v128 {
  return v128.load(TABLE + (i << 4));
}

function fma<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  else return v128.add<T>(v128.mul<T>(a, b), c);
}

class Layer<T> {
  @inline pair(i: usize, x: v128): v128 {
    return fma<T>(constant(i + 1), x, constant(i));
  }

  @inline quad(i: usize, x: v128, x2: v128): v128 {
    return fma<T>(this.pair(i + 2, x), x2, this.pair(i, x));
  }

  @inline octet(i: usize, x: v128, x2: v128, x4: v128): v128 {
    return fma<T>(this.quad(i + 4, x, x2), x4, this.quad(i, x, x2));
  }

  /** P(d), by Estrin's scheme. */
  @inline angleOverRoot(d: v128): v128 {
    const d2 = v128.mul<T>(d, d);
    const d4 = v128.mul<T>(d2, d2);
    if (sizeof<T>() === 4) return fma<T>(fma<T>(constant(6), d2, this.pair(4, d)), d4, this.quad(0, d, d2));
    const d8 = v128.mul<T>(d4, d4);
    return fma<T>(fma<T>(this.pair(16, d), d8, this.octet(8, d, d2, d4)), d8, this.octet(0, d, d2, d4));
  }

  /** One layer on `end` bytes of pairs; `inverses` and `radii` are the columns' 1/r and r, `weight` is w²/(2π). */
  @inline run(
    k: usize,
    t: usize,
    end: usize,
    inverse: T,
    inverses: usize,
    radius: T,
    radii: usize,
    weight: T,
    bias2: T,
    biased: bool,
  ): void {
    const one = constant(ONE);
    const pi = constant(PI);
    const rowInverse = v128.splat<T>(inverse);
    const rowRadius = v128.splat<T>(radius * weight);
    const scale = v128.splat<T>(weight);
    const shift = v128.splat<T>(bias2);
    const zero = v128.splat<T>(0);
    for (let o: usize = 0; o < end; o += 16) {
      const covariance = v128.load(k + o);
      const c = v128.mul<T>(covariance, v128.mul<T>(rowInverse, v128.load(inverses + o)));
      const d = v128.pmax<T>(v128.sub<T>(one, c), zero);
      const theta = v128.mul<T>(v128.sqrt<T>(d), this.angleOverRoot(d));
      const sine = v128.sqrt<T>(v128.mul<T>(d, v128.add<T>(one, c)));
      const slope = v128.mul<T>(scale, v128.sub<T>(pi, theta));
      let next = fma<T>(sine, v128.mul<T>(rowRadius, v128.load(radii + o)), v128.mul<T>(slope, covariance));
      if (biased) next = v128.add<T>(next, shift);
      v128.store(k + o, next);
      v128.store(t + o, fma<T>(slope, v128.load(t + o), next));
    }
  }
}

function plain<T>(k: usize, t: usize, end: usize, inverse: T, inverses: usize, radius: T, radii: usize, weight: T): void {
  changetype<Layer<T>>(0).run(k, t, end, inverse, inverses, radius, radii, weight, 0, false);
}

function affine<T>(k: usize, t: usize, end: usize, inverse: T, inverses: usize, radius: T, radii: usize, weight: T, bias2: T): void {
  changetype<Layer<T>>(0).run(k, t, end, inverse, inverses, radius, radii, weight, bias2, true);
}

/**
 * All layers on one tile, row after row, as the core does it. `start` holds K of the first dense layer, rows × cols; k and t
 * receive the results. `rowTables` is layers × 2 × rows (1/r, r), `colTables` layers × 2 × cols. cols is a multiple of 16.
 */
function tile<T>(
  rows: i32,
  cols: i32,
  layers: i32,
  start: usize,
  k: usize,
  t: usize,
  rowTables: usize,
  colTables: usize,
  weight: T,
  bias2: T,
): void {
  const end = <usize>cols * sizeof<T>();
  const height = <usize>rows * sizeof<T>();
  for (let i: usize = 0; i < <usize>rows; i++, start += end, k += end, t += end) {
    memory.copy(k, start, end);
    memory.copy(t, start, end);
    for (let layer: usize = 0; layer < <usize>layers; layer++) {
      const row = rowTables + 2 * layer * height + i * sizeof<T>();
      const col = colTables + 2 * layer * end;
      if (bias2 === <T>0) plain<T>(k, t, end, load<T>(row), col, load<T>(row + height), col + end, weight);
      else affine<T>(k, t, end, load<T>(row), col, load<T>(row + height), col + end, weight, bias2);
    }
  }
}

export function tile_f32(
  rows: i32,
  cols: i32,
  layers: i32,
  start: usize,
  k: usize,
  t: usize,
  rowTables: usize,
  colTables: usize,
  weight: f32,
  bias2: f32,
): void {
  tile<f32>(rows, cols, layers, start, k, t, rowTables, colTables, weight, bias2);
}
export function tile_f64(
  rows: i32,
  cols: i32,
  layers: i32,
  start: usize,
  k: usize,
  t: usize,
  rowTables: usize,
  colTables: usize,
  weight: f64,
  bias2: f64,
): void {
  tile<f64>(rows, cols, layers, start, k, t, rowTables, colTables, weight, bias2);
}

const heapBase: usize = __heap_base;

export { heapBase as __heap_base };
