/** The dual of an activation in doubles: what the pass over rows and the reference engines ask of every activation. */
import { hostDual } from '../activations/host';
import { operationOf, stepsOf } from '../activations/steps';
import { ScalarPair, scalarStep } from '../backends/scalar-pair';
import type { Step } from '../infer';
import * as op from '../opcodes';
import { type Op, rectifiedConstants } from '../program';
import { advance, type Row } from '../rows';
import type { ActivationLayer, ExponentialLayer } from '../spec';

/** The dual of an activation φ, prepared for use. (u, v) is a mean-zero Gaussian pair of variances q1, q2 ≥ 0 and covariance k. */
export interface Dual {
  /** E[φ(u)²], u ~ N(0, q): the layer's variance map. Of exp Infinity where it overflows. @throws ERR_NON_FINITE where it does not exist */
  variance(q: number): number;
  /** E[φ(u)φ(v)]. `d` = q1 + q2 − 2k, given apart because k cannot show it when it is small. */
  nngp(k: number, q1: number, q2: number, d: number): number;
  /** E[φ'(u)φ'(v)], φ' almost everywhere: jumps of φ add nothing. */
  factor(k: number, q1: number, q2: number, d: number): number;
  /** E[(φ(u) − φ(v))²] = q1' + q2' − 2k'; exactly 0 where d = 0. */
  distance(k: number, q1: number, q2: number, d: number): number;
}

const KNOWN = new WeakMap<ActivationLayer, Dual>();

/** The dual of any activation, the same for every call. @throws ERR_UNSUPPORTED for one that has none */
export function dualOf(activation: ActivationLayer): Dual {
  const known = KNOWN.get(activation) ?? makeDual(activation);
  KNOWN.set(activation, known);
  return known;
}

/** What no operation can run on a pair alone. */
const HOSTED: readonly number[] = [op.DUAL, op.TABULATED];

function makeDual(activation: ActivationLayer): Dual {
  const steps = stepsOf(activation);
  const hosted = steps.some((step) => step.kind === 'dual' && HOSTED.includes(operationOf(step.activation).code));
  if (hosted) return hostDual(activation);
  const dual = new ClosedDual(steps);
  return activation.kind === 'exp' ? exponentialDual(activation, dual) : dual;
}

/** a exp(b x): K' = a² exp(½b²(q₁ + q₂ + 2k)) may be a number where the variances overflow. */
function exponentialDual({ a, b }: ExponentialLayer, closed: Dual): Dual {
  const nngp: Dual['nngp'] = (k, q1, q2) => a * a * Math.exp(0.5 * b * b * (q1 + k + (q2 + k)));
  const variance = (q: number) => nngp(q, q, q, 0);
  const fits = (q: number) => variance(q) < Number.POSITIVE_INFINITY;
  return {
    variance,
    nngp,
    factor: (k, q1, q2, d) => b * b * nngp(k, q1, q2, d),
    distance: (k, q1, q2, d) => (fits(q1) && fits(q2) ? closed.distance(k, q1, q2, d) : d === 0 ? 0 : Number.POSITIVE_INFINITY),
  };
}

/** A row after the steps: √variance, the scale of its factor, and the tables of every step. */
interface After {
  readonly q: number;
  readonly r: number;
  readonly row: Row;
  readonly tables: readonly (readonly number[])[];
}

const pair = new ScalarPair();

/** Rows that a dual remembers; beyond it starts anew. */
const REMEMBERED = 4096;

/**
 * The operations of the tile engines on one pair. The last pair and the rows of late are remembered: nngp, factor and distance of one
 * pair cost one evaluation, and the rows of two sets of samples one pass each.
 */
class ClosedDual implements Dual {
  private readonly ops: readonly Omit<Op, 'table'>[];
  private readonly difference: ((r1: number, r2: number, change: number) => number) | undefined;
  private readonly rows = new Map<number, After>();
  private readonly last = { k: Number.NaN, q1: Number.NaN, q2: Number.NaN, d: Number.NaN, nngp: 0, factor: 0, distance: 0 };
  /** Tables of the two rows in the step that runs. */
  private left: readonly number[] = [];
  private right: readonly number[] = [];
  private readonly row = (k: number): number => this.left[k];
  private readonly col = (k: number): number => this.right[k];

