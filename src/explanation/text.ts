/** An explanation as aligned lines of text. */
import type { Explanation } from '../explain';
import { showShape } from '../ndarray';
import { LEGEND } from './formulas';

/** Lines without trailing blanks; columns are as wide as their widest cell. */
export function alignColumns(rows: readonly (readonly string[])[], gap = '  '): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join(gap)
      .trimEnd(),
  );
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Binary units, three digits. */
export function showBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return power === 0 ? `${bytes} B` : `${(bytes / 1024 ** power).toPrecision(3)} ${UNITS[power]}`;
}

/** Powers of a thousand, three digits: 12.3 G. */
export function showCount(count: number): string {
  const power = Math.min(5, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return power === 0 ? String(count) : `${(count / 1000 ** power).toPrecision(3)} ${['', 'k', 'M', 'G', 'T', 'P'][power]}`;
}

const ENGINES = { tiles: 'WebAssembly tiles', planes: 'WebAssembly displacement planes', javascript: 'plain JavaScript' } as const;

export function renderExplanation(e: Omit<Explanation, 'text'>): string {
  const n = e.inputShape[0];
  const header = ['', 'layer', 'shape', 'parameters', 'operation', 'flops/pair'];
  const rows = e.layers.map((layer) => [
    layer.position,
    layer.layer,
    showShape(layer.shape),
    layer.parameterization ?? '',
    layer.operations.join(' + ') || '-',
    String(layer.flopsPerPair).padStart(header[5].length),
  ]);
  const facts: [string, string][] = [
    [
      'network',
      `${e.hash?.slice(0, 16) ?? 'functions of its own'}, ${showShape(e.inputShape)} -> ${showShape(e.outputShape)}${e.isGaussian ? '' : ', output not Gaussian'}`,
    ],
    ['pairs', `${e.pairs.toLocaleString('en-US')} (${n} samples against themselves, one triangle), in ${e.tiles} tiles`],
    [
      'flops',
      `${showCount(e.flops)}flop: ${e.flopsPerPair} per pair, ${2 * e.features} of them the inner product of ${e.features} features`,
    ],
    ['engine', `${ENGINES[e.engine.name]}: ${e.engine.reason}`],
    ['results', `${showBytes(e.resultBytes)} in ${e.dtype}`],
    ['workspace', `${showBytes(e.workspaceBytes)}, whatever the number of samples`],
    ['memory', memoryLine(e)],
  ];
  return [...alignColumns([header, ...rows]), '', ...alignColumns(recursion(e)), '', ...LEGEND, '', ...alignColumns(facts)].join('\n');
}

/** Each step once, after the positions of the layers that take it. */
function recursion({ layers }: Omit<Explanation, 'text'>): string[][] {
  const positions = new Map<string, string[]>();
  for (const { formula, position } of layers) positions.set(formula, [...(positions.get(formula) ?? []), position]);
  return [...positions].map(([formula, at]) => [
    at.length > 6 ? `${at.slice(0, 4).join(', ')}, … ${at[at.length - 1]}` : at.join(', '),
    formula,
  ]);
}

function memoryLine({ availableBytes, fits }: Omit<Explanation, 'text'>): string {
  if (availableBytes === null) return 'free memory is not known in this runtime';
  return fits
    ? `${showBytes(availableBytes)} free: it fits`
    : `${showBytes(availableBytes)} free: IT DOES NOT FIT; use float32, one kernel, or blocks of rows`;
}
