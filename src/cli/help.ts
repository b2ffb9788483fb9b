/** Help texts, made from the commands themselves. */
import type { Command, OptionSpec } from './command';
import type { Program } from './program';

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', description: 'print one JSON document on standard output and nothing else' },
  { name: 'help', description: 'print this text' },
];

/** One command. */
export function commandHelp(program: string, { name, summary, usage, options, examples, notes }: Command): string {
  return [
    `${program} ${name}: ${summary}`,
    '',
    'Usage:',
    ...usage.map((line) => `  ${line}`),
    '',
    'Options:',
    ...optionLines([...options, ...COMMON_OPTIONS]),
    ...(notes ? ['', ...notes] : []),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** All of them. */
export function overview({ name: program, summary: about, commands, version }: Program): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `${program}${version === undefined ? '' : ` ${version}`}: ${about}`,
    '',
    'Usage:',
    `  ${program} COMMAND [options]`,
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    `${program} COMMAND --help tells more${version === undefined ? '' : '; --version prints the version'}.`,
    'Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.',
    '',
    'Examples:',
    ...commands.map(({ examples }) => `  ${examples[0]}`),
    '',
  ].join('\n');
}

function optionLines(options: readonly OptionSpec[]): string[] {
  const heads = options.map(({ name, value }) => `--${name}${value ? ` ${value}` : ''}`);
  const width = Math.max(...heads.filter((head) => head.length <= 30).map((head) => head.length));
  return options.flatMap(({ description }, i) =>
    heads[i].length > width ? [`  ${heads[i]}`, `  ${' '.repeat(width)}  ${description}`] : [`  ${heads[i].padEnd(width)}  ${description}`],
  );
}
