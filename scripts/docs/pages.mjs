// One Markdown page per layer, and their list.

const cell = (text) => text.replaceAll('|', '\\|');
const code = (text) => (text === '' ? '' : `\`${cell(text)}\``);
const table = (header, rows) => [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);

export const signature = ({ name, parameters }) =>
  `${name}(${parameters.map(({ rest, optional, ...one }) => `${rest ? '...' : ''}${one.name}${optional ? '?' : ''}: ${one.type}`).join(', ')})`;

/** The page of a layer; `helpers` are functions that are explained on it. */
export function page(layer, helpers) {
  const { name, summary, details, tags, parameters, returns, file } = layer;
  const positional = parameters.filter(({ options }) => options.length === 0);
  const options = parameters.flatMap((parameter) => parameter.options);
  return lines(
    `# ${name}`,
    '',
    [summary, ...details].join('\n\n'),
    '',
    ...block('ts', `${signature(layer)}: ${returns}`),
    ...section('Kernel', [
      ...block('text', ...formulas('NNGP', tags.nngp), ...formulas('NTK', tags.ntk)),
      ...(tags.where ? [`where ${tags.where}.`, ''] : []),
    ]),
    ...(positional.length === 0 ? [] : section('Parameters', parameterTable(positional))),
    ...(options.length === 0 ? [] : section('Options', optionTable(options))),
    ...helpers.flatMap((helper) =>
      section(signature(helper), [helper.summary, '', ...parameterTable(helper.parameters), `Throws ${helper.tags.throws}.`, '']),
    ),
    ...section('Facts', [
      ...table(
        ['', ''],
        [
          ['cost per pair', cell(tags.cost)],
          ['source', cell(tags.source)],
          ['throws', cell(tags.throws)],
          ['neural-tangents', tags.reference === 'none' ? 'has no such layer' : code(tags.reference)],
          ['defined in', `[${file}](../../${file})`],
        ],
      ),
      '',
    ]),
    'Symbols: [all layers](README.md#symbols).',
  );
}

/** Parts of a formula stand on lines of their own. */
const formulas = (kernel, text) => text.split('; ').flatMap((part, i) => [`${(i === 0 ? kernel : '').padEnd(6)}${part}`]);

const parameterTable = (parameters) => [
  ...table(
    ['parameter', 'type', ''],
    parameters.map(({ name, type, text, default: value }) => [
      code(name),
      code(type),
      cell(text) + (value ? `; ${code(value)} if left out` : ''),
    ]),
  ),
  '',
];

/** A default that needs no further word stands in its own column. */
const withoutDefault = (text) => text.replace(/ Default (\[.*?\]+|\S+)\.(?= |$)/, '');

const optionTable = (options) => [
  ...table(
    ['option', 'type', 'default', ''],
    options.map((option) => [code(option.name), code(option.type), code(option.default), cell(withoutDefault(option.text))]),
  ),
  '',
];

const section = (title, content) => [`## ${title}`, '', ...content];
const block = (language, ...text) => [`\`\`\`${language}`, ...text, '```', ''];
const lines = (...all) =>
  `${all
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;

const FAMILIES = [
  ['Combinators', /structure\.ts$/],
  ['Branches', /fan\.ts$/],
  ['Affine layers', /(dense|conv|attention)\.ts$/],
  ['Pooling and normalisation', /(pool|layer-norm|dropout)\.ts$/],
  ['Linear maps without parameters', /(aggregate|dot-general|image-resize|index-layer)\.ts$/],
  ['Activations', /activations\//],
];

/** The list of all pages. */
export function list(layers) {
  const rows = (pattern) =>
    layers
      .filter(({ file }) => pattern.test(file))
      .map(({ name, summary, tags }) => [`[${name}](${name}.md)`, cell(summary), tags.reference === 'none' ? '' : code(tags.reference)]);
  return lines(
    '# All layers',
    '',
    'Made by `node scripts/docs.mjs` from the docstrings of `src/layers`. Images are `[n, …spatial, channels]` with any number of spatial axes.',
    '',
    '## Symbols',
    '',
    ...table(
      ['symbol', 'meaning'],
      [
        ["K, Θ; K', Θ'", 'NNGP and NTK of a pair of samples before the layer; after it'],
        ['K(i, j)', 'between location i of the first sample and location j of the second; K alone: for every pair of locations alike'],
        ['q1, q2', 'variances of the two samples (at the two locations) before the layer: their K with themselves'],
        ['ρ', 'K/√(q1 q2), the correlation'],
        ['w, b', '`wStd`, `bStd` (0 without bias)'],
        ['u, v', 'a mean-zero Gaussian pair of variances q1, q2 and covariance K'],
        ['the input', 'K = x₁·x₂/channels at every pair of locations, Θ = 0'],
      ],
    ),
    '',
    'Costs are per pair of samples and per location pair that is carried: one in fully connected networks, one per location where a network of',
    'convolutions ends in `flatten`, one per pair of locations where something below the end pools or attends.',
    '',
    ...FAMILIES.flatMap(([title, pattern]) => [`## ${title}`, '', ...table(['layer', '', 'neural-tangents'], rows(pattern)), '']),
  );
}
