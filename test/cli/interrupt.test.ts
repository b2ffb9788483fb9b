/** SIGINT in the middle of the work: status 130, and nothing left behind. */
import { once } from 'node:events';
import { readdirSync, watch, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { numbers, start, workspace } from './program';

/** Long enough (minutes) to be interrupted however fast the machine is. */
const DEEP = JSON.stringify({
  kind: 'serial',
  layers: Array.from({ length: 2000 }, () => [{ kind: 'dense', outDim: 1, wStd: 1.4, bStd: 0.1 }, { kind: 'erf' }]).flat().concat({ kind: 'dense', outDim: 1 }),
});

test.skipIf(process.platform === 'win32')('SIGINT while computing ends with 130 and leaves the old file as it was', async () => {
  const folder = workspace({ 'x.npy': { data: numbers(4000 * 8), shape: [4000, 8] }, 'deep.json': DEEP });
  writeFileSync(folder.at('k.npz'), 'old');
  try {
    const { child, outcome } = start(['kernel', '--net', 'deep.json', '--x1', 'x.npy', '--out', 'k.npz'], folder.path);
    // The temporary file appears when everything has been checked and the work begins.
    await temporaryFile(folder.path);
    child.kill('SIGINT');
    const { status, stderr } = await outcome;
    expect(status).toBe(130);
    expect(stderr).toMatch(/^infinite-width: ABORT_ERR: [^\n]+\n$/);
    expect(readdirSync(folder.path).sort()).toEqual(['deep.json', 'k.npz', 'x.npy']);
  } finally {
    folder.remove();
  }
});

async function temporaryFile(path: string): Promise<void> {
  const watcher = watch(path);
  const isThere = () => readdirSync(path).some((name) => name.endsWith('.tmp'));
  while (!isThere()) await once(watcher, 'change');
  watcher.close();
}
