/** The tile engine on a recursion given by its steps: what a network of dense layers and activations compiles to. */
import { stepsOf } from '../../src/activations/steps';
import type { ChainPanel } from '../../src/backends/backend';
import { createJsTileWorker } from '../../src/backends/js-tile';
import type { EngineContext } from '../../src/context';
import type { Step } from '../../src/infer';
import { measure, type Rows } from '../../src/inputs';
import { Octaves } from '../../src/jobs/octaves';
import type { DType } from '../../src/ndarray';
import { arithmeticOf, compile, type Program } from '../../src/program';
import { passRows } from '../../src/rows';
import type { ActivationLayer } from '../../src/spec';

/** dense(…, { wStd: w, bStd: b }) in the NTK parameterization. */
export const affine = (w: number, b = 0): Step => ({ kind: 'affine', w, b, hasBias: b > 0, fanIn: null });

/** Layers in order: dense as [w, b], activations as they are. */
export const chain = (...layers: readonly (readonly [w: number, b: number] | ActivationLayer)[]): Step[] =>
  layers.flatMap((layer) => ('kind' in layer ? stepsOf(layer) : [affine(layer[0], layer[1])]));

export interface TileKernel {
  readonly nngp: Float64Array;
  readonly ntk: Float64Array;
}

type Matrix = readonly (readonly number[])[];

/**
 * NNGP and NTK of one tile, rows × columns. As a kernel does, it computes in float64 where float32 would not do, and takes the
 * JavaScript tiles for what only they run.
 */
export function tileKernel(engine: EngineContext, steps: readonly Step[], x1: Matrix, x2: Matrix, dtype: DType): TileKernel {
  const [rows, cols] = [x1, x2].map((x, i) => measured(x, `x${i + 1}`, dtype));
  const draft = compile(steps, dtype);
  const needsDouble = [rows, cols].some((side) => passRows(draft, side.inverse, side.radius, 0, side.count).needsDouble);
  const arithmetic = needsDouble ? 'float64' : arithmeticOf(steps, dtype);
  const program = compile(steps, arithmetic);
  const [left, right] = [panelOf(program, rows), panelOf(program, cols)];
  const job = {
    kind: 'chain',
    program,
    dtype: arithmetic,
    features: rows.features,
    rows: rows.count,
    cols: cols.count,
    rowPanels: 1,
    tangent: true,
    atlases: octavesOf(program, left).meet(octavesOf(program, right)),
  } as const;
  const worker = program.hosted ? createJsTileWorker(job) : engine.backend.openTiles(job);
  worker.setRows(left);
  worker.setCols(right);
  worker.compute(false, false);
  const read = (field: 'nngp' | 'ntk') => {
    const out = arithmetic === 'float32' ? new Float32Array(rows.count * cols.count) : new Float64Array(rows.count * cols.count);
    worker.read(field, false, out, 0, cols.count);
    return Float64Array.from(dtype === 'float32' ? Float32Array.from(out) : out);
  };
  const result = { nngp: read('nngp'), ntk: read('ntk') };
  worker.close();
  return result;
}

function measured(x: Matrix, name: string, dtype: DType): Rows {
  const numbers = x.flat();
  return measure(
    { data: dtype === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers), shape: [x.length, x[0].length] },
    name,
    dtype,
  );
}

const octavesOf = (program: Program, { tables, count }: ChainPanel): Octaves => new Octaves(program).add(tables, count);

function panelOf(program: Program, { data, count, scale, inverse, radius }: Rows): ChainPanel {
  return { kind: 'chain', data, total: count, from: 0, count, scale, inverse, tables: passRows(program, inverse, radius, 0, count).tables };
}
