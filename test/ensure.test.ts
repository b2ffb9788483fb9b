/** scripts/ensure.mjs: what it finds missing or out of date, on trees made for it. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Ensure {
  installReason(base: string): string;
  buildReason(base: string): string;
}
const script: string = '../scripts/ensure.mjs';
const { installReason, buildReason } = (await import(script)) as Ensure;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'infinite-width-ensure-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A file changed at a second of 2020. */
function file(path: string, second: number): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, path);
  utimesSync(full, 1577836800 + second, 1577836800 + second);
}

describe('installing', () => {
  test('a clean clone needs it, an installed tree does not, a changed lock file does', () => {
    file('package-lock.json', 1);
    expect(installReason(root)).toBe('node_modules is missing');
    file('node_modules/.package-lock.json', 2);
    expect(installReason(root)).toBe('');
    file('package-lock.json', 3);
    expect(installReason(root)).toBe('package-lock.json has changed');
  });
});

describe('building', () => {
  test('a missing dist needs it, a newer one does not', () => {
    file('src/index.ts', 1);
    expect(buildReason(root)).toBe('dist is missing');
    mkdirSync(join(root, 'dist'));
    expect(buildReason(root)).toBe('dist is missing');
    file('dist/index.js', 2);
    expect(buildReason(root)).toBe('');
  });

  test.each(['src/deep/er/file.ts', 'assembly/gemm.ts', 'scripts/build.mjs', 'rollup.config.js', 'asconfig.json', 'package.json'])(
    'a change of %s needs it',
    (path) => {
      file(path, 5);
      file('dist/index.js', 6);
      file('dist/chunks/old.js', 4);
      expect(buildReason(root)).toBe(`${path} is newer than dist`.replaceAll('/', join('/')));
      file('dist/chunks/old.js', 6);
      expect(buildReason(root)).toBe('');
    },
  );

  test('what is not built from does not matter', () => {
    file('dist/index.js', 1);
    file('test/some.test.ts', 9);
    file('README.md', 9);
    expect(buildReason(root)).toBe('');
  });
});
