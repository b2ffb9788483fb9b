import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installTarball, root, runModule } from './tarball';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const block = (pattern: RegExp): string => pattern.exec(readme)?.[1] ?? '';

describe('the packed tarball, outside the repository', () => {
  let project = '';
  beforeAll(() => {
    project = installTarball();
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("runs the README's example and prints what the README shows", () => {
    const printed = runModule(project, 'example.mjs', block(/```ts\n(.*?)```/s));
    expect(printed.trim()).toBe(block(/prints\n\n```\n(.*?)```/s).trim());
  });

  it('loads every entry, also by require', () => {
    const source = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      for (const name of ['', '/predict', '/linalg', '/data']) {
        const imported = await import('infinite-width' + name);
        console.log(name, Object.keys(imported).length > 0);
      }
      console.log(typeof require('infinite-width/package.json').version, require.resolve('infinite-width/wasm/simd.wasm').endsWith('.wasm'));`;
    expect(runModule(project, 'entries.mjs', source).trimEnd().split('\n')).toEqual([
      ' true',
      '/predict true',
      '/linalg true',
      '/data true',
      'string true',
    ]);
  });

  it('does nothing when it is imported', () => {
    const source = `
      const before = WebAssembly.Module;
      let compiled = 0;
      WebAssembly.Module = function (...args) { compiled++; return new before(...args); };
      await import('infinite-width');
      console.log(compiled, process._getActiveHandles().filter((h) => h.constructor.name !== 'Socket' && h.constructor.name !== 'WriteStream' && h.constructor.name !== 'Pipe').length);`;
    expect(runModule(project, 'import.mjs', source).trim()).toBe('0 0');
  });

  it('takes the core from a file of the package', () => {
    const source = `
      import { readFileSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import { createEngine, dense, relu, serial } from 'infinite-width';
      const wasm = readFileSync(createRequire(import.meta.url).resolve('infinite-width/wasm/simd.wasm'));
      const engine = await createEngine({ wasm });
      const k = await engine.kernel(serial(dense(1), relu(), dense(1)), [[1, 2], [3, 4]]);
      console.log(engine.capabilities.build.used, k.ntk.shape.join());`;
    expect(runModule(project, 'module.mjs', source).trim()).toBe('custom 2,2');
  });

  it('predicts to the bit the same from a saved model in another process', () => {
    const data =
      'const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 40]); const y = x.map(([a, b]) => a * b);';
    const net = 'serial(dense(64, { wStd: 1.5, bStd: 0.1 }), erf(), dense(1))';
    const print =
      'console.log(Buffer.from((await model.predict(x.map((r) => r.map((v) => v + 0.1)), { covariance: "diagonal" })).mean.data.buffer).toString("hex"));';
    const save = `import { writeFileSync } from 'node:fs'; import { dense, erf, fit, serial } from 'infinite-width'; ${data}
      const model = await fit(${net}, x, y, { kernel: 'ntk', diagReg: 1e-6 }); writeFileSync('model.iwm', model.save()); ${print}`;
    const load = `import { readFileSync } from 'node:fs'; import { load } from 'infinite-width'; ${data}
      const model = load(readFileSync('model.iwm')); ${print}`;
    const fitted = runModule(project, 'save.mjs', save);
    expect(runModule(project, 'load.mjs', load)).toBe(fitted);
    expect(fitted.trim().length).toBe(40 * 16);
  });

  it.each([
    ['for Node, without lib.dom', 'es2022', 'node16', 'node'],
    ['for browsers', 'es2022,dom', 'bundler', ''],
  ])('has types that a strict program %s compiles against', (_, lib, resolution, types) => {
    const names = ['', '/predict', '/finite', '/theory', '/linalg', '/data'];
    const uses = `import { createEngine, dense, fit } from 'infinite-width';
      export const engine = createEngine({ backend: 'wasm', threads: 2 });
      export const model = fit(dense(1), [[1, 2]], [1], { kernel: 'ntk', signal: new AbortController().signal });`;
    const all = names.map((name, i) => `export * as m${i} from 'infinite-width${name}';`).join('\n');
    writeFileSync(join(project, 'uses.ts'), `${all}\n${uses}\n`);
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, target: 'es2022' },
      ...{ lib: lib.split(','), module: resolution === 'bundler' ? 'esnext' : 'node16', moduleResolution: resolution },
      ...{ typeRoots: [join(root, 'node_modules/@types')], types: types ? [types] : [] },
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['uses.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: project, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });

  it('has a command line', () => {
    writeFileSync(join(project, 'x.csv'), '1,2\n3,4\n5,7\n');
    const cli = join(project, 'node_modules/infinite-width/dist/cli.js');
    const run = (...args: string[]) => execFileSync(process.execPath, [cli, ...args], { cwd: project, encoding: 'utf8' });
    const summary = run('kernel', '--net', 'dense 8 1.5 0.1; relu; dense 1', '--x1', 'x.csv', '--out', 'k.npz', '--json');
    expect(JSON.parse(summary)).toMatchObject({});
    expect(readFileSync(join(project, 'k.npz')).subarray(0, 2).toString()).toBe('PK');
    expect(run('doctor', '--json')).toContain('wasm');
  });
});
