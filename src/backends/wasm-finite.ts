/** Finite networks on the WebAssembly core. */
import { normalsInto, rowsOfStream } from '../finite/random';
import type { Stream } from '../finite/random/stream';
import type { LinearAlgebra, Transpose } from '../linalg/contract';
import { allocate, bytesPer, type DType, dtypeOf, type TypedArray } from '../ndarray';
import { ALIGN, aligned, type Core, type CoreSource, useCore } from './core';
import type { Arena, Drawing, FiniteRoutines, Pointwise, WeightMatrix } from './finite';
import { bytesOf, exchange, Operand } from './operands';

/** Numbers made or mapped at a time: an instance stays small enough to be kept. */
const CHUNK = 1 << 20;

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

  draw(drawing: Drawing): WeightMatrix {
    const { from, rows, columns, stack, groups } = drawing;
    const [height, width] = [rows / stack, columns / groups];
    const parts = Array.from({ length: stack * groups }, (_, k) => {
      const first = from + Math.floor(k / groups) * height * columns + (k % groups) * width;
      return new CoreMatrix(this, drawing, first, height, width);
    });
    if (parts.length === 1) return parts[0];
    const part = (row: number, _rows: number, group: number): WeightMatrix => parts[(row / height) * groups + group];
    const multiply = () => {
      throw new Error('several matrices are multiplied part by part');
    };
    return { rows, columns, part, multiply };
  }

  clear(): void {
    this.used = 0;
  }

  close(): void {
    this.cores.give(this.core);
  }

  /** Offset of so many bytes for a matrix. */
  keep(bytes: number): number {
    const at = this.workBytes + this.used;
    this.used += aligned(bytes);
    return at;
  }

  /** The core's routine of that name for the numbers of the arena. */
  routine(name: string): Core['exports'][string] {
    return this.core.exports[`${name}_${this.dtype === 'float32' ? 'f32' : 'f64'}`];
  }

  /** Bytes from one panel of so many columns to the next: whole squares, and not all panels in the same sets of the cache. */
  strideOf(columns: number): number {
    const width = PANEL_BYTES / bytesPer(this.dtype);
    const lines = aligned(PANEL_BYTES * width * Math.ceil(columns / width)) / ALIGN;
    return (lines % 8 === 0 ? lines + 1 : lines) * ALIGN;
  }

  /** Runs `call` with a (m × inner) and c (m × outer) behind the matrices. */
  product(
    a: TypedArray,
    m: number,
    inner: number,
    c: TypedArray,
    outer: number,
    call: (work: number, operands: readonly [a: number, lda: number], out: readonly [c: number, ldc: number]) => void,
  ): void {
    const { core, workBytes, used } = this;
    const left = new Operand(a, m, inner, inner);
    const out = new Operand(c, m, outer, outer, { read: false, written: true });
    const first = workBytes + used;
    const work = core.reserve(first + bytesOf([left, out]));
    exchange(core, work + first, [left, out], () => call(work, [left.address, left.ld], [out.address, out.ld]));
  }
}

/** A matrix that is drawn when it is first multiplied; into panels (assembly/panels.ts) unless it is expected to be read once. */
class CoreMatrix implements WeightMatrix {
  /** Offset of the panels, once they are drawn. */
  private at: number | null = null;
  private readonly stride: number;

  constructor(
    private readonly arena: CoreArena,
    private readonly drawing: Drawing,
    private readonly from: number,
    readonly rows: number,
    readonly columns: number,
  ) {
    this.stride = arena.strideOf(columns);
  }

  part(): WeightMatrix {
    return this;
  }

  multiply(trans: Transpose, m: number, alpha: number, a: TypedArray, c: TypedArray, period = m): void {
    const { arena, rows, columns, stride, drawing, at } = this;
    const own = drawing.std * alpha;
    if (trans === 'n' && at === null) {
      this.draw(m, own, a, c, !drawing.once);
      return;
    }
    if (at === null) this.draw(0, own, a, c, true);
    const [inner, outer] = trans === 'n' ? [rows, columns] : [columns, rows];
    arena.product(a, m, inner, c, outer, (work, left, out) => {
      const panels = work + (this.at as number);
      arena.routine('multiply_panels')(Number(trans === 't'), m, rows, columns, own, ...left, panels, stride, ...out, work, period);
    });
  }

  /** c = alpha · a · W on the way, for m rows. */
  private draw(m: number, alpha: number, a: TypedArray, c: TypedArray, isKept: boolean): void {
    const { arena, rows, columns, stride, drawing, from } = this;
    if (isKept) this.at = arena.keep(Math.ceil((rows * bytesPer(dtypeOf(a))) / PANEL_BYTES) * stride);
    const panels = this.at;
    arena.product(a, m, rows, c, columns, (work, left, out) =>
      arena.routine('draw_multiply')(
        ...[m, rows, columns, alpha, ...left, panels === null ? 0 : work + panels, stride, ...out, work],
        ...rowsOfStream(drawing.stream, from, rows, drawing.columns),
      ),
    );
  }
}

/** A column of a panel. */
const PANEL_BYTES = 32;
