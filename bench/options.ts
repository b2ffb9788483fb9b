/** Command line of the benchmarks. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Small sizes and few rounds: whether everything runs, not how fast. */
  readonly quick: boolean;
  /** The sizes of the published figures. */
  readonly full: boolean;
  /** Sections to run; all where empty. */
  readonly only: readonly string[];
  /** A Python with numpy, and possibly neural-tangents. */
  readonly python: string | undefined;
  /** Node 20: turn relaxed SIMD on. */
  readonly relaxed: boolean;
  /** Directory of the JSON reports. */
  readonly out: string;
}

const HELP = `
  --quick        small sizes, few rounds: a smoke run
  --full         the published sizes (4096 × 4096 kernels)
  --only NAME    one section; may be repeated
  --python PATH  also race numpy and neural-tangents of this Python (or set INFINITE_WIDTH_PYTHON)
  --relaxed      Node 20: switch relaxed SIMD on; later versions have it without
  --out DIR      where the JSON report goes (default bench/results)
  --help`;

/** The options of `argv`; prints the help or the mistake and exits where there is nothing to run. */
export function parseOptions(argv: readonly string[], command: string, sections: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        python: { type: 'string', default: process.env.INFINITE_WIDTH_PYTHON },
        relaxed: { type: 'boolean', default: false },
        out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(`npm run ${command} -- [options]\nsections: ${sections.join(', ')}\n${HELP}`);
      process.exit(0);
    }
    const unknown = values.only.find((name) => !sections.includes(name));
    if (unknown !== undefined) throw new Error(`no section '${unknown}'; there are ${sections.join(', ')}`);
    return { ...values, python: values.python || undefined };
  } catch (error) {
    console.error(`${command}: ${(error as Error).message}; --help lists the options`);
    process.exit(2);
  }
}
