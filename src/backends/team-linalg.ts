/**
 * Large linear algebra on a team of threads, at once: the calling thread copies the operands in, takes tasks like the others, and copies
 * the result out. Work is divided by rows and columns of the result or by right-hand sides, never along a sum: the bits are those of one
 * thread.
 */
import { withChecks } from '../linalg/checks';
import type { LinearAlgebra } from '../linalg/contract';
import type { Threads } from '../threads';
import { bytesOf, exchange, Operand } from './operands';
import type { Team } from './team';
import { factorBytes, factorOnTeam } from './team-cholesky';
import { multiplyOnTeam, productBytes, type TeamProduct } from './team-product';
import { RECORDS_BYTES, type Strided, TeamRoutines } from './team-routines';

/** Operations from which a second thread pays. */
const WORTH_SHARING = 2e7;
/** Rows and columns of a product from which it pays to pack both operands before, for all tasks: thinner ones are packed while they are in the cache. */
const WORTH_PACKING = 512;

const rowMajor = (a: Operand): Strided => ({ at: a.address, rs: a.ld, cs: 1 });
const transpose = ({ at, rs, cs }: Strided): Strided => ({ at, rs: cs, cs: rs });
const turned = (a: Operand, trans: boolean): Strided => (trans ? transpose(rowMajor(a)) : rowMajor(a));

/**
 * Routines that run on the team of `threads` where that pays and the team is there and free, and on `single` otherwise.
 * @param worthSharing operations below which `threads` is not asked
 * @throws what `single` throws; ERR_WORKER_DIED, with nothing written
 */
export function createTeamLinearAlgebra(
  single: LinearAlgebra,
  threads: Pick<Threads, 'tryLend'>,
  worthSharing = WORTH_SHARING,
): LinearAlgebra {
  /** Null where one thread should do it. */
  function lend<R>(flops: number, operands: readonly Operand[], bytes: (team: Team) => number, body: (team: Team) => R) {
    if (flops < worthSharing) return null;
    return threads.tryLend(flops, (team) => {
      const own = bytes(team);
      team.reserve(own + bytesOf(operands));
      return exchange(team.core, team.base + own, operands, () => body(team));
    });
  }
  const onTeam = (flops: number, operands: readonly Operand[], body: (on: TeamRoutines) => void) =>
    lend(
      flops,
      operands,
      () => RECORDS_BYTES,
      (team) => body(new TeamRoutines(team, operands[0].dtype)),
    );

  /** `places` of A and B, once the operands are laid out; `right` is null where B is the transpose of A. */
  function multiply(
    flops: number,
    product: TeamProduct,
    left: Operand,
    right: Operand | null,
    out: Operand,
    places: () => readonly [a: Strided, b: Strided],
  ) {
    const double = out.dtype === 'float64';
    return lend(
      flops,
      right ? [left, right, out] : [left, out],
      (team) => productBytes(team, double, product),
      (team) => multiplyOnTeam(team, double, product, ...places(), rowMajor(out)),
    );
  }

  const shared = withChecks({
    ...single,
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      const left = transA === 'n' ? new Operand(a, m, k, lda) : new Operand(a, k, m, lda);
      const right = transB === 'n' ? new Operand(b, k, n, ldb) : new Operand(b, n, k, ldb);
      const out = new Operand(c, m, n, ldc, { read: beta !== 0, written: true });
      const flops = 2 * m * n * k;
      const places = () => [turned(left, transA === 't'), turned(right, transB === 't')] as const;
      const done =
        Math.min(m, n) < WORTH_PACKING
          ? onTeam(flops, [left, right, out], (on) => on.gemm(m, n, k, alpha, ...places(), beta, rowMajor(out)))
          : multiply(flops, { triangle: null, m, n, k, alpha, beta }, left, right, out, places);
      if (!done) single.gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    },
    syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc) {
      const left = trans === 'n' ? new Operand(a, n, k, lda) : new Operand(a, k, n, lda);
      const out = new Operand(c, n, n, ldc, { part: uplo, read: beta !== 0, written: true });
      const product = { triangle: uplo, m: n, n, k, alpha, beta };
      const done = multiply(n * n * k, product, left, null, out, () => [turned(left, trans === 't'), turned(left, trans !== 't')]);
      if (!done) single.syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc);
    },
    trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) {
      const [order, count] = side === 'left' ? [m, n] : [n, m];
      const triangle = new Operand(a, order, order, lda, { part: uplo });
      const out = new Operand(b, m, n, ldb, { read: alpha !== 0, written: true });
      // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
      const transposed = (trans === 't') !== (side === 'right');
      const backwards = (uplo === 'upper') !== transposed;
      const done = onTeam(order * order * count, [triangle, out], (on) =>
        on.trsm(order, count, backwards, diag === 'unit', alpha, turned(triangle, transposed), turned(out, side === 'right')),
      );
      if (!done) single.trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb);
    },
    potrf(uplo, n, a, lda) {
      const matrix = new Operand(a, n, n, lda, { part: uplo, written: true });
      const double = matrix.dtype === 'float64';
      const done = lend(
        n ** 3 / 3,
        [matrix],
        (team) => factorBytes(team, double, n),
        (team) => factorOnTeam(team, double, uplo, n, matrix.address, matrix.ld),
      );
      return done ? done.result : single.potrf(uplo, n, a, lda);
    },
    potrs(uplo, n, nrhs, a, lda, b, ldb) {
      const triangle = new Operand(a, n, n, lda, { part: uplo });
      const out = new Operand(b, n, nrhs, ldb, { written: true });
      const done = onTeam(2 * n * n * nrhs, [triangle, out], (on) => {
        const lower = turned(triangle, uplo === 'upper');
        on.trsm(n, nrhs, false, false, 1, lower, rowMajor(out));
        on.trsm(n, nrhs, true, false, 1, transpose(lower), rowMajor(out));
      });
      if (!done) single.potrs(uplo, n, nrhs, a, lda, b, ldb);
    },
  });

  return {
    ...single,
    gemm: (...args) => (2 * args[2] * args[3] * args[4] < worthSharing ? single : shared).gemm(...args),
    syrk: (...args) => (args[2] * args[2] * args[3] < worthSharing ? single : shared).syrk(...args),
    trsm: (...args) => (args[4] * args[5] * Math.max(args[4], args[5]) < worthSharing ? single : shared).trsm(...args),
    potrf: (...args) => (args[1] ** 3 / 3 < worthSharing ? single : shared).potrf(...args),
    potrs: (...args) => (2 * args[1] * args[1] * args[2] < worthSharing ? single : shared).potrs(...args),
  };
}
