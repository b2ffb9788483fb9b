/** The three commands at their small sizes, as a user runs them, and the ways in which a command line can be wrong. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program, reproductions } from '../../reproduce/program';
import { runProgram } from '../../src/cli/program';
import { checkWellFormed } from '../plot/svg';

const main = fileURLToPath(new URL('../../reproduce/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'infinite-width-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.concurrent('at small sizes every claim holds, and the report shows it', { timeout: 600_000 }, () => {
  test.each(reproductions.map(({ name, parts }) => [name, parts.length] as const))('%s', async (name, parts) => {
    const out = join(folder, name);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', tsx, main, name, '--quick', '--out', out]);
    expect(stderr).toBe('');
    const report = readFileSync(join(out, 'report.md'), 'utf8');
    const [table] = report.split('\n## ');
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
    const [header, ...claims] = rows.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    expect(header.slice(1, -1)).toEqual(['claim', 'where from', 'expected', 'measured', 'tolerance', 'verdict']);
    expect(claims.length).toBeGreaterThanOrEqual(2 * parts);
    for (const row of claims) {
      expect(row).toHaveLength(8);
      for (const cell of row.slice(1, -1)) expect(cell).not.toBe('');
      expect(row[6], row[1]).toBe('holds');
    }
    expect(stdout).toContain(`${claims.length} of ${claims.length} claims hold`);
    const figures = [...report.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((match) => match[1]);
    expect(readdirSync(out).sort()).toEqual([...figures, 'report.md'].sort());
    for (const file of figures) checkWellFormed(readFileSync(join(out, file), 'utf8'));
    expect(report).not.toMatch(/NaN|undefined/);
  });
});

/** In this process; `onStderr` sees every chunk. */
async function runHere(args: readonly string[], onStderr: (chunk: string) => void = () => {}, signal = new AbortController().signal) {
  const [out, err]: string[][] = [[], []];
  const stdout = { write: (chunk: string | Uint8Array) => out.push(String(chunk)) };
  const write = (chunk: string) => {
    err.push(chunk);
    onStderr(chunk);
  };
  const status = await runProgram(program, args, { stdout, stderr: { isTTY: true, columns: 120, write }, env: { NO_COLOR: '1' } }, signal);
  return { status, stdout: out.join(''), stderr: err.join('') };
}

test('a signal in the middle ends with 130, says so, and leaves no file', async () => {
  const controller = new AbortController();
  const out = join(folder, 'interrupted');
  const { status, stderr } = await runHere(['training', '--out', out], () => controller.abort(), controller.signal);
  expect(status).toBe(130);
  expect(stderr).toMatch(/First step: .*%/);
  expect(stderr.slice(stderr.lastIndexOf('npm run'))).toMatch(/^npm run reproduce --: ABORT_ERR: [^\n]+\n$/);
  expect(existsSync(out)).toBe(false);
});

test.each([
  [['dispersal'], 'unknown command "dispersal"; did you mean dispersion?; see npm run reproduce -- --help'],
  [[], 'a command is needed; see npm run reproduce -- --help'],
  [['training', '--fast'], 'unknown option "--fast"; see npm run reproduce -- training --help'],
  [['training', '--seed', '1.5'], '--seed is an integer, got "1.5"; see npm run reproduce -- training --help'],
])('%j is wrong usage', async (args, message) => {
  expect(await runHere(args)).toEqual({ status: 2, stdout: '', stderr: `npm run reproduce --: ERR_USAGE: ${message}\n` });
});

test('the help names every reproduction, its paper and its options', async () => {
  const { status, stdout } = await runHere(['--help']);
  expect(status).toBe(0);
  for (const { name } of reproductions) {
    expect(stdout).toContain(`npm run reproduce -- ${name}`);
    const help = await runHere([name, '--help']);
    expect(help.stdout).toMatch(/arXiv \d{4}\.\d{5}/);
    for (const option of ['--quick', '--seed N', '--out FOLDER']) expect(help.stdout).toContain(option);
  }
});
