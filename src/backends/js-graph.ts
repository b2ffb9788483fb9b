/** Tiles of a graph in plain JavaScript doubles, pair by pair: whatever a network may hold, and the reference for faster engines. */
import { Evaluator } from '../covariance/evaluate';
import { InfiniteWidthError } from '../errors';
import { interleavedOrder, locationsOf } from '../graph';
import type { TypedArray } from '../ndarray';
import type { GraphJob, GraphPanel, TileField, TileWorker } from './backend';

export function createJsGraphWorker(job: GraphJob): TileWorker<GraphPanel> {
  return new JsGraphWorker(job);
}

class JsGraphWorker implements TileWorker<GraphPanel> {
  private readonly tile: Record<TileField, Float64Array>;
  private readonly order: Int32Array;
  private readonly transposedOrder: Int32Array;
  private rows: GraphPanel | null = null;
  private cols: GraphPanel | null = null;
  private readonly evaluator: Evaluator;

  constructor(private readonly job: GraphJob) {
    this.evaluator = new Evaluator(job);
    const size = job.rows * job.cols * job.entry;
    this.tile = { nngp: new Float64Array(size), ntk: new Float64Array(job.tangent ? size : 0) };
    const [left, right] = [job.left, job.right].map(({ nodes, outputs }) => nodes[outputs[job.output].node].spatial);
    this.order = job.diagonal ? sequence(locationsOf(left)) : interleavedOrder(left, right);
    this.transposedOrder = job.diagonal ? this.order : transposedOrder(left, right);
  }

  setRows(panel: GraphPanel): void {
    this.rows = panel;
  }

  setCols(panel: GraphPanel): void {
    this.cols = panel;
  }

  compute(lower: boolean): void {
    const { job, rows, cols } = this;
    if (!rows || !cols) return;
    const { evaluator } = this;
    const { node } = job.left.outputs[job.output];
    for (let i = 0; i < rows.count; i++)
      for (let j = 0; j < (lower ? i + 1 : cols.count); j++) {
        const pairs = evaluator.pair(rows.from + i, cols.from + j, node, !job.diagonal);
        this.put(i, j, pairs.k, pairs.t, lower && i !== j ? cols : null, pairs.rows);
        evaluator.arena.release(pairs);
      }
  }

  read(field: TileField, transposed: boolean, out: TypedArray, offset: number, ld: number): void {
    const { entry } = this.job;
    const [rows, cols] = [this.rows?.count ?? 0, this.cols?.count ?? 0];
    const order = transposed ? this.transposedOrder : this.order;
    const source = this.tile[field];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        const to = (offset + (transposed ? j * ld + i : i * ld + j)) * entry;
        const from = (i * this.job.cols + j) * entry;
        for (let e = 0; e < entry; e++) out[to + e] = source[from + order[e]];
      }
  }

  close(): void {}

  /** Stores an entry, and its mirror image where the tile lies on the diagonal. */
  private put(i: number, j: number, k: Float64Array, t: Float64Array | null, mirror: unknown, side: number): void {
    const { entry, cols } = this.job;
    if (!finite(k) || (t && !finite(t))) throw overflow((this.rows?.from ?? 0) + i, (this.cols?.from ?? 0) + j);
    const [at, back] = [(i * cols + j) * entry, (j * cols + i) * entry];
    for (const [target, source] of [
      [this.tile.nngp, k],
      [this.tile.ntk, t],
    ] as const) {
      if (!source) continue;
      target.set(source, at);
      if (mirror)
        for (let e = 0; e < entry; e++) target[back + (this.job.diagonal ? e : (e % side) * side + Math.floor(e / side))] = source[e];
    }
  }
}

const finite = (values: Float64Array): boolean => values.every(Number.isFinite);

const overflow = (i: number, j: number): InfiniteWidthError =>
  new InfiniteWidthError(
    'ERR_NON_FINITE',
    `the kernel of samples ${i} and ${j} is beyond float64; scale the data down or use a smaller wStd`,
    { row: i, col: j },
  );

const sequence = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

/** For each place of the transposed result [H₂, H₁, W₂, W₁, …] its place in [left locations × right locations]. */
function transposedOrder(left: readonly number[], right: readonly number[]): Int32Array {
  const [rows, cols] = [locationsOf(left), locationsOf(right)];
  return interleavedOrder(right, left).map((at) => (at % rows) * cols + Math.floor(at / rows));
}
