/**
 * Fits RECTIFIED_RUN (duals/run.ts): the two functions of the angle that a list of dense layers without bias and rectified activations
 * is, as Chebyshev series in y = (a θ − A)/(θ + A). Sampled by the operations themselves in doubles; the number of terms follows from the
 * coefficients, down to which rounding lets them decay.
 */
import { type ScalarPair, scalarStep } from './backends/scalar-pair';
import type { DType } from './ndarray';
import * as op from './opcodes';

/** TANGENT with its weight, or RECTIFIED with κ, λ, 1 + λ, 1 − λ. */
export type RunStep = readonly number[];

/** Terms beyond these, relative to the first, are left out. Doubles leave 3e-16 of noise in a series of 100 layers. */
const NEGLIGIBLE = { float32: 1e-8, float64: 6e-16 } as const;
const NODES = { float32: 80, float64: 128 } as const;

/** A of a single relu layer; that of a deeper run is as many times smaller, and no A is larger than LARGEST. */
const POLE = 60;
const LARGEST = 1000;

const KNOWN = new Map<string, readonly number[] | null>();
const REMEMBERED = 64;

/** Parameters of the operation for `steps`, in the order of opcodes.ts; null where a series would be too long. */
export function fitRun(steps: readonly RunStep[], dtype: DType, pair: ScalarPair): readonly number[] | null {
  const key = `${dtype} ${JSON.stringify(steps)}`;
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  if (KNOWN.size >= REMEMBERED) KNOWN.clear();
  const fitted = fit(steps, dtype, pair);
  KNOWN.set(key, fitted);
  return fitted;
}

function fit(steps: readonly RunStep[], dtype: DType, pair: ScalarPair): readonly number[] | null {
  const first = steps.find(isRectified);
  /** φ(−x) = φ(x) of the first activation: then ρ and −ρ are alike. */
  const even = first?.[1] === -1;
  const span = even ? Math.PI / 2 : Math.PI;
  const depth = steps.filter(isRectified).reduce((sum, [kappa]) => sum + Math.PI * kappa, 0);
  const pole = Math.min(LARGEST, POLE / depth);
  const nodes = NODES[dtype];
  const ratios = new Float64Array(nodes);
  const tangents = new Float64Array(nodes);
  for (let k = 0; k < nodes; k++) {
    const half = (Math.PI * (k + 0.5)) / (2 * nodes);
    const theta = (pole * Math.cos(half) ** 2) / (Math.sin(half) ** 2 + pole / span);
    const chord = 2 * Math.sin(theta / 2) ** 2;
    follow(steps, theta, chord, pair);
    ratios[k] = (pair.c < 0 ? 2 - pair.m : pair.m) / chord;
    tangents[k] = pair.t;
  }
  const series = [ratios, tangents].map(chebyshev);
  const blocks = Math.max(...series.map((c) => Math.ceil(termsOf(c, NEGLIGIBLE[dtype]) / 4)));
  if (8 * blocks > nodes) return null;
  const [ratio, tangent] = series.map((c) => cubics(c, blocks));
  const head = [even ? -2 : 0, 1 + (2 * pole) / span, -pole, Math.PI + pole];
  return [blocks, ...head, ...ratio.flatMap((_, i) => [...ratio[blocks - 1 - i], ...tangent[blocks - 1 - i]])];
}

const isRectified = (step: RunStep): boolean => step.length > 1;

/** The pair of angle θ through every step; chord = 1 − cos θ. */
function follow(steps: readonly RunStep[], theta: number, chord: number, pair: ScalarPair): void {
  pair.m = theta > Math.PI / 2 ? 2 * Math.cos(theta / 2) ** 2 : chord;
  pair.c = theta > Math.PI / 2 ? pair.m - 1 : 1 - chord;
  pair.t = 0;
  for (const params of steps) scalarStep(pair, { code: isRectified(params) ? op.RECTIFIED : op.TANGENT, params }, absent, absent);
}

const absent = (): number => 0;

/** Coefficients of the interpolant through the values at y = cos(π (k + ½)/N). */
function chebyshev(values: Float64Array): number[] {
  const n = values.length;
  const cosines = Float64Array.from({ length: 4 * n }, (_, k) => Math.cos((Math.PI * k) / (2 * n)));
  return Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += values[k] * cosines[(j * (2 * k + 1)) % (4 * n)];
    return (sum / n) * (j > 0 ? 2 : 1);
  });
}

function termsOf(c: readonly number[], negligible: number): number {
  let count = c.length;
  while (count > 1 && Math.abs(c[count - 1]) < negligible * Math.abs(c[0])) count--;
  return count;
}

/** q_j of Σ c_n T_n = Σ q_j T_4j, by T_4j T_i = ½ (T_(4j+i) + T_(4j−i)). */
function cubics(c: readonly number[], blocks: number): number[][] {
  const rest = c.slice(0, 4 * blocks);
  const out: number[][] = [];
  for (let j = blocks - 1; j >= 0; j--) {
    const scale = j > 0 ? 2 : 1;
    const [a0, a1, a2, a3] = [rest[4 * j], ...[1, 2, 3].map((i) => scale * rest[4 * j + i])];
    for (let i = 1; i < 4 && j > 0; i++) rest[4 * j - i] -= rest[4 * j + i];
    out[j] = [a0 - a2, a1 - 3 * a3, 2 * a2, 4 * a3];
  }
  return out;
}
