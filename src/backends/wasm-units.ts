/** Chunks of units on an instance of the core, which is taken until they are closed. */
import { type Seed, seedWords } from '../finite/random';
import type { Core, CoreSource } from './core';
import type { Units } from './units';

const WORD = 2 ** 32;

/** @throws ERR_OUT_OF_MEMORY */
export function createWasmUnits(pool: CoreSource, doubles: number, seed: Seed): Units {
  const core = pool.take();
  try {
    return unitsOn(core, core.reserve(8 * doubles), doubles, seed, () => pool.give(core));
  } catch (error) {
    pool.give(core);
    throw error;
  }
}

function unitsOn({ exports, memory: { buffer } }: Core, base: number, doubles: number, seed: Seed, close: () => void): Units {
  const { wide_normals, combine_f64, products_f64, rectify_f64, scale_rows_f64 } = exports;
  const [low, high] = seedWords(seed);
  const orNone = (place: number): number => (place < 0 ? 0 : base + 8 * place);
  return {
    memory: new Float64Array(buffer, base, doubles),
    normals(out, rows, ld, count, sample, layer, from, stride) {
      // The low word of `from` is what the core takes of it.
      wide_normals(base + 8 * out, rows, ld, count, low, high, sample, layer, from, Math.floor(from / WORD), stride);
    },
    combine(c, order, x, ldx, y, m, k, ld, count, add) {
      combine_f64(base + 8 * c, orNone(order), base + 8 * x, ldx, base + 8 * y, m, k, ld, count, add ? 1 : 0);
    },
    products(s, lds, x, m, y, n, ld, count, lower) {
      products_f64(base + 8 * s, lds, base + 8 * x, m, base + 8 * y, n, ld, count, lower ? 1 : 0);
    },
    rectify(values, slopes, f, bias, std, rows, ld, count, a, b) {
      rectify_f64(base + 8 * values, orNone(slopes), base + 8 * f, orNone(bias), std, rows, ld, count, a, b);
    },
    scaleRows(x, rows, s, n, ld, count) {
      scale_rows_f64(base + 8 * x, rows, base + 8 * s, n, ld, count);
    },
    close,
  };
}
