/**
 * Ordinary differential equations by the embedded pair of Dormand & Prince, of orders 5 and 4, whose last stage is the first of the next step
 * (J. Comput. Appl. Math. 6 (1980) 19). Steps are chosen as in Hairer, Nørsett & Wanner, Solving ODEs I, II.4, with the stabilised (PI) control
 * of Gustafsson, and end exactly at the times asked for.
 */
import { InfiniteWidthError } from '../errors';

export interface Problem {
  /** dz/dτ at (τ, z), written into `out`. */
  derivative(tau: number, z: Float64Array, out: Float64Array): void;
  /** The size of an error of z in units of what is allowed. NaN counts as too large. */
  excess(error: Float64Array): number;
}

export interface Course {
  /** In the order of time, at least 0. */
  readonly times: readonly number[];
  /** The first step to try. */
  readonly firstStep: number;
  /** Steps, taken and refused. */
  readonly maxSteps: number;
}

/** Rows of the tableau: weights of the stages before in stage s = 2 … 7; the last row is the solution of order 5. */
const STAGES = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const NODES = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
/** Order 5 less order 4. */
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** Exponents of this step's error and the last one's, and the limits of a step's change. */
const [THIS, LAST, SAFETY, LEAST, MOST] = [0.7 / 5, 0.4 / 5, 0.9, 0.2, 10];

/**
 * @param z at τ = 0; moved along
 * @param see told of z at every one of the times, with its position
 * @returns yields τ after every step
 * @throws ERR_NOT_CONVERGED where steps vanish, or there are too many
 */
export function* integrate(
  problem: Problem,
  z: Float64Array,
  { times, firstStep, maxSteps }: Course,
  see: (slot: number, z: Float64Array) => void,
): Generator<number, void> {
  const stages = Array.from({ length: 7 }, () => new Float64Array(z.length));
  const [next, error] = [new Float64Array(z.length), new Float64Array(z.length)];
  let [tau, step, last, steps] = [0, firstStep, 1e-4, 0];
  problem.derivative(0, z, stages[0]);
  for (const [slot, end] of times.entries()) {
    while (tau < end) {
      if (++steps > maxSteps) throw stuck(`${maxSteps} steps came to`, tau, 'ask for earlier times, or allow more maxSteps');
      const isLast = tau + step >= end;
      const h = isLast ? end - tau : step;
      if (!(tau + h > tau))
        throw stuck('steps vanish at', tau, "the loss's gradient must be finite and continuous there, and rtol and atol in reach");
      for (let s = 1; s < 7; s++) {
        combine(next, z, h, STAGES[s - 1], stages);
        problem.derivative(tau + NODES[s - 1] * h, next, stages[s]);
      }
      combine(error, null, h, ERROR, stages);
      const excess = problem.excess(error);
      if (!(excess <= 1)) {
        step = h * (excess < Number.POSITIVE_INFINITY ? Math.max(LEAST, SAFETY * excess ** -THIS) : LEAST);
        yield tau;
        continue;
      }
      tau = isLast ? end : tau + h;
      z.set(next);
      [stages[0], stages[6]] = [stages[6], stages[0]];
      const grown = h * Math.min(MOST, Math.max(LEAST, SAFETY * Math.max(excess, 1e-10) ** -THIS * last ** LAST));
      // A step cut short by a time asked for says nothing against the one that was due.
      step = isLast ? Math.max(step, grown) : grown;
      last = Math.max(excess, 1e-4);
      yield tau;
    }
    see(slot, z);
  }
}

/** out = z + h Σ weights[s] stages[s] */
function combine(out: Float64Array, z: Float64Array | null, h: number, weights: readonly number[], stages: readonly Float64Array[]): void {
  if (z) out.set(z);
  else out.fill(0);
  weights.forEach((weight, s) => {
    if (weight === 0) return;
    const [factor, stage] = [h * weight, stages[s]];
    for (let i = 0; i < out.length; i++) out[i] += factor * stage[i];
  });
}

const stuck = (what: string, tau: number, remedy: string): InfiniteWidthError =>
  new InfiniteWidthError('ERR_NOT_CONVERGED', `the differential equation is not solved: ${what} τ = ${tau}; ${remedy}`, { tau });
