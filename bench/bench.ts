/** What every section of a benchmark is given. */
import { type BenchEngine, openEngines } from './engines';
import type { BenchOptions } from './options';
import { type Library, loadLibraries } from './peers/libraries';
import { openPython, type Python } from './peers/python';
import { Report } from './report';

export interface Bench {
  readonly options: BenchOptions;
  readonly report: Report;
  /** Builds of the core, this runtime's own choice first. */
  readonly engines: readonly BenchEngine[];
  /** JavaScript peers. */
  readonly libraries: readonly Library[];
  readonly python: Python | undefined;
}

export type Section = (bench: Bench) => Promise<void>;

/** Runs the chosen sections and writes the report; a failure ends the process with its message. */
export async function runSections(
  command: string,
  options: BenchOptions,
  sections: Readonly<Record<string, Section>>,
  needsPeers: boolean,
): Promise<void> {
  const report = new Report(options, command);
  report.section('setup');
  const note = (text: string) => report.note(text);
  try {
    const engines = openEngines(options, note);
    const libraries = needsPeers ? await loadLibraries(note) : [];
    const python = openPython(options.python, note);
    for (const [name, section] of Object.entries(sections)) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      report.section(name);
      await section({ options, report, engines, libraries, python });
    }
    console.log(`\nwrote ${report.write()}`);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
