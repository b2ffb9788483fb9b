/** The operation of activations that have tables (duals/numerical/): tanh, sigmoid, softplus, silu, elu and selu. */
import { LAST_OCTAVE, OCTAVE_BASE, TABULATED_TABLES } from '../cells';
import type { Tabulated } from '../duals/numerical/index';
import { Side } from '../duals/numerical/side';
import * as op from '../opcodes';
import type { ActivationRow, Operation } from './operation';

/** Radii from which on single precision cannot square or invert what the tables of a row hold. */
const SMALLEST_SINGLE = 1e-15;
const LARGEST_SINGLE = 1e15;
/** Radii whose squares double precision holds. */
const RANGE = [1e-150, 1e150] as const;

/** The operation of φ without its offset: a shift adds it (steps.ts). */
export function tabulatedOperation(own: Tabulated): Operation {
  const { odd, origin, positive } = own.tables.shape;
  const side = new Side();
  return {
    code: op.TABULATED,
    params: [0, odd ? 1 : 0],
    tables: TABULATED_TABLES,
    sign: positive ? 'positive' : 'any',
    seesMargin: true,
    raisesZero: origin !== 0,
    range: RANGE,
    row: (r) => rowOf(own, side, r),
  };
}

function rowOf({ tables, stretch, scale }: Tabulated, side: Side, radius: number): ActivationRow {
  const r = stretch * radius;
  const { origin } = tables.shape;
  const { octave, place, weight, square, mean, steepness } = side.set(r * r, tables);
  const after = scale * Math.sqrt(square + origin * (2 * mean + origin));
  const over = after > 0 ? 1 / after : 0;
  const a = r * weight * scale * over;
  const own = [r, r > 0 ? 1 / r : 0, a, after, over, scale * scale * square * over, scale * mean * over, scale * origin * over];
  const slope = stretch * scale * weight;
  return {
    radius: after,
    slope,
    factor: steepness / (weight * weight),
    tables: (sigma) => [...own, slope * sigma, OCTAVE_BASE + octave + LAST_OCTAVE, place],
    needsDouble: r > 0 && (r < SMALLEST_SINGLE || r > LARGEST_SINGLE),
  };
}
