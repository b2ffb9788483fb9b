/**
 * Chunks of a layer's units, for finite networks that are drawn without weights (src/finite/conditioned.ts): the contract, and its
 * reference in JavaScript. Every sum has one order, so the core (assembly/units.ts, all builds) and this file give the same bits.
 *
 * A workspace of doubles; all places are offsets into it. Rows of chunks are `ld` apart, a multiple of 4 and at least the count rounded up
 * to one of 32; what lies between is scratch.
 */
import { normals, type Seed } from '../finite/random';
import { allocate } from '../ndarray';

export interface Units {
  /** The workspace. */
  readonly memory: Float64Array;
  /**
   * Float32 normals of the stream (seed, sample, layer): row r is those from `from + r·stride` on, `count` of them, a multiple of 4. Multiples
   * of 32 are fastest.
   */
  normals(out: number, rows: number, ld: number, count: number, sample: number, layer: number, from: number, stride: number): void;
  /**
   * c = x·y, or c += x·y: c m × count, x m × k (rows ldx apart), y k × count. Unless `order` (m numbers) is negative, x is lower triangular
   * and its row i makes row order[i] of c.
   */
  combine(c: number, order: number, x: number, ldx: number, y: number, m: number, k: number, ld: number, count: number, add: boolean): void;
  /** s += x·yᵀ: s m × n (rows lds apart), x m × count, y n × count; `lower`: what stands above the diagonal is unspecified. */
  products(s: number, lds: number, x: number, m: number, y: number, n: number, ld: number, count: number, lower: boolean): void;
  /** values = φ(z), slopes = φ'(z) (unless negative), z = f + std·bias (f where bias is negative); φ(z) = z > 0 ? b z : a z. */
  rectify(
    values: number,
    slopes: number,
    f: number,
    bias: number,
    std: number,
    rows: number,
    ld: number,
    count: number,
    a: number,
    b: number,
  ): void;
  /** Row r of x times row r mod n of s, element by element. */
  scaleRows(x: number, rows: number, s: number, n: number, ld: number, count: number): void;
  close(): void;
}

/** Units summed before a sum is added to an entry. */
const SLAB = 256;

/** @throws ERR_OUT_OF_MEMORY */
export function createJsUnits(doubles: number, seed: Seed): Units {
  const memory = allocate('float64', doubles, 'chunks of a network') as Float64Array;
  return {
    memory,
    normals(out, rows, ld, count, sample, layer, from, stride) {
      for (let r = 0; r < rows; r++) memory.set(normals({ seed, sample, layer }, from + r * stride, count, 'float32'), out + r * ld);
    },
    combine(c, order, x, ldx, y, m, k, ld, count, add) {
      for (let i = 0; i < m; i++) {
        const to = c + (order < 0 ? i : memory[order + i]) * ld;
        if (!add) memory.fill(0, to, to + count);
        for (let p = 0; p < (order < 0 ? k : Math.min(k, i + 1)); p++) {
          const [factor, from] = [memory[x + i * ldx + p], y + p * ld];
          for (let j = 0; j < count; j++) memory[to + j] += factor * memory[from + j];
        }
      }
    },
    products(s, lds, x, m, y, n, ld, count, lower) {
      for (let first = 0; first < count; first += SLAB)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < (lower ? Math.min(n, i + 1) : n); j++)
            memory[s + i * lds + j] += slabSum(memory, x + i * ld + first, y + j * ld + first, Math.min(SLAB, count - first));
    },
    rectify(values, slopes, f, bias, std, rows, ld, count, a, b) {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < count; j++) {
          const at = i * ld + j;
          const z = bias < 0 ? memory[f + at] : memory[f + at] + std * memory[bias + j];
          const factor = z > 0 ? b : a;
          memory[values + at] = factor * z;
          if (slopes >= 0) memory[slopes + at] = factor;
        }
    },
    scaleRows(x, rows, s, n, ld, count) {
      for (let r = 0; r < rows; r++) for (let j = 0; j < count; j++) memory[x + r * ld + j] *= memory[s + (r % n) * ld + j];
    },
    close() {},
  };
}

/** The sum over even units plus that over odd ones. */
function slabSum(memory: Float64Array, x: number, y: number, count: number): number {
  let even = 0;
  let odd = 0;
  for (let j = 0; j + 1 < count; j += 2) {
    even += memory[x + j] * memory[y + j];
    odd += memory[x + j + 1] * memory[y + j + 1];
  }
  if (count & 1) even += memory[x + count - 1] * memory[y + count - 1];
  return even + odd;
}
