/** Programs on top of the packed package, bundled as their authors do: they have what they import, and compute what the whole package does. */
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, programOf, REGRESSION, SMALL } from '../../scripts/bundle.mjs';
import { sizeOf } from '../../scripts/size.mjs';
import { installTarball, runModule } from './tarball';

const BUNDLERS = ['rollup', 'esbuild'] as const;
type Bundler = (typeof BUNDLERS)[number];

/** A program that prints the bits of a kernel, and its engine. */
const CHAIN = `
  import { dense, kernel, relu, serial } from 'infinite-width';
  const net = serial(dense(512, { wStd: 1.4, bStd: 0.1 }), relu(), dense(512, { wStd: 1.4, bStd: 0.1 }), relu(), dense(1));
  const x = { data: Float64Array.from({ length: 40 * 7 }, (_, i) => Math.sin(i * 1.37)), shape: [40, 7] };
  const { nngp, ntk } = await kernel(net, x);
  console.log(Buffer.from(nngp.data.buffer).toString('base64'), Buffer.from(ntk.data.buffer).toString('base64'));`;

const CONVOLUTION = `
  import { avgPool, conv, dense, erf, flatten, gelu, kernel, serial, tanh } from 'infinite-width';
  const x = { data: Float64Array.from({ length: 5 * 6 * 6 * 2 }, (_, i) => Math.sin(i * 1.37)), shape: [5, 6, 6, 2] };
  for (const phi of [erf(), gelu(), tanh()]) {
    const net = serial(conv(8, [3, 3], { padding: 'SAME', bStd: 0.1 }), phi, avgPool([2, 2]), conv(8, [3, 3]), phi, flatten(), dense(1));
    const { nngp, ntk } = await kernel(net, x);
    console.log(Buffer.from(nngp.data.buffer).toString('base64'), Buffer.from(ntk.data.buffer).toString('base64'));
  }`;

/** Regression, a spectrum and a finite network: each with a part of the core of its own. */
const PARTS = `
  import { dense, erf, gradientDescentMseSync, kernelSync, serial } from 'infinite-width';
  import { init } from 'infinite-width/finite';
  import { eigh } from 'infinite-width/linalg';
  const net = serial(dense(8), erf(), dense(1));
  const x = { data: Float64Array.from({ length: 12 * 3 }, (_, i) => Math.sin(i * 1.37)), shape: [12, 3] };
  const { ntk } = kernelSync(net, x);
  const predict = gradientDescentMseSync(ntk, Array.from({ length: 12 }, (_, i) => Math.cos(i)), { diagReg: 1e-3 });
  console.log(eigh(ntk).values.data.join(), predict(2, { fxTrain0: { data: new Float64Array(12), shape: [12] } }).fxTrain.data.join());
  console.log(init(net, 1, [1, 3]).map(({ w }) => w.data.join()).join());`;

const REFUSED = `
  import { createEngine, dense, fitSync, InfiniteWidthError, kernelSync, relu, serial } from 'infinite-width';
  const x = [[1, 2], [3, 4]];
  const made = serial(dense(3), relu(), dense(1));
  const engine = await createEngine({ threads: 1 });
  const fitted = fitSync(made, x, [1, 2], { diagReg: 1e-3 });
  for (const run of [
    () => kernelSync({ kind: 'serial', layers: [dense(1), { kind: 'erf', a: 1, b: 1, c: 0 }, dense(1)] }, x),
    () => kernelSync({ kind: 'serial', layers: [{ kind: 'globalAvgPool' }, dense(1)] }, x),
    () => kernelSync(made, { data: new Float32Array(8), shape: [1, 2, 2, 2] }),
    () => kernelSync(made, x, { maskConstant: 1 }),
    () => fitSync(JSON.parse(JSON.stringify(made).replace('relu', 'tanh')), x, [1, 2]),
    () => engine.linalg.syevd('n', 'lower', 1, new Float64Array(1), 1, new Float64Array(1)),
    () => fitted.predictSync(x),
    () => fitSync(JSON.parse(JSON.stringify(made)), x, [1, 2], { diagReg: 1e-3 }).predictSync(x),
    () => engine.load(fitted.save()).predictSync(x),
  ])
    try {
      console.log(JSON.stringify(run()));
    } catch (error) {
      console.log(error instanceof InfiniteWidthError, error.code, error.message);
    }`;

describe('a bundle of the packed package', () => {
  let project = '';
  beforeAll(() => {
    project = installTarball();
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  const run = (path: string): string => runModule(project, 'run.mjs', `import './${relative(project, path)}';`);
  const bundled = async (source: string, bundler: Bundler): Promise<string> => run(await bundleProgram(project, source, bundler));

  it.each(BUNDLERS)('holds a fully connected network and its kernel in less than 60 kB gzipped: %s', async (bundler) => {
    expect(sizeOf(await bundleProgram(project, programOf(SMALL), bundler)).gzip).toBeLessThan(60_000);
  });

  it.each(BUNDLERS)('holds every function for fully connected networks in less than 100 kB gzipped: %s', async (bundler) => {
    expect(sizeOf(await bundleProgram(project, programOf(REGRESSION), bundler)).gzip).toBeLessThan(100_000);
  });

  it.each(BUNDLERS)('computes the bits of the whole package: %s', async (bundler) => {
    for (const source of [CHAIN, CONVOLUTION, PARTS]) expect(await bundled(source, bundler)).toBe(runModule(project, 'whole.mjs', source));
  });

  it.each(BUNDLERS)('names what it has not, and the remedy, and reads chains as data: %s', async (bundler) => {
    const lines = (await bundled(REFUSED, bundler)).trimEnd().split('\n');
    expect(lines.length).toBe(9);
    for (const line of lines.slice(0, 6)) expect(line).toMatch(/^true ERR_UNSUPPORTED .*parseNetwork\(\)/);
    expect(lines[0]).toContain('layer erf as data');
    expect(lines[1]).toContain('layer globalAvgPool as data');
    expect(lines[4]).toContain('layer tanh as data');
    for (const line of lines.slice(6)) expect(line).toMatch(/^{"mean"/);
    expect(lines[8]).toBe(lines[6]);
  });

  it.each(BUNDLERS)('has everything with parseNetwork: %s', async (bundler) => {
    const source = REFUSED.replace(
      'import { ',
      'import { parseNetwork } from \'infinite-width\';\nparseNetwork(\'{"kind":"relu"}\');\nimport { ',
    );
    expect(await bundled(source, bundler)).toBe(runModule(project, 'whole.mjs', REFUSED));
  });
});
