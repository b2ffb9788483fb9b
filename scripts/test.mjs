// npm test: formatter and linter, types, then every suite; ends with the runner's own count as `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (script, ...args) =>
  spawnSync(process.execPath, [`${root}node_modules/${script}`, ...args], { cwd: root, stdio: 'inherit' }).status;

const checks = [run('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'), run('typescript/bin/tsc', '--noEmit', '-p', '.')];
const filters = process.argv.slice(2);

/** Runs the suites of a configuration and gives their counts; a run that ends badly without a failed test counts as one. */
function suites(config, ...args) {
  const report = `${root}build/test-report-${config}.json`;
  rmSync(report, { force: true });
  const options = ['--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = run('vitest/vitest.mjs', 'run', ...options, ...args, ...filters);
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
  } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  return { passed: numPassedTests, failed: numFailedTests || Number(status !== 0), pending: numPendingTests };
}

checks.push(run('../scripts/browsers.mjs'));
// A filter may leave one of the two without a suite.
const either = filters.length > 0 ? ['--passWithNoTests'] : [];
const runs = [suites('vitest.config.ts', ...either), suites('vitest.browser.config.ts', ...either)];
const total = (field) => runs.reduce((sum, counts) => sum + counts[field], 0);
const failed = total('failed') + checks.filter((status) => status !== 0).length;
console.log(`${total('passed')} passed, ${failed} failed${total('pending') ? `, ${total('pending')} skipped` : ''}`);
process.exitCode = failed === 0 && total('passed') > 0 ? 0 : 1;
