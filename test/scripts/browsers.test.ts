import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { browserPaths, missingBrowsers } from '../../scripts/browsers.mjs';

const script = fileURLToPath(new URL('../../scripts/browsers.mjs', import.meta.url));
const run = (env: Record<string, string>) => spawnSync(process.execPath, [script], { env: { ...process.env, ...env }, encoding: 'utf8' });

describe('scripts/browsers.mjs', () => {
  it("takes Debian's executables, or those that the variables name", () => {
    expect(browserPaths({})).toEqual({ chromium: '/usr/bin/chromium', firefox: '/usr/bin/firefox-esr' });
    expect(browserPaths({ FIREFOX_PATH: '/opt/firefox' })).toEqual({ chromium: '/usr/bin/chromium', firefox: '/opt/firefox' });
  });

  it('is silent where both browsers exist', () => {
    const { status, stdout, stderr } = run({ CHROMIUM_PATH: process.execPath, FIREFOX_PATH: process.execPath });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  it('fails where a variable names nothing, saying which and what to install, and installs nothing', () => {
    const { status, stderr } = run({ CHROMIUM_PATH: process.execPath, FIREFOX_PATH: '/nowhere/firefox' });
    expect(status).toBe(1);
    expect(stderr).toContain('FIREFOX_PATH names /nowhere/firefox, which does not exist');
    expect(stderr).toContain('apt-get install -y --no-install-recommends chromium firefox-esr fonts-dejavu-core');
    expect(stderr).not.toMatch(/^apt-get/m);
    expect(missingBrowsers({ CHROMIUM_PATH: process.execPath, FIREFOX_PATH: '/nowhere/firefox' })).toEqual([
      { variable: 'FIREFOX_PATH', path: '/nowhere/firefox', named: true },
    ]);
  });
});
