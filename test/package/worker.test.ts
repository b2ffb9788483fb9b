/** The workers' script in the packed tarball: where the bundle looks for it, and as a file of its own for bundlers and for createWorker. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installTarball, runModule } from './tarball';

describe('worker.js in the packed tarball', () => {
  let project = '';
  beforeAll(() => {
    project = installTarball();
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it('lies beside the one chunk that names it in the words bundlers look for', () => {
    const dist = join(project, 'node_modules/infinite-width/dist');
    const paths = readdirSync(dist, { recursive: true }).map(String);
    const scripts = paths.filter((path) => path.endsWith('.js'));
    const words = /new Worker\(new URL\("\.\/worker\.js",\s*import\.meta\.url\),\s*\{\s*type:\s*"module"\s*\}\)/;
    const naming = scripts.filter((path) => words.test(readFileSync(join(dist, path), 'utf8')));
    expect(naming.length).toBe(1);
    expect(naming[0]).not.toContain('/');
    expect(scripts).toContain('worker.js');
  });

  it('runs as a file, for both kinds of pool', () => {
    const source = `
      import { createRequire } from 'node:module';
      import { Worker } from 'node:worker_threads';
      import { createEngine, dense, kernelSync, relu, serial } from 'infinite-width';
      const file = createRequire(import.meta.url).resolve('infinite-width/worker');
      const net = serial(...Array.from({ length: 10 }, () => [dense(1, { bStd: 0.1 }), relu()]).flat(), dense(1));
      const x = { data: Float32Array.from({ length: 1800 * 6 }, (_, i) => Math.sin(i * 1.37)), shape: [1800, 6] };
      const bytes = ({ ntk }) => Buffer.from(ntk.data.buffer);
      const expected = bytes(kernelSync(net, x));
      for (const sharedMemory of [true, false]) {
        let ready = 0;
        const createWorker = () => new Worker(file).on('message', ({ kind }) => void (ready += kind === 'ready' ? 1 : 0));
        const engine = await createEngine({ threads: 2, sharedMemory, createWorker });
        do console.log(engine.capabilities.threads.sharing, bytes(await engine.kernel(net, x)).equals(expected)); while (ready === 0);
        await engine.dispose();
      }`;
    const lines = runModule(project, 'threads.mjs', source).trimEnd().split('\n');
    expect([...new Set(lines)]).toEqual(['memory true', 'messages true']);
  });
});
