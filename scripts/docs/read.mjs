// Reads the docstrings of src/layers with the TypeScript compiler: public functions, their parameters and options.
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import ts from 'typescript';

/** Tags that every layer must have. */
export const REQUIRED = ['nngp', 'ntk', 'cost', 'source', 'throws', 'reference'];

/** All exported functions of src/layers/index.ts, in its order, `slice` among them. @returns {import('./read.mjs').Layer[]} */
export function readLayers(root) {
  const sources = filesBelow(`${root}/src/layers`).map((path) =>
    ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true),
  );
  const interfaces = new Map(
    sources.flatMap((source) => source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node])),
  );
  const functions = new Map(sources.flatMap((source) => functionsOf(source).map((found) => [found.name, { ...found, source }])));
  return publicNames(sources, functions).map((name) => {
    const { node, parameters, type, source } = functions.get(name);
    const doc = docOf(node, source);
    return {
      name,
      file: relative(root, source.fileName).replaceAll('\\', '/'),
      ...doc,
      parameters: parameters.map((parameter) => parameterOf(parameter, doc.params, interfaces, source)),
      returns: type?.getText(source) ?? '',
    };
  });
}

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((path) => `${folder}/${path}`.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort();

/** Names that index.ts exports and that are functions, through one more barrel where it says `export *`. */
function publicNames(sources, functions) {
  const named = (file) => {
    const source = sources.find(({ fileName }) => fileName.endsWith(`/${file}.ts`));
    return source.statements
      .filter(ts.isExportDeclaration)
      .flatMap(({ exportClause, moduleSpecifier }) =>
        exportClause ? exportClause.elements.map((element) => element.name.text) : named(moduleSpecifier.text.replace('./', '')),
      );
  };
  return named('layers/index').filter((name) => functions.has(name));
}

/** Exported function declarations and constants that hold arrow functions. */
function functionsOf(source) {
  const exported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return source.statements.filter(exported).flatMap((node) => {
    if (ts.isFunctionDeclaration(node)) return [{ name: node.name.text, node, parameters: node.parameters, type: node.type }];
    if (!ts.isVariableStatement(node)) return [];
    return node.declarationList.declarations
      .filter(({ initializer }) => initializer && ts.isArrowFunction(initializer))
      .map(({ name, initializer }) => ({ name: name.text, node, parameters: initializer.parameters, type: initializer.type }));
  });
}

const textOf = (comment) => (typeof comment === 'string' ? comment : (ts.getTextOfJSDocComment(comment) ?? ''));
const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** Summary, further paragraphs, tags and @param texts of the last comment before a node. */
function docOf(node, source) {
  const doc = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  const [summary = '', ...details] = textOf(doc?.comment)
    .split(/\n\s*\n/)
    .map(oneLine);
  const tags = {};
  const params = new Map();
  for (const tag of doc?.tags ?? [])
    if (ts.isJSDocParameterTag(tag)) params.set(tag.name.getText(source), oneLine(textOf(tag.comment)));
    else tags[tag.tagName.text] = oneLine(rawText(tag, source));
  return { summary, details, tags, params };
}

/** The text of a tag as it stands, for TypeScript reads a leading word of some tags as a name or type. */
const rawText = (tag, source) =>
  source.text
    .slice(tag.tagName.end, tag.end)
    .replace(/\n\s*\*(?!\/) ?/g, ' ')
    .replace(/\*\/\s*$/, '');

function parameterOf({ name, type, initializer, dotDotDotToken }, params, interfaces, source) {
  const typeText = type?.getText(source) ?? '';
  const base = {
    name: name.getText(source),
    type: oneLine(typeText),
    optional: initializer !== undefined,
    default: initializer?.getText(source) ?? '',
    rest: dotDotDotToken !== undefined,
  };
  const options = interfaces.has(typeText) ? optionsOf(typeText, interfaces) : [];
  return { ...base, text: params.get(base.name) ?? '', options };
}

/** Own members, then those of the interfaces it extends. */
function optionsOf(name, interfaces) {
  const node = interfaces.get(name);
  const source = node.getSourceFile();
  const own = node.members.filter(ts.isPropertySignature).map((member) => {
    const text = docOf(member, source).summary;
    return { name: member.name.text, type: oneLine(member.type.getText(source)), text, default: defaultOf(text) };
  });
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression.getText(source)));
  return [...bases.flatMap((base) => optionsOf(base, interfaces)), ...own];
}

/** "Default x." or "x (default)"; what may be left out for nothing has the default null. */
function defaultOf(text) {
  const stated = /Default (\[.*\]|'[^']*'|[^\s;:,]+?)(?=[;:,.]( |$)| which)/.exec(text) ?? /(\S+) \(default\)/.exec(text);
  if (stated) return stated[1];
  return /left out or null/.test(text) ? 'null' : '';
}
