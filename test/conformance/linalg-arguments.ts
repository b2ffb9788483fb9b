/** Error exits, as LAPACK tests them: every bad argument is named, and nothing is written. */
import { describe, expect, it } from 'vitest';
import { InfiniteWidthError } from '../../src/errors';
import type { LinearAlgebra, Triangle } from '../../src/linalg/contract';

const f64 = (length: number): Float64Array => new Float64Array(length).fill(7);

export function argumentConformance(make: () => LinearAlgebra): void {
  describe('arguments', () => {
    const c = f64(4);
    const wrong = 'sideways' as Triangle;
    const cases: readonly [string, string, string, (la: LinearAlgebra) => unknown][] = [
      ['ERR_ARGUMENT', 'gemm', 'transA', (la) => la.gemm('x' as 'n', 'n', 2, 2, 2, 1, f64(4), 2, f64(4), 2, 0, c, 2)],
      ['ERR_ARGUMENT', 'gemm', 'm', (la) => la.gemm('n', 'n', -1, 2, 2, 1, f64(4), 2, f64(4), 2, 0, c, 2)],
      ['ERR_ARGUMENT', 'gemm', 'k', (la) => la.gemm('n', 'n', 2, 2, 1.5, 1, f64(4), 2, f64(4), 2, 0, c, 2)],
      ['ERR_SHAPE', 'gemm', 'lda', (la) => la.gemm('n', 'n', 2, 2, 2, 1, f64(4), 1, f64(4), 2, 0, c, 2)],
      ['ERR_SHAPE', 'gemm', 'ldb', (la) => la.gemm('n', 't', 2, 2, 3, 1, f64(6), 3, f64(6), 2, 0, c, 2)],
      ['ERR_SHAPE', 'gemm', 'ldc', (la) => la.gemm('n', 'n', 2, 2, 2, 1, f64(4), 2, f64(4), 2, 0, c, Number.NaN)],
      ['ERR_SHAPE', 'gemm', 'a', (la) => la.gemm('t', 'n', 2, 2, 3, 1, f64(5), 2, f64(6), 2, 0, c, 2)],
      ['ERR_SHAPE', 'gemm', 'c', (la) => la.gemm('n', 'n', 2, 2, 2, 1, f64(4), 2, f64(4), 2, 0, c, 3)],
      ['ERR_DTYPE', 'gemm', 'b', (la) => la.gemm('n', 'n', 2, 2, 2, 1, f64(4), 2, new Float32Array(4), 2, 0, c, 2)],
      ['ERR_DTYPE', 'gemm', 'a', (la) => la.gemm('n', 'n', 2, 2, 2, 1, [1, 2, 3, 4] as unknown as Float64Array, 2, f64(4), 2, 0, c, 2)],
      ['ERR_ARGUMENT', 'syrk', 'uplo', (la) => la.syrk(wrong, 'n', 2, 2, 1, f64(4), 2, 0, c, 2)],
      ['ERR_SHAPE', 'syrk', 'c', (la) => la.syrk('lower', 'n', 3, 1, 1, f64(3), 1, 0, c, 3)],
      ['ERR_ARGUMENT', 'trsm', 'side', (la) => la.trsm('top' as 'left', 'lower', 'n', 'unit', 2, 2, 1, f64(4), 2, c, 2)],
      ['ERR_ARGUMENT', 'trsm', 'diag', (la) => la.trsm('left', 'lower', 'n', 'some' as 'unit', 2, 2, 1, f64(4), 2, c, 2)],
      ['ERR_SHAPE', 'trsm', 'a', (la) => la.trsm('right', 'lower', 'n', 'unit', 1, 4, 1, f64(4), 4, c, 4)],
      ['ERR_ARGUMENT', 'potrf', 'n', (la) => la.potrf('lower', Number.NaN, c, 2)],
      ['ERR_SHAPE', 'potrf', 'lda', (la) => la.potrf('lower', 2, c, 0)],
      ['ERR_SHAPE', 'potrs', 'b', (la) => la.potrs('lower', 2, 3, f64(4), 2, c, 3)],
      ['ERR_ARGUMENT', 'syevd', 'jobz', (la) => la.syevd('x' as 'n', 'lower', 2, c, 2, f64(2))],
      ['ERR_SHAPE', 'syevd', 'a', (la) => la.syevd('v', 'lower', 3, c, 3, f64(3))],
      ['ERR_SHAPE', 'syevd', 'w', (la) => la.syevd('v', 'lower', 2, c, 2, f64(1))],
      ['ERR_DTYPE', 'syevd', 'w', (la) => la.syevd('v', 'lower', 2, c, 2, new Float32Array(2))],
      ['ERR_SHAPE', 'symv', 'x', (la) => la.symv('lower', 2, 1, f64(4), 2, f64(1), 0, c)],
      ['ERR_ARGUMENT', 'symv', 'alpha', (la) => la.symv('lower', 2, '1' as unknown as number, f64(4), 2, f64(2), 0, c)],
      ['ERR_SHAPE', 'rowNorms', 'a', (la) => la.rowNorms(3, 2, c, 2)],
    ];
    it.each(cases)('%s: %s names %s', (code, routine, argument, call) => {
      const error = thrownBy(() => call(make()));
      expect(error).toBeInstanceOf(InfiniteWidthError);
      expect(error).toMatchObject({ code, details: { routine, argument } });
      expect([...c]).toEqual([7, 7, 7, 7]);
    });

    it('takes empty matrices in empty arrays', () => {
      const la = make();
      const none = new Float64Array(0);
      la.gemm('n', 'n', 0, 0, 0, 1, none, 1, none, 1, 0, none, 1);
      la.syrk('upper', 't', 0, 0, 1, none, 1, 0, none, 1);
      la.trsm('right', 'upper', 't', 'nonunit', 0, 0, 1, none, 1, none, 1);
      expect(la.potrf('lower', 0, none, 1)).toBe(0);
      la.potrs('lower', 0, 0, none, 1, none, 1);
      expect(la.syevd('v', 'upper', 0, none, 1, none)).toBe(0);
      la.symv('lower', 0, 1, none, 1, none, 0, none);
      expect(la.rowNorms(0, 0, none, 1)).toHaveLength(0);
      expect([...la.rowNorms(2, 0, none, 1)]).toEqual([0, 0]);
    });
  });
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
