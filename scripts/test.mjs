// npm test: formatter and linter, types, then every suite; ends with the runner's own count as `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = `${root}build/test-report.json`;
const run = (script, ...args) =>
  spawnSync(process.execPath, [`${root}node_modules/${script}`, ...args], { cwd: root, stdio: 'inherit' }).status;

const checks = [run('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'), run('typescript/bin/tsc', '--noEmit', '-p', '.')];
checks.push(run('../scripts/browsers.mjs') || run('vitest/vitest.mjs', 'run', '--config', 'vitest.browser.config.ts'));
rmSync(report, { force: true });
const suites = run(
  'vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
);
const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
const failed = numFailedTests + (suites !== 0 && numFailedTests === 0 ? 1 : 0) + checks.filter((status) => status !== 0).length;
console.log(`${numPassedTests} passed, ${failed} failed${numPendingTests ? `, ${numPendingTests} skipped` : ''}`);
process.exitCode = failed === 0 && numPassedTests > 0 ? 0 : 1;
