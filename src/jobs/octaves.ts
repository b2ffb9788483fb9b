/** Which octaves of variances meet in the activations that have tables: known after the pass over rows. */
import { tablesOf } from '../activations/registry';
import type { AtlasPlan } from '../backends/atlas';
import { OCTAVE_BASE, OCTAVE_TABLE } from '../cells';
import * as op from '../opcodes';
import type { Op, Program } from '../program';
import type { ActivationLayer } from '../spec';

type TabulatedOp = Op & { readonly activation: ActivationLayer };
const isTabulated = (operation: Op): operation is TabulatedOp => operation.code === op.TABULATED;

/** The octaves of one side's rows, counted from 0, operation by operation. */
export class Octaves {
  private readonly ops: readonly TabulatedOp[];
  readonly sets: readonly Set<number>[];

  constructor(program: Program) {
    this.ops = program.ops.filter(isTabulated);
    this.sets = this.ops.map(() => new Set());
  }

  /** @param tables of `count` rows */
  add(tables: Float64Array, count: number): this {
    this.ops.forEach(({ table }, k) => {
      for (let at = (table + OCTAVE_TABLE) * count, i = 0; i < count; i++) this.sets[k].add(tables[at + i] - OCTAVE_BASE);
    });
    return this;
  }

  /** What these rows meet in columns of `other`, the same program's. */
  meet(other: Octaves): AtlasPlan[] {
    const plans = new Map<string, { activation: ActivationLayer; pairs: Map<string, readonly [number, number]> }>();
    this.ops.forEach(({ activation }, k) => {
      const name = tablesOf(activation)?.name ?? '';
      const plan = plans.get(name) ?? { activation, pairs: new Map() };
      plans.set(name, plan);
      for (const first of this.sets[k]) for (const second of other.sets[k]) plan.pairs.set(`${first} ${second}`, [first, second]);
    });
    return [...plans].map(([name, { activation, pairs }]) => ({ name, activation, pairs: [...pairs.values()] }));
  }
}
