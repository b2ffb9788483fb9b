/** Which operations of the compiled program run each step of the recursion. */
import type { ChainJob } from '../backends/backend';
import * as op from '../opcodes';
import { flopsPerPair } from '../plan';
import type { Op } from '../program';

export interface StepOperation {
  /** As in opcodes.ts, in order. */
  readonly names: readonly string[];
  /** Its share per pair; 0 in the later step of a fused operation. */
  readonly flops: number;
}

const NAMES: Readonly<Record<number, string>> = /* @__PURE__ */ Object.fromEntries(
  (Object.entries(op) as [string, number][]).filter(([name]) => name !== 'RECORD_BYTES').map(([name, code]) => [code, name]),
);

const FUSED: readonly number[] = [op.PLAIN_RECTIFIED, op.AFFINE_RECTIFIED, op.STANDARD_RECTIFIED];

/** One entry per step of the program. Guards and conversions count to the step before them, START and FINISH to none. */
export function operationsOf(job: ChainJob): StepOperation[] {
  const entries: { names: string[]; flops: number }[] = [];
  for (const operation of job.program.ops) {
    const { code } = operation;
    if (code === op.START || code === op.FINISH) continue;
    const name = NAMES[code];
    const flops = flopsOf(job, operation);
    if (code === op.GUARD || code === op.CORRELATION) {
      const last = entries[entries.length - 1];
      last.names.push(name);
      last.flops += flops;
      continue;
    }
    entries.push({ names: [name], flops });
    const steps = code === op.RECTIFIED_RUN ? job.program.steps.length : FUSED.includes(code) ? 2 : 1;
    for (let k = 1; k < steps; k++) entries.push({ names: [name], flops: 0 });
  }
  return entries;
}

/** Of one operation alone. */
function flopsOf(job: ChainJob, operation: Op): number {
  return flopsPerPair({ ...job, features: 0, program: { ...job.program, ops: [operation] } });
}
