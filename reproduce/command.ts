/** A reproduction as a command: runs its parts, writes the report and the figures, prints the verdicts. */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDigits } from '../examples/digits/data';
import { numberOption, optional } from '../src/cli/arguments';
import type { Command, CommandContext, CommandResult } from '../src/cli/command';
import { UsageError } from '../src/cli/errors';
import { writeWhole } from '../src/cli/files';
import { showSeconds } from '../src/cli/progress';
import { throwIfAborted } from '../src/errors';
import { verdictOf } from './claims';
import { claimsOf, markdown, type Section, verdictLines } from './report';
import type { Reproduction, RunContext } from './reproduction';

/** Digits that a reproduction may use, at most. */
const DIGITS = { train: 1000, test: 1000 };

const OUT = fileURLToPath(new URL('../out/reproduce', import.meta.url));

export const commandOf = (reproduction: Reproduction): Command => ({
  name: reproduction.name,
  summary: reproduction.summary,
  usage: [`npm run reproduce -- ${reproduction.name} [--quick] [--seed N] [--out FOLDER]`],
  options: [
    { name: 'quick', description: 'small sizes: seconds, to see whether everything runs' },
    { name: 'seed', value: 'N', description: 'of digits and networks (default 1); the same seed gives the same figures' },
    { name: 'out', value: 'FOLDER', description: `where report.md and the figures go (default out/reproduce/${reproduction.name})` },
  ],
  examples: [`npm run reproduce -- ${reproduction.name}`],
  notes: [reproduction.paper, 'Exit status 1 if a claim fails.'],
  run: (context) => run(reproduction, context),
});

async function run(reproduction: Reproduction, { options, signal, progress, print }: CommandContext): Promise<CommandResult> {
  const seed = numberOption(options, 'seed', 0) ?? 1;
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed is an integer, got "${options.seed}"`);
  const folder = optional(options, 'out') ?? join(OUT, reproduction.name);
  const facts = { quick: options.quick === true, seed };
  const digits = loadDigits(DIGITS.train, DIGITS.test, seed);
  const sections: Section[] = [];
  for (const { title, run: measure } of reproduction.parts) {
    throwIfAborted(signal);
    const onProgress: RunContext['onProgress'] = ({ phase, done, total }) => progress.report({ phase: `${title}: ${phase}`, done, total });
    const start = performance.now();
    const used = process.cpuUsage();
    const outcome = await measure({ ...facts, digits, signal, onProgress });
    const { user, system } = process.cpuUsage(used);
    const seconds = (performance.now() - start) / 1000;
    sections.push({ title, outcome, seconds, processorSeconds: (user + system) / 1e6 });
    for (const line of [`${title} (${showSeconds(seconds)})`, ...verdictLines(outcome.claims), '']) print(line);
  }
  for (const { file, svg } of sections.flatMap(({ outcome }) => outcome.figures)) writeWhole(join(folder, file), svg);
  const report = join(folder, 'report.md');
  writeWhole(report, markdown(reproduction, sections, facts));
  const claims = claimsOf(sections).map((claim) => ({ ...claim, verdict: verdictOf(claim) }));
  const failed = claims.filter(({ verdict }) => verdict === 'fails').length;
  print(`${claims.length - failed} of ${claims.length} claims hold; ${relative(process.cwd(), report) || report}`);
  return { json: { ...facts, report, claims }, failed: failed > 0 };
}
