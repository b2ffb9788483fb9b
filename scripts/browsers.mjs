// The browsers the suites run in: finds Chromium and Firefox, installs what is missing where apt can, or says what to install and exits
// with 1. Usage: node scripts/browsers.mjs. CHROMIUM_PATH and FIREFOX_PATH name others than Debian's.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BROWSERS = [
  { name: 'chromium', variable: 'CHROMIUM_PATH', standard: '/usr/bin/chromium' },
  { name: 'firefox', variable: 'FIREFOX_PATH', standard: '/usr/bin/firefox-esr' },
];
const PACKAGES = ['chromium', 'firefox-esr', 'fonts-dejavu-core'];

/** Executables by name, there or not. */
export const browserPaths = (env = process.env) =>
  Object.fromEntries(BROWSERS.map(({ name, variable, standard }) => [name, env[variable] || standard]));

/** Those that are not there; `named` says that a variable points to it, so that no package would put it there. */
export const missingBrowsers = (env = process.env) =>
  BROWSERS.map(({ variable, standard }) => ({ variable, path: env[variable] || standard, named: Boolean(env[variable]) })).filter(
    ({ path }) => !existsSync(path),
  );

const canInstall = () => process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

/** Runs apt-get, silent unless it fails. */
function apt(...args) {
  process.stderr.write(`apt-get ${args.join(' ')}\n`);
  const { status, error, stdout, stderr } = spawnSync('apt-get', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}apt-get ${args[0]} failed\n`);
  return status === 0;
}

function main() {
  const missing = missingBrowsers();
  if (missing.length === 0) return;
  process.stderr.write(`browsers for the tests: no ${missing.map(({ path }) => path).join(', no ')}\n`);
  const installable = canInstall() && missing.every(({ named }) => !named);
  if (installable && apt('update') && apt('install', '-y', '--no-install-recommends', ...PACKAGES) && missingBrowsers().length === 0)
    return;
  for (const { path, variable, named } of missingBrowsers())
    process.stderr.write(named ? `${variable} names ${path}, which does not exist\n` : `${path} is missing; or set ${variable}\n`);
  process.stderr.write(`Debian: apt-get update && apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}
Elsewhere: install Chromium and Firefox and set CHROMIUM_PATH and FIREFOX_PATH to their executables\n`);
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
