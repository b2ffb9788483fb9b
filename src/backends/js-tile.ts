/**
 * Tiles in plain JavaScript doubles: the reference for every other backend, and the path where WebAssembly is forbidden. Sums run
 * in the order of the core (slabs of SLAB features), so in float64 the plain simd build agrees with it bit for bit.
 */
import { engineOf } from '../activations/registry';
import * as op from '../opcodes';
import { SLAB } from '../slab';
import type { ChainJob, ChainPanel, TileField, TileWorker } from './backend';
import { ScalarPair, scalarStep } from './scalar-pair';

export { PLACES, type Place, ScalarPair } from './scalar-pair';

export function createJsTileWorker(job: ChainJob): TileWorker<ChainPanel> {
  let rows: ChainPanel;
  let cols: ChainPanel;
  const tile = { nngp: new Float64Array(job.rows * job.cols), ntk: new Float64Array(job.rows * job.cols) };
  const pair = new ScalarPair();
  const tabulated = job.program.ops.map(({ code, activation, params }) =>
    code === op.TABULATED && activation ? engineOf(activation).pair?.(activation, params[1]) : null,
  );
  /** Rows of the panels before. */
  let before = 0;

  const remeasure = (i: number, j: number) => {
    const sign = pair.c < 0 ? -1 : 1;
    pair.m = chordSquared(rows, i, cols, j, job.features, sign);
    pair.c = sign * (1 - pair.m);
  };

  const computePair = (i: number, j: number) => {
    pair.c = gram(rows, i, cols, j, job.features);
    for (const [index, operation] of job.program.ops.entries()) {
      const { code, table, params } = operation;
      const row = (k: number) => rows.tables[(table + k) * rows.count + i];
      const col = (k: number) => cols.tables[(table + k) * cols.count + j];
      const own = tabulated[index];
      if (own) own.step(pair, before + i, row, col);
      else scalarStep(pair, operation, row, col);
      if (code === op.START && pair.m < params[0]) remeasure(i, j);
    }
    tile.nngp[i * job.cols + j] = pair.c;
    tile.ntk[i * job.cols + j] = pair.t;
  };

  return {
    setRows(panel) {
      before += rows?.count ?? 0;
      rows = panel;
    },
    setCols(panel) {
      cols = panel;
    },
    compute(lower) {
      for (let i = 0; i < rows.count; i++) for (let j = 0, end = lower ? i + 1 : cols.count; j < end; j++) computePair(i, j);
      if (lower) for (const field of [tile.nngp, tile.ntk]) mirror(field, rows.count, job.cols);
    },
    read(field: TileField, transposed, out, offset, ld) {
      for (let i = 0; i < rows.count; i++)
        for (let j = 0; j < cols.count; j++) out[offset + (transposed ? j * ld + i : i * ld + j)] = tile[field][i * job.cols + j];
    },
    close() {},
  };
}

function mirror(a: Float64Array, n: number, ld: number): void {
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) a[j * ld + i] = a[i * ld + j];
}

function gram(x: ChainPanel, i: number, y: ChainPanel, j: number, features: number): number {
  const xs = (x.from + i) * features;
  const ys = (y.from + j) * features;
  const sx = x.scale[i];
  const sy = y.scale[j];
  let total = 0;
  for (let slab = 0; slab < features; slab += SLAB) {
    let sum = 0;
    for (let k = slab, end = Math.min(features, slab + SLAB); k < end; k++) sum += x.data[xs + k] * sx * (y.data[ys + k] * sy);
    total += sum;
  }
  return total;
}

/** ½ |x/|x| ∓ y/|y||², in the order of assembly/tile.ts. */
function chordSquared(x: ChainPanel, i: number, y: ChainPanel, j: number, features: number, sign: number): number {
  const xs = (x.from + i) * features;
  const ys = (y.from + j) * features;
  const [sx, sy] = [x.scale[i], y.scale[j]];
  const [ux, uy] = [x.inverse[i], sign * y.inverse[j]];
  const sums = [0, 0, 0, 0];
  let k = 0;
  for (; k + 4 <= features; k += 4)
    for (let lane = 0; lane < 4; lane++) {
      const d = x.data[xs + k + lane] * sx * ux - y.data[ys + k + lane] * sy * uy;
      sums[lane] += d * d;
    }
  let sum = sums[0] + sums[1] + (sums[2] + sums[3]);
  for (; k < features; k++) {
    const d = x.data[xs + k] * sx * ux - y.data[ys + k] * sy * uy;
    sum += d * d;
  }
  return 0.5 * sum;
}
