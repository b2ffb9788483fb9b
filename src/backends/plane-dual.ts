/**
 * Activations outside the rectified family on planes: the operations of the tile engine that assembly/plane-dual.ts runs, and what a location gives to
 * their tables. Last come R, the root of the variance it is left with, and σ, its part of the factor's scale.
 */
import { operationOf, stepsOf } from '../activations/steps';
import { operationsOf } from '../duals/dual';
import type { Step } from '../infer';
import * as op from '../opcodes';
import { TABLES_OF } from '../program';
import { advance, type Row } from '../rows';
import type { ActivationLayer } from '../spec';

export interface PlaneOperation {
  readonly code: number;
  readonly params: readonly number[];
  /** First of its tables. */
  readonly table: number;
}

export interface PlaneDual {
  readonly operations: readonly PlaneOperation[];
  /** Tables of the operations, and R and σ. */
  readonly tables: number;
  /** Correlations it leaves: 'positive' none below 0, 'kept' none where there was none before. */
  readonly sign: 'positive' | 'kept' | 'any';
  /** Numbers of a location of variance q, table by table. `needsDouble`: more than float32 carries. @throws ERR_NON_FINITE */
  row(q: number): { readonly entries: readonly number[]; readonly needsDouble: boolean };
}

const KNOWN = new WeakMap<ActivationLayer, PlaneDual | null>();

/** null for an activation whose dual is a JavaScript function, or in tables that the tiles of chains carry. */
export function planeDual(activation: ActivationLayer): PlaneDual | null {
  const known = KNOWN.get(activation);
  if (known !== undefined) return known;
  const made = makeDual(stepsOf(activation));
  KNOWN.set(activation, made);
  return made;
}

function makeDual(steps: readonly Step[]): PlaneDual | null {
  const operations: PlaneOperation[] = [];
  let table = 0;
  for (const [k, { code, params }] of operationsOf(steps).entries()) {
    if (code === op.DUAL || code === op.TABULATED) return null;
    const step = steps[k];
    operations.push({ code, params, table });
    table += step.kind === 'dual' ? operationOf(step.activation).tables : TABLES_OF[code];
  }
  const row = (q: number) => {
    const at: Row = { r: Math.sqrt(q), sigma: 1, t: 0, needsDouble: false };
    const entries: number[] = [];
    let next = 0;
    for (const { code } of operations) next = advance(steps, next, at, code, (...own) => void entries.push(...own));
    entries.push(at.r, at.sigma);
    return { entries, needsDouble: at.needsDouble || beyondSingle(at.r) || beyondSingle(at.sigma) };
  };
  return { operations, tables: table + 2, sign: signOf(steps), row };
}

/** Its square, with room for sums over windows, is no number of float32. */
const beyondSingle = (r: number): boolean => r > 1e15 || (r > 0 && r < 1e-15);

function signOf(steps: readonly Step[]): PlaneDual['sign'] {
  const signs = steps.map((step) => (step.kind === 'dual' ? operationOf(step.activation).sign : 'kept'));
  return signs.find((sign) => sign !== 'kept') ?? 'kept';
}
