/** npm run bench:accuracy: errors beside speeds, of kernels against exact values and of linear algebra in its own units. */

import { kernelSync } from '../src/kernel';
import { parseNetwork } from '../src/layers/parse';
import type { DType } from '../src/ndarray';
import { canonicalJson } from '../src/spec';
import { type Bench, runSections, type Section } from './bench';
import { array } from './data';
import type { BenchEngine } from './engines';
import { collectErrors, type Errors, type ExactCase, type ExactFixture, networkOf, noErrors, PAIRS, readExact } from './exact';
import { race } from './harness';
import { linearAlgebraErrors } from './linalg-errors';
import { parseOptions } from './options';
import { DTYPES, ourTransform, transformContestants, transformTime } from './transforms.bench';

/** Cases that share a line: an activation at a depth, or at all depths with rows of extreme norms. */
function groupsOf(cases: readonly ExactCase[]): Map<string, ExactCase[]> {
  const groups = new Map<string, ExactCase[]>();
  for (const entry of cases) {
    const label = `${nameOf(entry)} ${entry.input === 'main' ? `depth ${entry.depth}` : 'extreme norms'}`;
    groups.set(label, [...(groups.get(label) ?? []), entry]);
  }
  return groups;
}

function nameOf({ activation }: ExactCase): string {
  const { kind, ...parameters } = activation as { kind: string };
  const values = Object.values(parameters).join(', ');
  return values ? `${kind}(${values})` : kind;
}

async function kernels({ options, report, engines, python }: Bench): Promise<void> {
  report.note('worst relative error by kind of pair, all regimes and biases together; near: equal rows, or 1e-3, 1e-6, 1e-9 apart');
  report.note(
    'of bound: the largest error over what the tests allow, max(1e-13, 20 κ ε) or max(2e-6, 20 κ ε), κ the conditioning of the entry',
  );
  if (python?.neuralTangents)
    report.note('neural-tangents takes minutes; it is not asked for rows of extreme norms, whose squares it overflows');
  for (const dtype of DTYPES) {
    const exact = readExact(dtype);
    const cases = options.quick ? exact.cases.filter(({ activation, depth }) => activation.kind === 'relu' && depth <= 3) : exact.cases;
    const speeds = await speedsOf(engines, cases, dtype, options.quick);
    const ordinary = cases.filter(({ input }) => input === 'main');
    const reference = python?.neuralTangents ? neuralTangents(python, exact, ordinary, dtype) : undefined;
    const lines = [...groupsOf(cases)].flatMap(([label, group]) => [
      ...engines.map((engine) =>
        line(label, engine.name, ourErrors(engine, exact, group, dtype), speeds.get(`${engine.name} ${nameOf(group[0])}`)),
      ),
      ...(reference && ordinary.includes(group[0]) ? [line(label, 'neural-tangents', reference(group), undefined)] : []),
    ]);
    const header = [
      '',
      'by',
      ...(['nngp', 'ntk'] as const).flatMap((field) => PAIRS.map((pair) => `${field} ${pair}`)),
      'of bound',
      'ns/pair/layer',
    ];
    report.figures(`kernels, ${dtype}`, header, lines);
  }
}

function line(label: string, by: string, { worst, ofBound }: Errors, speed: number | undefined): (string | number)[] {
  const scientific = (error: number) => (error === 0 ? '0' : Number.isFinite(error) ? error.toExponential(1) : 'NaN');
  const errors = (['nngp', 'ntk'] as const).flatMap((field) => PAIRS.map((pair) => scientific(worst[field][pair])));
  return [label, by, ...errors, Number.isFinite(ofBound) ? ofBound : 'NaN', speed ?? ''];
}

function ourErrors({ context }: BenchEngine, exact: ExactFixture, group: readonly ExactCase[], dtype: DType): Errors {
  const errors = noErrors();
  for (const entry of group) {
    const { names, rows } = exact.inputs[entry.input];
    const x = array(dtype, rows.length * rows[0].length);
    x.set(rows.flat());
    const k = kernelSync(networkOf(entry), { data: x, shape: [rows.length, rows[0].length] }, { engine: context });
    for (const field of ['nngp', 'ntk'] as const)
      collectErrors(errors, field, entry, names, dtype, (i, j) => k[field].data[i * rows.length + j]);
  }
  return errors;
}

/** All cases in one process of Python, judged group by group. */
function neuralTangents(python: NonNullable<Bench['python']>, exact: ExactFixture, cases: readonly ExactCase[], dtype: DType) {
  const answers = python.kernels(
    dtype,
    cases.map((entry) => ({ network: networkOf(entry), rows: exact.inputs[entry.input].rows })),
  );
  return (group: readonly ExactCase[]): Errors => {
    const errors = noErrors();
    for (const entry of group) {
      const answer = answers[cases.indexOf(entry)];
      for (const field of ['nngp', 'ntk'] as const)
        collectErrors(errors, field, entry, exact.inputs[entry.input].names, dtype, (i, j) => answer[field][i][j] ?? Number.NaN);
    }
    return errors;
  };
}

/** ns per pair and layer without bias, by engine and activation. */
async function speedsOf(
  engines: readonly BenchEngine[],
  cases: readonly ExactCase[],
  dtype: DType,
  quick: boolean,
): Promise<Map<string, number>> {
  const speeds = new Map<string, number>();
  for (const entry of new Map(cases.map((candidate) => [canonicalJson(candidate.activation), candidate])).values()) {
    const runners = engines.map((engine) => ourTransform(engine, dtype, parseNetwork(entry.activation)));
    const rows = await race(transformContestants(runners), { quick }, () => {});
    for (const runner of runners) speeds.set(`${runner.name} ${nameOf(entry)}`, transformTime(runner, rows).best);
  }
  return speeds;
}

const SECTIONS: Readonly<Record<string, Section>> = { kernels, linalg: linearAlgebraErrors };

await runSections('bench:accuracy', parseOptions(process.argv.slice(2), 'bench:accuracy', Object.keys(SECTIONS)), SECTIONS, false);
