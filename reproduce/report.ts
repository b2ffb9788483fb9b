/** The report of a reproduction: every claim beside its measurement first, then how each was measured. */
import { showSeconds } from '../src/cli/progress';
import { alignColumns } from '../src/explanation/text';
import { type Claim, describeExpectation, describeMeasurement, figure, verdictOf } from './claims';
import type { Outcome, Reproduction, Table } from './reproduction';

/** A part as it was run. */
export interface Section {
  readonly title: string;
  readonly seconds: number;
  /** Of all threads of this process. */
  readonly processorSeconds: number;
  readonly outcome: Outcome;
}

export interface RunFacts {
  readonly quick: boolean;
  readonly seed: number;
}

const HEADER = ['claim', 'where from', 'expected', 'measured', 'tolerance', 'verdict'];

const claimRow = (claim: Claim): string[] => {
  const [expected, tolerance] = describeExpectation(claim.expected);
  return [claim.claim, claim.source, expected, describeMeasurement(claim), tolerance, verdictOf(claim)];
};

export const claimsOf = (sections: readonly Section[]): Claim[] => sections.flatMap(({ outcome }) => outcome.claims);

/** Markdown. Figures are linked as files beside it. */
export function markdown({ title, paper, name }: Reproduction, sections: readonly Section[], { quick, seed }: RunFacts): string {
  const claims = claimsOf(sections);
  const held = claims.filter((claim) => verdictOf(claim) === 'holds').length;
  return [
    `# ${title}`,
    paper,
    `\`npm run reproduce -- ${name}${quick ? ' --quick' : ''} --seed ${seed}\`: ${held} of ${claims.length} claims hold. Verdicts are computed: |measured − expected| ≤ tolerance.${
      quick ? ' Small sizes: whether everything runs, with wide tolerances.' : ''
    }`,
    tableOf(HEADER, claims.map(claimRow)),
    ...sections.flatMap(sectionText),
    '## Time',
    tableOf(
      ['part', 'time', 'of processors'],
      sections.map((section) => [section.title, showSeconds(section.seconds), showSeconds(section.processorSeconds)]),
    ),
    '',
  ].join('\n\n');
}

function sectionText({ title, outcome: { text, claims, figures, tables } }: Section): string[] {
  return [
    `## ${title}`,
    ...text,
    ...(claims.length > 0 ? [claims.map(({ claim, how }) => `- *${claim}*: ${how}`).join('\n')] : []),
    ...figures.map(({ file, caption }) => `![${caption}](${file})\n\n${caption}`),
    ...tables.map(({ title: caption, header, rows }: Table) => `${caption}\n\n${tableOf(header, rows)}`),
  ];
}

function tableOf(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? figure(cell) : cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The verdicts of a part for a terminal. */
export function verdictLines(claims: readonly Claim[]): string[] {
  const rows = claims.map(claimRow);
  const columns = rows.map(([claim, , expected, measured, tolerance, verdict]) => [
    `  ${verdict === 'holds' ? 'holds' : 'FAILS'}`,
    expected,
    measured,
    tolerance,
    claim,
  ]);
  return alignColumns([['  verdict', 'expected', 'measured', 'tolerance', 'claim'], ...columns]);
}
