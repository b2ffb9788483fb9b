/** The commands of `infinite-width`. */
import type { Io } from './command';
import { doctorCommand } from './commands/doctor';
import { explainCommand } from './commands/explain';
import { kernelCommand } from './commands/kernel';
import { regressCommand } from './commands/regress';
import { type Program, runProgram } from './program';

export const infiniteWidth = (version: string): Program => ({
  name: 'infinite-width',
  summary: 'infinitely wide neural networks as kernels',
  commands: [kernelCommand, regressCommand, explainCommand, doctorCommand],
  version,
});

/** Runs one command line of it. @see runProgram */
export const run = (args: readonly string[], io: Io, signal: AbortSignal, version: string): Promise<number> =>
  runProgram(infiniteWidth(version), args, io, signal);
