import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import { dts } from 'rollup-plugin-dts';

/** Entries with `whole` (src/whole.ts), and the modules behind them that have their names. */
const whole = { index: 'src/', predict: 'src/predict/', finite: 'src/finite/', theory: 'src/theory/' };
const plain = { linalg: 'src/linalg/index.ts', data: 'src/data/index.ts' };
const named = (prefix, file) => Object.fromEntries(Object.entries(whole).map(([name, folder]) => [prefix + name, folder + file]));
const external = [/^node:/, '@assemblyscript/loader'];

/** The one module that is run for its effect, which package.json denies for bundlers to leave it out. */
const keepsWhole = { name: 'keeps-whole', transform: (_code, id) => (id.endsWith('src/whole.ts') ? { moduleSideEffects: true } : null) };

export default [
  {
    // The files of the package's entries hold no code but "import whole": bundlers skip them and take names where they are defined.
    input: { ...named('', 'index.ts'), ...named('main-', 'main.ts'), ...plain, whole: 'src/whole.ts', cli: 'src/cli/main.ts' },
    external,
    // Chunks lie beside the entries, and so beside worker.js, which one of them names (src/worker-file.ts).
    output: { dir: 'dist', format: 'es', chunkFileNames: '[name]-[hash].js', sourcemap: true },
    plugins: [
      nodeResolve(),
      keepsWhole,
      typescript({
        tsconfig: './tsconfig.json',
        noEmit: false,
        outDir: 'dist',
        declaration: false,
        sourceMap: true,
        include: ['src/**/*.ts'],
        noEmitOnError: true,
      }),
      // Annotations tell bundlers what may be left out.
      terser({ module: true, format: { comments: false, preserve_annotations: true } }),
    ],
  },
  {
    input: { ...named('', 'main.ts'), ...plain },
    external,
    // Symbol.asyncDispose of engines, for programs whose lib ends with a year before it.
    output: { dir: 'dist', format: 'es', chunkFileNames: '[name]-[hash].d.ts', banner: '/// <reference lib="esnext.disposable" />' },
    plugins: [dts({ tsconfig: './tsconfig.json' })],
  },
];
