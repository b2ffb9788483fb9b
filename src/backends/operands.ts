/** Matrices of a caller on their way into the memory of a core and back. */
import { columnsOf, type Part } from '../linalg/layout';
import { type DType, dtypeOf, type TypedArray } from '../ndarray';
import { aligned, type Core } from './core';

/** A matrix of the caller, and where it stands in the core's memory. */
export class Operand {
  /** Address, once it is laid out. */
  address = 0;
  /** Rows longer than a cache line start on one, and not all on the same sets of the cache. */
  readonly ld: number;

  constructor(
    readonly data: TypedArray,
    readonly rows: number,
    readonly columns: number,
    readonly callerLd: number,
    readonly use: { readonly part?: Part; readonly read?: boolean; readonly written?: boolean } = {},
  ) {
    const perLine = 64 / data.BYTES_PER_ELEMENT;
    const lines = Math.ceil(columns / perLine);
    this.ld = columns < perLine ? columns : (lines % 8 === 0 ? lines + 1 : lines) * perLine;
  }

  get dtype(): DType {
    return dtypeOf(this.data);
  }

  get bytes(): number {
    return this.rows * this.ld * this.data.BYTES_PER_ELEMENT;
  }

  copyIn(core: Core): void {
    if (this.use.read === false) return;
    const view = this.viewIn(core);
    this.rowsOfPart((mine, theirs, length) => copy(this.data, theirs, view, mine, length));
  }

  copyOut(core: Core): void {
    if (!this.use.written) return;
    const view = this.viewIn(core);
    this.rowsOfPart((mine, theirs, length) => copy(view, mine, this.data, theirs, length));
  }

  private viewIn({ memory: { buffer } }: Core): TypedArray {
    const length = this.rows * this.ld;
    return this.dtype === 'float32' ? new Float32Array(buffer, this.address, length) : new Float64Array(buffer, this.address, length);
  }

  private rowsOfPart(visit: (mine: number, theirs: number, length: number) => void): void {
    for (let i = 0; i < this.rows; i++) {
      const [first, end] = columnsOf(this.use.part ?? 'full', i, this.columns);
      visit(i * this.ld + first, i * this.callerLd + first, end - first);
    }
  }
}

/** Short runs, such as the rows of a single right-hand side, are not worth two views. */
function copy(from: TypedArray, start: number, to: TypedArray, at: number, length: number): void {
  if (length > 32) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i];
}

/** Bytes of operands laid out one after the other. */
export const bytesOf = (operands: readonly Operand[]): number => operands.reduce((sum, operand) => sum + aligned(operand.bytes), 0);

/** Lays the operands out in memory from `start` on, which is addressable. */
export function bringIn(core: Core, start: number, operands: readonly Operand[]): void {
  for (const operand of operands) {
    operand.address = start;
    start += aligned(operand.bytes);
    operand.copyIn(core);
  }
}

/** Copies back what was written. */
export function bringBack(core: Core, operands: readonly Operand[]): void {
  for (const operand of operands) operand.copyOut(core);
}

/** Runs `call` with the operands in memory from `start` on, which is addressable; then copies back what it wrote. */
export function exchange<R>(core: Core, start: number, operands: readonly Operand[], call: () => R): R {
  bringIn(core, start, operands);
  const result = call();
  bringBack(core, operands);
  return result;
}
