// Prints lines per folder, and bytes of the core and of each entry with the chunks it loads, raw and gzipped.
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

/** Bytes of an entry of dist/ with its chunks: { raw, gzip }. */
export function entrySize(name) {
  const bytes = Buffer.concat([...chunksOf(join(root, 'dist', name))].map((path) => readFileSync(path)));
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of ['assembly', 'src', 'test', 'bench', 'scripts']) {
    const paths = files(folder);
    const lines = paths.reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length, 0);
    console.log(`${folder.padEnd(12)} ${String(paths.length).padStart(4)} files ${String(lines).padStart(6)} lines`);
  }
  for (const build of ['simd', 'relaxed'])
    console.log(`${`${build}.wasm`.padEnd(12)} ${kilobytes(statSync(join(root, 'build', `${build}.wasm`)).size)}`);
  for (const name of ['index.js', 'predict.js', 'linalg.js', 'data.js', 'cli.js']) {
    const { raw, gzip } = entrySize(name);
    console.log(`${name.padEnd(12)} ${kilobytes(raw)} ${kilobytes(gzip)} gzipped`);
  }
}
