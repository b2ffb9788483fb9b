/** Linear algebra on the WebAssembly core: copy the operands in, run one routine, copy back what it computed. */
import { withChecks } from '../linalg/checks';
import type { LinearAlgebra, Triangle } from '../linalg/contract';
import { unitScale } from '../linalg/layout';
import { aligned, type Core, type CoreSource, useCore } from './core';
import { bringBack, bringIn, bytesOf, exchange, Operand } from './operands';

/** Runs `call` with the operands in an instance's memory, given their addresses and that of the core's own workspace. */
function run<R>(
  pool: CoreSource,
  operands: readonly Operand[],
  call: (routine: (name: string) => Core['exports'][string], addresses: readonly number[], work: number) => R,
): R {
  return useCore(pool, (core) => {
    const workBytes = aligned(core.exports.linalg_work_bytes());
    const work = core.reserve(workBytes + bytesOf(operands));
    const suffix = operands[0].dtype === 'float32' ? '_f32' : '_f64';
    return exchange(core, work + workBytes, operands, () =>
      call(
        (name) => core.exports[name + suffix],
        operands.map(({ address }) => address),
        work,
      ),
    );
  });
}

const upper = (uplo: Triangle): number => (uplo === 'upper' ? 1 : 0);
const transposed = (trans: 'n' | 't'): number => (trans === 't' ? 1 : 0);

/**
 * The routines of `pool`'s build of the core. Results of the plain build are the same to the bit wherever it runs; those of the
 * relaxed build may differ in the last bits between machines.
 * @throws besides the contract's errors, ERR_OUT_OF_MEMORY when the operands do not fit a WebAssembly memory
 */
export function createWasmLinearAlgebra(pool: CoreSource): LinearAlgebra {
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
    *syevdSteps(jobz, uplo, n, a, lda, w) {
      const vectors = Number(jobz === 'v');
      const matrix = new Operand(a, n, n, lda, { written: jobz === 'v' });
      const values = new Operand(w, 1, n, n, { read: false, written: true });
      // The instance is ours between the steps too: others take another one.
      const cores = pool.part('eigen');
      const core = cores.take();
      try {
        const { exports } = core;
        const operands = [matrix, values];
        const workBytes = aligned(exports.syevd_work_bytes(vectors, n, matrix.ld, a.BYTES_PER_ELEMENT));
        const work = core.reserve(workBytes + bytesOf(operands));
        bringIn(core, work + workBytes, operands);
        const begin = matrix.dtype === 'float32' ? exports.syevd_f32 : exports.syevd_f64;
        begin(vectors, upper(uplo), n, matrix.address, matrix.ld, values.address, work);
        for (let share = exports.syevd_step(work); share < 1; share = exports.syevd_step(work)) yield share;
        bringBack(core, operands);
        return exports.syevd_info(work);
      } finally {
        cores.give(core);
      }
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
function rowNormsSingle(pool: CoreSource, matrix: Operand): Float64Array {
  const norms = new Float64Array(matrix.rows);
  run(pool, [matrix, new Operand(norms, 1, matrix.rows, matrix.rows, { read: false, written: true })], (routine, [pa, pn]) =>
    routine('row_norms')(pa, matrix.ld, matrix.rows, matrix.columns, 0, pn),
  );
  return norms;
}

function rowNormsDouble(pool: CoreSource, matrix: Operand): Float64Array {
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
