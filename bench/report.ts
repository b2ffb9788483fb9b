/** What a benchmark run says: aligned tables as it goes, one JSON file at the end. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Measured, type Ratio, ratiosOf } from './harness';
import type { BenchOptions } from './options';

/** A peer's time over ours must be at least `atLeast`; or ours over the peer's at most `atMost`. */
export interface Target {
  readonly peer: string;
  /** The one of ours it is about; all where left out. */
  readonly ours?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Judgement extends Target {
  readonly ours: string;
  /** In the direction of the target. */
  readonly best: number;
  readonly median: number;
  readonly met: 'met' | 'met by the best only' | 'not met';
}

export interface Comparison {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Measured[];
  /** Floating-point operations of one call, where times are in ms. */
  readonly flops?: number;
  readonly targets?: readonly Target[];
}

type Cell = string | number;

/** Four significant digits at most, plain where it is readable. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** Columns aligned: the first to the left, the others to the right. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [header, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => `  ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`)
    .join('\n');
}

export function judge(ratios: readonly Ratio[], targets: readonly Target[]): Judgement[] {
  return targets.flatMap((target) =>
    ratios
      .filter(({ ours, peer }) => peer === target.peer && ours === (target.ours ?? ours))
      .map(({ ours, best, median }) => {
        const { atMost } = target;
        const [first, second] = atMost === undefined ? [best, median] : [1 / best, 1 / median];
        const meets = (ratio: number) => (atMost === undefined ? ratio >= (target.atLeast ?? 0) : ratio <= atMost);
        const met = !meets(first) ? 'not met' : meets(second) ? 'met' : 'met by the best only';
        return { ...target, ours, best: first, median: second, met } as const;
      }),
  );
}

/** Prints to the console and collects what the JSON file holds. */
export class Report {
  private readonly sections: { name: string; comparisons: object[]; tables: object[]; notes: string[] }[] = [];

  constructor(
    private readonly options: BenchOptions,
    private readonly command: string,
  ) {
    console.log(`${command}: ${describeMachine()}${options.quick ? ', quick (the figures mean nothing)' : ''}`);
  }

  section(name: string): void {
    this.sections.push({ name, comparisons: [], tables: [], notes: [] });
    console.log(`\n== ${name}`);
  }

  note(text: string): void {
    this.current.notes.push(text);
    console.log(`  ${text}`);
  }

  /** Times, ratios to the first of ours, and the targets. */
  compare({ title, unit, rows, flops, targets = [] }: Comparison): void {
    const ratios = ratiosOf(rows);
    const judgements = judge(ratios, targets);
    this.current.comparisons.push({ title, unit, flops, rows, ratios, targets: judgements });
    const base = rows.find(({ ours }) => ours) ?? rows[0];
    const rates = flops === undefined ? [] : ['GFLOP/s', 'median'];
    const rate = (ms: number) => (flops === undefined ? [] : [flops / ms / 1e6]);
    const lines = rows.map(({ name, best, median, runs }) => [
      name,
      best,
      median,
      ...rate(best),
      ...rate(median),
      best / base.best,
      median / base.median,
      String(runs),
    ]);
    console.log(`\n${title}`);
    console.log(table(['', `best ${unit}`, 'median', ...rates, `best/${base.name}`, 'median', 'runs'], lines));
    for (const judgement of judgements) console.log(`  ${sayJudgement(judgement)}`);
  }

  /** A table of other figures than times. */
  figures(title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): void {
    this.current.tables.push({ title, header, rows });
    console.log(`\n${title}\n${table(header, rows)}`);
  }

  /** Writes the JSON file. @returns its path */
  write(): string {
    const date = new Date().toISOString();
    mkdirSync(this.options.out, { recursive: true });
    const path = join(this.options.out, `${this.command.replace(':', '-')}-${date.replace(/[:.]/g, '-')}.json`);
    const { python, ...options } = this.options;
    const content = {
      command: this.command,
      date,
      machine: machine(),
      versions: versions(),
      options: { ...options, python: Boolean(python) },
      sections: this.sections,
    };
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
    return path;
  }

  private get current() {
    const section = this.sections.at(-1);
    if (!section) throw new Error('section() comes first');
    return section;
  }
}

function sayJudgement({ ours, peer, atLeast, atMost, best, median, met }: Judgement): string {
  const wanted = atMost === undefined ? `≥ ${figure(atLeast ?? 0)}x ${peer}` : `≤ ${figure(atMost)}x ${peer}`;
  return `target ${wanted}: ${ours} ${figure(best)} by best, ${figure(median)} by median: ${met}`;
}

function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: process.platform,
    arch: process.arch,
  };
}

function describeMachine(): string {
  const { cpu, cores, platform } = machine();
  return `${cpu}, ${cores} cores, ${platform}, Node ${process.version}, V8 ${process.versions.v8}`;
}

const PEERS = ['@tensorflow/tfjs-backend-wasm', '@jax-js/jax', 'ml-matrix', '@stdlib/blas-base-dgemm', 'tinybench', 'assemblyscript'];

function versions(): Record<string, string> {
  const read = (path: string) => (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
  const peers = PEERS.map((name) => [name, read(`../node_modules/${name}/package.json`)] as const);
  return { node: process.version, v8: process.versions.v8, 'infinite-width': read('../package.json'), ...Object.fromEntries(peers) };
}
