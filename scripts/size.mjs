// Prints lines per folder, and bytes of the core, of each entry with the chunks it loads, and of programs with what they import, raw and gzipped.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const kilobytes = (n) => `${(n / 1000).toFixed(1)} kB`.padStart(10);

const files = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(root, folder, name))
    .filter((path) => /\.(ts|mjs)$/.test(path) && statSync(path).isFile());

/** An entry of dist/ and, transitively, every chunk it imports. */
export function chunksOf(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const [, path] of readFileSync(entry, 'utf8').matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)) chunksOf(join(dirname(entry), path), seen);
  return seen;
}

/** Bytes of a file with its chunks: { raw, gzip }. */
export function sizeOf(path) {
  const bytes = Buffer.concat([...chunksOf(path)].map((chunk) => readFileSync(chunk)));
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

/** The same of an entry of dist/. */
export const entrySize = (name) => sizeOf(join(root, 'dist', name));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of ['assembly', 'src', 'test', 'bench', 'scripts']) {
    const paths = files(folder);
    const lines = paths.reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length, 0);
    console.log(`${folder.padEnd(12)} ${String(paths.length).padStart(4)} files ${String(lines).padStart(6)} lines`);
  }
  const print = (name, { raw, gzip }) => console.log(`${name.padEnd(32)} ${kilobytes(raw)} ${kilobytes(gzip)} gzipped`);
  for (const build of ['simd', 'relaxed'])
    console.log(`${`${build}.wasm`.padEnd(12)} ${kilobytes(statSync(join(root, 'build', `${build}.wasm`)).size)}`);
  for (const name of ['index.js', 'predict.js', 'linalg.js', 'data.js', 'cli.js']) print(name, entrySize(name));
  const { bundleProgram, programOf, REGRESSION, SMALL, withProject } = await import('./bundle.mjs');
  await withProject(async (project) => {
    const programs = { 'kernel of dense, relu': SMALL, 'all of dense networks': REGRESSION };
    for (const [name, names] of Object.entries(programs))
      for (const bundler of ['rollup', 'esbuild'])
        print(`${name}, ${bundler}`, sizeOf(await bundleProgram(project, programOf(names), bundler)));
  });
}
