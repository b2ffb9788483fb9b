/** From arguments to an exit status. */
import { parseOptions, unknown } from './arguments';
import type { Command, Io, OptionValues } from './command';
import { doctorCommand } from './commands/doctor';
import { explainCommand } from './commands/explain';
import { kernelCommand } from './commands/kernel';
import { regressCommand } from './commands/regress';
import { describeFailure, EXIT, UsageError } from './errors';
import { COMMON_OPTIONS, commandHelp, overview } from './help';
import { createProgress } from './progress';

const COMMANDS: readonly Command[] = [kernelCommand, regressCommand, explainCommand, doctorCommand];

/**
 * Runs one command line.
 * @param args without the names of the interpreter and the script
 * @returns the exit status; errors are written to `io`, never thrown
 */
export async function run(args: readonly string[], io: Io, signal: AbortSignal, version: string): Promise<number> {
  const json = args.includes('--json');
  const progress = createProgress(io);
  try {
    return await dispatch(args, io, signal, version, progress);
  } catch (error) {
    progress.clear();
    return fail(error, args, io, json);
  }
}

async function dispatch(
  args: readonly string[],
  io: Io,
  signal: AbortSignal,
  version: string,
  progress: ReturnType<typeof createProgress>,
): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v') return write(io, `${version}\n`);
  if (first === '--help' || first === '-h' || first === 'help') return write(io, overview(COMMANDS, version));
  if (first === undefined) throw new UsageError('a command is needed');
  const command = COMMANDS.find(({ name }) => name === first);
  if (!command)
    throw unknown(
      'command',
      first,
      COMMANDS.map(({ name }) => name),
    );
  if (rest.includes('--help') || rest.includes('-h')) return write(io, commandHelp(command));
  const options = parseOptions(rest, [...command.options, ...COMMON_OPTIONS]);
  return execute(command, options, io, signal, progress);
}

async function execute(
  command: Command,
  options: OptionValues,
  io: Io,
  signal: AbortSignal,
  progress: ReturnType<typeof createProgress>,
): Promise<number> {
  const quiet = options.json === true || options.out === '-';
  const print = (line: string) => {
    progress.clear();
    if (!quiet) io.stdout.write(`${line}\n`);
  };
  const result = await command.run({ io, options, signal, progress, print });
  progress.clear();
  if (options.json === true) io.stdout.write(`${JSON.stringify(result.json)}\n`);
  return result.failed ? EXIT.failure : EXIT.ok;
}

function write(io: Io, text: string): number {
  io.stdout.write(text);
  return EXIT.ok;
}

/** One line on standard error, and with --json the same as a document on standard output. */
function fail(error: unknown, args: readonly string[], io: Io, json: boolean): number {
  const { code, message, details } = describeFailure(error);
  const [command] = args;
  const known = COMMANDS.some(({ name }) => name === command);
  const more = error instanceof UsageError ? `; see infinite-width ${known ? `${command} ` : ''}--help` : '';
  io.stderr.write(`infinite-width: ${code}: ${message}${more}\n`);
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message, details } })}\n`);
  if (code === 'ABORT_ERR') return EXIT.interrupted;
  return error instanceof UsageError ? EXIT.usage : EXIT.failure;
}
