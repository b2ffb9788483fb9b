/** Linear algebra on a team of threads: the contract, the bits of one thread, and what happens when a worker dies. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CoreBuild, compileShared, instantiateShared } from '../../src/backends/core';
import { Team } from '../../src/backends/team';
import { createTeamLinearAlgebra } from '../../src/backends/team-linalg';
import { openContext } from '../../src/context';
import { createEngine, type Engine } from '../../src/engine';
import { dense, relu, serial } from '../../src/index';
import type { LinearAlgebra } from '../../src/linalg/contract';
import type { TypedArray } from '../../src/ndarray';
import { FEW_SIZES, linalgConformance } from '../conformance/linalg';
import { compare, definite, filled, triangular } from './matrices';
import { clock, Doomed } from './terminated';

const BUILDS: readonly CoreBuild[] = ['simd', 'relaxed-simd'];
const DTYPES = ['float32', 'float64'] as const;
const TRIANGLES = ['lower', 'upper'] as const;
const TRANSPOSES = ['n', 't'] as const;

describe('everything on the team, however small', () => {
  let team: Team;
  beforeAll(async () => {
    const module = await compileShared('simd');
    team = new Team(instantiateShared(module), module, 3, 3);
  });
  afterAll(() => team.dispose());
  const lender = { tryLend: <R>(_flops: number, body: (team: Team) => R) => ({ result: body(team) }) };
  const single = openContext({ build: 'simd', threads: 1 }).backend.linalg;
  linalgConformance('3 threads', () => createTeamLinearAlgebra(single, lender, 0), { ...FEW_SIZES, large: 300 });
});

for (const build of BUILDS)
  for (const threads of [3, 8])
    describe(`${threads} threads, ${build}: the bits of one thread`, () => {
      const one = openContext({ build, threads: 1 }).backend.linalg;
      let engine: Engine;
      beforeAll(async () => {
        engine = await createEngine({ build, threads });
      });
      afterAll(() => engine.dispose());

      /** Bytes in which the two differ; the team must have been used. */
      function differences<R>(out: ReturnType<typeof filled>, call: (la: LinearAlgebra, out: ReturnType<typeof filled>) => R) {
        const lend = vi.spyOn(engine.threads, 'tryLend');
        const { different } = compare(one, engine.linalg, out, call);
        expect(lend.mock.results.map(({ value }) => value)).toEqual([expect.objectContaining({})]);
        lend.mockRestore();
        return different;
      }

      for (const dtype of DTYPES) {
        it(`gemm ${dtype}`, () => {
          const shapes: readonly (readonly [number, number, number])[] = [
            [701, 653, 300],
            [5, 3001, 900],
            [3001, 7, 900],
            [257, 513, 1025],
          ];
          for (const [m, n, k] of shapes)
            for (const transA of TRANSPOSES)
              for (const transB of TRANSPOSES) {
                const [a, b, c] = [filled(dtype, m * k, 1), filled(dtype, k * n, 2), filled(dtype, m * n, 3)];
                const [lda, ldb] = [transA === 'n' ? k : m, transB === 'n' ? n : k];
                const call = (la: LinearAlgebra, out: typeof c) => la.gemm(transA, transB, m, n, k, 0.7, a, lda, b, ldb, 0.3, out, n);
                expect(differences(c, call), `${m} ${n} ${k} ${transA}${transB}`).toBe(0);
              }
        });

        it(`gemm ${dtype} of more columns than are packed at a time`, () => {
          const [m, n, k] = [513, 512, dtype === 'float32' ? 16_411 : 8_219];
          const [a, b, c] = [filled(dtype, m * k, 1), filled(dtype, n * k, 2), filled(dtype, m * n, 3)];
          expect(differences(c, (la, out) => la.gemm('n', 't', m, n, k, 0.7, a, k, b, k, 0.3, out, n))).toBe(0);
        });

        it(`syrk ${dtype}`, () => {
          const [n, k] = [701, 333];
          const [a, c] = [filled(dtype, n * k, 1), filled(dtype, n * n, 2)];
          for (const uplo of TRIANGLES)
            for (const trans of TRANSPOSES) {
              const call = (la: LinearAlgebra, out: typeof c) => la.syrk(uplo, trans, n, k, 0.7, a, trans === 'n' ? k : n, 0.3, out, n);
              expect(differences(c, call), `${uplo} ${trans}`).toBe(0);
            }
        });

        it(`syrk ${dtype}: small, of many columns, and without a product`, () => {
          const shapes: readonly (readonly [n: number, k: number, alpha: number, beta: number])[] = [
            // More columns than are packed at a time.
            [5, 1_100_003, 0.7, 0.3],
            [17, 80_001, 0.7, 0],
            [1003, 21, 1, 1],
            [1003, 21, 0, 0.3],
          ];
          for (const [n, k, alpha, beta] of shapes) {
            const [a, c] = [filled(dtype, n * k, 1), filled(dtype, n * n, 2)];
            const call = (la: LinearAlgebra, out: typeof c) => la.syrk('lower', 'n', n, k, alpha, a, k, beta, out, n);
            expect(differences(c, call), `${n} × ${k}`).toBe(0);
          }
        });

        it(`trsm ${dtype}, and potrs`, () => {
          const [m, n] = [433, 401];
          const b = filled(dtype, m * n, 5);
          for (const uplo of TRIANGLES) {
            const factor = triangular(dtype, m, 6);
            const solve = (la: LinearAlgebra, out: typeof b) => la.potrs(uplo, m, n, factor, m, out, n);
            expect(differences(b, solve), `potrs ${uplo}`).toBe(0);
            for (const side of ['left', 'right'] as const)
              for (const trans of TRANSPOSES)
                for (const diag of ['unit', 'nonunit'] as const) {
                  const order = side === 'left' ? m : n;
                  const a = triangular(dtype, order, 4);
                  const call = (la: LinearAlgebra, out: typeof b) => la.trsm(side, uplo, trans, diag, m, n, 0.7, a, order, out, n);
                  expect(differences(b, call), `${side} ${uplo} ${trans} ${diag}`).toBe(0);
                }
          }
        });

        it(`potrf ${dtype}: factors, and the index where there is none`, () => {
          for (const uplo of TRIANGLES) {
            for (const n of [1, 31, 33, 200, 257]) {
              const { different, results } = compare(one, engine.linalg, definite(dtype, n, n), (la, out) => la.potrf(uplo, n, out, n));
              expect([different, ...results], `${n} ${uplo}`).toEqual([0, 0, 0]);
            }
            for (const n of [700, 1500])
              for (const bad of [-1, 0, n >> 1, n - 1]) {
                const a = definite(dtype, n, n, bad);
                const call = (la: LinearAlgebra, out: typeof a) => {
                  expect(la.potrf(uplo, n, out, n)).toBe(bad + 1);
                };
                expect(differences(a, call), `${n} ${uplo} ${bad}`).toBe(0);
              }
          }
        });
      }
    });

