/** Operations of the activations made of exponentials, and of gelu. Formulas in the files of duals/. */
import { acuteAngle } from '../duals/angle';
import { complementOf, decayOf } from '../duals/outlined';
import { type Scalar, scalar } from '../duals/scalar';
import { InfiniteWidthError } from '../errors';
import { hypot } from '../hypot';
import * as op from '../opcodes';
import type { ExpNormalizedLayer, ExponentialLayer, RbfLayer, SineLayer } from '../spec';
import type { Operation } from './operation';

/** Exponents above it are known to fewer digits than float32 results have. */
const LARGEST_SINGLE_EXPONENT = 64;
/** Entries whose squares float32 cannot hold. */
const SMALLEST_SINGLE = 1e-16;
const LARGEST_SINGLE = 1e9;
const beyondSingle = (x: number): boolean => (x > 0 && x < SMALLEST_SINGLE) || x > LARGEST_SINGLE;

/** e⁻ˣ and 1 − e⁻ˣ of x ≥ 0, with the same bits in every runtime. */
const falling = (x: number): number => decayOf<Scalar, number>(scalar, x);
const fallen = (x: number): number => complementOf<Scalar, number>(scalar, x);

/** eˣ of either sign. */
const exp = (x: number): number => (x < 0 ? falling(-x) : 1 / falling(x));

/** Radii whose squares and their inverses are doubles; those whose fourth powers are. */
const SQUARES: Operation['range'] = [1e-150, 1e150];
const FOURTH_POWERS: Operation['range'] = [1e-150, 1e75];
/** Where a small radius does no harm. */
const LARGEST_SQUARE: Operation['range'] = [0, 1e150];

/** R for every row; variance map and factor's scale of the three. */
function exponential(radius: (r: number) => number, map: (r: number) => { readonly radius: number; readonly slope: number }): Operation {
  return {
    code: op.EXPONENTIAL,
    range: LARGEST_SQUARE,
    params: [],
    tables: 2,
    sign: 'positive',
    row(r) {
      const own = radius(r);
      const { radius: after, slope } = map(r);
      return { radius: after, slope, tables: (scale) => [own, slope * scale], needsDouble: own * own > LARGEST_SINGLE_EXPONENT };
    },
  };
}

/** a exp(b x) */
export function expOperation({ a, b }: ExponentialLayer): Operation {
  const half = Math.abs(b) * Math.SQRT1_2;
  return exponential(
    (r) => half * r,
    (r) => {
      const radius = Math.abs(a) * exp(b * r * (b * r));
      return { radius, slope: Math.abs(b) * radius };
    },
  );
}

export function rbfOperation({ gamma }: RbfLayer): Operation {
  requireNonnegative('rbf', gamma);
  const root = Math.sqrt(gamma);
  return exponential(
    (r) => root * r,
    () => ({ radius: 1, slope: Math.SQRT2 * root }),
  );
}

export function expNormalizedOperation({ gamma, shift }: ExpNormalizedLayer): Operation {
  requireNonnegative('expNormalized', gamma);
  const scale = exp((gamma * (1 + shift)) / 2);
  const root = Math.sqrt(gamma / 2);
  return exponential(
    () => root,
    (r) => ({ radius: scale * r, slope: Math.sqrt(gamma) * scale }),
  );
}

function requireNonnegative(kind: string, gamma: number): void {
  if (gamma >= 0) return;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${kind}: gamma = ${gamma} makes no positive definite kernel; give one that is not negative`,
    {
      kind,
      gamma,
    },
  );
}

/** a sin(b x + c), a cos(b x + c) */
export function sineOperation({ kind, a, b, c }: SineLayer): Operation {
  const [s2, c2] = [Math.sin(c) ** 2, Math.cos(c) ** 2];
  const [sine2, cosine2] = kind === 'sin' ? [s2, c2] : [c2, s2];
  const [amplitude, frequency] = [Math.abs(a) * Math.SQRT1_2, Math.abs(b)];
  return {
    code: op.SINE,
    range: SQUARES,
    params: [sine2, cosine2],
    tables: 5,
    sign: 'kept',
    row(r) {
      const p = frequency * r;
      const fall = fallen(2 * p * p);
      const n = Math.sqrt(sine2 * (2 - fall) + cosine2 * fall);
      const own = p * Math.SQRT1_2;
      return {
        radius: amplitude * n,
        slope: amplitude * frequency,
        tables: (scale) => [own, n, falling(p * p), n > 0 ? 1 / n : 0, amplitude * frequency * scale],
        needsDouble: own * own > LARGEST_SINGLE_EXPONENT || beyondSingle(n),
      };
    },
  };
}

/** a exp(b x²) */
export function gaussianOperation({ a, b }: ExponentialLayer): Operation {
  const beta = -2 * b;
  const size = Math.sqrt(Math.abs(beta));
  return {
    code: op.GAUSSIAN,
    range: LARGEST_SQUARE,
    params: [],
    tables: 4,
    sign: 'positive',
    row(r) {
      const v = beta < 0 ? Math.sqrt((1 - Math.SQRT2 * size * r) * (1 + Math.SQRT2 * size * r)) : hypot(1, Math.SQRT2 * size * r);
      if (!(v > 0))
        throw new InfiniteWidthError(
          'ERR_NON_FINITE',
          `gaussian with b = ${b} has no expectation at pre-activations of variance ${r * r}: it exists below 1/(4b) = ${1 / (4 * b)}; use a smaller wStd or b`,
          { variance: r * r, largest: 1 / (4 * b) },
        );
      const radius = Math.abs(a) / Math.sqrt(v);
      const slope = (radius * Math.abs(beta) * r) / v;
      const g = (size * r * (size * r)) / v;
      return { radius, slope, tables: (scale) => [v, 1 / v, g, slope * scale], needsDouble: beyondSingle(v) };
    },
  };
}

/** exp(−x²) sin x */
export const gaborOperation: Operation = {
  code: op.GABOR,
  range: SQUARES,
  params: [],
  tables: 8,
  sign: 'kept',
  row(r) {
    const n = hypot(1, 2 * r);
    const ratio = r / n;
    const fall = fallen(2 * ratio * ratio);
    const slope = 1 / Math.sqrt(2 * n);
    return {
      radius: Math.sqrt(fall / (2 * n)),
      slope,
      tables: (scale) => [r, n, 1 / n, ratio * ratio, ratio, ratio * r, fall > 0 ? 1 / Math.sqrt(fall) : 0, slope * scale],
      needsDouble: beyondSingle(r),
    };
  },
};

/** xΦ(x) */
export const geluOperation: Operation = {
  code: op.GELU,
  range: FOURTH_POWERS,
  params: [],
  tables: 10,
  sign: 'kept',
  row(r) {
    const root = r / hypot(1, r);
    const u = root * root;
    const w = 1 / (1 + r * r);
    const cosine = Math.sqrt(w * (1 + u));
    const angle = acuteAngle<Scalar, number>(scalar, u, cosine);
    const even = r * r * (angle + (2 * u * w) / cosine);
    const radius = r * Math.sqrt(Math.PI / 2 + angle + (2 * u * w) / cosine);
    const slope = 1 / Math.sqrt(2 * Math.PI);
    return {
      radius: radius * slope,
      slope,
      tables: (scale) => [r, u, w, cosine, root, r > 0 ? 1 / root : 0, radius, even, r > 0 ? 1 / radius : 0, slope * scale],
      needsDouble: beyondSingle(r),
    };
  },
};
