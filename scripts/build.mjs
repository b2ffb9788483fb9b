// npm run build: the core (assembly/ -> build/), then bundles and type declarations (src/ -> dist/), then the core and the workers'
// script beside them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildCore } from './build-core.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (script, ...args) =>
  execFileSync(process.execPath, [`${root}node_modules/${script}`, ...args], { cwd: root, stdio: 'inherit' });

await buildCore();
rmSync(`${root}dist`, { recursive: true, force: true });
run('rollup/dist/bin/rollup', '--config', '--silent', '--failAfterWarnings');
mkdirSync(`${root}dist/wasm`);
for (const build of ['simd', 'relaxed']) cpSync(`${root}build/${build}.wasm`, `${root}dist/wasm/${build}.wasm`);
const { workerSource } = await import('../build/worker.js');
writeFileSync(`${root}dist/worker.js`, workerSource);
