// Makes a clean clone ready: installs what package-lock.json pins and builds dist/, each only when it is missing or older than
// what it is made from. Usage: node scripts/ensure.mjs [--check], which only says what it would do and exits with 1 if anything.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['src', 'assembly', 'scripts', 'rollup.config.js', 'asconfig.json', 'package.json'];

const modified = (path) => statSync(path).mtimeMs;

/** Paths of all files at or below `path`; none if there is no such path. */
function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)));
}

/** The lock file that npm leaves in node_modules says when it was last installed. */
export function installReason(base = root) {
  const lock = join(base, 'package-lock.json');
  const installed = join(base, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return 'node_modules is missing';
  return existsSync(lock) && modified(lock) > modified(installed) ? 'package-lock.json has changed' : '';
}

export function buildReason(base = root) {
  const built = filesOf(join(base, 'dist'));
  if (built.length === 0) return 'dist is missing';
  const oldest = built.reduce((least, path) => Math.min(least, modified(path)), Number.POSITIVE_INFINITY);
  const newer = SOURCES.flatMap((name) => filesOf(join(base, name))).find((path) => modified(path) > oldest);
  return newer ? `${newer.slice(base.length + 1)} is newer than dist` : '';
}

/** Runs an npm command, silent unless it fails. */
function npm(args, reason) {
  process.stderr.write(`${reason}: npm ${args.join(' ')}\n`);
  const cli = process.env.npm_execpath;
  const [command, prefix] = cli && /npm-cli\.[cm]?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  const { status, error, stdout, stderr } = spawnSync(command, [...prefix, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}npm ${args.join(' ')} failed\n`);
  process.exit(status || 1);
}

function main(check) {
  for (const [reasonFor, args] of [
    [installReason, ['ci', '--no-audit', '--no-fund']],
    [buildReason, ['run', 'build']],
  ]) {
    const reason = reasonFor();
    if (!reason) continue;
    if (!check) npm(args, reason);
    else {
      process.stdout.write(`${reason}\n`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--check'));
