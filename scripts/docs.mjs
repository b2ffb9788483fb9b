// Writes docs/layers/*.md from the docstrings of src/layers, and docs/features.md from the reference networks of the tests.
// With --check it writes nothing and fails where a page is not what it would write.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { features } from './docs/features.mjs';
import { list, page } from './docs/pages.mjs';
import { REQUIRED, readLayers } from './docs/read.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Functions that make no layer, with the page that explains them. */
const HELPERS = { slice: 'index' };

/** The public layer functions. @throws where one lacks a part of its docstring */
export function layers(root = ROOT) {
  const all = readLayers(root);
  const missing = all
    .filter(({ name }) => !(name in HELPERS))
    .flatMap(({ name, tags, summary, parameters }) => [
      ...REQUIRED.filter((tag) => !tags[tag]).map((tag) => `${name}: @${tag}`),
      ...(summary ? [] : [`${name}: its first line`]),
      ...parameters.filter(({ text, options }) => !text && options.length === 0).map((parameter) => `${name}: @param ${parameter.name}`),
      ...parameters.flatMap(({ options }) => options.filter(({ text }) => !text).map((option) => `${name}: option ${option.name}`)),
    ]);
  if (missing.length > 0) throw new Error(`docstrings of src/layers lack ${missing.join(', ')}`);
  return all;
}

/** Path below docs/ → content, of everything that is generated. */
export function documents(root = ROOT) {
  const all = layers(root);
  const own = all.filter(({ name }) => !(name in HELPERS));
  const helpersOf = (name) => all.filter((helper) => HELPERS[helper.name] === name);
  return new Map([
    ['layers/README.md', list(own)],
    ...own.map((layer) => [`layers/${layer.name}.md`, page(layer, helpersOf(layer.name))]),
    [
      'features.md',
      features(
        root,
        own.map(({ name }) => name),
      ),
    ],
  ]);
}

/** Paths below docs/ that differ from what would be written, or should not be there. */
export function stale(root = ROOT) {
  const wanted = documents(root);
  const differ = [...wanted].filter(
    ([path, text]) => !existsSync(`${root}docs/${path}`) || readFileSync(`${root}docs/${path}`, 'utf8') !== text,
  );
  const present = existsSync(`${root}docs/layers`) ? readdirSync(`${root}docs/layers`).map((name) => `layers/${name}`) : [];
  const extra = present.filter((path) => path.endsWith('.md') && !wanted.has(path));
  return [...differ.map(([path]) => path), ...extra];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = stale();
  const wanted = documents();
  if (!process.argv.includes('--check')) {
    mkdirSync(`${ROOT}docs/layers`, { recursive: true });
    for (const path of paths)
      if (wanted.has(path)) writeFileSync(`${ROOT}docs/${path}`, wanted.get(path));
      else rmSync(`${ROOT}docs/${path}`);
  }
  console.log(
    `${wanted.size} pages, ${paths.length} ${process.argv.includes('--check') ? 'stale' : 'written'}${paths.length > 0 ? `: ${paths.join(', ')}` : ''}`,
  );
  process.exitCode = process.argv.includes('--check') && paths.length > 0 ? 1 : 0;
}
