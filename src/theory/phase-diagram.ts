import type { Dual } from '../duals/dual';
import { throwIfAborted } from '../errors';
import { macrotask } from '../execute/yield';
import type { Progress } from '../kernel';
import { badArgument, checkedOptions, positiveNumber } from '../layers/checks';
import type { NDArray } from '../ndarray';
import { type ActivationLayer, standardDeviation } from '../spec';
import { dualWhereItExists } from './activation';
import { propagate } from './mean-field';
import type { Phase } from './ntk-dispersion-limit';

export interface PhaseDiagramOptions {
  /** Standard deviations of the weights, one per row. */
  wStd: readonly number[];
  /** Standard deviations of the biases, one per column. */
  bStd: readonly number[];
  /** Variance of the first pre-activation. Default 1; see meanField. */
  q0?: number;
  /** Stops within a few hundred points. */
  signal?: AbortSignal;
  /** Phase 'points'. */
  onProgress?: (progress: Progress) => void;
}

/** The fields of MeanField but the curvature, [wStd.length, bStd.length]. */
export interface PhaseDiagram {
  readonly qStar: NDArray<Float64Array>;
  readonly cStar: NDArray<Float64Array>;
  readonly chi1: NDArray<Float64Array>;
  readonly chiC: NDArray<Float64Array>;
  readonly xi1: NDArray<Float64Array>;
  readonly xiC: NDArray<Float64Array>;
  readonly xiStar: NDArray<Float64Array>;
  readonly phase: readonly (readonly Phase[])[];
}

const FIELDS = ['qStar', 'cStar', 'chi1', 'chiC', 'xi1', 'xiC', 'xiStar'] as const;

/** Points between two looks at the abort signal. */
const BATCH = 256;

/**
 * meanField on a grid of standard deviations; criticalLine gives the boundary itself. Tens of thousands of points a second.
 * Xiao, Pennington & Schoenholz 2020, arXiv 1912.13053.
 * @throws what meanField throws, with the wStd and bStd at fault; AbortError
 */
export async function phaseDiagram(activation: ActivationLayer, options: PhaseDiagramOptions): Promise<PhaseDiagram> {
  const points = pointByPoint(activation, options);
  const { signal, onProgress } = options;
  throwIfAborted(signal);
  let step = points.next();
  for (; !step.done; step = points.next()) {
    onProgress?.(step.value);
    await macrotask();
    throwIfAborted(signal);
  }
  return step.value;
}

/** phaseDiagram on the calling thread, without a pause. */
export function phaseDiagramSync(activation: ActivationLayer, options: PhaseDiagramOptions): PhaseDiagram {
  const points = pointByPoint(activation, options);
  const { signal, onProgress } = options;
  throwIfAborted(signal);
  let step = points.next();
  for (; !step.done; step = points.next()) {
    onProgress?.(step.value);
    throwIfAborted(signal);
  }
  return step.value;
}

function pointByPoint(activation: ActivationLayer, options: PhaseDiagramOptions): Generator<Progress, PhaseDiagram> {
  const caller = 'phaseDiagram';
  const { wStd, bStd, q0 = 1 } = checkedOptions(caller, options, ['wStd', 'bStd', 'q0', 'signal', 'onProgress']);
  const rows = readAxis(wStd, caller, 'wStd');
  const columns = readAxis(bStd, caller, 'bStd');
  positiveNumber(q0, caller, 'q0', 'it is a variance');
  return compute(dualWhereItExists(activation, caller), activation.kind, rows, columns, q0);
}

function* compute(
  dual: Dual,
  kind: string,
  rows: readonly number[],
  columns: readonly number[],
  q0: number,
): Generator<Progress, PhaseDiagram> {
  const shape = [rows.length, columns.length];
  const total = rows.length * columns.length;
  const field = (): NDArray<Float64Array> => ({ data: new Float64Array(total), shape });
  const fields = { qStar: field(), cStar: field(), chi1: field(), chiC: field(), xi1: field(), xiC: field(), xiStar: field() };
  const phase: Phase[][] = rows.map(() => []);
  for (let at = 0; at < total; at++) {
    if (at % BATCH === 0) yield { phase: 'points', done: at, total };
    const i = Math.floor(at / columns.length);
    const [w, b] = [rows[i], columns[at % columns.length]];
    const point = propagate(dual, kind, { w: w * w, b: b * b }, q0);
    for (const name of FIELDS) fields[name].data[at] = point[name];
    phase[i].push(point.phase);
  }
  return { ...fields, phase };
}

function readAxis(values: readonly number[], caller: string, name: string): readonly number[] {
  if (!Array.isArray(values)) throw badArgument(caller, name, 'an array of standard deviations', values, 'write [1, 1.5, 2]');
  return values.map((value, i) => standardDeviation(value, caller, `${name}[${i}]`));
}