  constructor(private readonly steps: readonly Step[]) {
    this.ops = operationsOf(steps);
    this.difference = differenceOf(steps);
  }

  variance(q: number): number {
    return this.after(q).row.r ** 2;
  }

  nngp(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).nngp;
  }

  factor(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).factor;
  }

  distance(k: number, q1: number, q2: number, d: number): number {
    return this.evaluate(k, q1, q2, d).distance;
  }

  private evaluate(k: number, q1: number, q2: number, d: number) {
    const { last, ops } = this;
    if (last.k === k && last.q1 === q1 && last.q2 === q2 && last.d === d) return last;
    const first = this.after(q1);
    const second = q1 === q2 ? first : this.after(q2);
    const sum = first.r + second.r;
    const change = sum > 0 ? (q1 - q2) / sum : 0;
    enter(k, first, second, change, d);
    for (let i = 0; i < ops.length; i++) {
      this.left = first.tables[i];
      this.right = second.tables[i];
      scalarStep(pair, ops[i], this.row, this.col);
    }
    const [r1, r2] = [first.row.r, second.row.r];
    last.nngp = r1 * pair.c * r2;
    last.factor = first.row.sigma * pair.t * second.row.sigma;
    const apart = pair.c < 0 ? 2 - pair.m : pair.m;
    const radial = this.difference ? this.difference(first.r, second.r, change) : r1 - r2;
    last.distance = d === 0 && q1 === q2 ? 0 : radial * radial + 2 * r1 * apart * r2;
    last.k = k;
    last.q1 = q1;
    last.q2 = q2;
    last.d = d;
    return last;
  }

  private after(q: number): After {
    const known = this.rows.get(q);
    if (known) return known;
    const r = Math.sqrt(q);
    const row: Row = { r, sigma: 1, t: 0, needsDouble: false };
    const tables: number[][] = [];
    let next = 0;
    for (const { code } of this.ops) next = advance(this.steps, next, row, code, (...entries) => void tables.push(entries));
    while (tables.length < this.ops.length) tables.push([]);
    const after = { q, r, row, tables };
    if (this.rows.size >= REMEMBERED) this.rows.clear();
    this.rows.set(q, after);
    return after;
  }
}

/**
 * Puts the state of a pair into `pair`; change = r₁ − r₂. 1 − |ρ| comes from d, or from s = q₁ + q₂ + 2k, where that is the smaller of the
 * two numbers to have been rounded.
 */
function enter(k: number, first: After, second: After, change: number, d: number): void {
  const [r1, r2] = [first.r, second.r];
  pair.t = 1;
  pair.c = 0;
  pair.m = 1;
  if (!(r1 > 0 && r2 > 0)) return;
  const rho = Math.max(-1, Math.min(1, k / r1 / r2));
  const s = first.q + k + (second.q + k);
  const apart = (rho < 0 ? s : d) / r1 / r2;
  pair.m = apart > 1 ? 1 - Math.abs(rho) : Math.max(0, 0.5 * (apart - (change / r1) * (change / r2)));
  pair.c = apart > 1 ? rho : rho < 0 ? pair.m - 1 : 1 - pair.m;
}

/** The operation of each step, on correlations of either sign. */
export const operationsOf = (steps: readonly Step[]): Omit<Op, 'table'>[] => steps.map(operation);

function operation(step: Step): Omit<Op, 'table'> {
  switch (step.kind) {
    case 'rectified': {
      const { kappa, lambda, plus, minus } = rectifiedConstants(step.a, step.b);
      return { code: op.RECTIFIED, params: [kappa, lambda, plus, minus] };
    }
    case 'erf':
      return { code: op.ERF_PRECISE, params: [] };
    case 'dual':
      return operationOf(step.activation);
    default:
      return { code: op.AFFINE, params: [] };
  }
}

/** The difference of the radii that the only step leaves, where it can be had without rounding the two. */
function differenceOf([step, ...others]: readonly Step[]): ((r1: number, r2: number, change: number) => number) | undefined {
  if (others.length > 0) return undefined;
  if (step.kind === 'dual') return operationOf(step.activation).difference;
  if (step.kind !== 'rectified') return undefined;
  const { root } = rectifiedConstants(step.a, step.b);
  return (_r1, _r2, change) => root * change;
}
