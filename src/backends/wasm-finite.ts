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
    const { rows, columns, std, stack, groups, once } = drawing;
    const placed = this.place(rows / stack, columns / groups);
    if (once && stack * groups === 1) return this.passing(drawing, placed);
    const first = this.keep(drawing, placed);
    const part = (row: number, height: number, group: number) =>
      this.matrix({ ...placed, address: first + ((row / height) * groups + group) * placed.bytes }, std);
    return { ...this.matrix({ ...placed, address: first }, std), rows, columns, part };
  }

  /** Draws the matrices of a stack and their groups one after the other. */
  private keep({ stream, from, columns, stack, groups }: Drawing, { rows, columns: width, stride, bytes }: Place): number {
    const { core, dtype, workBytes, used } = this;
    this.used += aligned(stack * groups * bytes + READ_BEYOND);
    const work = core.reserve(workBytes + this.used);
    const address = work + workBytes + used;
    const draw = dtype === 'float32' ? core.exports.draw_panels_f32 : core.exports.draw_panels_f64;
    for (let k = 0; k < stack * groups; k++) {
      const first = from + Math.floor(k / groups) * rows * columns + (k % groups) * width;
      draw(address + k * bytes, stride, rows, width, work, ...rowsOfStream(stream, first, rows, columns));
    }
    return address;
  }

  /** A matrix that is drawn while it is multiplied, a slab at a time. */
  private passing(drawing: Drawing, placed: Place): WeightMatrix {
    const { stream, from, rows, columns, std } = drawing;
    const { draw_multiply_f32, draw_multiply_f64 } = this.core.exports;
    const multiply = this.dtype === 'float32' ? draw_multiply_f32 : draw_multiply_f64;
    let kept: WeightMatrix | null = null;
    const own: WeightMatrix = {
      rows,
      columns,
      part: () => own,
      multiply: (trans, m, alpha, a, c) => {
        if (trans === 't') {
          kept ??= this.matrix({ ...placed, address: this.keep(drawing, placed) }, std);
          kept.multiply(trans, m, alpha, a, c);
          return;
        }
        this.product(a, m, rows, c, columns, placed.slab, (left, out, slab, work) =>
          multiply(
            ...[m, rows, columns, std * alpha, left.address, left.ld, slab, placed.stride, out.address, out.ld, work],
            ...rowsOfStream(stream, from, rows, columns),
          ),
        );
      },
    };
    return own;
  }

  /** How panels of a matrix lie. */
  private place(rows: number, columns: number): Place {
    const height = this.core.exports.panel_rows();
    const lines = aligned(Math.min(rows, height) * ROW_BYTES) / ALIGN;
    // Panels do not all start in the same sets of the cache.
    const stride = (lines % 8 === 0 ? lines + 1 : lines) * ALIGN;
    const slab = Math.ceil((columns * bytesPer(this.dtype)) / ROW_BYTES) * stride;
    return { rows, columns, stride, slab, bytes: Math.ceil(rows / height) * slab };
  }

  clear(): void {
    this.used = 0;
  }

  close(): void {
    this.cores.give(this.core);
  }

  private matrix(placed: Placed, std: number): WeightMatrix {
    const { rows, columns } = placed;
    const own: WeightMatrix = {
      rows,
      columns,
      multiply: (trans, m, alpha, a, c) => this.multiply(trans, m, std * alpha, a, placed, c),
      part: () => own,
    };
    return own;
  }

  private multiply(trans: Transpose, m: number, alpha: number, a: TypedArray, w: Placed, c: TypedArray): void {
    const [inner, outer] = trans === 'n' ? [w.rows, w.columns] : [w.columns, w.rows];
    const { multiply_panels_f32, multiply_panels_f64 } = this.core.exports;
    const multiply = this.dtype === 'float32' ? multiply_panels_f32 : multiply_panels_f64;
    this.product(a, m, inner, c, outer, 0, (left, out, _room, work) =>
      multiply(
        ...[Number(trans === 't'), m, w.rows, w.columns, alpha],
        ...[left.address, left.ld, w.address, w.stride, out.address, out.ld, work],
      ),
    );
  }

  /** Runs `call` with a (m × inner) and c (m × outer) behind the matrices, after `room` bytes. */
  private product(
    a: TypedArray,
    m: number,
    inner: number,
    c: TypedArray,
    outer: number,
    room: number,
    call: (left: Operand, out: Operand, room: number, work: number) => void,
  ): void {
    const { core, workBytes, used } = this;
    const left = new Operand(a, m, inner, inner);
    const out = new Operand(c, m, outer, outer, { read: false, written: true });
    const first = workBytes + used + aligned(room);
    const work = core.reserve(first + bytesOf([left, out]));
    exchange(core, work + first, [left, out], () => call(left, out, work + workBytes + used, work));
  }
}

/** A matrix in panels (assembly/panels.ts): bytes from one panel to the next, of a slab, and of all. */
interface Place {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly slab: number;
  readonly bytes: number;
}
interface Placed extends Place {
  readonly address: number;
}

/** A panel's row, and what products read behind the last. */
const ROW_BYTES = 32;
const READ_BEYOND = 3 * ROW_BYTES;
