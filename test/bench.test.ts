/** The benchmarks run from end to end, and their report holds what they are for: ratios to peers. Nothing here judges a time. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference, type Measured, race, ratiosOf, timed } from '../bench/harness';
import { judge, table } from '../bench/report';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Ratio {
  ours: string;
  peer: string;
  best: number | null;
  median: number | null;
}
interface Comparison {
  title: string;
  ratios: Ratio[];
  targets: { peer: string; ours: string; met: string }[];
}
interface BenchReport {
  versions: Record<string, string>;
  sections: { name: string; comparisons: Comparison[]; tables: { title: string; rows: unknown[][] }[] }[];
}

let out = '';
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'infinite-width-bench-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Runs a benchmark as a user does, without Python, and reads its report. */
async function run(script: string, section: string): Promise<BenchReport> {
  const directory = join(out, `${script}-${section}`);
  await promisify(execFile)(process.execPath, ['--import', 'tsx', `bench/${script}.ts`, '--quick', '--only', section, '--out', directory], {
    cwd: ROOT,
    env: { ...process.env, INFINITE_WIDTH_PYTHON: '' },
  });
  const [file] = readdirSync(directory);
  return JSON.parse(readFileSync(join(directory, file), 'utf8')) as BenchReport;
}

const comparisonsOf = (report: BenchReport, section: string): Comparison[] =>
  report.sections.find(({ name }) => name === section)?.comparisons ?? [];

describe('a quick run', () => {
  it('races every routine, and gemm against each peer that has it', { timeout: 180_000 }, async () => {
    const report = await run('main', 'routines');
    const comparisons = comparisonsOf(report, 'routines');
    expect(new Set(comparisons.map(({ title }) => title.split(' ')[0]))).toEqual(
      new Set(['gemm', 'syrk', 'trsm', 'potrf', 'potrs', 'symv', 'syevd', 'rowNorms']),
    );
    const peersOf = (title: string) => comparisons.find((comparison) => comparison.title.startsWith(title))?.ratios.map(({ peer }) => peer);
    expect(peersOf('gemm float32')).toEqual(expect.arrayContaining(['tfjs-wasm', 'jax-js', 'stdlib']));
    expect(peersOf('gemm float64')).toEqual(expect.arrayContaining(['ml-matrix', 'stdlib']));
    for (const { best, median } of comparisons.flatMap(({ ratios }) => ratios)) {
      expect(best).toBeGreaterThan(0);
      expect(median).toBeGreaterThan(0);
    }
    expect(report.versions.node).toBe(process.version);
  });

  it('races the exact transform against a textbook one that gives the same kernel', { timeout: 180_000 }, async () => {
    const comparisons = comparisonsOf(await run('main', 'transforms'), 'transforms');
    expect(comparisons.map(({ title }) => title)).toEqual([
      'relu float32, no bias',
      'relu float32, bStd 0.1',
      'relu float64, no bias',
      'relu float64, bStd 0.1',
    ]);
    for (const { targets } of comparisons)
      expect(targets).toContainEqual(expect.objectContaining({ ours: 'simd', peer: 'textbook simd', atLeast: 1 }));
  });

  it('prints errors beside speeds', { timeout: 180_000 }, async () => {
    const report = await run('accuracy', 'kernels');
    const tables = report.sections.find(({ name }) => name === 'kernels')?.tables ?? [];
    expect(tables.map(({ title }) => title)).toEqual(['kernels, float32', 'kernels, float64']);
    for (const { rows } of tables) {
      expect(rows.length).toBeGreaterThanOrEqual(3);
      // Within the bound of the tests: the last column but one.
      for (const row of rows) expect(row.at(-2)).toBeLessThanOrEqual(1);
    }
  });

  it('compares threads with one thread, and times an empty batch', { timeout: 180_000 }, async () => {
    const report = await run('main', 'scaling');
    const ratios = comparisonsOf(report, 'scaling').flatMap((comparison) => comparison.ratios);
    expect(ratios.filter(({ ours, peer }) => ours === '2 threads' && peer === '1 thread').length).toBe(8);
    expect(ratios.filter(({ ours, peer }) => ours === '2 threads by messages' && peer === '1 thread').length).toBe(2);
    expect(ratios.filter(({ ours, peer }) => ours === '8 threads' && peer === '2 threads').length).toBe(8);
    const tables = report.sections.find(({ name }) => name === 'scaling')?.tables ?? [];
    expect(tables.filter(({ title }) => title.startsWith('an empty batch')).flatMap(({ rows }) => rows).length).toBe(1);
  });

  it('refuses a section that does not exist', async () => {
    await expect(run('main', 'nothing')).rejects.toMatchObject({ code: 2 });
  });
});

const measured = (name: string, ours: boolean, best: number, median: number): Measured => ({ name, ours, best, median, runs: 3 });

describe('the harness', () => {
  it('lets contestants take turns and leaves out a peer that fails', async () => {
    const order: string[] = [];
    const notes: string[] = [];
    const contestant = (name: string, ours = false) => ({
      name,
      ours,
      process: true,
      time: () => {
        order.push(name);
        return 1;
      },
    });
    const broken = {
      name: 'broken',
      time: timed(() => {
        throw new Error('no such thing');
      }),
    };
    const rows = await race([contestant('a', true), broken, contestant('b')], { quick: false }, (text) => notes.push(text));
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(rows.map(({ name, runs }) => [name, runs])).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
    expect(notes).toEqual(['broken is left out here: no such thing']);
  });

  it('divides the peer by ours and judges both directions of a target', () => {
    const ratios = ratiosOf([measured('a', true, 2, 4), measured('p', false, 3, 4)]);
    expect(ratios).toEqual([{ ours: 'a', peer: 'p', best: 1.5, median: 1 }]);
    expect(judge(ratios, [{ peer: 'p', atLeast: 1.4 }])).toMatchObject([{ met: 'met by the best only', best: 1.5, median: 1 }]);
    expect(judge(ratios, [{ peer: 'p', atMost: 1 }])).toMatchObject([{ met: 'met', best: 2 / 3, median: 1 }]);
    expect(judge(ratios, [{ peer: 'p', atLeast: 2 }])).toMatchObject([{ met: 'not met' }]);
    expect(judge(ratios, [{ peer: 'q', atLeast: 2 }])).toEqual([]);
  });

  it('takes what two depths share out of a time', () => {
    expect(difference('d', measured('long', true, 12, 20), measured('short', true, 2, 4), 10)).toMatchObject({
      ours: true,
      best: 1,
      median: 1.6,
    });
  });

  it('aligns columns', () => {
    const rows = [
      ['gemm', 12.345],
      ['a', 0.5],
    ] as const;
    expect(table(['', 'ms'], rows).split('\n')).toEqual(['          ms', '  gemm  12.3', '  a      0.5']);
  });
});
