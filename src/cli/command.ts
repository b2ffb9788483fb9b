/** What a command is: its options as data, from which both the parser and the help are made. */
import type { ProgressReporter } from './progress';

export interface OptionSpec {
  readonly name: string;
  /** What stands after the option in the help; left out for a switch. */
  readonly value?: string;
  /** Names a file that is written; '-' is standard output. */
  readonly output?: true;
  readonly description: string;
}

/** Values of the options that were given; switches are true. */
export type OptionValues = Readonly<Record<string, string | true | undefined>>;

/** Where a command reads and writes; tests give their own. */
export interface Io {
  readonly stdout: { write(chunk: string | Uint8Array): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(chunk: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface CommandContext {
  readonly io: Io;
  readonly options: OptionValues;
  readonly signal: AbortSignal;
  readonly progress: ProgressReporter;
  /** Text for people, left out with --json. */
  print(line: string): void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The lines after "Usage:". */
  readonly usage: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** Longer text below the options. */
  readonly notes?: readonly string[];
  /** @returns what --json prints, and whether the command failed in what it was to check */
  run(context: CommandContext): Promise<CommandResult>;
}

export interface CommandResult {
  readonly json: unknown;
  readonly failed?: boolean;
}
