/**
 * The flow of outputs f = f₀ − Θw by that of weights w, as a differential equation and as results at many times (gradient-descent.ts).
 */
import { InfiniteWidthError } from '../errors';
import { allocate, type DType, type NDArray, sizeOf } from '../ndarray';
import type { Gradient } from './losses';
import type { Problem } from './runge-kutta';
import type { Times } from './times';

/** One side's outputs and velocities at t = 0, and its kernel with the training set. */
export interface SideStart {
  readonly cross: Float64Array;
  readonly f: Float64Array;
  readonly q: Float64Array;
  readonly shape: readonly number[];
}

/** How velocities that start at q₀ go on by themselves: q₀ e^(rate τ). */
export class Motion {
  /** @param rate null: there are no velocities */
  constructor(readonly rate: number | null) {}

  /** ∫₀^τ e^(rate s) ds, and e^(rate τ) */
  at(tau: number): { grown: number; decayed: number } {
    const { rate } = this;
    if (rate === null) return { grown: 0, decayed: 0 };
    return { grown: rate === 0 ? tau : Math.expm1(rate * tau) / rate, decayed: Math.exp(rate * tau) };
  }
}

/** Of z = w, or (w, ẇ) with momentum: f = f₀ + q₀ ∫e^(rate s) ds − Θw, ẇ = ∂L/∂f or ẅ = ∂L/∂f + rate · ẇ. */
export class FlowProblem implements Problem {
  private readonly f: Float64Array;
  private readonly change: Float64Array;
  private largest = 0;
  private readonly diagonal: number;

  constructor(
    private readonly gradient: Gradient,
    private readonly motion: Motion,
    private readonly train: SideStart,
    private readonly tolerance: { readonly rtol: number; readonly atol: number },
    /** out −= Θw */
    private readonly product: (out: Float64Array, w: Float64Array) => void,
  ) {
    this.f = new Float64Array(train.f.length);
    this.change = new Float64Array(train.f.length);
    const n = Math.sqrt(train.cross.length);
    this.diagonal = Array.from({ length: n }, (_, i) => train.cross[i * (n + 1)]).reduce((most, value) => Math.max(most, value), 0);
  }

  derivative(tau: number, z: Float64Array, out: Float64Array): void {
    const { f, train, motion } = this;
    const size = f.length;
    const { grown } = motion.at(tau);
    for (let i = 0; i < size; i++) f[i] = train.f[i] + grown * train.q[i];
    this.product(f, z.subarray(0, size));
    if (motion.rate === null) return this.gradient(f, out);
    out.set(z.subarray(size));
    const force = out.subarray(size);
    this.gradient(f, force);
    for (let i = 0; i < size; i++) force[i] += motion.rate * z[size + i];
  }

  /** |e(x)|² ≤ K(x, x) · eᵀKe at any x, for the function e = K(·, X) e that the error of the weights is; likewise of their velocities. */
  excess(error: Float64Array): number {
    const { f, diagonal, tolerance } = this;
    const largest = f.reduce((most, value) => Math.max(most, Math.abs(value)), this.largest);
    const allowed = tolerance.atol + tolerance.rtol * largest;
    let worst = 0;
    for (let from = 0; from < error.length; from += f.length) worst = Math.max(worst, this.square(error.subarray(from, from + f.length)));
    const excess = Math.sqrt(diagonal * worst) / allowed;
    if (excess <= 1) this.largest = largest;
    return excess;
  }

  /** The largest eᵀKe of any output. */
  private square(e: Float64Array): number {
    const { change } = this;
    change.fill(0);
    this.product(change, e);
    const squares = new Float64Array(e.length / Math.sqrt(this.train.cross.length));
    for (let i = 0; i < e.length; i++) squares[i % squares.length] -= e[i] * change[i];
    return squares.reduce((most, value) => Math.max(most, value), 0);
  }

  /** Moves the outputs by a hundredth of their size or of 1. @throws ERR_NON_FINITE for a gradient that is none at the start */
  firstStep(z: Float64Array): number {
    const size = this.f.length;
    const force = new Float64Array(z.length);
    this.derivative(0, z, force);
    if (!force.every(Number.isFinite))
      throw new InfiniteWidthError('ERR_NON_FINITE', 'the gradient of the loss at fxTrain0 is not finite; start where it is');
    this.change.fill(0);
    this.product(this.change, force.subarray(z.length - size));
    const most = (values: Float64Array) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    this.largest = most(this.f);
    const share = (0.01 * (1 + this.largest)) / Math.max(most(this.change), most(this.train.q), 1e-300);
    return this.motion.rate === null ? share : Math.sqrt(share);
  }
}

/** Outputs, and velocities, at all times. */
export class Results {
  readonly given: { fxTrain?: NDArray; fxTest?: NDArray; qxTrain?: NDArray; qxTest?: NDArray } = {};

  constructor(
    { values, shape }: Times,
    private readonly hasVelocity: boolean,
    dtype: DType,
    private readonly train: SideStart | null,
    private readonly test: SideStart | null,
  ) {
    const empty = (one: readonly number[]): NDArray => ({
      data: allocate(dtype, values.length * sizeOf(one), 'the outputs'),
      shape: [...shape, ...one],
    });
    if (train) this.given.fxTrain = empty(train.shape);
    if (test) this.given.fxTest = empty(test.shape);
    if (train && hasVelocity) this.given.qxTrain = empty(train.shape);
    if (test && hasVelocity) this.given.qxTest = empty(test.shape);
  }

  /** Outputs at one of the times from z there. @param grown, decayed of the Motion @param product out −= cross · w */
  see(
    slot: number,
    grown: number,
    decayed: number,
    z: Float64Array,
    product: (out: Float64Array, cross: Float64Array, w: Float64Array) => void,
  ): void {
    const { given, train, test, hasVelocity } = this;
    const w = hasVelocity ? z.subarray(0, z.length / 2) : z;
    const put = (target: NDArray | undefined, side: SideStart | null, own: Float64Array, weights: Float64Array) => {
      if (!target || !side) return;
      product(own, side.cross, weights);
      target.data.set(own, slot * own.length);
    };
    for (const [side, f, q] of [
      [train, given.fxTrain, given.qxTrain],
      [test, given.fxTest, given.qxTest],
    ] as const) {
      if (!side) continue;
      put(
        f,
        side,
        side.f.map((value, i) => value + grown * side.q[i]),
        w,
      );
      if (q)
        put(
          q,
          side,
          side.q.map((value) => decayed * value),
          z.subarray(z.length / 2),
        );
    }
  }
}
