// docs/features.md: what the reference networks of test/fixtures/layers exercise, layer by layer.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The cases of all fixtures in the order of the files, those of defects.json.gz apart: there neural-tangents is wrong. */
export function readCases(root) {
  const folder = `${root}/test/fixtures/layers`;
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json.gz')) : [];
  const cases = (names) => names.flatMap((name) => JSON.parse(gunzipSync(readFileSync(`${folder}/${name}`)).toString('utf8')).cases ?? []);
  const isDefect = (name) => name.startsWith('defects');
  return {
    cases: cases(files.filter((name) => !isDefect(name)).sort()),
    defects: cases(files.filter(isDefect)).filter(({ network }) => network),
  };
}

/** Activation → points of its dual that were computed to many digits, from the fixtures that are tables with columns like "tanh.nngp". */
function digitPoints(root) {
  const folder = `${root}/test/fixtures/duals`;
  const files = readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
  const tables = files
    .map((name) => JSON.parse(gunzipSync(readFileSync(`${folder}/${name}`)).toString('utf8')))
    .filter(({ columns }) => columns);
  return new Map(
    tables.flatMap(({ columns, rows }) =>
      columns.filter((column) => column.endsWith('.nngp')).map((column) => [column.replace('.nngp', ''), rows.length]),
    ),
  );
}

/** Sentences on the defects of neural-tangents, with the number of networks that show each right. */
function defectRows(defects) {
  const sentences = new Map();
  let last = '';
  for (const { sentence } of defects) {
    if (!sentence.startsWith('as above')) last = sentence;
    sentences.set(last, (sentences.get(last) ?? 0) + 1);
  }
  return [...sentences].map(([sentence, count]) => `| ${sentence} | ${count} |`);
}

/** Every layer of a network, combinators and repeated layers included. */
export function layersIn(net) {
  if (!net) return [];
  return [net, ...(net.layers ?? []).flatMap(layersIn), ...(net.layer ? layersIn(net.layer) : [])];
}

/** "padding CIRCULAR, SAME, VALID": the values of one field among the layers given, '' where they say nothing. */
function valuesOf(field, layers) {
  const values = layers.map((layer) => layer[field]);
  const distinct = (all) => [...new Set(all)].sort().join(', ');
  if (field === 'bStd') return `bStd ${distinct(values.map((b) => (b === null ? 'none' : b === 0 ? '0' : 'positive')))}`;
  if (field === 's') return values.some((s) => s.some((x) => x !== 1)) ? 's' : '';
  if (['filterShape', 'windowShape'].includes(field)) return `${distinct(values.map((shape) => shape.length))} spatial axes`;
  if (['strides', 'dilation'].includes(field)) return values.some((value) => value !== null) ? field : '';
  if (['axis', 'aggregateAxis'].includes(field))
    return `${field} ${distinct(values.map((axis) => (Array.isArray(axis) ? axis.join(' ') : String(axis))).map((text) => `[${text}]`))}`;
  if (['posEmbDecayFn', 'nChanPosEmb'].includes(field)) return values.some((value) => value !== null) ? field : '';
  if (field === 'degree') return `degree ${distinct(values)}`;
  if (
    values.every((value) => typeof value === 'string' || typeof value === 'boolean') &&
    !['fn', 'df', 'nngpFn', 'dNngpFn', 'kind'].includes(field)
  )
    return `${field} ${distinct(values.map(String))}`;
  return '';
}

const SKIPPED = ['kind', 'layers', 'layer', 'constant', 'wStd', 'outDim', 'outChan', 'shape', 'idx'];

/** Groups that the table counts by what their networks use. */
const GROUPS_OF_OPTIONS = ['maskConstant', 'pattern', 'diagonalSpatial', 'composition', 'inputs'];

/** The page. @param names all layers, in the order of the list */
export function features(root, names) {
  const { cases, defects } = readCases(root);
  const digits = digitPoints(root);
  const used = cases.map((one) => [...layersIn(one.network), ...layersIn(one.first)]);
  const rows = names.map((name) => {
    const found = used.flatMap((layers) => layers.filter(({ kind }) => kind === name));
    const networks = used.filter((layers) => layers.some(({ kind }) => kind === name)).length;
    const own = cases.filter(({ group }) => group === name).length;
    const fields = Object.keys(found[0] ?? {}).filter((field) => !SKIPPED.includes(field));
    const options = fields.map((field) => valuesOf(field, found)).filter(Boolean);
    const points = networks === 0 && digits.has(name) ? [`${digits.get(name)} points of its dual against mpmath`] : [];
    return `| [${name}](layers/${name}.md) | ${own || ''} | ${networks || ''} | ${[...options, ...points].join('; ')} |`;
  });
  const groups = [...new Set(cases.map(({ group }) => group))]
    .filter((group) => !names.includes(group) && !GROUPS_OF_OPTIONS.includes(group))
    .sort();
  const count = (test) => cases.filter(test).length;
  return `${[
    '# What the reference networks prove',
    '',
    `Made by \`node scripts/docs.mjs\` from \`test/fixtures/layers\`: ${cases.length} networks that neural-tangents computed in float64 and that \`npm test\` computes again.`,
    'The second column counts the networks made for the layer, the third all that contain it; the last says which options they use.',
    '',
    '| layer | made for it | networks | options |',
    '|---|---|---|---|',
    ...rows,
    '',
    'Layers without a count are not in neural-tangents.',
    '',
    '| beyond single layers | networks |',
    '|---|---|',
    ...groups.map((group) => `| ${group} | ${count((one) => one.group === group)} |`),
    `| masks (\`maskConstant\`) | ${count((one) => one.maskConstant !== undefined)} |`,
    `| graphs (\`pattern\`) | ${count((one) => one.pattern !== undefined)} |`,
    `| several inputs | ${count(({ x1 }) => Array.isArray(x1))} |`,
    `| composition, \`kernel(net2, kernel(net1, x))\` | ${count((one) => one.first !== undefined)} |`,
    `| \`diagonalSpatial\` given | ${count((one) => one.diagonalSpatial !== undefined)} |`,
    '',
    '## Known defects and traps of neural-tangents',
    '',
    `${defects.length} networks more, whose right values were computed independently (\`test/reference/layers_defects.py\`).`,
    '',
    '| defect | networks |',
    '|---|---|',
    ...defectRows(defects),
  ].join('\n')}\n`;
}
