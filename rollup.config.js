import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import { dts } from 'rollup-plugin-dts';

const library = {
  index: 'src/index.ts',
  predict: 'src/predict/index.ts',
  finite: 'src/finite/index.ts',
  theory: 'src/theory/index.ts',
  linalg: 'src/linalg/index.ts',
  data: 'src/data/index.ts',
};
const external = [/^node:/, '@assemblyscript/loader'];

export default [
  {
    input: { ...library, cli: 'src/cli/main.ts' },
    external,
    // Chunks lie beside the entries, and so beside worker.js, which one of them names (src/worker-file.ts).
    output: { dir: 'dist', format: 'es', chunkFileNames: '[name]-[hash].js', sourcemap: true },
    plugins: [
      nodeResolve(),
      typescript({
        tsconfig: './tsconfig.json',
        noEmit: false,
        outDir: 'dist',
        declaration: false,
        sourceMap: true,
        include: ['src/**/*.ts'],
        noEmitOnError: true,
      }),
      terser({ module: true, format: { comments: false } }),
    ],
  },
  {
    input: library,
    external,
    output: { dir: 'dist', format: 'es', chunkFileNames: '[name]-[hash].d.ts' },
    plugins: [dts({ tsconfig: './tsconfig.json' })],
  },
];
