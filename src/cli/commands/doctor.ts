import { alignColumns } from '../../explanation/text';
import type { Command, CommandContext } from '../command';
import { describeBuilds, describeMachine } from '../doctor/machine';
import { measureSpeed, selfTest } from '../doctor/self-test';

/** What this machine offers, whether the backends agree, and how fast they are. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'what runs here and why not the rest; a self test of a second, with GFLOP/s',
  usage: ['infinite-width doctor [--json]'],
  options: [],
  examples: ['infinite-width doctor'],
  notes: ['Exit status 1 if a backend disagrees with the reference.'],
  async run({ print, progress, signal }: CommandContext) {
    const machine = describeMachine();
    const builds = describeBuilds();
    const checks = await selfTest(signal, progress.report);
    const speeds = await measureSpeed(signal, progress.report);
    const failed = checks.some(({ passed }) => !passed);
    print(alignColumns(Object.entries(machine).map(([name, value]) => [name, String(value)])).join('\n'));
    print('\nbuilds');
    print(alignColumns(builds.map(({ name, available, reason }) => [`  ${name}`, available ? 'yes' : 'no', reason])).join('\n'));
    print('\nself test (largest relative difference from the js backend in float64)');
    const rows = checks.map((c) => [
      `  ${c.backend}`,
      c.dtype,
      c.what,
      c.error.toExponential(1),
      `<= ${c.limit.toExponential(0)}`,
      c.passed ? 'ok' : 'FAILED',
    ]);
    print(alignColumns(rows).join('\n'));
    print('\nspeed (best of a few short runs, one thread)');
    print(alignColumns(speeds.map((s) => [`  ${s.what}`, s.dtype, s.build, `${s.value.toPrecision(3)} ${s.unit}`])).join('\n'));
    return { json: { machine, builds, checks, speeds, ok: !failed }, failed };
  },
};
