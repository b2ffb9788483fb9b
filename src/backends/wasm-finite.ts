/** Finite networks on the WebAssembly core. */
import { normalsInto } from '../finite/random';
import type { Stream } from '../finite/random/stream';
import type { LinearAlgebra, Transpose } from '../linalg/contract';
import { allocate, bytesPer, type DType, dtypeOf, type TypedArray } from '../ndarray';
import { aligned, type Core, type CoreSource, useCore } from './core';
import type { Arena, FiniteRoutines, Pointwise, WeightMatrix } from './finite';
import { bytesOf, exchange, Operand } from './operands';

/** Numbers made or mapped at a time: an instance stays small enough to be kept. */
const CHUNK = 1 << 20;
/** Columns from which rows are padded: shorter ones are drawn in one run. */
const WIDE = 256;

export function createWasmRoutines(linalg: LinearAlgebra, cores: CoreSource): FiniteRoutines {
  return {
    linalg,
    normals: (stream, from, count, dtype) => useCore(cores, (core) => normalsOf(core, stream, from, count, dtype)),
    pointwise: (operation, slope, x, out) => useCore(cores, (core) => mapOn(core, operation, slope, x, out)),
    openArena: (dtype) => new CoreArena(cores, dtype),
  };
}

function normalsOf(core: Core, stream: Stream, from: number, count: number, dtype: DType): TypedArray {
  const out = allocate(dtype, count, `${count} normals`);
  for (let at = 0; at < count; at += CHUNK) {
    const length = Math.min(CHUNK, count - at);
    const pointer = core.reserve(length * bytesPer(dtype));
    normalsInto(core, pointer, stream, from + at, length, dtype);
    out.set(view(core, dtype, pointer, length), at);
  }
  return out;
}

function mapOn(core: Core, { code, value, slope }: Pointwise, isSlope: boolean, x: TypedArray, out: TypedArray): void {
  const dtype = dtypeOf(x);
  const params = isSlope ? slope : value;
  const paramBytes = aligned(8 * Math.max(3, params.length));
  const routine = dtype === 'float32' ? core.exports.pointwise_f32 : core.exports.pointwise_f64;
  for (let at = 0; at < x.length; at += CHUNK) {
    const length = Math.min(CHUNK, x.length - at);
    const bytes = aligned(length * bytesPer(dtype));
    const at0 = core.reserve(paramBytes + bytes);
    view(core, 'float64', at0, params.length).set(params);
    const numbers = view(core, dtype, at0 + paramBytes, length);
    numbers.set(x.subarray(at, at + length));
    routine(code, Number(isSlope), at0 + paramBytes, at0 + paramBytes, bytes, at0);
    out.set(numbers, at);
  }
}

const view = ({ memory: { buffer } }: Core, dtype: DType, at: number, length: number): TypedArray =>
  dtype === 'float32' ? new Float32Array(buffer, at, length) : new Float64Array(buffer, at, length);

/** Memory: the routines' workspace, the matrices one after the other, and behind them the operands of one product. */
class CoreArena implements Arena {
  private readonly core: Core;
  private readonly workBytes: number;
  private used = 0;

  constructor(
    private readonly cores: CoreSource,
    private readonly dtype: DType,
  ) {
    this.core = cores.take();
    this.workBytes = aligned(this.core.exports.linalg_work_bytes());
  }

  draw(stream: Stream, from: number, rows: number, columns: number, std: number): WeightMatrix {
    const { core, dtype, workBytes, used } = this;
    const size = bytesPer(dtype);
    const ld = columns < WIDE ? columns : paddedColumns(columns, size);
    const bytes = aligned(rows * ld * size);
    const address = core.reserve(workBytes + used + bytes) + workBytes + used;
    this.used += bytes;
    if (ld === columns) normalsInto(core, address, stream, from, rows * columns, dtype);
    else for (let i = 0; i < rows; i++) normalsInto(core, address + i * ld * size, stream, from + i * columns, columns, dtype);
    return this.matrix(address, rows, columns, ld, std);
  }

  clear(): void {
    this.used = 0;
  }

  close(): void {
    this.cores.give(this.core);
  }

  private matrix(address: number, rows: number, columns: number, ld: number, std: number): WeightMatrix {
    const size = bytesPer(this.dtype);
    return {
      rows,
      columns,
      multiply: (trans, m, alpha, a, c) => this.multiply(trans, m, std * alpha, a, { address, rows, columns, ld }, c),
      part: (row, height, column, width) => this.matrix(address + (row * ld + column) * size, height, width, ld, std),
    };
  }

  private multiply(trans: Transpose, m: number, alpha: number, a: TypedArray, w: Placed, c: TypedArray): void {
    const { core, dtype, workBytes, used } = this;
    const [inner, outer] = trans === 'n' ? [w.rows, w.columns] : [w.columns, w.rows];
    const left = new Operand(a, m, inner, inner);
    const out = new Operand(c, m, outer, outer, { read: false, written: true });
    const work = core.reserve(workBytes + used + bytesOf([left, out]));
    const gemm = dtype === 'float32' ? core.exports.gemm_f32 : core.exports.gemm_f64;
    exchange(core, work + workBytes + used, [left, out], () =>
      gemm(0, Number(trans === 't'), m, outer, inner, alpha, left.address, left.ld, w.address, w.ld, 0, out.address, out.ld, work),
    );
  }
}

interface Placed {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly ld: number;
}

/** Whole cache lines, and rows that are not all on the same sets of the cache. */
function paddedColumns(columns: number, size: number): number {
  const perLine = 64 / size;
  const lines = Math.ceil(columns / perLine);
  return (lines % 8 === 0 ? lines + 1 : lines) * perLine;
}
