/** The catapult of large learning rates, exactly for a linear network of one hidden layer (Lewkowycz et al. 2020, arXiv 2003.02218). */
import { badArgument, checkedOptions, notNegative, positiveNumber } from '../layers/checks';
import { allocate } from '../ndarray';
import { finiteParameter } from '../spec';

export interface CatapultOptions {
  /** n, units of the hidden layer. */
  width: number;
  /** η, of gradient descent on f²/2. */
  learningRate: number;
  /** f before the first step. */
  output: number;
  /** λ before the first step, the NTK. */
  ntk: number;
  /** Steps of gradient descent. */
  steps: number;
}

export interface Catapult {
  /** f before each step, and after the last; Infinity, as all that follows, where it is beyond doubles. */
  readonly outputs: Float64Array;
  /** λ likewise. */
  readonly ntk: Float64Array;
  /** f²/2 likewise. */
  readonly losses: Float64Array;
  /**
   * Of a wide network: 'lazy' η < 2/λ, where λ stays; 'catapult' η < 4/λ, where the loss rises until λ has come below 2/η; 'divergent'
   * beyond.
   */
  readonly phase: 'lazy' | 'catapult' | 'divergent';
}

/**
 * Gradient descent on f²/2 of f = v·u/√n at one input 1 with target 0, whose NTK is λ = (|u|² + |v|²)/n. Two numbers follow exactly:
 * f' = f (1 − ηλ + η²f²/n), λ' = λ + (ηf²/n)(ηλ − 4).
 * @throws ERR_ARGUMENT; also where 2|f| > λ√n, which no u and v have
 */
export function catapult(options: CatapultOptions): Catapult {
  const caller = 'catapult';
  const { width, learningRate, output, ntk, steps } = checkedOptions(caller, options, ['width', 'learningRate', 'output', 'ntk', 'steps']);
  if (!Number.isInteger(width) || width < 1) throw badArgument(caller, 'width', 'a positive integer', width);
  if (!Number.isInteger(steps) || steps < 0) throw badArgument(caller, 'steps', 'a natural number', steps);
  const rate = positiveNumber(learningRate, caller, 'learningRate');
  finiteParameter(output, caller, 'output');
  notNegative(ntk, caller, 'ntk');
  if (2 * Math.abs(output) > ntk * Math.sqrt(width) * (1 + 1e-12))
    throw badArgument(caller, 'output', `at most ntk·√width/2 = ${(ntk * Math.sqrt(width)) / 2} in size, which u = ±v has`, output);
  const [outputs, ntks] = ['outputs', 'ntk'].map((name) => allocate('float64', steps + 1, name) as Float64Array);
  let [f, lambda] = [output, ntk];
  for (let t = 0; t <= steps; t++) {
    [outputs[t], ntks[t]] = [f, lambda];
    const squared = (rate * f * f) / width;
    [f, lambda] = [f * (1 - rate * lambda + rate * squared), lambda + squared * (rate * lambda - 4)];
    if (!Number.isFinite(f * lambda)) [f, lambda] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  }
  const phase = rate * ntk < 2 ? 'lazy' : rate * ntk < 4 ? 'catapult' : 'divergent';
  return { outputs, ntk: ntks, losses: outputs.map((value) => (value * value) / 2), phase };
}
