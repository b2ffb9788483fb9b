/**
 * Steps → Program: the flat list of operations (opcodes.ts) that an interpreter runs over strips of pairs. Fused operations are
 * chosen where every pair has ρ ≥ 0. A deep network of dense layers without bias and rectified activations is one operation.
 */
import { operationOf, settledSteps } from './activations/steps';
import { ScalarPair } from './backends/scalar-pair';
import { TABULATED_TABLES } from './cells';
import { hypot } from './hypot';
import type { Step } from './infer';
import type { DType } from './ndarray';
import * as op from './opcodes';
import { fitRun } from './rectified-run';
import type { ActivationLayer } from './spec';

export interface Op {
  readonly code: number;
  /** Index of the first row table the operation reads. */
  readonly table: number;
  readonly params: readonly number[];
  /** Of DUAL and TABULATED: what it evaluates. */
  readonly activation?: ActivationLayer;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly ops: readonly Op[];
  /** Row tables of all operations together. */
  readonly tables: number;
  /** Rows of variance 0 may carry an NTK of their own. */
  readonly guarded: boolean;
  /** It has an operation (DUAL) that only the JavaScript tile worker runs. */
  readonly hosted: boolean;
}

/** κ, λ, 1 + λ, 1 − λ and √A of rectified.ts; a and b not both 0. */
export function rectifiedConstants(a: number, b: number) {
  const size = Math.max(Math.abs(a), Math.abs(b));
  const [x, y] = [a / size, b / size];
  const sum = x * x + y * y;
  const minus = (x - y) ** 2 / sum;
  return { kappa: minus / Math.PI, lambda: (2 * x * y) / sum, plus: (x + y) ** 2 / sum, minus, root: size * Math.sqrt(sum / 2) };
}

/** Row tables an operation reads; POLYNOMIAL and RECTIFIED_MONOMIAL have as many as their degree needs. */
export const TABLES_OF: readonly number[] = /* @__PURE__ */ Object.assign([] as number[], {
  [op.START]: 1,
  [op.TANGENT]: 0,
  [op.AFFINE]: 5,
  [op.RECTIFIED]: 0,
  [op.ERF]: 8,
  [op.ERF_PRECISE]: 8,
  [op.GUARD]: 1,
  [op.CORRELATION]: 0,
  [op.PLAIN_RECTIFIED]: 0,
  [op.AFFINE_RECTIFIED]: 3,
  [op.STANDARD_RECTIFIED]: 4,
  [op.RECTIFIED_RUN]: 0,
  [op.FINISH]: 2,
  [op.EXPONENTIAL]: 2,
  [op.SINE]: 5,
  [op.GAUSSIAN]: 4,
  [op.GABOR]: 8,
  [op.GELU]: 10,
  [op.SIGN]: 0,
  [op.DUAL]: 3,
  [op.TABULATED]: TABULATED_TABLES,
});

/** 1 − |ρ| below which a pair's margin is recomputed from its rows: a Gram product knows it to eps only. */
export const REMEASURE = { float32: 1e-2, float64: 1e-3 } as const;

/** Flops of RECTIFIED_RUN, each of its blocks, and a layer that it replaces (plan.ts): where it costs more the layers stay. */
const [RUN_FLOPS, BLOCK_FLOPS, LAYER_FLOPS] = [44, 18, 60];
/** Rectified layers from which on it may cost less. */
const RUN_LAYERS = 3;

/** Layers of erf, or of an activation with an operation of its own, beyond which float32 results are computed in float64. */
const DEEP_SMOOTH = 16;

/**
 * The precision a result of `dtype` is computed in. At a fixed point of the variance map every such layer multiplies the NTK by the
 * same rounded number, so that in float32 the error grows with depth: 1e-5 at 100 layers of erf. Rectified networks do not: 2e-6 holds.
 */
export function arithmeticOf(steps: readonly Step[], dtype: DType): DType {
  return steps.filter(({ kind }) => kind === 'erf' || kind === 'dual').length > DEEP_SMOOTH ? 'float64' : dtype;
}

/** @param dtype of the arithmetic */
export function compile(given: readonly Step[], dtype: DType): Program {
  const steps = given.flatMap(settledSteps);
  const guarded = steps.some((step) => step.kind === 'affine' && carriesZero(step));
  const builder = new Builder(guarded);
  builder.emit(op.START, REMEASURE[dtype]);
  const run = runOf(steps, dtype);
  if (run) builder.emit(op.RECTIFIED_RUN, ...run);
  else builder.all(steps);
  builder.emit(op.FINISH);
  return { steps, ops: builder.ops, tables: builder.tables, guarded, hosted: builder.ops.some(({ code }) => code === op.DUAL) };
}

/** Parameters of RECTIFIED_RUN, if it can be the whole program. */
function runOf(steps: readonly Step[], dtype: DType): readonly number[] | null {
  const own: number[][] = [];
  for (const step of steps)
    if (step.kind === 'rectified') {
      const { kappa, lambda, plus, minus } = rectifiedConstants(step.a, step.b);
      own.push([kappa, lambda, plus, minus]);
    } else if (step.kind === 'affine' && step.w > 0 && !hasBiasTerm(step)) own.push([tangentWeight(step)]);
    else return null;
  const layers = steps.filter(({ kind }) => kind === 'rectified').length;
  const run = layers < RUN_LAYERS ? null : fitRun(own, dtype, new ScalarPair());
  return run && RUN_FLOPS + BLOCK_FLOPS * run[0] <= LAYER_FLOPS * layers ? run : null;
}
type Affine = Extract<Step, { kind: 'affine' }>;
type Rectified = Extract<Step, { kind: 'rectified' }>;

