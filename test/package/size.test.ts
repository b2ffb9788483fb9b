import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { entrySize } from '../../scripts/size.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the package', () => {
  it('keeps everything at once, both builds of the core inlined, under 187 kB gzipped', () => {
    expect(entrySize('index.js').gzip).toBeLessThan(187_000);
  });

  it('is well formed for publint', () => {
    const output = execFileSync(process.execPath, [`${root}node_modules/publint/src/cli.js`, root, '--strict'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(output).toContain('All good');
  });
});
