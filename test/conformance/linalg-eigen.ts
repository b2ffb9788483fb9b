/** The symmetric eigenvalue problem as LAPACK tests it (xDRVST): its types of matrices and its ratios. */
import { expect, it } from 'vitest';
import type { TypedArray } from '../../src/ndarray';
import type { Context } from './linalg';
import { dense, ROGUE, random, Stored } from './linalg-matrices';
import { eigenRatios, worse } from './linalg-ratios';

/**
 * LAPACK fails above 60. The largest ratio seen is 3.0, so 10 leaves room for other roundings and no
 * room for a loss of orthogonality, which grows with n.
 */
const LIMIT = 10;

type Entry = (i: number, j: number) => number;

interface Type {
  readonly name: string;
  readonly entry: (n: number, seed: number) => Entry;
  /** Power by which the result leaves the range of squares. */
  readonly scale?: 'sqrt overflow' | 'sqrt underflow';
}

const SCALES = { float32: 2 ** 100, float64: 2 ** 1000 };
const EPS = 1e-15;

const spectrum = (name: string, value: (t: number, i: number) => number): Type => ({
  name,
  entry: (n, seed) =>
    dense(
      Float64Array.from({ length: n }, (_, i) => value(n > 1 ? i / (n - 1) : 0, i)),
      seed,
    ),
});
const symmetric = (value: (next: () => number, i: number, j: number, n: number) => number) => (n: number, seed: number) => {
  const next = random(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = value(() => next() - 0.5, i, j, n);
  return (i: number, j: number) => a[i * n + j];
};
const uniform = symmetric((next) => next());

const TYPES: readonly Type[] = [
  { name: 'zero', entry: () => () => 0 },
  { name: 'identity', entry: () => (i, j) => Number(i === j) },
  { name: 'diagonal', entry: symmetric((next, i, j) => (i === j ? next() : 0)) },
  { name: 'uniform', entry: uniform },
  { name: 'uniform, large', entry: uniform, scale: 'sqrt overflow' },
  { name: 'uniform, small', entry: uniform, scale: 'sqrt underflow' },
  spectrum('one eigenvalue', () => 1),
  spectrum('two eigenvalues', (t) => (t < 0.3 ? 1 : 2)),
  spectrum('even, both signs', (t, i) => (i % 2 ? 1 : -1) * (1 - t)),
  spectrum('geometric', (t) => EPS ** t),
  spectrum('one large, rest clustered', (t) => (t === 0 ? 1 : EPS)),
  spectrum('one small, rest clustered', (t) => (t === 1 ? EPS : 1)),
  { name: 'rank one', entry: () => () => 1 },
  { name: 'Wilkinson', entry: (n) => (i, j) => (i === j ? Math.abs(i - (n - 1) / 2) : Number(Math.abs(i - j) === 1)) },
  { name: 'second difference', entry: () => (i, j) => (i === j ? 2 : -Number(Math.abs(i - j) === 1)) },
  { name: 'graded downwards', entry: symmetric((next, i, j) => next() * 10 ** (-Math.max(i, j) / 4)) },
  { name: 'graded upwards', entry: symmetric((next, i, j, n) => next() * 10 ** ((Math.min(i, j) - n) / 4)) },
  { name: 'smooth kernel', entry: (n) => (i, j) => Math.exp(-8 * ((i - j) / Math.max(1, n)) ** 2) },
];

/** All small orders, both sides of every block's edge, and of the rest every sixth. */
const ordersOf = (orders: readonly number[], index: number) =>
  orders.filter((n) => n <= 12 || [32, 33, 64, 65, 66, 97, 128, 129].includes(n) || n % 6 === index % 6);

/** The types that are also tried at the largest order. */
const LARGE = new Set(['uniform', 'geometric', 'one large, rest clustered', 'smooth kernel']);

export function eigenConformance(context: () => Context): void {
  it.each(TYPES.map((type, index) => [type.name, type, index] as const))('syevd: %s', (name, type, index) => {
    const c = context();
    let worst = 0;
    for (const n of ordersOf(c.sizes.orders, index)) worst = worse(worst, ratio(c, type, n));
    if (LARGE.has(name)) worst = worse(worst, ratio(c, type, c.sizes.large));
    expect(worst).toBeLessThan(LIMIT);
  });

  it('syevdSteps: shares rise, other calls between the steps are not in the way, and one that is broken off leaves its operands alone', () => {
    const { la, dtype } = context();
    const n = 300;
    const make = (order: number) => new Stored(dtype, order, order, 0, uniform(order, 5));
    const [whole, pieces, broken] = [make(n), make(n), make(n)];
    const [w, wPieces, wBroken] = [0, 1, 2].map(() => new Stored(dtype, 1, n, 0, () => 0));
    expect(la.syevd('v', 'lower', n, whole.data, whole.ld, w.data)).toBe(0);
    const stopped = la.syevdSteps('v', 'lower', n, broken.data, broken.ld, wBroken.data);
    for (let k = 0; k < 3; k++) stopped.next();
    const steps = la.syevdSteps('v', 'lower', n, pieces.data, pieces.ld, wPieces.data);
    const shares: number[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      shares.push(step.value);
      if (shares.length === 2) stopped.return(0);
      const small = make(20);
      expect(la.syevd('v', 'lower', 20, small.data, small.ld, new Stored(dtype, 1, 20, 0, () => 0).data)).toBe(0);
    }
    expect(step.value).toBe(0);
    expect(shares.length).toBeGreaterThan(10);
    expect(shares.every((share, k) => share > 0 && share <= 1 && share >= (shares[k - 1] ?? 0))).toBe(true);
    expect(pieces.data).toEqual(whole.data);
    expect(wPieces.data).toEqual(w.data);
    expect(broken.untouched()).toBe(true);
  });

  it('syevd: NaN and infinities are an info, not a hang or a result', () => {
    const { la, dtype } = context();
    for (const n of [1, 2, 33])
      for (const bad of [Number.NaN, Infinity]) {
        const a = new Stored(dtype, n, n, 0, (i, j) => (i === n - 1 && j === 0 ? bad : 1));
        const w = new Stored(dtype, 1, n, 0, () => 0);
        expect(la.syevd('v', 'lower', n, a.data, a.ld, w.data)).toBeGreaterThan(0);
      }
  });
}

/** The worse of the residual, the loss of orthogonality, and the eigenvalues' difference with and without vectors. */
function ratio({ la, dtype, eps }: Context, type: Type, n: number): number {
  const factor = type.scale === 'sqrt overflow' ? SCALES[dtype] : type.scale === 'sqrt underflow' ? 1 / SCALES[dtype] : 1;
  const entry = type.entry(n, n + 1);
  const uplo = n % 2 ? 'lower' : 'upper';
  const inTriangle = (i: number, j: number) => i === j || (uplo === 'lower') === i > j;
  const make = () => new Stored(dtype, n, n, ROGUE, (i, j) => (inTriangle(i, j) ? factor * entry(i, j) : Number.NaN));
  const values = () => new Stored(dtype, 1, n, ROGUE, () => Number.NaN);
  const [a, alone] = [make(), make()];
  const [w, wAlone] = [values(), values()];
  if (la.syevd('v', uplo, n, a.data, a.ld, w.data) !== 0) return Infinity;
  if (la.syevd('n', uplo, n, alone.data, alone.ld, wAlone.data) !== 0) return Infinity;
  if (!a.untouchedOutsidePart() || !w.untouchedOutsidePart() || !wAlone.untouchedOutsidePart() || !alone.untouched()) return Infinity;
  // Back in range, for the ratios' own arithmetic: by a power of two.
  const scaled = (data: TypedArray) => Float64Array.from(data.subarray(0, n), (x) => x / factor);
  const [d, dAlone] = [scaled(w.data), scaled(wAlone.data)];
  const [residual, orthogonality] = eigenRatios(
    n,
    eps,
    (i, j) => (inTriangle(i, j) ? a.original(i, j) : a.original(j, i)) / factor,
    d,
    (i, j) => a.at(i, j),
  );
  const largest = d.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const difference = d.reduce((most, x, i) => worse(most, Math.abs(x - dAlone[i])), 0);
  if (d.some((x, i) => i > 0 && !(x >= d[i - 1]))) return Infinity;
  return worse(worse(residual, orthogonality), difference === 0 ? 0 : difference / (n * largest * 2 * eps));
}
