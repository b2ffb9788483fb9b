/** What the main job prints. */
import type { Engine } from 'infinite-width';
import type { CurvePoint } from './learning-curve';
import type { PhaseClock } from './phase-clock';

export interface Outcome {
  readonly curve: readonly CurvePoint[];
  readonly train: number;
  readonly test: number;
  readonly clock: PhaseClock;
  /** Floating-point operations of the kernel phase. */
  readonly kernelFlops: number;
  readonly engine: Engine;
  readonly diagReg: number;
}

const count = (n: number): string => n.toLocaleString('en-US');
const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`.padStart(7);

/** Accuracies with their standard errors, time by phase, speed, memory and what ran. */
export function summary({ curve, train, test, clock, kernelFlops, engine, diagReg }: Outcome): string[] {
  const last = curve[curve.length - 1];
  const error = (p: number) => `± ${(100 * Math.sqrt((p * (1 - p)) / test)).toFixed(1)}`;
  const { backend, build, threads } = engine.capabilities;
  const rate = kernelFlops / (clock.seconds.get('kernel') ?? Number.NaN) / 1e9;
  const accuracies: readonly [string, number, string][] = [
    ['NNGP', last.nngp, 'Gaussian process of the infinite network'],
    ['NTK', last.ntk, 'infinite network trained by gradient descent'],
    ['linear', last.linear, 'ridge regression on the pixels'],
  ];
  const phases = [...clock.seconds].map(
    ([name, seconds]) =>
      `  ${name.padEnd(10)}${seconds.toFixed(2).padStart(7)} s${name === 'kernel' ? `   ${rate.toFixed(1)} GFLOP/s` : ''}`,
  );
  return [
    `accuracy on ${count(test)} test digits after ${count(train)} training digits`,
    ...accuracies.map(([name, p, what]) => `  ${name.padEnd(8)}${percent(p)} ${error(p)}   ${what}`),
    '',
    'time',
    ...phases,
    `  ${'total'.padEnd(10)}${clock.total.toFixed(2).padStart(7)} s`,
    '',
    `peak memory ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`,
    `engine      ${backend.used} backend, ${build.used} build, ${threads.used} thread${threads.used === 1 ? '' : 's'}, float32, diagReg ${diagReg}`,
  ];
}

/** The learning curve in numbers. */
export function curveTable(curve: readonly CurvePoint[]): string[] {
  const header = `  ${'training digits'.padStart(15)}${['NNGP', 'NTK', 'linear'].map((name) => name.padStart(10)).join('')}`;
  const rows = curve.map(
    ({ n, nngp, ntk, linear }) => `  ${count(n).padStart(15)}${[nngp, ntk, linear].map((p) => percent(p).padStart(10)).join('')}`,
  );
  return [header, ...rows];
}
