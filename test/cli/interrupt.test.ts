/** A signal in the middle of the work, or an output that breaks: the status says so, and nothing is left behind. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canonicalJson, dense, erf, serial } from '../../src';
import { writeNpy } from '../../src/data';
import { commandLine, NET, numbers, start, workspace } from './program';

/** Some hundred tiles of a good tenth of a second each: it is interrupted, and soon, however fast the machine is. */
const HIDDEN = Array.from({ length: 60 }, () => [dense(1, { wStd: 1.4, bStd: 0.1 }), erf()]).flat();
const DEEP = canonicalJson(serial(...HIDDEN, dense(1)));
const DEEP_KERNEL = ['kernel', '--net', 'deep.json', '--x1', 'x.npy'];

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while computing ends with %i and leaves the old file as it was', async (signal, expected) => {
  const folder = deepFolder();
  const { child, outcome } = start([...DEEP_KERNEL, '--out', 'k.npz'], folder.path);
  try {
    // The temporary file appears when everything has been checked and the work begins.
    await temporaryFile(folder.path);
    child.kill(signal);
    const { status, stderr } = await outcome;
    expect(stderr).toMatch(/^infinite-width: ABORT_ERR: [^\n]+\n$/);
    expect(status).toBe(expected);
    expect(readdirSync(folder.path).sort()).toEqual(['deep.json', 'k.npz', 'x.npy']);
  } finally {
    child.kill('SIGKILL');
    folder.remove();
  }
});

test('standard output that was closed ends the program, and leaves nothing behind', async () => {
  const folder = deepFolder();
  writeFileSync(folder.at('y.npy'), writeNpy({ data: numbers(4000), shape: [4000] }));
  const fit = ['regress', '--net', 'deep.json', '--train', 'x.npy', '--targets', 'y.npy', '--save', 'm.iwm'];
  const { child, outcome } = start(fit, folder.path);
  try {
    child.stdout?.destroy();
    const { status, stderr } = await outcome;
    expect([status, stderr]).toEqual([1, '']);
    expect(readdirSync(folder.path).sort()).toEqual(['deep.json', 'k.npz', 'x.npy', 'y.npy']);
  } finally {
    child.kill('SIGKILL');
    folder.remove();
  }
});

test('standard output that cannot be written is said in one line', async () => {
  if (!existsSync('/dev/full')) return;
  const shell = spawnSync('sh', ['-c', `"$@" > /dev/full`, 'sh', ...commandLine(['explain', '--net', NET, '--shape', '3,4'])]);
  expect(shell.stderr.toString()).toBe('infinite-width: ENOSPC: cannot write standard output: the disk is full\n');
  expect(shell.status).toBe(1);
});

/** A kernel of minutes. */
function deepFolder() {
  const folder = workspace({ 'x.npy': { data: numbers(4000 * 8), shape: [4000, 8] }, 'deep.json': DEEP });
  writeFileSync(folder.at('k.npz'), 'old');
  return folder;
}

async function temporaryFile(path: string): Promise<void> {
  const watcher = watch(path);
  const isThere = () => readdirSync(path).some((name) => name.endsWith('.tmp'));
  while (!isThere()) await once(watcher, 'change');
  watcher.close();
}
