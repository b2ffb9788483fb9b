/**
 * What a random network costs, in operations of a single-precision product: which method is the cheaper one, and whether threads are worth
 * it. Constants are of measurements on one core; the sums are right to a factor of two, and the choice where the two methods differ by that.
 */
import type { Inferred } from '../inference/walk';
import { type DType, sizeOf } from '../ndarray';
import { UNIT, upTo } from './conditioned-layout';
import type { Level } from './levels';
import { hasParams, paramSpecs } from './params';

/** An operation in double precision, and a normal number in either. */
const DOUBLE = 2;
const NORMAL = { float32: 60, float64: 150 };
/** What has no size, calls and arrays: of a layer, of an output's product in its contraction, of a level without weights. */
const LAYER = 1e6;
const CONTRACTION = 4e5;
const LEVEL = 1e5;
/** What JavaScript does: an entry of a contraction, a step of a factorisation, and of a substitution. */
const ENTRY = 280;
const FACTOR = 14;
const SUBSTITUTION = 30;
/** Units that a tile's call costs as much as. */
const TILE = 16;

/** With its weights. @param outputs of a sample, whose cotangents walk back; 0 without the NTK */
export function weightsCost({ layers }: Inferred, n: number, outputs: number, dtype: DType): number {
  const each = dtype === 'float64' ? DOUBLE : 1;
  return layers.filter(hasParams).reduce((sum, { layer, before, shape }, k) => {
    const places = sizeOf(shape.slice(1, -1));
    const count = paramSpecs(layer, before, shape).reduce((all, spec) => all + sizeOf(spec.shape), 0);
    const width = before[before.length - 1] / Math.max(1, outputs) + shape[shape.length - 1];
    const rows = n * places * (1 + (k > 0 ? outputs : 0));
    const contraction = outputs * (CONTRACTION + (n * places) ** 2 * (ENTRY + 2 * each * width));
    return sum + LAYER + count * (NORMAL[dtype] + 2 * each * rows) + contraction;
  }, 0);
}

/** Without. @param outputs as above */
export function conditionedCost(levels: readonly Level[], n: number, outputs: number): number {
  const rows = n * outputs;
  return levels.reduce((sum, { outputs: width }, l) => {
    const above = levels[l + 1];
    // Normals and independent cotangents of the level above.
    const directions = !above ? 0 : l === levels.length - 2 ? outputs : rows;
    const rank = above ? Math.min(directions, above.outputs) : 0;
    const up = 2 * n * (n + directions);
    const down = above ? 2 * rows * (rank + n) + rows * (l > 0 ? rows + 2 * n : n) : 0;
    const numbers = NORMAL.float32 * (n + directions) * upTo(UNIT, width);
    const solved = above ? rows * ((FACTOR * rank ** 2) / 2 + SUBSTITUTION * n ** 2) : 0;
    return sum + LEVEL + numbers + DOUBLE * (width + TILE) * (up + down) + solved;
  }, 0);
}
