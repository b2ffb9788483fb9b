/** The transform alone: one tile computed over and over, without the work on rows and results around it. */
import type { Backend, ChainPanel, TileField, TileWorker } from '../src/backends/backend';
import type { EngineContext } from '../src/context';
import { infer, type Step } from '../src/infer';
import { measure, type Rows } from '../src/inputs';
import { Octaves } from '../src/jobs/octaves';
import { dtypeOf, type NDArray, type TypedArray } from '../src/ndarray';
import { compile, type Program } from '../src/program';
import { passRows } from '../src/rows';
import type { Network } from '../src/spec';
import { array } from './data';

/** Rows and columns of the tile, as plan.ts chooses them. */
export const TILE = 256;
/** Few, so that the Gram product, which cancels, is a small part. */
export const FEATURES = 16;

export interface Tile {
  /** NNGP and NTK of the tile. */
  compute(): void;
  read(field: TileField): TypedArray;
  close(): void;
}

/** @param x1 [m, features], x2 [n, features]: rows and columns of the tile */
export function openTile({ backend }: EngineContext, net: Network, x1: NDArray, x2: NDArray): Tile {
  return openSteps(backend, (infer(net, x1.shape).chain ?? []).flat(), x1, x2);
}

/** The tile of a recursion given by its steps. */
export function openSteps(backend: Backend, steps: readonly Step[], x1: NDArray, x2: NDArray): Tile {
  const dtype = dtypeOf(x1.data);
  const program = compile(steps, dtype);
  const [rows, cols] = [x1.shape[0], x2.shape[0]];
  const [left, right] = [x1, x2].map((x, i) => panel(program, measure(x, `x${i + 1}`, dtype)));
  const [first, second] = [left, right].map(({ tables, count }) => new Octaves(program).add(tables, count));
  const size = { features: x1.shape[1], rows, cols, rowPanels: 1, tangent: true, atlases: first.meet(second) };
  const worker: TileWorker = backend.openTiles({ kind: 'chain', program, dtype, ...size });
  worker.setRows(left);
  worker.setCols(right);
  return {
    compute: () => worker.compute(false, false),
    read(field) {
      const out = array(dtype, rows * cols);
      worker.read(field, false, out, 0, cols);
      return out;
    },
    close: () => worker.close(),
  };
}

function panel(program: Program, { data, count, scale, inverse, radius }: Rows): ChainPanel {
  return { kind: 'chain', data, total: count, from: 0, count, scale, inverse, tables: passRows(program, inverse, radius, 0, count).tables };
}
