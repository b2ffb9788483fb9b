/** Runs the command line as a child process, and in this process on streams of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run } from '../../src/cli/run';
import { writeNpy } from '../../src/data';
import type { ArrayLike2D } from '../../src/ndarray';
import { NODE_FLAGS } from '../node-flags';

export const NET = 'dense 512 1.5 0.1; relu; dense 1';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What starts the program. */
export const commandLine = (args: readonly string[]): string[] => [process.execPath, ...NODE_FLAGS, '--import', tsx, main, ...args];

/** Starts the program; all three streams are pipes. */
export function start(args: readonly string[], cwd: string): { child: ChildProcess; outcome: Promise<Outcome> } {
  const [command, ...rest] = commandLine(args);
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: Buffer[][] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }));
  });
  return { child, outcome };
}

export const program = (args: readonly string[], cwd: string): Promise<Outcome> => start(args, cwd).outcome;

/** The same without a process: for the many ways a command line can be wrong. */
export async function runHere(args: readonly string[], { isTTY = false, env = {} as Record<string, string> } = {}): Promise<Outcome> {
  const [out, err]: Buffer[][] = [[], []];
  const stdout = { isTTY, write: (chunk: string | Uint8Array) => out.push(Buffer.from(chunk as Uint8Array)) };
  const stderr = { isTTY, columns: 100, write: (chunk: string) => err.push(Buffer.from(chunk)) };
  const status = await run(args, { stdout, stderr, env }, new AbortController().signal, '0.0.0-test');
  return { status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() };
}

/** A folder of its own, removed by `remove`. */
export function workspace(files: Readonly<Record<string, ArrayLike2D | string>> = {}) {
  const path = mkdtempSync(join(tmpdir(), 'infinite-width-'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), typeof content === 'string' ? content : writeNpy(content));
  return { path, at: (name: string) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Numbers in (−½, ½), the same every time. */
export function numbers(count: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