describe('a team that is lent, or dies', () => {
  it('leaves synchronous calls to one thread while a kernel has it, with the same bits', async () => {
    const engine = await createEngine({ build: 'simd', threads: 2 });
    const one = openContext({ build: 'simd', threads: 1 }).backend.linalg;
    const n = 300;
    const a = filled('float64', n * n, 1);
    const lend = vi.spyOn(engine.threads, 'tryLend');
    let inside = -1;
    const x = { data: filled('float32', 700 * 50, 2), shape: [700, 50] };
    const net = serial(dense(1), relu(), dense(1), relu(), dense(1));
    await engine.kernel(net, x, {
      onProgress: () => {
        inside = compare(one, engine.linalg, a, (la, out) =>
          la.gemm('n', 'n', n, n, n, 1, a.slice(), n, a.slice(), n, 0, out, n),
        ).different;
      },
    });
    expect(inside).toBe(0);
    expect(lend.mock.results.every(({ value }) => value === null)).toBe(true);
    expect(lend.mock.results.length).toBeGreaterThan(0);
    lend.mockClear();
    engine.linalg.gemm('n', 'n', n, n, n, 1, a, n, a.slice(), n, 0, a.slice(), n);
    expect(lend.mock.results.map(({ value }) => value)).toEqual([{ result: undefined }]);
    await engine.dispose();
  });

  it('works where the calling thread may not block, as the main thread of a page', async () => {
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    try {
      const engine = await createEngine({ build: 'simd', threads: 3 });
      const one = openContext({ build: 'simd', threads: 1 }).backend.linalg;
      const out = definite('float64', 900, 1);
      for (let i = 0; i < 3; i++) expect(compare(one, engine.linalg, out, (la, a) => la.potrf('lower', 900, a, 900)).different).toBe(0);
      // It was asked once whether it may.
      expect(wait).toHaveBeenCalledTimes(1);
      await engine.dispose();
    } finally {
      wait.mockRestore();
    }
  });

  it('gives a typed error, and writes nothing, where its memory does not grow', async () => {
    const engine = await createEngine({ build: 'simd', threads: 2 });
    const one = openContext({ build: 'simd', threads: 1 }).backend.linalg;
    const out = definite('float64', 900, 1);
    const untouched = out.slice();
    const factor = (la: LinearAlgebra, a: TypedArray) => la.potrf('lower', 900, a, 900);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('refused');
    });
    expect(() => factor(engine.linalg, out)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    grow.mockRestore();
    expect(out.every((value, i) => value === untouched[i])).toBe(true);
    expect(compare(one, engine.linalg, out, factor).different).toBe(0);
    await engine.dispose();
  });

  const [n, order] = [1400, 2300];
  const [a, b] = [filled('float64', n * n, 1), filled('float64', n * n, 2)];
  it.each([
    ['gemm', filled('float64', n * n, 3), (la, out) => la.gemm('n', 'n', n, n, n, 0.7, a, n, b, n, 0.3, out, n)],
    ['potrf', definite('float64', order, 3), (la, out) => la.potrf('lower', order, out, order)],
  ] as const satisfies readonly (readonly [string, TypedArray, (la: LinearAlgebra, out: TypedArray) => unknown])[])(
    'rejects a %s whose workers are terminated in the middle, within a second, writes nothing, and does the next one',
    async (_name, out, call: (la: LinearAlgebra, out: TypedArray) => unknown) => {
      const doomed = new Doomed();
      const engine = await createEngine({ build: 'simd', threads: 3, createWorker: doomed.create });
      const one = openContext({ build: 'simd', threads: 1 }).backend.linalg;
      const untouched = out.slice();
      await vi.waitUntil(() => doomed.ready === 2, 10_000);
      // Node tells whether a worker has stopped once this thread has heard that it is there.
      await new Promise((resolve) => setTimeout(resolve, 100));
      doomed.arm();
      expect(() => call(engine.linalg, out)).toThrow(expect.objectContaining({ code: 'ERR_WORKER_DIED' }));
      const late = clock() - doomed.diedAt;
      expect(doomed.diedAt).toBeGreaterThan(0);
      expect(late).toBeLessThan(1000);
      expect(out.every((value, i) => value === untouched[i])).toBe(true);
      expect(compare(one, engine.linalg, out, call).different).toBe(0);
      expect(doomed.made).toBe(4);
      await engine.dispose();
    },
  );
});
