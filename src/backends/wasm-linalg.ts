/** Linear algebra on the WebAssembly core: copy the operands in, run one routine, copy back what it computed. */
import { withChecks } from '../linalg/checks';
import type { LinearAlgebra, Triangle } from '../linalg/contract';
import { columnsOf, type Part, unitScale } from '../linalg/layout';
import { dtypeOf, type TypedArray } from '../ndarray';
import { aligned, type Core, type CorePool } from './core';

/** A matrix of the caller, and where it stands in the core's memory. */
class Operand {
  /** Bytes from the start of the workspace. */
  offset = 0;
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

  get bytes(): number {
    return this.rows * this.ld * this.data.BYTES_PER_ELEMENT;
  }

  copyIn(view: TypedArray): void {
    if (this.use.read === false) return;
    this.rowsOfPart((mine, theirs, length) => copy(this.data, theirs, view, mine, length));
  }

  copyOut(view: TypedArray): void {
    if (this.use.written) this.rowsOfPart((mine, theirs, length) => copy(view, mine, this.data, theirs, length));
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

/** Runs `call` with the operands in an instance's memory, given their addresses and that of the core's own workspace. */
function run<R>(
  pool: CorePool,
  operands: readonly Operand[],
  call: (routine: (name: string) => Core['exports'][string], addresses: readonly number[], work: number) => R,
): R {
  return pool.use((core) => {
    let bytes = aligned(core.exports.linalg_work_bytes());
    for (const operand of operands) {
      operand.offset = bytes;
      bytes += aligned(operand.bytes);
    }
    const work = core.reserve(bytes);
    const view = (operand: Operand): TypedArray => {
      const length = operand.rows * operand.ld;
      const { buffer } = core.memory;
      return dtypeOf(operand.data) === 'float32'
        ? new Float32Array(buffer, work + operand.offset, length)
        : new Float64Array(buffer, work + operand.offset, length);
    };
    for (const operand of operands) operand.copyIn(view(operand));
    const suffix = dtypeOf(operands[0].data) === 'float32' ? '_f32' : '_f64';
    const result = call(
      (name) => core.exports[name + suffix],
      operands.map((operand) => work + operand.offset),
      work,
    );
    for (const operand of operands) operand.copyOut(view(operand));
    return result;
  });
}

const upper = (uplo: Triangle): number => (uplo === 'upper' ? 1 : 0);
const transposed = (trans: 'n' | 't'): number => (trans === 't' ? 1 : 0);

/**
 * The routines of `pool`'s build of the core. Results of the plain build are the same to the bit wherever it runs; those of the
 * relaxed build may differ in the last bits between machines.
 * @throws besides the contract's errors, ERR_OUT_OF_MEMORY when the operands do not fit a WebAssembly memory
 */
export function createWasmLinearAlgebra(pool: CorePool): LinearAlgebra {
  return withChecks({
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      const operands = [
        transA === 'n' ? new Operand(a, m, k, lda) : new Operand(a, k, m, lda),
        transB === 'n' ? new Operand(b, k, n, ldb) : new Operand(b, n, k, ldb),
        new Operand(c, m, n, ldc, { read: beta !== 0, written: true }),
      ];
      run(pool, operands, (routine, [pa, pb, pc], work) => {
        const [ldA, ldB, ldC] = operands.map(({ ld }) => ld);
        routine('gemm')(transposed(transA), transposed(transB), m, n, k, alpha, pa, ldA, pb, ldB, beta, pc, ldC, work);
      });
    },
    syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc) {
      const left = trans === 'n' ? new Operand(a, n, k, lda) : new Operand(a, k, n, lda);
      const result = new Operand(c, n, n, ldc, { part: uplo, read: beta !== 0, written: true });
      run(pool, [left, result], (routine, [pa, pc], work) =>
        routine('syrk')(upper(uplo), transposed(trans), n, k, alpha, pa, left.ld, beta, pc, result.ld, work),
      );
    },
    trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) {
      const order = side === 'left' ? m : n;
      const triangle = new Operand(a, order, order, lda, { part: uplo });
      const result = new Operand(b, m, n, ldb, { read: alpha !== 0, written: true });
      const flags = [side === 'right' ? 1 : 0, upper(uplo), transposed(trans), diag === 'unit' ? 1 : 0];
      run(pool, [triangle, result], (routine, [pa, pb], work) =>
        routine('trsm')(...flags, m, n, alpha, pa, triangle.ld, pb, result.ld, work),
      );
    },
    potrf(uplo, n, a, lda) {
      const matrix = new Operand(a, n, n, lda, { part: uplo, written: true });
      return run(pool, [matrix], (routine, [pa], work) => routine('potrf')(upper(uplo), n, pa, matrix.ld, work));
    },
    potrs(uplo, n, nrhs, a, lda, b, ldb) {
      const factor = new Operand(a, n, n, lda, { part: uplo });
      const result = new Operand(b, n, nrhs, ldb, { written: true });
      run(pool, [factor, result], (routine, [pa, pb], work) => routine('potrs')(upper(uplo), n, nrhs, pa, factor.ld, pb, result.ld, work));
    },
    symv(uplo, n, alpha, a, lda, x, beta, y) {
      const matrix = new Operand(a, n, n, lda, { part: uplo });
      const result = new Operand(y, 1, n, n, { read: beta !== 0, written: true });
      run(pool, [matrix, new Operand(x, 1, n, n), result], (routine, [pa, px, py]) =>
        routine('symv')(upper(uplo), n, alpha, pa, matrix.ld, px, beta, py),
      );
    },
    rowNorms(m, k, a, lda) {
      const matrix = new Operand(a, m, k, lda);
      return matrix.data instanceof Float32Array ? rowNormsSingle(pool, matrix) : rowNormsDouble(pool, matrix);
    },
  });
}

/** Squares of single-precision numbers neither overflow nor underflow in double precision. */
function rowNormsSingle(pool: CorePool, matrix: Operand): Float64Array {
  const norms = new Float64Array(matrix.rows);
  run(pool, [matrix, new Operand(norms, 1, matrix.rows, matrix.rows, { read: false, written: true })], (routine, [pa, pn]) =>
    routine('row_norms')(pa, matrix.ld, matrix.rows, matrix.columns, 0, pn),
  );
  return norms;
}

function rowNormsDouble(pool: CorePool, matrix: Operand): Float64Array {
  const { rows, columns, ld } = matrix;
  const largest = new Float64Array(rows);
  run(pool, [matrix, new Operand(largest, 1, rows, rows, { read: false, written: true })], (routine, [pa, pm]) =>
    routine('row_maxabs')(pa, ld, rows, columns, pm),
  );
  const scales = largest.map(unitScale);
  const norms = new Float64Array(rows);
  const result = new Operand(norms, 1, rows, rows, { read: false, written: true });
  run(pool, [matrix, new Operand(scales, 1, rows, rows), result], (routine, [pa, ps, pn]) =>
    routine('row_norms')(pa, ld, rows, columns, ps, pn),
  );
  return norms.map((norm, i) => norm / scales[i]);
}
