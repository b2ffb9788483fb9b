/** Every routine of the core against the peers that have it. A call copies its operands into the core's memory and its result out. */
import type { LinearAlgebra } from '../src/linalg/contract';
import type { DType, TypedArray } from '../src/ndarray';
import type { Bench } from './bench';
import { array, normal, positiveDefinite } from './data';
import { race, timed } from './harness';
import type { Operands, Routine } from './peers/libraries';
import type { Target } from './report';

interface RoutineBench {
  readonly routine: Routine;
  readonly sizes: readonly number[];
  /** Floating-point operations that the routine asks for; peers that compute the other half too get no credit for it. */
  readonly flops: (n: number) => number;
  readonly run: (linalg: LinearAlgebra, operands: Operands, out: TypedArray) => unknown;
  /** What the routine overwrites: restored from it before every call, outside the clock. */
  readonly overwrites?: (operands: Operands) => TypedArray;
}

const COLUMNS = 16;

const ROUTINES: readonly RoutineBench[] = [
  {
    routine: 'gemm',
    sizes: [256, 512, 1024, 2048],
    flops: (n) => 2 * n ** 3,
    run: (linalg, { n, a, b }, out) => linalg.gemm('n', 'n', n, n, n, 1, a, n, b, n, 0, out, n),
  },
  {
    routine: 'syrk',
    sizes: [256, 512, 1024, 2048],
    flops: (n) => n ** 3,
    run: (linalg, { n, a }, out) => linalg.syrk('lower', 'n', n, n, 1, a, n, 0, out, n),
  },
  {
    routine: 'trsm',
    sizes: [256, 512, 1024],
    flops: (n) => n ** 3,
    run: (linalg, { n, factor }, out) => linalg.trsm('left', 'lower', 'n', 'nonunit', n, n, 1, factor, n, out, n),
    overwrites: ({ b }) => b,
  },
  {
    routine: 'potrf',
    sizes: [256, 512, 1000, 2000],
    flops: (n) => n ** 3 / 3,
    run: (linalg, { n }, out) => linalg.potrf('lower', n, out, n),
    overwrites: ({ spd }) => spd,
  },
  {
    routine: 'potrs',
    sizes: [256, 1024],
    flops: (n) => 2 * COLUMNS * n ** 2,
    run: (linalg, { n, factor }, out) => linalg.potrs('lower', n, COLUMNS, factor, n, out, COLUMNS),
    overwrites: ({ right }) => right,
  },
  {
    routine: 'syevd',
    sizes: [256, 512, 1000],
    flops: (n) => (14 / 3) * n ** 3,
    run: (linalg, { n, dtype }, out) => linalg.syevd('v', 'lower', n, out, n, array(dtype, n)),
    overwrites: ({ spd }) => spd,
  },
  {
    routine: 'symv',
    sizes: [256, 1024],
    flops: (n) => 2 * n ** 2,
    run: (linalg, { n, spd, x }, out) => linalg.symv('lower', n, 1, spd, n, x, 0, out),
  },
  {
    routine: 'rowNorms',
    sizes: [256, 1024],
    flops: (n) => 2 * n ** 2,
    run: (linalg, { n, a }) => linalg.rowNorms(n, n, a, n),
  },
];

/** Where a target holds. */
const TARGETS: Readonly<Record<string, readonly Target[]>> = {
  'gemm float32 1024': [{ peer: 'tfjs-wasm', atLeast: 1.4 }],
  'gemm float64 1024': [{ peer: 'ml-matrix', atLeast: 25 }],
  'potrf float64 2000': [{ peer: 'numpy', atLeast: 0.6 }],
};

/** numpy's part of test/reference/peers.py. */
const NUMPY: Readonly<Partial<Record<Routine, string>>> = { gemm: 'numpy-gemm', potrf: 'numpy-potrf', syevd: 'numpy-syevd' };

export async function routines({ options, report, engines, libraries, python }: Bench): Promise<void> {
  report.note(
    'times include copying operands in and results out; tfjs and jax-js include fetching the result, their operands are uploaded beforehand',
  );
  for (const bench of ROUTINES)
    for (const dtype of ['float32', 'float64'] as const)
      for (const n of options.quick ? [96] : bench.sizes) {
        const title = `${bench.routine} ${dtype} ${n}`;
        const operands = operandsOf(dtype, n, engines[0].context.backend.linalg);
        const ours = engines.map(({ name, context }) => ({ name, ours: true, time: ourTime(bench, context.backend.linalg, operands) }));
        const peers = libraries.flatMap(({ name, largest, prepare }) => {
          const run = n <= largest ? prepare(bench.routine, operands) : undefined;
          return run ? [{ name, time: timed(run) }] : [];
        });
        const numpy = NUMPY[bench.routine];
        const native = numpy && python?.numpy && n >= 1000 ? [python.contestant('numpy', numpy, { n, dtype })] : [];
        const rows = await race([...ours, ...peers, ...native], options, (text) => report.note(`${title}: ${text}`));
        report.compare({ title, unit: 'ms', rows, flops: bench.flops(n), targets: TARGETS[title] });
      }
}

function ourTime({ run, overwrites }: RoutineBench, linalg: LinearAlgebra, operands: Operands): () => number {
  const source = overwrites?.(operands);
  const out = array(operands.dtype, source?.length ?? operands.n ** 2);
  return timed(() => run(linalg, operands, out), source && (() => out.set(source)));
}

function operandsOf(dtype: DType, n: number, linalg: LinearAlgebra): Operands {
  const spd = positiveDefinite(dtype, n, 3);
  const factor = spd.slice();
  linalg.potrf('lower', n, factor, n);
  for (let i = 0; i < n; i++) factor.fill(0, i * n + i + 1, (i + 1) * n);
  const square = (seed: number) => normal(dtype, n, n, seed).data;
  const [right, x] = [normal(dtype, n, COLUMNS, 4).data, normal(dtype, n, 1, 5).data];
  return { dtype, n, a: square(1), b: square(2), spd, factor, right, columns: COLUMNS, x };
}
