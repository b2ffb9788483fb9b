/** SIGINT in the middle of the work: status 130, and nothing left behind. */
import { once } from 'node:events';
import { readdirSync, watch, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canonicalJson, dense, erf, serial } from '../../src';
import { numbers, start, workspace } from './program';

/** Some hundred tiles of a good tenth of a second each: it is interrupted, and soon, however fast the machine is. */
const HIDDEN = Array.from({ length: 60 }, () => [dense(1, { wStd: 1.4, bStd: 0.1 }), erf()]).flat();
const DEEP = canonicalJson(serial(...HIDDEN, dense(1)));

test('SIGINT while computing ends with 130 and leaves the old file as it was', async () => {
  const folder = workspace({ 'x.npy': { data: numbers(4000 * 8), shape: [4000, 8] }, 'deep.json': DEEP });
  writeFileSync(folder.at('k.npz'), 'old');
  const { child, outcome } = start(['kernel', '--net', 'deep.json', '--x1', 'x.npy', '--out', 'k.npz'], folder.path);
  try {
    // The temporary file appears when everything has been checked and the work begins.
    await temporaryFile(folder.path);
    child.kill('SIGINT');
    const { status, stderr } = await outcome;
    expect(stderr).toMatch(/^infinite-width: ABORT_ERR: [^\n]+\n$/);
    expect(status).toBe(130);
    expect(readdirSync(folder.path).sort()).toEqual(['deep.json', 'k.npz', 'x.npy']);
  } finally {
    child.kill('SIGKILL');
    folder.remove();
  }
});

async function temporaryFile(path: string): Promise<void> {
  const watcher = watch(path);
  const isThere = () => readdirSync(path).some((name) => name.endsWith('.tmp'));
  while (!isThere()) await once(watcher, 'change');
  watcher.close();
}