/** Weight of ρ in t' of a dense layer without bias; w > 0. */
const tangentWeight = (step: Affine): number => (step.fanIn === null ? 1 : step.fanIn / (step.w * step.w));

class Builder {
  readonly ops: Op[] = [];
  tables = 0;
  /** Every pair has ρ ≥ 0 from here on. */
  private nonnegative = false;
  /** ρ is held as 1 − m only. */
  private marginOnly = false;

  /** @param guard a row may have variance 0 and an NTK of its own: its correlations must stay 0 */
  constructor(private guard: boolean) {}

  emit(code: number, ...params: number[]): void {
    this.ops.push({ code, table: this.tables, params });
    this.tables += TABLES_OF[code];
  }

  all(steps: readonly Step[]): void {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      const next = steps[i + 1];
      if (step.kind === 'affine' && next?.kind === 'rectified' && this.canFuse(step)) {
        this.fused(step, next);
        i++;
      } else this.step(step, seesMargin(steps.slice(i)));
    }
    this.unfuse();
  }

  /** Makes ρ available again after fused operations. */
  private unfuse(): void {
    if (this.marginOnly) this.emit(op.CORRELATION);
    this.marginOnly = false;
  }

  private canFuse(step: Affine): boolean {
    return this.nonnegative && !this.guard && step.w > 0;
  }

  private fused(step: Affine, next: Rectified): void {
    const { kappa, lambda } = rectifiedConstants(next.a, next.b);
    if (!hasBiasTerm(step)) this.emit(op.PLAIN_RECTIFIED, kappa, tangentWeight(step));
    else if (step.fanIn === null) this.emit(op.AFFINE_RECTIFIED, kappa);
    else this.emit(op.STANDARD_RECTIFIED, kappa, tangentWeight(step));
    this.marginOnly = true;
    this.nonnegative = lambda <= 0;
  }

  /** @param precise a later activation shows the last digits of 1 − |ρ| */
  private step(step: Step, precise: boolean): void {
    this.unfuse();
    switch (step.kind) {
      case 'affine':
        return this.affine(step);
      case 'shift':
        this.guard = false;
        return this.emit(op.AFFINE);
      case 'erf':
        this.emit(precise ? op.ERF_PRECISE : op.ERF);
        break;
      case 'dual':
        this.dual(step.activation);
        break;
      case 'rectified': {
        const { kappa, lambda, plus, minus } = rectifiedConstants(step.a, step.b);
        this.emit(op.RECTIFIED, kappa, lambda, plus, minus);
        this.nonnegative = lambda <= 0;
      }
    }
    if (this.guard) this.emit(op.GUARD);
  }

  private dual(activation: ActivationLayer): void {
    const { code, params, tables, sign, raisesZero } = operationOf(activation);
    if (raisesZero) this.emit(op.GUARD);
    this.ops.push({ code, table: this.tables, params, ...(code === op.DUAL || code === op.TABULATED ? { activation } : {}) });
    this.tables += tables;
    this.nonnegative = sign === 'positive' || (sign === 'kept' && this.nonnegative);
  }

  private affine(step: Affine): void {
    if (!hasBiasTerm(step) && step.w > 0) return this.emit(op.TANGENT, tangentWeight(step));
    this.emit(op.AFFINE);
    this.guard = step.b === 0 && (this.guard || step.w === 0);
    if (this.guard) this.emit(op.GUARD);
  }
}

/** Pre-activations (in standard deviations) from which erf divides by a small cos α. */
const STEEP_ERF = 4;

/** An activation after the first of `steps` shows the margin's last digits: a rectified one, or erf of large pre-activations. */
function seesMargin(steps: readonly Step[]): boolean {
  let largest = 0;
  for (const [i, step] of steps.entries()) {
    if (step.kind === 'rectified') return true;
    if (step.kind === 'dual') {
      if (i > 0 && operationOf(step.activation).seesMargin) return true;
      largest = Number.MAX_VALUE;
    } else if (step.kind === 'affine') largest = hypot(step.w * largest, step.b);
    else if (step.kind === 'shift') largest = hypot(largest, step.c);
    else if (i > 0 && Math.abs(step.b) * largest > STEEP_ERF) return true;
    else largest = Math.abs(step.a);
  }
  return false;
}

/** The layer adds something besides w²K and its NTK: a bias that is not absent, or any bias in the standard parameterization. */
const hasBiasTerm = (step: Affine): boolean => step.b > 0 || (step.fanIn !== null && step.hasBias);

/** A zero row keeps variance 0 and yet gets an NTK of its own (or the weights vanish). */
const carriesZero = (step: Affine): boolean => step.b === 0 && (step.w === 0 || (step.fanIn !== null && step.hasBias));
