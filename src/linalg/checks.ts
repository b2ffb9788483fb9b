/** Argument checks of the contract, in one place for every backend. */
import { InfiniteWidthError } from '../errors';
import { drain } from '../execute/drain';
import type { TypedArray } from '../ndarray';
import type { LinearAlgebra, Routines } from './contract';

/** The reporter of one routine: positions count from 1 as in LAPACK's xerbla. */
class Routine {
  private first: TypedArray | undefined;
  private firstName = '';
  constructor(private readonly name: string) {}

  flag(position: number, name: string, value: string, allowed: readonly string[]): void {
    if (!allowed.includes(value)) this.fail('ERR_ARGUMENT', position, name, value, `must be ${allowed.map((x) => `'${x}'`).join(' or ')}`);
  }

  size(position: number, name: string, value: number): void {
    if (!(Number.isInteger(value) && value >= 0)) this.fail('ERR_ARGUMENT', position, name, value, 'must be a non-negative integer');
  }

  scalar(position: number, name: string, value: number): void {
    if (typeof value !== 'number') this.fail('ERR_ARGUMENT', position, name, value, 'must be a number');
  }

  /** `position` is the array's; its leading dimension follows it. */
  matrix(position: number, name: string, data: TypedArray, rows: number, columns: number, ld: number): void {
    this.dtype(position, name, data);
    if (!(Number.isInteger(ld) && ld >= Math.max(1, columns)))
      this.fail(
        'ERR_SHAPE',
        position + 1,
        `ld${name}`,
        ld,
        `must be an integer of at least ${Math.max(1, columns)}, the columns of ${name}`,
      );
    this.elements(position, name, data, rows === 0 || columns === 0 ? 0 : (rows - 1) * ld + columns);
  }

  vector(position: number, name: string, data: TypedArray, length: number): void {
    this.dtype(position, name, data);
    this.elements(position, name, data, length);
  }

  private dtype(position: number, name: string, data: TypedArray): void {
    if (!(data instanceof Float32Array || data instanceof Float64Array))
      this.fail('ERR_DTYPE', position, name, typeof data, 'must be a Float32Array or Float64Array');
    if (this.first && this.first.BYTES_PER_ELEMENT !== data.BYTES_PER_ELEMENT)
      this.fail('ERR_DTYPE', position, name, data.constructor.name, `must be a ${this.first.constructor.name} like ${this.firstName}`);
    if (!this.first) [this.first, this.firstName] = [data, name];
  }

  private elements(position: number, name: string, data: TypedArray, needed: number): void {
    if (data.length < needed) this.fail('ERR_SHAPE', position, name, `${data.length} elements`, `needs at least ${needed}`);
  }

  private fail(
    code: 'ERR_ARGUMENT' | 'ERR_SHAPE' | 'ERR_DTYPE',
    position: number,
    argument: string,
    value: unknown,
    remedy: string,
  ): never {
    throw new InfiniteWidthError(code, `${this.name}: argument ${position} (${argument}) is ${String(value)}; it ${remedy}`, {
      routine: this.name,
      position,
      argument,
      value,
    });
  }
}

const TRANSPOSE = ['n', 't'];
const TRIANGLE = ['lower', 'upper'];

/** Puts the checks of the contract in front of routines that make none. */
export function withChecks(routines: Routines): LinearAlgebra {
  const syevdSteps: LinearAlgebra['syevdSteps'] = (jobz, uplo, n, a, lda, w) => {
    const check = new Routine('syevd');
    check.flag(1, 'jobz', jobz, ['n', 'v']);
    check.flag(2, 'uplo', uplo, TRIANGLE);
    check.size(3, 'n', n);
    check.matrix(4, 'a', a, n, n, lda);
    check.vector(6, 'w', w, n);
    return routines.syevdSteps(jobz, uplo, n, a, lda, w);
  };
  return {
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      const check = new Routine('gemm');
      check.flag(1, 'transA', transA, TRANSPOSE);
      check.flag(2, 'transB', transB, TRANSPOSE);
      check.size(3, 'm', m);
      check.size(4, 'n', n);
      check.size(5, 'k', k);
      check.scalar(6, 'alpha', alpha);
      check.matrix(7, 'a', a, transA === 'n' ? m : k, transA === 'n' ? k : m, lda);
      check.matrix(9, 'b', b, transB === 'n' ? k : n, transB === 'n' ? n : k, ldb);
      check.scalar(11, 'beta', beta);
      check.matrix(12, 'c', c, m, n, ldc);
      routines.gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    },
    syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc) {
      const check = new Routine('syrk');
      check.flag(1, 'uplo', uplo, TRIANGLE);
      check.flag(2, 'trans', trans, TRANSPOSE);
      check.size(3, 'n', n);
      check.size(4, 'k', k);
      check.scalar(5, 'alpha', alpha);
      check.matrix(6, 'a', a, trans === 'n' ? n : k, trans === 'n' ? k : n, lda);
      check.scalar(8, 'beta', beta);
      check.matrix(9, 'c', c, n, n, ldc);
      routines.syrk(uplo, trans, n, k, alpha, a, lda, beta, c, ldc);
    },
    trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) {
      const check = new Routine('trsm');
      check.flag(1, 'side', side, ['left', 'right']);
      check.flag(2, 'uplo', uplo, TRIANGLE);
      check.flag(3, 'trans', trans, TRANSPOSE);
      check.flag(4, 'diag', diag, ['unit', 'nonunit']);
      check.size(5, 'm', m);
      check.size(6, 'n', n);
      check.scalar(7, 'alpha', alpha);
      const order = side === 'left' ? m : n;
      check.matrix(8, 'a', a, order, order, lda);
      check.matrix(10, 'b', b, m, n, ldb);
      routines.trsm(side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb);
    },
    potrf(uplo, n, a, lda) {
      const check = new Routine('potrf');
      check.flag(1, 'uplo', uplo, TRIANGLE);
      check.size(2, 'n', n);
      check.matrix(3, 'a', a, n, n, lda);
      return routines.potrf(uplo, n, a, lda);
    },
    potrs(uplo, n, nrhs, a, lda, b, ldb) {
      const check = new Routine('potrs');
      check.flag(1, 'uplo', uplo, TRIANGLE);
      check.size(2, 'n', n);
      check.size(3, 'nrhs', nrhs);
      check.matrix(4, 'a', a, n, n, lda);
      check.matrix(6, 'b', b, n, nrhs, ldb);
      routines.potrs(uplo, n, nrhs, a, lda, b, ldb);
    },
    syevd: (...args) => drain(syevdSteps(...args)),
    syevdSteps,
    symv(uplo, n, alpha, a, lda, x, beta, y) {
      const check = new Routine('symv');
      check.flag(1, 'uplo', uplo, TRIANGLE);
      check.size(2, 'n', n);
      check.scalar(3, 'alpha', alpha);
      check.matrix(4, 'a', a, n, n, lda);
      check.vector(6, 'x', x, n);
      check.scalar(7, 'beta', beta);
      check.vector(8, 'y', y, n);
      routines.symv(uplo, n, alpha, a, lda, x, beta, y);
    },
    rowNorms(m, k, a, lda) {
      const check = new Routine('rowNorms');
      check.size(1, 'm', m);
      check.size(2, 'k', k);
      check.matrix(3, 'a', a, m, k, lda);
      return routines.rowNorms(m, k, a, lda);
    },
  };
}
