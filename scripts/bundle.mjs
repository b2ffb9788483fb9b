// Programs on top of the package, bundled as their authors would: by rollup with terser, or by esbuild.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { build } from 'esbuild';
import { rollup } from 'rollup';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A fully connected network and its kernel; every function that the package is for, with dense layers. */
export const SMALL = ['dense', 'kernel', 'relu', 'serial'];
export const REGRESSION = [
  ...SMALL,
  ...['abRelu', 'abs', 'createEngine', 'erf', 'fit', 'flatten', 'gpInference', 'gradientDescentMse', 'identity', 'kernelSync', 'leakyRelu'],
  ...['sigmoidLike'],
];

/** A module that hands on names of the package. */
export const programOf = (names) => `export { ${names.join(', ')} } from 'infinite-width';\n`;

/** Runs `body` with a folder whose node_modules have this repository as the package. */
export async function withProject(body) {
  const project = mkdtempSync(join(tmpdir(), 'infinite-width-'));
  try {
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules/infinite-width'), 'dir');
    return await body(project);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const BUNDLERS = {
  async rollup(input, dir) {
    const bundle = await rollup({ input, plugins: [nodeResolve()] });
    await bundle.write({ dir, format: 'es', plugins: [terser({ module: true, format: { comments: false } })] });
    await bundle.close();
  },
  esbuild: (input, outdir) =>
    build({
      entryPoints: [input],
      outdir,
      bundle: true,
      minify: true,
      format: 'esm',
      splitting: true,
      platform: 'neutral',
      logLevel: 'error',
    }),
};

/** Bundles a module in a project and gives the path of the result, beside which its chunks lie. */
export async function bundleProgram(project, source, bundler) {
  const input = join(project, 'program.js');
  writeFileSync(input, source);
  const out = join(project, `out-${bundler}`);
  rmSync(out, { recursive: true, force: true });
  await BUNDLERS[bundler](input, out);
  return join(out, 'program.js');
}
