/** A second of work: does every build agree with the reference, and how fast is it? */
import { type EngineContext, openContext } from '../../context';
import { throwIfAborted } from '../../errors';
import { type KernelOptions, kernelSync } from '../../kernel';
import { dense } from '../../layers/dense';
import { erf, relu } from '../../layers/elementwise';
import { serial } from '../../layers/structure';
import { solve } from '../../linalg/cholesky';
import { allocate, type DType, type NDArray } from '../../ndarray';

type Report = NonNullable<KernelOptions['onProgress']>;

export interface Check {
  readonly backend: string;
  readonly dtype: DType;
  readonly what: string;
  /** Largest difference from the js backend in float64, over the largest entry. */
  readonly error: number;
  readonly limit: number;
  readonly passed: boolean;
}

export interface Speed {
  readonly what: string;
  readonly dtype: DType;
  readonly build: string;
  readonly value: number;
  readonly unit: string;
}

const NET = serial(dense(1, { wStd: 1.4, bStd: 0.1 }), relu(), dense(1, { wStd: 1.2 }), erf(), dense(1, { wStd: 1.3, bStd: 0.2 }));
const RELU_NET = serial(...Array.from({ length: 10 }, () => [dense(1, { wStd: Math.SQRT2, bStd: 0.1 }), relu()]).flat(), dense(1));
/** A few times what the arithmetic loses over five layers, and over a solve of condition number about 100. */
const LIMITS: Readonly<Record<DType, number>> = { float32: 2e-5, float64: 1e-12 };
const DTYPES: readonly DType[] = ['float32', 'float64'];

/** Deterministic numbers in (−1, 1): a 32-bit linear congruential generator. */
function sample(rows: number, columns: number, dtype: DType = 'float64'): NDArray {
  const data = allocate(dtype, rows * columns, 'the self test');
  let state = 12345;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = Math.fround(state / 2 ** 31 - 1);
  }
  return { data, shape: [rows, columns] };
}

/** Every backend and build that starts. */
function contexts(): EngineContext[] {
  const all: EngineContext[] = [];
  for (const build of ['relaxed-simd', 'simd'] as const)
    try {
      all.push(openContext({ backend: 'wasm', build }));
    } catch {
      // describeBuilds says why
    }
  return [...all, openContext({ backend: 'js' })];
}

/** Compares kernels and a solve of every build with the js backend in float64. */
export async function selfTest(signal: AbortSignal, report: Report): Promise<Check[]> {
  const reference = results(openContext({ backend: 'js' }), 'float64');
  const jobs = contexts().flatMap((context) => DTYPES.map((dtype) => ({ context, dtype })));
  const checks: Check[] = [];
  for (const [done, { context, dtype }] of jobs.entries()) {
    await breathe(signal);
    report({ phase: 'self test', done, total: jobs.length });
    const got = results(context, dtype);
    for (const what of Object.keys(reference)) {
      const error = relativeDifference(got[what], reference[what]);
      checks.push({ backend: context.backend.build, dtype, what, error, limit: LIMITS[dtype], passed: error <= LIMITS[dtype] });
    }
  }
  return checks;
}

function results(engine: EngineContext, dtype: DType): Record<string, NDArray> {
  const [x1, x2] = [sample(70, 33), sample(41, 33)];
  const cross = kernelSync(NET, x1, x2, { dtype, engine });
  const square = kernelSync(NET, x1, { get: 'ntk', dtype, engine }).ntk;
  for (let i = 0; i < 70; i++) square.data[71 * i] += 1;
  return { nngp: cross.nngp, ntk: cross.ntk, solve: solve(engine.backend.linalg, square, sample(70, 3, dtype)) };
}

function relativeDifference({ data: a }: NDArray, { data: b }: NDArray): number {
  let [most, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= most)) most = difference;
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return most / scale;
}

/** Of 256 rows with themselves. */
const PAIRS = (256 * 257) / 2;
/** Milliseconds that each figure may take. */
const BUDGET = 100;

/** Matrix product and a depth-10 ReLU kernel on the engine that 'auto' selects. */
export async function measureSpeed(signal: AbortSignal, report: Report): Promise<Speed[]> {
  const engine = openContext();
  const { build } = engine.backend;
  const speeds: Speed[] = [];
  for (const [done, dtype] of DTYPES.entries()) {
    report({ phase: 'speed', done, total: DTYPES.length });
    await breathe(signal);
    const n = build === 'js' ? 96 : 384;
    const [a, c] = [sample(n, n, dtype).data, allocate(dtype, n * n, 'the self test')];
    const product = best(() => engine.backend.linalg.gemm('n', 'n', n, n, n, 1, a, n, a, n, 0, c, n));
    speeds.push({ what: `gemm ${n}`, dtype, build, value: (2 * n ** 3) / product / 1e9, unit: 'GFLOP/s' });
    await breathe(signal);
    const x = sample(256, 64, dtype);
    const kernel = best(() => kernelSync(RELU_NET, x, { engine }));
    speeds.push({
      what: 'ReLU kernel, depth 10, NNGP and NTK',
      dtype,
      build,
      value: (kernel * 1e9) / (10 * PAIRS),
      unit: 'ns per pair and layer',
    });
  }
  return speeds;
}

/** Seconds of the fastest run. */
function best(body: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  const end = performance.now() + BUDGET;
  do {
    const start = performance.now();
    body();
    fastest = Math.min(fastest, performance.now() - start);
  } while (performance.now() < end);
  return fastest / 1000;
}

/** Lets an interrupt in. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}
