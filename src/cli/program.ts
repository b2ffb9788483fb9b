/** A program of several commands: from arguments to an exit status, and its life as a process. */
import { parseOptions, unknown } from './arguments';
import type { Command, Io, OptionValues } from './command';
import { describeFailure, EXIT, UsageError } from './errors';
import { FileError } from './files';
import { COMMON_OPTIONS, commandHelp, overview } from './help';
import { createProgress } from './progress';

export interface Program {
  /** As the user types it. */
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  /** What --version prints; left out where there is none. */
  readonly version?: string;
}

/**
 * Runs one command line.
 * @param args without the names of the interpreter and the script
 * @returns the exit status; errors are written to `io`, never thrown
 */
export async function runProgram(program: Program, args: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  const json = args.includes('--json');
  const progress = createProgress(io);
  try {
    return await dispatch(program, args, io, signal, progress);
  } catch (error) {
    progress.clear();
    return fail(program, error, args, io, json);
  }
}

/** Exit status of each signal that ends the work in order. SIGHUP is not among them: who listens to it undoes nohup. */
const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/** Runs the command line of this process: a signal aborts, a second one ends at once. */
export async function runProcess(program: Program): Promise<void> {
  const controller = new AbortController();
  let ended: number = EXIT.interrupted;
  for (const [signal, status] of Object.entries(SIGNALS))
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(status);
      ended = status;
      controller.abort(new Error(signal));
    });
  // A reader that has seen enough, as `head`, is no failure of ours to report.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      const { code, message } = new FileError('write', 'standard output', error);
      process.stderr.write(`${program.name}: ${code}: ${message}\n`);
    }
    process.exit(EXIT.failure);
  });
  // Where nobody hears of errors, the exit status still says them.
  process.stderr.on('error', () => {});
  const status = await runProgram(program, process.argv.slice(2), process, controller.signal);
  process.exitCode = status === EXIT.interrupted ? ended : status;
}

async function dispatch(
  program: Program,
  args: readonly string[],
  io: Io,
  signal: AbortSignal,
  progress: ReturnType<typeof createProgress>,
): Promise<number> {
  const { commands, version } = program;
  const [first, ...rest] = args;
  if (version !== undefined && (first === '--version' || first === '-v')) return write(io, `${version}\n`);
  if (first === '--help' || first === '-h' || first === 'help') return write(io, overview(program));
  if (first === undefined) throw new UsageError('a command is needed');
  const command = commands.find(({ name }) => name === first);
  if (!command)
    throw unknown(
      'command',
      first,
      commands.map(({ name }) => name),
    );
  if (rest.includes('--help') || rest.includes('-h')) return write(io, commandHelp(program.name, command));
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
  const piped = command.options.find(({ name, output }) => output && options[name] === '-');
  if (piped && options.json) throw new UsageError(`--json and --${piped.name} - both want standard output; give --${piped.name} a file`);
  const quiet = options.json === true || piped !== undefined;
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
function fail({ name, commands }: Program, error: unknown, args: readonly string[], io: Io, json: boolean): number {
  const { code, message, details } = describeFailure(error);
  const [command] = args;
  const known = commands.some((one) => one.name === command);
  const more = error instanceof UsageError ? `; see ${name} ${known ? `${command} ` : ''}--help` : '';
  io.stderr.write(`${name}: ${code}: ${message}${more}\n`);
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message, details } })}\n`);
  if (code === 'ABORT_ERR') return EXIT.interrupted;
  return error instanceof UsageError ? EXIT.usage : EXIT.failure;
}
