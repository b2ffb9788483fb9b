/** Errors of linear algebra in its own units. */

import type { TypedArray } from '../src/ndarray';
import { choleskyRatio } from '../test/conformance/linalg-ratios';
import type { Bench } from './bench';
import { array, normal, positiveDefinite } from './data';
import { race, timed } from './harness';
import { DTYPES } from './transforms.bench';

const UNIT_ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 } as const;

/** Errors of the two routines that kernels and predictions stand on, beside their speed. */
export async function linearAlgebraErrors({ options, report, engines }: Bench): Promise<void> {
  report.note("gemm: worst |C − fl(C)| / (k ε |A||B|), at most 1 by theory; potrf: LAPACK's ‖LLᵀ − A‖ / (n ‖A‖ ε), which fails above 30");
  const lines: (string | number)[][] = [];
  for (const dtype of DTYPES)
    for (const { name, context } of engines) {
      const { linalg } = context.backend;
      for (const k of options.quick ? [64] : [64, 1024]) {
        const [m, n] = [128, 128];
        const [a, b, c] = [normal(dtype, m, k, 41).data, normal(dtype, k, n, 42).data, array(dtype, m * n)];
        const run = () => linalg.gemm('n', 'n', m, n, k, 1, a, k, b, n, 0, c, n);
        const [{ best }] = await race([{ name, ours: true, time: timed(run) }], options, () => {});
        lines.push([
          `gemm ${dtype} ${m} × ${n} × ${k}`,
          name,
          gemmError(m, n, k, a, b, c, UNIT_ROUNDOFF[dtype]),
          (2 * m * n * k) / best / 1e6,
        ]);
      }
      for (const n of options.quick ? [65] : [129, 512]) {
        const a = positiveDefinite(dtype, n, 43);
        const factor = a.slice();
        const run = () => linalg.potrf('lower', n, factor, n);
        const [{ best }] = await race([{ name, ours: true, time: timed(run, () => factor.set(a)) }], options, () => {});
        const ratio = choleskyRatio(
          n,
          UNIT_ROUNDOFF[dtype],
          (i, j) => a[i * n + j],
          (i, j) => factor[i * n + j],
        );
        lines.push([`potrf ${dtype} ${n}`, name, ratio, n ** 3 / 3 / best / 1e6]);
      }
    }
  report.figures('linear algebra', ['', 'by', 'error', 'GFLOP/s'], lines);
}

/** Worst componentwise error of a product in units of k ε |A||B|. */
function gemmError(m: number, n: number, k: number, a: TypedArray, b: TypedArray, c: TypedArray, epsilon: number): number {
  let worst = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const { difference, gauge } = residual(
        k,
        (l) => a[i * k + l],
        (l) => b[l * n + j],
        c[i * n + j],
      );
      worst = Math.max(worst, Math.abs(difference) / (k * epsilon * gauge));
    }
  return worst;
}

/** Σ xᵢyᵢ − c as if in twice the precision (Dot2 of Ogita, Rump, Oishi 2005), and Σ |xᵢyᵢ|. */
function residual(k: number, x: (i: number) => number, y: (i: number) => number, c: number): { difference: number; gauge: number } {
  let sum = -c;
  let low = 0;
  let gauge = 0;
  for (let i = 0; i < k; i++) {
    const [p, q] = [x(i), y(i)];
    const product = p * q;
    const [ph, qh] = [high(p), high(q)];
    const [pl, ql] = [p - ph, q - qh];
    const next = sum + product;
    const shadow = next - sum;
    low += pl * ql - (product - ph * qh - pl * qh - ph * ql) + (sum - (next - shadow) + (product - shadow));
    sum = next;
    gauge += Math.abs(product);
  }
  return { difference: sum + low, gauge };
}

/** The upper 26 bits of a double (Veltkamp 1968). */
function high(x: number): number {
  const scaled = 134217729 * x;
  return scaled - (scaled - x);
}
